"""The exchanges of a contract in both directions: what an adapter makes of them, what the simulated bank answers."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import httpx
import msgspec
from msgspec import Struct

import contracts
from contracts.exchange import ExampleResponse, Exchange, ExpectedRequest, Given, LedgerEntry
from contracts.schema import CredentialKind
from gateway.auth import signed
from gateway.connectors import Connector, connector_class
from gateway.errors import BankFailure
from gateway.flow import Token
from gateway.model import Account, AvailableBalance, Balances, Credentials, HeldAccount, Movement, Period, Statement
from gateway.statement.assemble import assemble
from gateway.statement.movements import oldest_first
from simulators import ledger
from simulators.banks import bank_class
from simulators.certify.comparing.with_exchange import as_expected, differing
from simulators.certify.demands import Shortfall, demand, demand_equal
from simulators.certify.exchanges.earlier import earlier_lives
from simulators.certify.exchanges.played import AsksMore, Played
from simulators.certify.harnesses.pure import MOST_MOVEMENTS
from simulators.clock import FrozenClock
from simulators.pki import Authority
from simulators.reasons import why_of
from simulators.rsa_keys import rsa_key_pair
from simulators.world import Parameters, World

__all__ = ["Outcome", "answers_as_shown", "listen", "play", "reads_as_shown"]


class Outcome(Struct, frozen=True, kw_only=True):
    """What a connector made of an exchange."""

    asked: list[httpx.Request]
    more: bool = False
    """Whether it goes on asking after the last step."""
    statement: Statement | None = None
    movements: Sequence[Movement] = ()
    """What it has read, before anything is left out of it; oldest first."""
    held: HeldAccount | None = None
    failure: str = ""
    detail: str = ""
    """Of the failure."""


def reads_as_shown(slug: str, exchange: Exchange, adapter: type[Connector[Any]] | None = None) -> None:
    """Direction one: the adapter asks what the exchange shows and makes of the answers what it expects.

    Raises:
        Shortfall: it does not.
    """
    want = exchange.expected
    outcome = listen(slug, exchange, adapter)
    if outcome.failure != want.failure:
        raise Shortfall(f"the failure is {outcome.failure!r} ({outcome.detail}), the exchange has {want.failure!r}")
    after = "no request" if want.more else "a request"
    demand(outcome.more is want.more, f"the adapter sends {after} after the last step")
    if want.account is not None:
        demand_equal("the account", msgspec.to_builtins(outcome.held), msgspec.to_builtins(want.account))
    statement = outcome.statement
    if statement is None:
        return
    demand_equal("the number of entries", len(statement.entries), len(want.entries))
    for number, (entry, expected) in enumerate(zip(statement.entries, want.entries, strict=True)):
        wrong = differing(as_expected(entry, expected), msgspec.to_builtins(expected), (f"entry {number}",))
        demand(not wrong, "; ".join(wrong))
    for name in ("opening_balance", "closing_balance", "available_balance"):
        given, shown = getattr(statement, name), getattr(want, name)
        given = given.amount if isinstance(given, AvailableBalance) else given
        if shown is not None:
            demand_equal(name, given if given is None else f"{given:.2f}", shown)


def answers_as_shown(slug: str, exchange: Exchange) -> None:
    """Direction two: the simulated bank accepts each request of the exchange and gives an answer of that form.

    Raises:
        Shortfall: it does not.
    """
    for earlier in earlier_lives(exchange, bank_class(slug).kinds):
        for number, (response, step) in enumerate(zip(play(slug, exchange, earlier), exchange.steps, strict=True), 1):
            wrong = differing_answer(response, step.response, number, exchange)
            demand(not wrong, "; ".join(wrong))


def differing_answer(response: httpx.Response, shown: ExampleResponse, step: int, exchange: Exchange) -> list[str]:
    """Where the simulated bank's answer to a step of an exchange differs from the one that is shown."""
    at = f"step {step}"
    if (status := response.status_code) != shown.status:
        return [f"{at}: the status is {status}, the exchange has {shown.status}: {why_of(response) or response.text}"]
    headers = {name: response.headers.get(name) for name in shown.headers}
    found = [
        f"{at}: the header {name} is {value!r}, the exchange has {shown.headers[name]!r}"
        for name, value in headers.items()
        if value != shown.headers[name]
    ]
    if shown.body is not None:
        return found + differing(msgspec.json.decode(response.content), shown.body, (str(step),), exchange.made_up)
    if response.text != shown.text:
        found.append(f"{at}: the answer is {response.text!r}, the exchange has {shown.text!r}")
    return found


def account_of(slug: str, given: Given) -> Account:
    """The exchange's account; credentials it does not name are made up."""
    form = contracts.load(slug).enrolment.fields
    values = {field.name: f"value-of-{field.name}" for field in form}
    values |= {field.name: rsa_key_pair("exchange")[0] for field in form if field.kind is CredentialKind.PRIVATE_KEY}
    fields = {"branch": "0001", "number": "12345678", "holder_tax_id": "11222333000181", "kind": "PJ", **given.account}
    return Account(id="exchange", bank=slug, credentials=Credentials(values | given.credentials), **fields)


def listen(
    slug: str, exchange: Exchange, adapter: type[Connector[Any]] | None = None, *, compared: bool = True
) -> Outcome:
    """Direction one: drive an adapter with the exchange's answers.

    Args:
        slug: the bank.
        exchange: the conversation.
        adapter: the bank's own when None.
        compared: whether what it asks must be what the exchange shows.

    Raises:
        Shortfall: the adapter sends another request than the exchange has, or ends before its last step.
    """
    given = exchange.given
    connector = (adapter or connector_class(slug))(contracts.load(slug), given.page_size)
    account = account_of(slug, given)
    now = datetime.fromisoformat(given.now)
    period = Period(*map(date.fromisoformat, given.period))
    auth = connector.auth(account)
    held = Token(access=given.access_token, expires_at=now, renew_at=now) if given.access_token else None
    played = Played(exchange, auth, now, compared=compared)
    identifying = exchange.expected.account is not None
    flow = connector.identifying(account) if identifying else connector.reading(account, period, now.date())
    movements: list[Movement] = []
    result: Any = None
    more = False
    try:
        try:
            result = played.result(signed(flow, auth), held)
        except AsksMore:
            more = True
        for page in played.pages:
            movements += islice(connector.movements(page), MOST_MOVEMENTS)
            demand(len(movements) < MOST_MOVEMENTS, f"no end after {MOST_MOVEMENTS} movements of one statement")
    except BankFailure as failure:
        demand(played.ended, f"the adapter reports {failure.code} before the last step: {failure}")
        return Outcome(asked=played.asked, failure=failure.code, detail=failure.detail)
    demand(played.ended, "the adapter ends before the last step")
    if identifying:
        return Outcome(asked=played.asked, more=more, held=result)
    movements = oldest_first(movements, newest_first=connector.newest_first, by_time=connector.by_time)
    balances = Balances() if more else result
    statement = assemble(connector.contract, account, period, movements, balances, now)
    return Outcome(asked=played.asked, more=more, statement=statement, movements=movements)


def play(slug: str, exchange: Exchange, earlier: Sequence[ledger.LedgerEntry]) -> Iterator[httpx.Response]:
    """Direction two: ask the simulated bank in the situation of the exchange; give each of its answers."""
    given = exchange.given
    now = datetime.fromisoformat(given.now)
    world = World(1, FrozenClock(now), Authority())
    bank = bank_class(slug)(contracts.load(slug), world)
    wanted = account_of(slug, given)
    source = ledger.Fixed([*earlier, *map(ledger_entry, given.ledger)])
    held = bank.open_account(wanted.number, given.scenario, Parameters(readings=given.readings), source)
    held.branch, held.holder_tax_id = wanted.branch, wanted.holder_tax_id
    fields = bank.contract.enrolment.fields
    plain = [f.name for f in fields if f.kind in {CredentialKind.TEXT, CredentialKind.SECRET}]
    # Keys and certificates stay those that the bank issued.
    held.credentials |= {name: wanted.credentials[name] for name in plain} | given.credentials
    if given.access_token and not given.token_expired:
        scopes, life = bank.contract.authentication.scopes, bank.token_life(held)
        bank.tokens.issue(wanted.environment, held, scopes, life, value=given.access_token)
    genuine = iter(genuine_forms(slug, held.credentials, exchange))
    for step in exchange.steps:
        request = request_of(step.request, next(genuine))
        if certificate := held.credentials.get("certificate"):
            request.extensions["client_certificate"] = certificate
        yield bank.answer(request)


def genuine_forms(slug: str, credentials: dict[str, str], exchange: Exchange) -> Iterator[dict[str, str]]:
    """For each step, the form values that cannot be written down, as the connector makes them from real keys."""
    for step in exchange.steps:
        if not step.request.generated:
            yield {}
            continue
        given = exchange.given
        account = account_of(slug, msgspec.structs.replace(given, credentials=credentials))
        flow = connector_class(slug)(contracts.load(slug)).auth(account).obtain(None, datetime.fromisoformat(given.now))
        asked = next(flow)
        if not isinstance(asked, httpx.Request):
            raise Shortfall("the conversation for a token does not begin with a request")
        form = dict(httpx.QueryParams(asked.content.decode()))
        yield {name: form[name] for name in step.request.generated}


def request_of(question: ExpectedRequest, genuine: dict[str, str]) -> httpx.Request:
    """The exchange's request, as a client sends it."""
    form = {**question.form, **genuine}
    return httpx.Request(
        question.method,
        question.url,
        params=question.query or None,
        headers=question.headers,
        data=form or None,
        json=question.body,
    )


def ledger_entry(entry: LedgerEntry) -> ledger.LedgerEntry:
    """A movement of an exchange as one of the simulated ledger."""
    party = ledger.Party(**{"name": "", "tax_id": "", **entry.counterparty}) if entry.counterparty else None
    return ledger.LedgerEntry(
        booked_at=datetime.fromisoformat(entry.booked_at),
        amount=Decimal(entry.amount),
        type=entry.type,
        description=entry.description,
        document=entry.document,
        counterparty=party,
        bank_id=entry.bank_id,
        detail=entry.detail,
    )
