"""Pages of the faults: the running ones, the catalogue, and the form that injects one."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from simulators import faults
from simulators.console import words
from simulators.console.fault_view import shown_faults
from simulators.console.place import PREFIX, Asked, Here, Place, Problem
from simulators.console.reading import form_of, number_of, query_of
from simulators.console.rendering import page

__all__ = ["FAULT_PAGES"]

WHOLE = frozenset({"after", "every", "times"})


@get(f"{PREFIX}/falhas")
async def faults_page(request: Asked, place: Here) -> Response[str]:
    """The running faults and the catalogue."""
    aimed = query_of(request, "banco", "conta")
    found = shown_faults(place.simulation.world)
    catalogue = [
        {"name": name, "title": words.fault(name), "harmless": faults.fault_class(name).harmless}
        for name in faults.names()
    ]
    return await page(
        "faults.html",
        place,
        running=[each for each in found if not each.of_scenario],
        of_scenarios=[each for each in found if each.of_scenario],
        catalogue=sorted(catalogue, key=lambda each: each["title"]),
        aimed=aimed,
    )


@get(f"{PREFIX}/falhas/{{name:str}}")
async def fault_page(request: Asked, place: Here, name: FromPath[str]) -> Response[str]:
    """The form that injects a fault."""
    return await _form(place, _known(name), query_of(request, "banco", "conta"))


@post(f"{PREFIX}/falhas/{{name:str}}", status_code=303)
async def inject(request: Asked, place: Here, name: FromPath[str]) -> Response[Any]:
    """Inject a fault; the form comes again, as it was filled in, when something is wrong with it."""
    form = await form_of(request)
    kinds = {each["name"]: each for each in faults.parameters(_known(name))}
    body = {
        "bank": form.get("banco", ""),
        "fault": name,
        "parameters": {key: _value(kinds[key], form[f"p-{key}"]) for key in kinds if form.get(f"p-{key}")},
        **{key: number_of(form[key], whole=key in WHOLE) for key in words.AIM if form.get(key)},
        **({"number": form["conta"]} if form.get("conta") else {}),
        **({"operation": form["operacao"]} if form.get("operacao") else {}),
    }
    try:
        await place.ask("POST", "/faults", body)
    except Problem as error:
        return await _form(place, name, form, error)
    return Redirect(place.url("falhas"), status_code=303)


@post(f"{PREFIX}/parar", status_code=303)
async def stop(request: Asked, place: Here) -> Redirect:
    """Stop one fault, or all that belong to no scenario."""
    chosen = (await form_of(request)).get("id", "")
    await place.ask("DELETE", "/faults", **({"id": chosen} if chosen else {"all": "true"}))
    return Redirect(place.url("falhas"), status_code=303)


async def _form(place: Place, name: str, typed: dict[str, str], error: Problem | None = None) -> Response[str]:
    banks = place.simulation.banks
    operations = {operation for bank in banks.values() for operation in bank.played.operations}
    return await page(
        "fault.html",
        place,
        error=error,
        name=name,
        parameters=[_field(each, typed) for each in faults.parameters(name)],
        banks=place.bank_names(),
        operations=sorted(operations - set(words.KINDS)),
        breaks=faults.make(name).breaks() is not None,
        typed={**dict.fromkeys(("banco", "conta", "operacao", *words.AIM), ""), **typed},
    )


def _known(name: str) -> str:
    if name not in faults.names():
        raise Problem(404, f"não há a falha {name[:60]}")
    return name


def _field(described: dict[str, Any], typed: dict[str, str]) -> dict[str, Any]:
    """One parameter as a field of the form."""
    name = described["name"]
    whole = described.get("type") == "integer"
    bounds = [described.get("minimum", described.get("exclusiveMinimum")), described.get("maximum")]
    return {
        "name": f"p-{name}",
        "label": words.parameter(name),
        "value": typed.get(f"p-{name}", str(described.get("default", ""))),
        "choices": described.get("enum", []),
        "is_number": whole or described.get("type") == "number",
        "step": "1" if whole else "any",
        "least": bounds[0],
        "most": bounds[1],
    }


def _value(described: dict[str, Any], text: str) -> Any:
    """What was typed, as the type of the parameter wants it."""
    kinds = {described.get("type"), *(each.get("type") for each in described.get("anyOf", ()))}
    if "integer" in kinds and (text.lstrip("-").isdecimal() or "string" not in kinds):
        return number_of(text, whole=True)
    return number_of(text) if "number" in kinds else text


FAULT_PAGES = (faults_page, fault_page, inject, stop)
