"""The command that checks which calls the banks saw."""

import json
from typing import Any, BinaryIO

import rich_click as click

from simulators.commands.asking import Control, asks
from simulators.commands.exit_codes import ExitCode, Refused
from simulators.commands.options import example, json_option
from simulators.commands.tables import print_json, shown

__all__ = ["verify"]

LARGEST_BYTES = 1024 * 1024


@click.command(epilog=example("simulators verify calls.json"))
@click.argument("file", type=click.File("rb"))
@asks
@json_option
def verify(control: Control, file: BinaryIO, *, as_json: bool) -> None:
    """Check that the banks saw the calls of a FILE (- for standard input); exit status 1 when they did not.

    The file is JSON: {"bank": "inter", "calls": [{"operation": "statement", "status": 200, "times": 1}]}.
    """
    found = control.send("POST", "/verify", content=_content(file))
    verified = isinstance(found, dict) and found.get("verified") is True
    if as_json:
        print_json(found)
    else:
        for each in found.get("failures", ()) if isinstance(found, dict) else ():
            click.echo(_said(each))
        click.echo("verified" if verified else "not verified")
    if not verified:
        raise SystemExit(ExitCode.REFUSED)


def _content(file: BinaryIO) -> bytes:
    """The file, which is JSON.

    Raises:
        Refused: it is not, or too large.
    """
    content = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise Refused(f"the file has more than {LARGEST_BYTES} bytes")
    try:
        json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Refused(f"the file is not JSON: {error}") from error
    return content


def _said(failure: dict[str, Any]) -> str:
    """What was wanted and what was found, in one line, and below it what came near."""
    lines = [
        f"{shown(failure.get('call'))}: found {shown(failure.get('found'))}, wanted {shown(failure.get('wanted'))}"
    ]
    lines += [f"  near: {shown(each)}" for each in failure.get("near_misses", ())]
    return "\n".join(lines)
