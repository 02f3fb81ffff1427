"""The commands that inject, list and stop faults."""

import json
from typing import Any

import rich_click as click

from simulators.commands.asking import Control, asks
from simulators.commands.options import Named, example, json_option
from simulators.commands.tables import print_fields, print_rows

__all__ = ["faults"]

COLUMNS = ("id", "bank", "number", "operation", "fault", "parameters", "calls", "struck")


@click.group()
def faults() -> None:
    """Faults, things that go wrong on purpose: list, add, stop, and what there is of them."""


@faults.command("list", epilog=example("simulators faults list"))
@asks
@json_option
def list_(control: Control, *, as_json: bool) -> None:
    """List the faults in force, with the calls they meant and those they struck."""
    print_rows(COLUMNS, control.get("/faults")["active"], as_json=as_json, wraps=("parameters",), nothing="no fault")


@faults.command(epilog=example("simulators faults catalogue"))
@asks
@json_option
def catalogue(control: Control, *, as_json: bool) -> None:
    """List the faults that there are, with their parameters.

    A harmless one must change no statement; with another the statement is the truth, or a failure with a name.
    """
    columns = ("name", "title", "harmless", "parameters", "failures")
    found = control.get("/faults")["catalogue"]
    rows = found if as_json else [{**each, "parameters": [one["name"] for one in each["parameters"]]} for each in found]
    print_rows(columns, rows, as_json=as_json, wraps=("title", "parameters", "failures"))


@faults.command(epilog=example("simulators faults add inter status --parameter status=503 --times 2"))
@click.argument("bank", type=Named("bank"))
@click.argument("fault", type=Named("fault"))
@click.option("--number", help="Only at this account; without it at all of the bank.")
@click.option("--operation", help="Only at this operation or kind (token, statement, balance), or tls.")
@click.option("--after", type=click.IntRange(0), default=0, help="Calls that pass first.")
@click.option("--every", type=click.IntRange(1), default=1, help="Each n-th of the calls after those.")
@click.option("--probability", type=click.FloatRange(0, 1), default=1.0, help="How likely it strikes each of them.")
@click.option("--times", type=click.IntRange(0), default=0, help="Calls that it strikes at most; 0 for no limit.")
@click.option("--seconds", type=click.FloatRange(0), default=0.0, help="Seconds after which it ends; 0 for no limit.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter; may be repeated.")
@asks
@json_option
def add(control: Control, bank: str, fault: str, parameters: tuple[str, ...], *, as_json: bool, **aim: Any) -> None:
    """Inject a FAULT at a BANK; `simulators faults catalogue` lists them."""
    body = {"bank": bank, "fault": fault, "parameters": dict(map(_parameter, parameters)), **aim}
    made = control.ask("POST", "/faults", body=body)
    print_fields(made if as_json else {name: made[name] for name in COLUMNS[:6]}, as_json=as_json)


@faults.command(epilog=example("simulators faults stop --bank inter"))
@click.argument("fault_id", metavar="ID", required=False)
@click.option("--bank", type=Named("bank"), help="Those of this bank.")
@click.option("--number", help="Those of this account.")
@click.option("--all", "everything", is_flag=True, help="All of them, also in the world that all share.")
@asks
def stop(control: Control, fault_id: str | None, bank: str | None, number: str | None, *, everything: bool) -> None:
    """Stop one fault by its ID, those of a bank or account, or all.

    Those that are an account's scenario stay: `simulators scenario` moves it into another one.
    """
    chosen = {"id": fault_id, "bank": bank, "number": number}
    if not any(chosen.values()) and not everything:
        raise click.UsageError("say which: an ID, --bank, --number or --all")
    if everything and any(chosen.values()):
        raise click.UsageError("--all is all of them: give nothing else")
    control.ask("DELETE", "/faults", {**chosen, "all": "true" if everything else None})


def _parameter(text: str) -> tuple[str, Any]:
    """A parameter: its value is JSON where it can be, else a text.

    Raises:
        BadParameter: it is none.
    """
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--parameter")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
