"""The control API: accounts, truth, clock, faults, journal, politeness, reset. It never plays a bank.

Long because accounts, truth, clock and reset are one controller with their checks beside it.
"""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Controller, Litestar, Request, Response, get, post, put
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct, field

from simulators.accounts.numbers import chosen_branch, chosen_number
from simulators.bank import Bank
from simulators.clock import BRASILIA, check_bounds
from simulators.control.answers import BanksAnswer, Health, Listing, Now, OpenedAccount, ScenarioAnswer, Truth, answer
from simulators.control.banks import BankDocuments
from simulators.control.choices import Simulated, Unfit, account_of, check_known
from simulators.control.document import answers, openapi_config
from simulators.control.faults import FaultControl
from simulators.control.guarding import refuse_foreign
from simulators.control.journal import JournalControl
from simulators.control.ledgers import LedgerControl, apply_ledger, own_ledger_of
from simulators.control.snapshots import SnapshotControl
from simulators.control.truth import truth_of
from simulators.control.worlds import WorldControl, meant_simulation, require_all
from simulators.journal.politeness import Politeness, politeness
from simulators.scenarios import Scenario, all_scenarios
from simulators.simulation import Simulation
from simulators.version import version
from simulators.world import MOST_ACCOUNTS, Parameters, SimulatedAccount
from simulators.worlds.registry import Worlds

__all__ = ["control_app"]

Chosen = FromQuery[str | None]

LONGEST_NAME = 100
NO_BODY = repr("data")
"""What the framework says of a request without a body: no more than the name of its own parameter for it."""


class ClockSetting(Struct, forbid_unknown_fields=True):
    """An instant to put the clock at."""

    now: datetime


class Step(Struct, forbid_unknown_fields=True):
    """How far to move the clock."""

    seconds: float = 0
    days: float = 0
    over_seconds: Annotated[float, Meta(ge=0, le=3600)] = 0
    """The machine's seconds in which the clock goes there evenly, so that timers come due on the way; 0: it jumps."""


class NewAccount(Struct, forbid_unknown_fields=True):
    """A new isolated account."""

    bank: str
    scenario: str = "ok"
    name: str = ""
    """All that is made up for the account follows from its name; empty for one after the other."""
    number: str = ""
    """With its check digit; empty for one that no account has."""
    branch: str = ""
    """Without its check digit; empty for the one that the bank chooses."""
    parameters: Parameters = field(default_factory=Parameters)
    """How it differs from the ordinary account."""
    entries: list[Any] | None = None
    """Its movements, exactly these; None for those that are made up."""
    opening_balance: str | None = None
    """Balance before the first of `entries`; None for zero."""


class NextScenario(Struct, forbid_unknown_fields=True):
    """A scenario to move an account into."""

    scenario: str


class Control(Controller):
    """Everything below `/_sim`."""

    path = "/_sim"

    @get("/health")
    async def health(self, simulation: Simulated) -> Health:
        """Say that the simulators are there: for health checks of containers."""
        return Health(status="ok", version=version(), seed=simulation.seed, banks=len(simulation.banks))

    @get("/banks")
    async def banks(self, simulation: Simulated) -> BanksAnswer:
        """The banks that are played, and what is left out because something is wrong with it."""
        return BanksAnswer(banks=list(simulation.banks), quarantined=list(simulation.quarantined))

    @get("/accounts")
    async def accounts(self, simulation: Simulated, bank: Chosen = None, scenario: Chosen = None) -> list[Listing]:
        """The ready accounts, of one bank or scenario if named."""
        if bank is not None:
            check_known("bank", bank, simulation.banks)
        if scenario is not None:
            check_known("scenario", scenario, all_scenarios())
        return [
            _listed(simulation, account)
            for account in simulation.world.accounts.values()
            if (bank is None or account.bank == bank) and (scenario is None or account.scenario == scenario)
        ]

    @post("/accounts")
    async def open_account(self, simulation: Simulated, data: JSONBody[NewAccount]) -> OpenedAccount:
        """Open a new isolated account. What its scenario makes of it stands before the parameters."""
        check_known("bank", data.bank, simulation.banks)
        if len(simulation.world.accounts) >= MOST_ACCOUNTS:
            raise Unfit(f"there are {MOST_ACCOUNTS} accounts, and no more at a time")
        bank = simulation.banks[data.bank]
        if not_here := bank.does_not_happen(data.scenario):
            raise Unfit(f"scenario: {not_here}")
        _check_readings(bank, data.parameters)
        settled = bank.settled(all_scenarios()[data.scenario])
        parameters = msgspec.convert({**msgspec.structs.asdict(data.parameters), **settled}, Parameters)
        own = await asyncio.to_thread(
            own_ledger_of, data.entries, data.opening_balance, data.parameters, data.scenario, bank
        )
        branch, number = _chosen(simulation, data)
        account = bank.open_account(number, data.scenario, parameters)
        account.branch = branch or account.branch
        simulation.keep(account)
        told = await asyncio.to_thread(apply_ledger, simulation, account, own) if own is not None else {}
        return answer(told | simulation.listing(account), OpenedAccount)

    @put("/accounts/{bank:str}/{number:str}/scenario")
    async def enter(
        self, simulation: Simulated, bank: FromPath[str], number: FromPath[str], data: JSONBody[NextScenario]
    ) -> Listing:
        """Move an account into another scenario; its credentials stay."""
        account = account_of(simulation, bank, number)
        try:
            simulation.banks[bank].enter(account, data.scenario)
        except ValueError as error:
            raise Unfit(f"scenario: {error}") from error
        simulation.keep(account)
        return _listed(simulation, account)

    @post("/accounts/{bank:str}/{number:str}/credentials")
    async def renew_credentials(self, simulation: Simulated, bank: FromPath[str], number: FromPath[str]) -> Listing:
        """Give an account new credentials, as its holder would at the bank."""
        account = account_of(simulation, bank, number)
        simulation.banks[bank].renew_credentials(account)
        simulation.keep(account)
        return _listed(simulation, account)

    @get("/truth/{bank:str}/{number:str}", responses={200: answers(Truth)})
    async def truth(
        self,
        simulation: Simulated,
        bank: FromPath[str],
        number: FromPath[str],
        first: Annotated[date, QueryParameter(name="from")],
        last: Annotated[date, QueryParameter(name="to")],
    ) -> Response[bytes]:
        """The ledger of an account in a period, with the id by which each entry is changed."""
        account = account_of(simulation, bank, number)
        return await asyncio.to_thread(truth_of, account, first, last, simulation.world.now())

    @get("/clock")
    async def clock(self, simulation: Simulated) -> Now:
        """The simulated time."""
        return Now(simulation.world.now().isoformat())

    @put("/clock")
    async def put_clock(self, simulation: Simulated, data: JSONBody[ClockSetting]) -> Now:
        """Put the clock at an instant; one without offset is Brasília's."""
        _move(simulation, data.now if data.now.tzinfo else data.now.replace(tzinfo=BRASILIA))
        return Now(simulation.world.now().isoformat())

    @post("/clock/advance", status_code=200)
    async def advance(self, simulation: Simulated, data: JSONBody[Step]) -> Now:
        """Move the clock."""
        try:
            moment = simulation.world.now() + timedelta(seconds=data.seconds, days=data.days)
        except OverflowError as error:
            raise Unfit("days, seconds: the calendar ends before that") from error
        _move(simulation, moment, data.over_seconds)
        return Now(simulation.world.now().isoformat())

    @get("/politeness")
    async def politeness(self, simulation: Simulated) -> Politeness:
        """Whether the callers kept the banks' limits."""
        return politeness(simulation.world.journal.of(), {slug: b.contract for slug, b in simulation.banks.items()})

    @get("/scenarios")
    async def scenarios(self, simulation: Simulated) -> list[ScenarioAnswer]:
        """Every scenario, with the banks it can happen at."""
        return [_scenario(simulation, each) for each in all_scenarios().values()]

    @post("/reset", status_code=204)
    async def reset(
        self, simulation: Simulated, *, everything: Annotated[bool, QueryParameter(name="all")] = False
    ) -> None:
        """Reset the world. The one that all share needs `all=true`, since it resets everybody's accounts."""
        require_all(simulation, everything, "a reset ends accounts, faults and journal of everybody")
        simulation.reset()


def control_app(worlds: Worlds) -> Litestar:
    """The control API of all worlds as an ASGI application."""

    def provide(request: Request[Any, Any, Any]) -> Simulation:
        return meant_simulation(worlds, request)

    def provide_worlds() -> Worlds:
        return worlds

    return Litestar(
        [Control, BankDocuments, FaultControl, JournalControl, LedgerControl, SnapshotControl, WorldControl],
        dependencies={
            "simulation": Provide(provide, sync_to_thread=False),
            "worlds": Provide(provide_worlds, sync_to_thread=False),
        },
        guards=[refuse_foreign],
        exception_handlers={
            HTTPException: _refuse,
            RecursionError: _refuse_as("the body is nested too deeply"),
            UnicodeDecodeError: _refuse_as("the body is not in UTF-8"),
            OSError: _refuse_unkept,
        },
        logging_config=None,
        openapi_config=openapi_config(),
    )


def _refuse(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    status, detail = error.status_code, error.detail
    extra: Any = error.extra or []
    wrong = [each for each in extra if isinstance(each, dict) and each.get("source") == "body"]
    if any(each["message"] == NO_BODY for each in wrong):
        status, detail, extra = 422, "the request has no body: JSON is wanted", []
    elif wrong:  # the body was readable JSON: what is wrong is a field
        status = 422
        detail = "; ".join(f"{each['key']}: {each['message']}" for each in wrong).replace("data: ", "")
    return Response({"status": status, "detail": detail} | ({"errors": extra} if extra else {}), status_code=status)


def _refuse_as(detail: str) -> Callable[[Request[Any, Any, Any], Exception], Response[dict[str, Any]]]:
    """Refuses a body that cannot be read, in these words."""
    return lambda request, _: _refuse(request, HTTPException(detail, status_code=400))


def _refuse_unkept(request: Request[Any, Any, Any], error: OSError) -> Response[dict[str, Any]]:
    detail = f"the state folder cannot be written: {error.strerror}; what this call changed ends with the process"
    return _refuse(request, HTTPException(detail, status_code=507))


def _check_readings(bank: Bank, parameters: Parameters) -> None:
    """Refuse a reading that the contract does not know.

    Raises:
        HTTPException: 422.
    """
    known = bank.contract.readings
    for point, reading in parameters.readings.items():
        if point not in known or reading not in {known[point].chosen, *known[point].others}:
            raise Unfit(f"parameters: readings: {bank.contract.slug} has no reading {reading!r} of {point!r}")


def _chosen(simulation: Simulation, data: NewAccount) -> tuple[str, str]:
    """The branch chosen for a new account, empty where none was chosen, and its number.

    Raises:
        HTTPException: 422: the bank could not have them; 409: the number or the name is taken.
    """
    bank = simulation.banks[data.bank]
    try:
        branch = chosen_branch(bank.contract, data.branch) if data.branch else ""
        number = chosen_number(bank.contract, branch or bank.branch_of(data.number), data.number) if data.number else ""
    except ValueError as error:
        raise Unfit(str(error)) from error
    if number and data.name:
        raise Unfit("name: the number follows from it; give one of both")
    if len(data.name) > LONGEST_NAME:
        raise Unfit(f"name: at most {LONGEST_NAME} characters")
    chosen = number or simulation.number_for(data.bank, data.name)
    if simulation.world.account(data.bank, chosen) is not None:
        field = "name" if data.name else "number"
        raise HTTPException(f"{field}: {data.bank} has that account already", status_code=409)
    return branch, chosen


def _move(simulation: Simulation, moment: datetime, over_seconds: float = 0) -> None:
    """Put the clock at an instant, or let it go there evenly.

    Raises:
        HTTPException: 422: the instant is too far away, or the clock stands still.
    """
    try:
        check_bounds(moment)
    except ValueError as error:
        raise Unfit(f"now: {error}") from error
    clock = simulation.world.clock
    if not over_seconds:
        clock.put(moment)
        return
    try:
        clock.glide(moment - clock.now(), over_seconds)
    except ValueError as error:
        raise Unfit(f"over_seconds: {error}") from error


def _listed(simulation: Simulation, account: SimulatedAccount) -> Listing:
    return answer(simulation.listing(account), Listing)


def _scenario(simulation: Simulation, each: Scenario) -> ScenarioAnswer:
    happens_at = [slug for slug, bank in simulation.banks.items() if each.name in bank.scenarios()]
    return ScenarioAnswer(each.name, each.title, each.does, each.expected, happens_at)
