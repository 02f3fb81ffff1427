"""Writing one exchange of recorded calls.

The answers are replaced value by value (`masking`). Of the requests, those of another client are replaced in the same
way. Where it is known whose account it was, the bank's adapter is asked to read the invented answers of an account with
invented credentials, and what it asks then is written down: a request of the real account goes no further than here.
"""

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from contracts.exchange import Exchange, places
from contracts.schema import Contract, CredentialKind, Operation, OperationKind, path_pattern
from simulators.authoring.har import JSON, Recorded
from simulators.authoring.masking import TOKENS, Masker
from simulators.authoring.origin import Origin
from simulators.authoring.spellings import SHORTEST
from simulators.certify.demands import Shortfall
from simulators.certify.exchanges.as_shown import answers_as_shown
from simulators.certify.exchanges.expected import Meaning, asked_of, meaning_of
from simulators.clock import BRASILIA

__all__ = ["HARMLESS", "ExchangeWriter", "Listed", "Traffic", "body_of"]

HARMLESS = frozenset({"grant_type", "scope", "token_type", "expires_in"})
"""Fields of OAuth that say nothing of anybody."""
SHOWN_HEADERS = frozenset({"retry-after"})
"""Headers of an answer that an exchange shows; none of a request, which may prove who asks."""
PLACE = re.compile(r"(?:^|; )((?:step )?\d[^:\s]*)(?::| is )")
"""At which a simulated bank's answer differs, in the text that says so."""
LONGEST_NOTE = 300

Listed = Sequence[tuple[str, Recorded]]
"""Calls, each with the name of its operation."""


class Traffic(Struct, frozen=True, kw_only=True):
    """What was recorded."""

    calls: Sequence[Recorded]
    origin: Origin | None = None
    """Whose account it is, where the requests are those of the bank's own adapter."""
    period: tuple[date, date] | None = None
    """What was asked for; None to take it from the requests."""
    page_size: int = 0
    failure: str = ""
    """The code with which the reading of the account has ended."""
    people: Collection[str] = ()
    """Names and tax ids of others that the adapter has read in the answers: mostly as parts of longer texts."""


class ExchangeWriter:
    """Writes the exchanges of one recording.

    Args:
        contract: of the bank.
        traffic: what was recorded.
        masker: replaces what is of the account.
        today: stands in `source`.
        generated: what the bank makes anew each time, besides tokens: names of fields, or the ends of their paths.
    """

    def __init__(
        self, contract: Contract, traffic: Traffic, masker: Masker, today: date, generated: Collection[str]
    ) -> None:
        self._contract = contract
        self._traffic = traffic
        self._masker = masker
        self._today = today
        self._made_up = [each.split(".") for each in (*TOKENS, *generated)]
        self._fields = {field.name: field.kind for field in contract.enrolment.fields}
        self._account: dict[str, Any] = self._invented_account(traffic.origin) if traffic.origin is not None else {}

    def exchange(self, group: Listed) -> dict[str, Any]:
        """One exchange.

        Raises:
            Shortfall: the adapter asks otherwise of the invented answers.
        """
        is_token = self._contract.operations[group[0][0]].kind is OperationKind.TOKEN
        answers = [self._answer(call) for _, call in group]
        steps = [
            {"request": self._question(name, call), "response": answer}
            for (name, call), answer in zip(group, answers, strict=True)
        ]
        given = self._given(group, holds_token=not is_token)
        exchange: dict[str, Any] = {
            "title": f"Recorded: {', '.join(dict.fromkeys(name for name, _ in group))}",
            "evidence": "observed",
            "source": f"recorded in {self._today:%Y-%m}",
            "given": given,
            "steps": steps,
            "expected": {"more": True},
        }
        if generated := [each for n, answer in enumerate(answers, 1) for each in self._generated(n, answer)]:
            exchange["generated"] = generated
        if self._traffic.origin is not None:
            self._ask_again(exchange)
        meaning = meaning_of(self._contract.slug, _decoded(exchange))
        if self._traffic.origin is not None and not is_token:
            self._demand_alike(meaning)
        exchange["expected"] = meaning.expected
        if meaning.ledger or meaning.opening_balance:
            given |= {"earlier": "unknown", "ledger": meaning.ledger}
            if meaning.opening_balance:
                given["opening_balance"] = meaning.opening_balance
        return exchange | self._not_played(exchange)

    def _given(self, group: Listed, *, holds_token: bool) -> dict[str, Any]:
        """The situation in which the first call was made."""
        now = self._masker.instant(group[0][1].at.astimezone(BRASILIA))
        given = {"now": now.isoformat(timespec="seconds"), **self._account, "period": self._period(group)}
        if self._traffic.page_size:
            given["page_size"] = self._traffic.page_size
        if holds_token and any(each.kind is OperationKind.TOKEN for each in self._contract.operations.values()):
            given["access_token"] = "held"  # noqa: S105 - invented, and said so
        return given

    def _not_played(self, exchange: dict[str, Any]) -> dict[str, Any]:
        """What the exchange says further where the simulated bank answers otherwise; nothing where it answers so."""
        try:
            answers_as_shown(self._contract.slug, _decoded(exchange))
        except (Shortfall, LookupError) as error:
            # The places alone: what the simulated bank has at them is of another account.
            where = ", ".join(dict.fromkeys(PLACE.findall(str(error)))) or "it has no such movements"
            return {"simulator_plays": False, "note": f"The simulated bank differs: {where}"[:LONGEST_NOTE]}
        return {}

    def _generated(self, step: int, answer: dict[str, Any]) -> list[str]:
        """The paths of what the bank makes anew each time, the numbers of items left open."""
        found: dict[str, None] = {}
        for place in places(answer.get("body"), (str(step),)):
            fields = [each for each in place[1:] if not each.isdecimal()]
            if any(fields[-len(tail) :] == tail for tail in self._made_up):
                found[".".join([place[0], *("*" if each.isdecimal() else each for each in place[1:])])] = None
        return list(found)

    def _invented_account(self, origin: Origin) -> dict[str, Any]:
        """The account and its credentials as the exchanges give them; the real values are known from here on."""
        typed: dict[str, str] = {}
        for name, value in origin.credentials.items():
            if name in HARMLESS or len(value) < SHORTEST:
                typed[name] = value
            elif self._fields.get(name) not in {CredentialKind.TEXT, CredentialKind.SECRET}:
                for line in value.splitlines():
                    self._masker.secrets.add(line)
            elif value.isdecimal():
                # Where it travels as a number, only another number can stand for it.
                typed[name] = self._masker.masked(value, name)
                self._masker.secrets.add(value)
            else:
                self._masker.name(name, value, f"value-of-{name}")
        account = {
            name: value if name == "kind" else self._masker.masked(value, name)
            for name, value in origin.account.items()
            if value
        }
        # A branch is public, and its few digits stand in many a number.
        self._masker.replaced.pop(("branch", origin.branch), None)
        return {"account": account, **({"credentials": typed} if typed else {})}

    def _ask_again(self, exchange: dict[str, Any]) -> None:
        """Have the adapter ask what stands in the exchange.

        Raises:
            Shortfall: it asks something of another form than it asked of the real answers.
        """
        asked = asked_of(self._contract.slug, _decoded(exchange))
        for number, (step, again) in enumerate(zip(exchange["steps"], asked, strict=True), 1):
            once = step["request"]
            if any(
                _form(once, part) != _form(again, part) for part in ("operation", "method", "query", "form", "body")
            ):
                raise Shortfall(
                    f"step {number}: the adapter asks otherwise of the invented answers than of the real ones"
                )
            step["request"] = again

    def _demand_alike(self, meaning: Meaning) -> None:
        """See to it that the invented answers mean what the real ones meant.

        Raises:
            Shortfall: they do not, since something was replaced by which the adapter goes.
        """
        found = meaning.expected.get("failure", "")
        more = meaning.expected.get("more") and "it asks on"
        if found != self._traffic.failure or more:
            what = f"{found or more or 'there is no failure'}: {meaning.detail}"
            raise Shortfall(
                f"the adapter reads the invented answers otherwise than the real ones ({what}); "
                "a field that it goes by has to be kept (--keep) or to be called an amount (--cents)"
            )

    def _period(self, group: Listed) -> list[str]:
        """The days that were asked for: as is known, or as the first request with two days says."""
        if self._traffic.period is not None:
            return [self._masker.day(day).isoformat() for day in self._traffic.period]
        for _, call in group:
            days = []
            for value in call.url.params.values():
                try:
                    days.append(datetime.fromisoformat(value).date())
                except ValueError:
                    continue
            if len(days) == 2:
                return [self._masker.day(min(days)).isoformat(), self._masker.day(max(days)).isoformat()]
        day = self._masker.day(group[0][1].at.astimezone(BRASILIA).date() - timedelta(days=1))
        return [day.isoformat(), day.isoformat()]

    def _question(self, name: str, call: Recorded) -> dict[str, Any]:
        operation = self._contract.operations[name]
        request: dict[str, Any] = {"operation": name, "method": call.method}
        if self._traffic.origin is not None:
            # The adapter is asked again; of this request nothing but its form is used.
            return {**request, "url": "", "query": {**call.url.params}, "form": call.form, "body": call.body}
        request["url"] = self._address(operation, call)
        if call.url.params:
            request["query"] = {key: self._masker.masked(value, key) for key, value in call.url.params.items()}
        if call.form:
            request["form"] = {key: self._typed(key, value) for key, value in call.form.items()}
        if call.body is not None:
            request["body"] = _plain(self._masker.masked(call.body))
        if operation.kind is not OperationKind.TOKEN and self._contract.authentication.token_seconds:
            request["headers"] = {"Authorization": "Bearer held"}
        return request

    def _answer(self, call: Recorded) -> dict[str, Any]:
        response: dict[str, Any] = {"status": call.status}
        if shown := {key: value for key, value in call.headers.items() if key in SHOWN_HEADERS}:
            response["headers"] = shown
        body = body_of(call)
        if body is None:
            response["text"] = self._masker.masked(call.text, "text")
        else:
            response["body"] = _plain(self._masker.masked(body))
        return response

    def _address(self, operation: Operation, call: Recorded) -> str:
        """The address without its query, the places of the path replaced."""
        found = path_pattern(operation.path, named=True).fullmatch(call.url.path)
        places = {key: self._masker.masked(value, key) for key, value in (found.groupdict() if found else {}).items()}
        return f"https://{call.url.host}{operation.path.format_map(places)}"

    def _typed(self, name: str, value: str) -> str:
        """What stands in a form: credentials as the runner of exchanges makes them up, all else replaced."""
        if name in HARMLESS and name in self._fields:
            self._account.setdefault("credentials", {})[name] = value
        elif name in self._fields:
            self._masker.name(name, value, f"value-of-{name}")
        return str(self._masker.masked(value, name))


def body_of(call: Recorded) -> Any:
    """The JSON of an answer; None where it is none."""
    try:
        return JSON.decode(call.text)
    except msgspec.DecodeError:
        return None


def _decoded(exchange: dict[str, Any]) -> Exchange:
    return msgspec.convert(exchange, Exchange, strict=False)


def _form(request: dict[str, Any], part: str) -> object:
    """What of a part of a request does not depend on whose account it is."""
    value = request.get(part) or {}
    if part == "form":
        return {*value, *request.get("generated", ())}
    return {*value} if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    """The value with decimals as numbers that a YAML file holds."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value
