"""The exchanges of a contract in both directions: what an adapter makes of them, what the simulated bank answers."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import httpx
import msgspec

import contracts
from contracts.exchange import Answer, Exchange, Given, LedgerEntry, Question
from contracts.schema import CredentialKind
from gateway.auth import signed
from gateway.check import assemble
from gateway.connectors import Connector, connector_class
from gateway.errors import BankFailure
from gateway.flow import Page, Token, TokenNeeded
from gateway.model import Account, Balances, Credentials, HeldAccount, Period, Statement
from simulators import ledger
from simulators.banks import bank_class
from simulators.certify.bench import Shortfall, demand
from simulators.certify.shown import as_expected, differing
from simulators.clock import FrozenClock
from simulators.pki import Authority, rsa_key_pair
from simulators.world import Parameters, World

__all__ = ["Outcome", "answers_as_shown", "listen", "play", "reads_as_shown"]

NUMBER = "12345678"


class Outcome:
    """What a connector made of an exchange."""

    def __init__(
        self,
        statement: Statement | None,
        failure: str,
        *,
        more: bool,
        asked: list[httpx.Request],
        held: HeldAccount | None = None,
    ) -> None:
        self.statement = statement
        self.held = held
        self.failure = failure
        self.more = more
        self.asked = asked


def reads_as_shown(slug: str, exchange: Exchange, adapter: type[Connector[Any]] | None = None) -> None:
    """Direction one: the adapter asks what the exchange shows and makes of the answers what it expects.

    Raises:
        Shortfall: it does not.
    """
    want = exchange.expected
    outcome = listen(slug, exchange, adapter)
    demand(outcome.failure == want.failure, f"the failure is {outcome.failure!r}, expected {want.failure!r}")
    demand(outcome.more is want.more, "the adapter stops" if want.more else "the adapter asks for more than is shown")
    if want.account is not None:
        held, shown = msgspec.to_builtins(outcome.held), msgspec.to_builtins(want.account)
        demand(held == shown, f"the account is {held}, expected {shown}")
    statement = outcome.statement
    if statement is None:
        return
    found = len(statement.entries)
    demand(found == len(want.entries), f"{found} entries, expected {len(want.entries)}")
    for number, (entry, expected) in enumerate(zip(statement.entries, want.entries, strict=True)):
        wrong = differing(as_expected(entry, expected), msgspec.to_builtins(expected), (), f"entry {number}")
        demand(not wrong, "; ".join(wrong))
    for name in ("opening_balance", "closing_balance"):
        told, shown = getattr(statement, name), getattr(want, name)
        demand(shown is None or (told is not None and f"{told:.2f}" == shown), f"{name} is {told}, expected {shown}")


def answers_as_shown(slug: str, exchange: Exchange) -> None:
    """Direction two: the simulated bank accepts each request of the exchange and gives an answer of that form.

    Raises:
        Shortfall: it does not.
    """
    for told, shown, generated in play(slug, exchange):
        demand(told.status_code == shown.status, f"status {told.status_code}, shown {shown.status}: {told.text}")
        for header, value in shown.headers.items():
            demand(told.headers.get(header) == value, f"header {header} is {told.headers.get(header)!r}")
        if shown.body is None:
            demand(told.text == shown.text, f"the answer is {told.text!r}, shown {shown.text!r}")
        else:
            wrong = differing(msgspec.json.decode(told.content), shown.body, generated)
            demand(not wrong, "; ".join(wrong))


def account_of(slug: str, given: Given) -> Account:
    """The exchange's account; credentials it does not name are made up."""
    values = {field.name: made_up(field.name, field.kind) for field in contracts.load(slug).enrolment.fields}
    told = {"branch": "0001", "number": NUMBER, "holder_tax_id": "11222333000181", "kind": "PJ", **given.account}
    return Account(id="exchange", bank=slug, credentials=Credentials(values | given.credentials), **told)


def typed_in(slug: str) -> dict[str, str]:
    """The made-up values of the form's plain fields; keys and certificates stay those that the bank issued."""
    plain = (CredentialKind.TEXT, CredentialKind.SECRET)
    return {f.name: made_up(f.name, f.kind) for f in contracts.load(slug).enrolment.fields if f.kind in plain}


def made_up(name: str, kind: CredentialKind) -> str:
    """A value for a credential field."""
    if kind is CredentialKind.PRIVATE_KEY:
        return rsa_key_pair("exchange")[0]
    return f"value-of-{name}"


def listen(slug: str, exchange: Exchange, adapter: type[Connector[Any]] | None = None) -> Outcome:
    """Direction one: drive an adapter, the bank's own when None, with the exchange's answers.

    Raises:
        Shortfall: the adapter asks something else, or stops before the end of the exchange.
    """
    given = exchange.given
    connector = (adapter or connector_class(slug))(contracts.load(slug), given.page_size)
    account = account_of(slug, given)
    now = datetime.fromisoformat(given.now)
    period = Period(*map(date.fromisoformat, given.period))
    auth = connector.auth(account)
    held = Token(access=given.access_token, expires_at=now, renew_at=now) if given.access_token else None
    steps = iter(exchange.steps)
    asked: list[httpx.Request] = []
    pages: list[Page] = []

    def conversation(flow: Any, *, token: Token | None) -> Iterator[Any]:
        """Send answers until the flow ends; give its result, or nothing when the steps are used up."""
        reply: Any = None
        while True:
            try:
                event = flow.send(reply)
            except StopIteration as stop:
                yield stop.value
                return
            reply = None
            if isinstance(event, httpx.Request):
                step = next(steps, None)
                if step is None:
                    return
                asked.append(event)
                assert_asks(event, step.request)
                reply = answer_of(step.response)
            elif isinstance(event, TokenNeeded):
                if token is None or event.refused is not None:
                    token = next(conversation(auth.obtain(token, now), token=None), None)
                    if token is None:
                        return
                reply = token
            else:
                pages.append(event)

    identifying = exchange.expected.account is not None
    flow = connector.identifying(account) if identifying else connector.reading(account, period, now.date())
    try:
        results = list(conversation(signed(flow, auth), token=held))
    except BankFailure as failure:
        demand(next(steps, None) is None, f"{failure.code} before the last step: {failure}")
        return Outcome(None, failure.code, more=False, asked=asked)
    demand(next(steps, None) is None, "the adapter stops before the last step")
    if identifying:
        return Outcome(None, "", more=not results, asked=asked, held=results[0])
    movements = [movement for page in pages for movement in connector.movements(page)]
    if connector.newest_first:
        movements.reverse()
    balances = results[0] if results else Balances()
    statement = assemble(connector.contract, account, period, movements, balances, now)
    return Outcome(statement, "", more=not results, asked=asked)


def assert_asks(request: httpx.Request, expected: Question) -> None:
    """The request is the one the exchange shows.

    Raises:
        Shortfall: it is another; the text names the part that differs.
    """
    form = dict(httpx.QueryParams(request.content.decode())) if request.method == "POST" else {}
    compared: list[tuple[str, object, object]] = [
        ("operation", request.extensions["operation"], expected.operation),
        ("method", request.method, expected.method),
        ("address", str(request.url.copy_with(query=None)), expected.url),
        *((f"header {name}", request.headers.get(name), value) for name, value in expected.headers.items()),
        ("form", {k: v for k, v in form.items() if k not in expected.generated}, expected.form),
        ("generated form fields", sorted(form.keys() & {*expected.generated}), sorted(expected.generated)),
    ]
    for name, asked, shown in compared:
        demand(asked == shown, f"the request's {name} is {asked!r}, shown {shown!r}")
    wrong = differing(dict(request.url.params), expected.query, (), "the request's query")
    demand(not wrong, "; ".join(wrong))


def answer_of(expected: Answer) -> httpx.Response:
    """The exchange's answer as a response."""
    if expected.body is not None:
        headers = {"content-type": "application/json", **expected.headers}
        return httpx.Response(expected.status, headers=headers, content=msgspec.json.encode(expected.body))
    return httpx.Response(expected.status, headers=expected.headers, text=expected.text)


def play(slug: str, exchange: Exchange) -> Iterator[tuple[httpx.Response, Answer, tuple[str, ...]]]:
    """Direction two: ask the simulated bank; give each of its answers with the one the exchange shows."""
    given = exchange.given
    now = datetime.fromisoformat(given.now)
    world = World(1, FrozenClock(now), Authority(now))
    bank = bank_class(slug)(contracts.load(slug), world)
    wanted = account_of(slug, given)
    entries = [ledger_entry(entry) for entry in given.ledger]
    if Decimal(given.opening_balance):
        entries.insert(0, opening(bank.kinds, Decimal(given.opening_balance), given.period[0]))
    held = bank.open_account(wanted.number, given.scenario, Parameters(readings=given.readings), ledger.Fixed(entries))
    held.branch, held.holder_tax_id = wanted.branch, wanted.holder_tax_id
    held.credentials |= typed_in(slug) | given.credentials
    if given.access_token and not given.token_expired:
        scopes, life = bank.contract.authentication.scopes, bank.token_life(held)
        bank.tokens.issue(wanted.environment, held, scopes, life, value=given.access_token)
    genuine = iter(genuine_forms(slug, held.credentials, exchange))
    for step in exchange.steps:
        request = request_of(step.request, next(genuine))
        if certificate := held.credentials.get("certificate"):
            request.extensions["client_certificate"] = certificate
        yield bank.answer(request), step.response, exchange.generated


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


def request_of(question: Question, genuine: dict[str, str]) -> httpx.Request:
    """The exchange's request, as a client sends it."""
    form = {**question.form, **genuine}
    return httpx.Request(
        question.method,
        question.url,
        params=question.query or None,
        headers=question.headers,
        data=form or None,
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


def opening(kinds: frozenset[tuple[str, bool]], amount: Decimal, first: str) -> ledger.LedgerEntry:
    """The movement from which an account has its opening balance, twenty days before the period."""
    day = date.fromordinal(date.fromisoformat(first).toordinal() - 20)
    kind = min(kind for kind, credit in kinds if credit is (amount > 0))
    return ledger.LedgerEntry(
        booked_at=datetime.fromisoformat(f"{day}T09:00:00-03:00"), amount=amount, type=kind, description="abertura"
    )
