"""Nothing of whose account it was stands in what is written, whichever way the bank has written it."""

import base64
import json
from datetime import date, timedelta
from random import Random
from urllib.parse import quote

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import contracts
from simulators.authoring.har import recorded
from simulators.authoring.masking import Unmaskable
from simulators.authoring.origin import Origin
from simulators.authoring.record import exchanges_of
from simulators.authoring.writer import Traffic
from simulators.certify.bench import Bench
from simulators.certify.exchanges.as_shown import answers_as_shown, reads_as_shown
from simulators.world import Parameters

FEW = Parameters(entries_per_day=2, busy_day_entries=0, opened_days_ago=60)
KEEP = ("page", "size", "quantidade", "totalElements", "totalPages", "pageNumber", "pageSize", "codigoLancamento")
TODAY = date(2026, 3, 18)
FORMS = {
    "plain": lambda text: text,
    "capitals": lambda text: text.upper() if " " in text else text,
    "percent": lambda text: quote(text, safe=""),
    "json": lambda text: json.dumps(text)[1:-1],
    "hexadecimal": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "a part of base64": lambda text: base64.b64encode(f"x:{text}:y".encode()).decode(),
    "a later part of base64": lambda text: base64.b64encode(f"xy {text} z".encode()).decode(),
}


@pytest.fixture(scope="module")
def reading():
    """A reading of ten days of an account at Sicredi."""
    bench = Bench("sicredi")
    harness = bench.harness(parameters=FEW)
    harness.read(bench.last_days(10))
    return harness


def origin_of(harness):
    account = harness.account
    values = {name: getattr(account, name) for name in ("bank", "kind", "branch", "number", "holder_tax_id")}
    return Origin(**values, credentials=account.credentials.values)


def traffic_of(harness, **more):
    """The reading as it was recorded, with more fields in its last answer."""
    calls = [recorded(harness.clock.now(), call.request, call.response) for call in harness.calls]
    body = json.loads(harness.calls[-1].response.text) | more
    response = httpx.Response(200, content=json.dumps(body, ensure_ascii=False).encode())
    calls[-1] = recorded(harness.clock.now(), harness.calls[-1].request, response)
    days = (harness.clock.now().date() - timedelta(days=10), harness.clock.now().date() - timedelta(days=1))
    return Traffic(calls=calls, origin=origin_of(harness), period=days, people=people(harness))


def made(harness, seed, *, keep=(), **more):
    chance = Random(seed)  # noqa: S311 - the same values each time
    return exchanges_of(contracts.load("sicredi"), traffic_of(harness, **more), chance, TODAY, (*KEEP, *keep))


def people(harness):
    """The names and tax ids of the others, as the adapter reads them."""
    parties = [each.counterparty for each in harness.movements if each.counterparty]
    return sorted({text for party in parties for text in (party.name, party.tax_id) if text})


def private(harness):
    """What must stand nowhere: credentials, token, account, and the names and tax ids of all parties."""
    credentials = [value for value in harness.account.credentials.values.values() if len(value) >= 8]
    return sorted(
        {*credentials, harness.token.access, harness.account.number, harness.account.holder_tax_id, *people(harness)}
    )


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32))
def test_what_is_written_holds_nothing_private_in_any_form(reading, seed):
    """Whatever values are invented."""
    recording = made(reading, seed)
    whole = "\n".join(recording.exchanges.values())

    for value in private(reading):
        assert not [name for name, form in FORMS.items() if form(value) in whole], value


@settings(max_examples=10)
@given(data=st.data(), form=st.sampled_from(sorted(FORMS)), seed=st.integers(0, 2**32))
def test_a_harmless_field_that_holds_something_private_is_refused(reading, data, form, seed):
    """In whatever form the bank repeats it there: nothing is made."""
    value = data.draw(st.sampled_from(private(reading)))

    with pytest.raises(Unmaskable):
        made(reading, seed, keep=("copia",), copia=f"ref {FORMS[form](value)}")


@settings(max_examples=15)
@given(data=st.data(), form=st.sampled_from(sorted(FORMS)), seed=st.integers(0, 2**32))
def test_a_field_that_is_not_harmless_may_hold_anything(reading, data, form, seed):
    """It is replaced; so is what would be its name."""
    value = FORMS[form](data.draw(st.sampled_from(private(reading))))
    whole = "\n".join(made(reading, seed, copia=value, saldos={reading.account.holder_tax_id: 1}).exchanges.values())

    assert value not in whole
    assert reading.account.holder_tax_id not in whole


def test_the_exchanges_are_those_of_an_invented_account(reading):
    """The adapter asks for it as is shown; the secrets are shown to nobody who confirms."""
    recording = made(reading, 3)
    token, statement = (decoded(text) for text in recording.exchanges.values())

    for exchange in (token, statement):
        reads_as_shown("sicredi", exchange)
    answers_as_shown("sicredi", token)
    assert token.generated == ("1.access_token",)
    assert statement.given.account["number"] not in {reading.account.number, ""}
    assert {reading.account.credentials["client_secret"], reading.token.access} <= {*recording.secrets}


def decoded(text):
    return msgspec.yaml.decode(text, type=contracts.Exchange)
