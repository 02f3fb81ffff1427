"""Exchanges made of recorded traffic: observed, and without a trace of whose account it was."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from contracts.exchange import Exchange
from contracts.schema import Contract, Operation, OperationKind, path_pattern
from simulators.authoring.har import Recorded
from simulators.authoring.masking import Masker, Unmaskable
from simulators.certify.expected import expected_of
from simulators.clock import BRASILIA

__all__ = ["Recording", "exchanges_of"]

HARMLESS = frozenset({"grant_type", "scope", "token_type", "expires_in"})
"""Fields of OAuth that say nothing of anybody."""
TOKENS = frozenset({"access_token", "refresh_token", "id_token"})
SHOWN_HEADERS = frozenset({"retry-after"})
"""Headers of an answer that an exchange shows; none of a request, which may prove who asks."""
ATTEMPTS = 50
JSON: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)
"""Numbers with decimals stay exact."""


class Recording(Struct, frozen=True):
    """What was made of recorded traffic."""

    exchanges: dict[str, str]
    """By the name of its file, the text of each exchange."""
    replaced: dict[tuple[str, str], str]
    """By field and former value, what stands in its place."""
    left_out: int
    """Calls that no operation of the contract is."""


def exchanges_of(
    contract: Contract,
    calls: Sequence[Recorded],
    chance: Random,
    today: date,
    keep: Collection[str] = (),
    cents: Collection[str] = (),
) -> Recording:
    """The exchanges of recorded traffic: one for each token request, one for each reading between them.

    Args:
        contract: says which calls are operations; what else was recorded is left out.
        calls: what was recorded.
        chance: chooses the invented values; another one each time, so that nobody can undo them.
        today: stands in `source`.
        keep: names of fields whose values are harmless.
        cents: names of fields whose whole numbers are centavos.

    Raises:
        Unmaskable: what was replaced stands somewhere else too, in a field that is kept.
        LookupError: the bank has no adapter.
        ValueError: none of the calls is an operation of the contract.
    """
    listed = [(name, call) for call in calls if (name := _operation(contract, call)) is not None]
    if not listed:
        raise ValueError(f"none of {len(calls)} calls is an operation of {contract.slug}")
    for attempt in range(ATTEMPTS):
        masker = Masker(chance, HARMLESS | {*keep}, cents)
        written = {
            f"recorded_{number:02}_{group[0][0]}.yaml": _exchange(contract, group, masker, today)
            for number, group in enumerate(_groups(contract, listed), 1)
        }
        try:
            for text in written.values():
                masker.check(text)
        except Unmaskable:
            if attempt == ATTEMPTS - 1:
                raise
            continue
        return Recording(written, masker.replaced, len(calls) - len(listed))
    raise AssertionError("the last attempt returns or raises")


def _operation(contract: Contract, call: Recorded) -> str | None:
    return contract.operation_for(call.method, call.url.host, call.url.path)


def _groups(contract: Contract, listed: Sequence[tuple[str, Recorded]]) -> list[list[tuple[str, Recorded]]]:
    """Each token request alone, and each run of reads between two of them."""
    groups: list[list[tuple[str, Recorded]]] = []
    for name, call in listed:
        alone = contract.operations[name].kind is OperationKind.TOKEN
        if not groups or alone or contract.operations[groups[-1][0][0]].kind is OperationKind.TOKEN:
            groups.append([])
        groups[-1].append((name, call))
    return groups


def _exchange(contract: Contract, group: Sequence[tuple[str, Recorded]], masker: Masker, today: date) -> str:
    """One exchange as YAML."""
    is_token = contract.operations[group[0][0]].kind is OperationKind.TOKEN
    given: dict[str, Any] = {"now": masker.instant(group[0][1].at.astimezone(BRASILIA)).isoformat(timespec="seconds")}
    if not is_token and any(each.kind is OperationKind.TOKEN for each in contract.operations.values()):
        given["access_token"] = "held"  # noqa: S105 - invented, and said so
    exchange = {
        "title": f"Recorded: {', '.join(dict.fromkeys(name for name, _ in group))}",
        "evidence": "observed",
        "source": f"recorded in {today:%Y-%m}",
        "note": "The account's earlier history is not known, so that the simulated bank cannot play it.",
        "given": given | _period(group, masker),
        "steps": [_step(contract, name, call, masker) for name, call in group],
        "simulator_plays": False,
        "expected": {"more": True},
    }
    if is_token:
        exchange["generated"] = sorted(TOKENS & _object(group[0][1].text).keys())
    exchange["expected"] = expected_of(contract.slug, msgspec.convert(exchange, Exchange, strict=False))
    return msgspec.yaml.encode(exchange).decode()


def _period(group: Sequence[tuple[str, Recorded]], masker: Masker) -> dict[str, Any]:
    """The days that the first request with two of them asks for."""
    for _, call in group:
        days = []
        for value in call.url.params.values():
            try:
                days.append(datetime.fromisoformat(value).date())
            except ValueError:
                continue
        if len(days) == 2:
            return {"period": [masker.day(min(days)).isoformat(), masker.day(max(days)).isoformat()]}
    day = masker.day(group[0][1].at.astimezone(BRASILIA).date() - timedelta(days=1))
    return {"period": [day.isoformat(), day.isoformat()]}


def _step(contract: Contract, name: str, call: Recorded, masker: Masker) -> dict[str, Any]:
    operation = contract.operations[name]
    request: dict[str, Any] = {"operation": name, "method": call.method, "url": _address(operation, call, masker)}
    if call.url.params:
        request["query"] = {key: masker.masked(value, key) for key, value in call.url.params.items()}
    if call.form:
        fields = {field.name for field in contract.enrolment.fields}
        request["form"] = {key: _typed(key, value, fields, masker) for key, value in call.form.items()}
    if operation.kind is not OperationKind.TOKEN and contract.authentication.token_seconds:
        request["headers"] = {"Authorization": "Bearer held"}
    response: dict[str, Any] = {"status": call.status}
    if shown := {key: value for key, value in call.headers.items() if key in SHOWN_HEADERS}:
        response["headers"] = shown
    try:
        body = JSON.decode(call.text)
    except msgspec.DecodeError:
        response["text"] = masker.masked(call.text, "text")
    else:
        if isinstance(body, dict):
            body = {key: _invented(key, value, masker) for key, value in body.items()}
        else:
            body = masker.masked(body)
        response["body"] = _plain(body)
    return {"request": request, "response": response}


def _address(operation: Operation, call: Recorded, masker: Masker) -> str:
    """The address without its query, the places of the path replaced."""
    found = path_pattern(operation.path, named=True).fullmatch(call.url.path)
    places = {key: masker.masked(value, key) for key, value in (found.groupdict() if found else {}).items()}
    return f"https://{call.url.host}{operation.path.format_map(places)}"


def _typed(name: str, value: str, fields: Collection[str], masker: Masker) -> str:
    """What stands in a form: credentials as the runner of exchanges makes them up, all else replaced."""
    if name in fields:
        masker.replaced[name, value] = f"value-of-{name}"
        return f"value-of-{name}"
    return str(masker.masked(value, name))


def _invented(name: str, value: Any, masker: Masker) -> Any:
    if name in TOKENS:
        masker.replaced[name, str(value)] = "invented"
        return "invented"
    return masker.masked(value, name)


def _plain(value: Any) -> Any:
    """The value with decimals as numbers that a YAML file holds."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value


def _object(text: str) -> dict[str, Any]:
    try:
        value = JSON.decode(text)
    except msgspec.DecodeError:
        return {}
    return value if isinstance(value, dict) else {}
