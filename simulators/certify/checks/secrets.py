"""What is demanded of secrets: they travel where the bank wants them, and nowhere else are they seen."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus

import httpx

import contracts
from contracts.schema import OperationKind, PagingStyle
from gateway.flow import AHEAD
from simulators.certify.bench import CALM, Bench
from simulators.certify.checks.resilient import RUBBISH, SPOILED
from simulators.certify.demands import demand
from simulators.certify.files.evidence import in_addresses
from simulators.certify.harnesses.logged import captured_texts
from simulators.certify.harnesses.pure import PureHarness
from simulators.faults.rows import value_of
from simulators.scenarios import scenario
from simulators.world import Parameters

__all__ = ["betrays_no_secret"]

SHORTEST_SECRET = 6
"""A shorter value may stand in any text by chance."""
SHORTEST_CURSOR = 12
"""A shorter one may be a number, a day or an hour."""
SHORT_PAGES = Parameters(opened_days_ago=60, busy_day_entries=0, page_size=3)
MOVED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("noop", {}),
    *(
        ("cursor_loop", {}),
        ("repeat_page", {"page": 0}),
        ("lose_page", {"page": 1}),
        ("shift_page", {"page": 1, "by": 1}),
    ),
    *(("status", {"status": status}) for status in (400, 500)),
)
"""Faults after which an adapter may say which page it is about."""
PART = 16
"""Characters of a secret that give it away; fewer may be shown to tell it from another."""
ACCESS = "access token"
PROOF = "what proves the caller"
OWN_EXTENSIONS = frozenset({"operation", "client_certificate", AHEAD})
"""What the gateway itself puts on a request for its own use; nothing of it is sent."""


def betrays_no_secret(bench: Bench) -> None:
    """No secret stands where it is seen: an address, an extra header, the words of a failure or statement, the log."""
    for name in bench.harness().bank.scenarios():
        if not scenario(name).before_the_bank and bench.plays(name):
            _demand_no_secret(bench, bench.quiet(name), f"in the scenario {name}")
    if bench.contract.paging.style is not PagingStyle.NONE:
        for fault, parameters in MOVED:
            if bench.tries(fault, "statement", parameters):
                _demand_no_cursor(bench, fault, parameters)
    for fault, parameters in (*RUBBISH, *SPOILED):
        if not bench.tries(fault, "statement", parameters):
            continue
        harness = bench.harness(parameters=CALM)
        harness.world.inject(bench.slug, None, "statement", fault, parameters)
        _demand_no_secret(bench, harness, f"with the fault {fault} {parameters}")


def _demand_no_cursor(bench: Bench, fault: str, parameters: dict[str, Any]) -> None:
    """Demand that what the bank says of the next page, a cursor or an address, stands in no text."""
    harness = bench.harness(parameters=SHORT_PAGES, page_size=SHORT_PAGES.page_size)
    harness.world.inject(bench.slug, None, "statement", fault, parameters, after=int(fault == "status"))
    with captured_texts() as written:
        said = bench.texts(harness, bench.last_days(10))
    places = {"the text of a failure or a statement": said, "the log or what is printed": written}
    for cursor in _cursors(bench, harness):
        for place, texts in places.items():
            what = (
                f"with the fault {fault} {parameters}, the cursor or address of a page stands in {place}: it may name "
                "the account, or let others read it"
            )
            demand(not _has(texts, [cursor, quote(cursor)]), what)


def _cursors(bench: Bench, harness: PureHarness) -> Iterable[str]:
    """What the bank has said of pages: all texts in those places of its answers from which a later request has one.

    Of an address its parameters are looked for in later requests, since it may be asked for in parts.
    """
    asked, told, places = list[str](), list[tuple[str, str]](), set[str]()
    for call in harness.calls:
        if bench.kind_of(call.request) is not OperationKind.STATEMENT:
            continue
        request = call.request
        sent = [unquote_plus(str(request.url)), *request.headers.values(), request.content.decode("utf-8", "replace")]
        new = [part for part in sent if part not in asked]
        places |= {
            place for place, text in told if any(part in each for part in _cursors_in(text, asked) for each in new)
        }
        asked += sent
        if call.response is not None:
            told += [*_texts(value_of(call.response)), *call.response.headers.items()]
    first = asked[:1]
    return {part for place, text in told if place in places for part in _cursors_in(text, first)}


def _cursors_in(text: str, asked: Iterable[str]) -> Iterable[str]:
    """A text and the parameters of the address that it may be, as far as no request has had them."""
    parts = [text, *httpx.QueryParams(text.partition("?")[2]).values()]
    return [part for part in parts if len(part) >= SHORTEST_CURSOR and not any(part in each for each in asked)]


def _texts(value: Any, at: str = "") -> Iterable[tuple[str, str]]:
    """All texts of a JSON value, each with its place, which is the same for all rows of a list."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, at)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _texts(each, f"{at}.{name}")


def _demand_no_secret(bench: Bench, harness: PureHarness, when: str) -> None:
    with captured_texts() as written:
        said = bench.texts(harness, bench.last_days(10))
    in_query, in_headers = in_addresses(bench.slug), _in_headers(bench)
    places = {"the text of a failure or a statement": said, "the log or what is printed": written}
    entries = {"an entry": list(map(repr, harness.movements))}
    for whose, tax_id in _tax_ids(harness):
        for place, texts in places.items():
            what = (
                f"{when}, the tax id of {whose} stands in {place}: it is personal data, which belongs in entries alone"
            )
            demand(not _has(texts, [tax_id]), what)
    for secret, value in _secrets(bench, harness).items():
        forms = [form for form in _forms(value) if len(form) >= SHORTEST_SECRET]
        for place, texts in (places | entries).items():
            demand(not _has(texts, forms), f"{when}, {secret} stands in {place}")
        announced = (each for request in harness.requests for each in request.extensions.get(AHEAD, ()))
        for request in {id(each): each for each in (*harness.requests, *announced)}.values():
            name = request.extensions.get("operation", "")
            shown = f"a request of {name}"
            address = unquote_plus(str(request.url))
            demand(
                secret in in_query or not _has([address], forms), f"{when}, {secret} stands in the address of {shown}"
            )
            for header, sent in request.headers.items():
                what = f"{when}, {secret} stands in the header {header} of {shown}, where no exchange shows it"
                demand(secret in in_headers.get(header, ()) or not _has([sent], forms), what)
            extras = [repr(v) for name, v in request.extensions.items() if name not in OWN_EXTENSIONS]
            demand(not _has(extras, forms), f"{when}, {secret} stands in the extensions of {shown}")
            if bench.contract.operations[name].kind is not OperationKind.TOKEN:
                body = unquote_plus(request.content.decode("utf-8", "replace"))
                demand(not _has([body], forms), f"{when}, {secret} stands in the body of {shown}")


def _tax_ids(harness: PureHarness) -> Iterable[tuple[str, str]]:
    """The CPF or CNPJ of the holder, and those of other parties."""
    yield "the holder", harness.account.holder_tax_id
    if harness.period is None:
        return
    rows = harness.simulated.ledger.entries(harness.period.first, harness.period.last, harness.clock.now())
    parties = (row.counterparty for row in rows)
    yield from {("another party", each.tax_id) for each in parties if each is not None and each.tax_id}


def _secrets(bench: Bench, harness: PureHarness) -> dict[str, str]:
    """By its name, each value that only the bank may see."""
    credentials = harness.account.credentials
    found = {field.name: credentials.get(field.name, "") for field in bench.secret_fields}
    found[ACCESS] = harness.token.access if harness.token else ""
    shown = [request.headers.get("authorization", "") for request in harness.requests]
    found[PROOF] = next((value.split()[-1] for value in shown if value), "")
    return found


def _in_headers(bench: Bench) -> Mapping[str, frozenset[str]]:
    """By header, the secrets that the bank wants there: `Authorization`, the key's own, and what exchanges show."""
    everything = frozenset({ACCESS, PROOF, *(field.name for field in bench.secret_fields)})
    key_header = bench.contract.authentication.api_key_header.lower()
    found = {name: everything for name in ("authorization", key_header) if name}
    for exchange in contracts.exchanges(bench.slug).values():
        given = exchange.given
        values = {
            field.name: given.credentials.get(field.name, f"value-of-{field.name}") for field in bench.secret_fields
        }
        if given.access_token:
            values[ACCESS] = given.access_token
        for step in exchange.steps:
            for header, sent in step.request.headers.items():
                here = {name for name, value in values.items() if value in sent}
                found[header.lower()] = found.get(header.lower(), frozenset()) | here
    return found


def _forms(value: str) -> Iterable[str]:
    """A secret as it is, and as programs write it."""
    lines = value.splitlines()[1:-1]
    plain = value.encode()
    yield value
    yield from (repr(value)[1:-1], json.dumps(value)[1:-1], quote(value), plain.hex())
    yield from (encode(plain).decode().rstrip("=") for encode in (base64.b64encode, base64.urlsafe_b64encode))
    # One line of a key is enough to know it by, and so are half of a longer value and its end.
    yield from (line for line in lines if len(line) >= PART)
    if not lines and len(value) >= 2 * PART:
        yield from (value[: len(value) // 2], value[-PART:])


def _has(texts: Iterable[str], forms: Iterable[str]) -> bool:
    return any(form in text for text in texts for form in forms)
