"""The part of the control API that shows the journal, exports it, and verifies what a test expects of it."""

import asyncio
from typing import Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import FromQuery, JSONBody

from simulators.control.choices import Simulated, Unfit, check_known
from simulators.control.document import answers
from simulators.control.journal_answers import Archive, ShownRecord, Verdict
from simulators.journal.har import archive
from simulators.journal.shown import Choice, selected, shown
from simulators.journal.verify import Expectation, verified
from simulators.simulation import Simulation

__all__ = ["JournalControl"]

Given = FromQuery[str | None]
FLAGS = {"true": True, "false": False, "1": True, "0": False, "": True}


class JournalControl(Controller):
    """The calls about the journal; what is shown has no secrets."""

    path = "/_sim"

    @get("/requests", responses={200: answers(list[ShownRecord])})
    async def requests(
        self,
        request: Request[Any, Any, Any],
        simulation: Simulated,
        bank: Given = None,
        number: Given = None,
        operation: Given = None,
        status: Given = None,
        refused: Given = None,
        since: Given = None,
        limit: Given = None,
        detail: Given = None,
    ) -> list[dict[str, Any]]:
        """The journal, newest last; with `detail=true`, headers and bodies of the newest records."""
        asked = _asked(request, simulation, "detail")
        with_detail = _flag("detail", asked.pop("detail", "false"))
        choice, journal = _choice(asked), simulation.world.journal
        records = list(journal.records)

        def work() -> list[dict[str, Any]]:
            return [shown(record, journal.secrets, detail=with_detail) for record in selected(records, choice)]

        return await asyncio.to_thread(work)

    @get("/requests.har", media_type="application/json", responses={200: answers(Archive)})
    async def har(
        self,
        request: Request[Any, Any, Any],
        simulation: Simulated,
        bank: Given = None,
        number: Given = None,
        operation: Given = None,
        status: Given = None,
        refused: Given = None,
        since: Given = None,
        limit: Given = None,
    ) -> dict[str, Any]:
        """The journal as an HTTP Archive (HAR 1.2), which developer tools of browsers read."""
        choice, journal = _choice(_asked(request, simulation)), simulation.world.journal
        records = list(journal.records)
        return await asyncio.to_thread(lambda: archive(selected(records, choice), journal.secrets))

    @post("/verify", status_code=200, responses={200: answers(Verdict)})
    async def verify(self, simulation: Simulated, data: JSONBody[Expectation]) -> dict[str, Any]:
        """Whether the expected calls came, and which records came close where they did not."""
        check_known("bank", data.bank, simulation.banks)
        known = simulation.banks[data.bank].contract.operations
        for place, call in enumerate(data.calls):
            if call.operation is not None and call.operation not in known:
                detail = f"calls[{place}].operation: {data.bank} has no operation {call.operation!r}"
                raise Unfit(f"{detail}, only {', '.join(known)}")
        journal = simulation.world.journal
        return await asyncio.to_thread(verified, list(journal.records), data, journal.secrets)


def _asked(request: Request[Any, Any, Any], simulation: Simulation, *more: str) -> dict[str, str]:
    """The parameters of a call.

    Raises:
        HTTPException: 422: one of them is unknown, stands twice, or names a bank or operation that there is not.
    """
    known = (*Choice.__struct_fields__, *more)
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            raise Unfit(f"{name}: no such parameter; there are {', '.join(known)}")
        if name in found:
            raise Unfit(f"{name}: given twice")
        found[name] = value
    if "bank" in found:
        check_known("bank", found["bank"], simulation.banks)
    if "operation" in found:
        _check_operation(simulation, found["operation"], found.get("bank"))
    return found


def _choice(asked: dict[str, str]) -> Choice:
    """The records that are meant.

    Raises:
        HTTPException: 422: a parameter cannot be read.
    """
    values: dict[str, Any] = dict(asked)
    if "refused" in values:
        values["refused"] = _flag("refused", asked["refused"])
    if "since" in values:  # a plus that was not encoded is a blank by now
        values["since"] = asked["since"].replace(" ", "+")
    try:
        return msgspec.convert(values, Choice, strict=False)
    except msgspec.ValidationError as error:
        wrong, _, place = str(error).partition(" - at `$.")
        raise Unfit(f"{place.rstrip('`') or 'parameters'}: {wrong}") from error


def _flag(name: str, value: str) -> bool:
    if value.lower() not in FLAGS:
        raise Unfit(f"{name}: must be true or false")
    return FLAGS[value.lower()]


def _check_operation(simulation: Simulation, operation: str, bank: str | None) -> None:
    chosen = [simulation.banks[bank]] if bank else simulation.banks.values()
    known = {name for each in chosen for name in each.contract.operations}
    if operation not in known:
        detail = f"operation: {bank or 'no bank'} has {'no ' if bank else ''}operation {operation!r}"
        raise Unfit(f"{detail}, only {', '.join(sorted(known))}")
