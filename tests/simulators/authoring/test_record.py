"""Recorded traffic becomes exchanges without a trace of whose account it was."""

import json
import re
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import contracts
from gateway.tax_ids import is_cnpj, is_cpf
from simulators.authoring.har import read_har
from simulators.authoring.masking import Masker, Unmaskable
from simulators.authoring.record import exchanges_of
from simulators.authoring.spellings import SHORTEST
from simulators.authoring.writer import Traffic
from simulators.certify.bench import Bench
from simulators.certify.exchanges.as_shown import reads_as_shown
from simulators.cli import main
from simulators.world import Parameters

FEW = Parameters(entries_per_day=2, busy_day_entries=0, opened_days_ago=60)
KEEP = ("page", "size", "quantidade", "totalElements", "totalPages", "pageNumber", "pageSize", "codigoLancamento")
TODAY = date(2026, 3, 18)


def chance(seed):
    return Random(seed)  # noqa: S311 - the same values each time


def as_har(harness, *, more=()):
    """The last reading, as a browser saves it."""
    entries = [
        {
            "startedDateTime": "2026-03-18T13:00:00.123-03:00",
            "request": {
                "method": asked.request.method,
                "url": str(asked.request.url),
                "headers": [{"name": name, "value": value} for name, value in asked.request.headers.items()],
                "postData": {
                    "mimeType": "application/x-www-form-urlencoded",
                    "text": asked.request.content.decode(),
                },
            },
            "response": {
                "status": asked.response.status_code,
                "headers": [{"name": name, "value": value} for name, value in asked.response.headers.items()],
                "content": {"mimeType": "application/json", "text": asked.response.text},
            },
        }
        for asked in harness.calls
    ]
    return json.dumps({"log": {"version": "1.2", "entries": [*entries, *more]}})


@pytest.fixture
def traffic(tmp_path):
    """A reading of ten days of an account at Sicredi: the harness, and its HAR file."""
    bench = Bench("sicredi")
    harness = bench.harness(parameters=FEW)
    harness.read(bench.last_days(10))
    file = tmp_path / "traffic.har"
    file.write_text(as_har(harness))
    return harness, file


def made(file, seed=1, keep=KEEP):
    return exchanges_of(contracts.load("sicredi"), Traffic(calls=read_har(file)), chance(seed), TODAY, keep)


def test_a_reading_becomes_observed_exchanges(traffic, tmp_path):
    """The token and the reading each are an exchange that the adapter keeps, with true sums in the invented amounts."""
    harness, file = traffic
    recording = made(file)
    (tmp_path / "exchanges").mkdir()
    for name, text in recording.exchanges.items():
        (tmp_path / "exchanges" / name).write_text(text)
        exchange = contracts.read(tmp_path / "exchanges" / name, contracts.Exchange)
        assert exchange.evidence == "observed"
        reads_as_shown("sicredi", exchange)

    assert [name.split("_", 2)[2] for name in recording.exchanges] == ["token.yaml", "statement.yaml"]
    entries = exchange.expected.entries
    assert len(entries) == len(harness.movements) > 5
    moved = sum(Decimal(entry.amount) for entry in entries)
    assert Decimal(exchange.expected.opening_balance) + moved == Decimal(exchange.expected.closing_balance)
    assert moved != sum(movement.amount for movement in harness.movements)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_of_the_account_is_left(traffic, seed):
    """No secret, name, tax id, document, text, id, day or balance of the account stands in any exchange."""
    harness, file = traffic
    whole = "\n".join(made(file, seed).exchanges.values())
    truth = harness.simulated.ledger.entries(date(2026, 3, 1), TODAY, harness.clock.now())
    secrets = [*harness.simulated.credentials.values(), harness.token.access]
    parties = [
        value for true in truth if true.counterparty for value in (true.counterparty.tax_id, true.counterparty.name)
    ]
    rows = [value for true in truth for value in (true.description, true.document, str(true.balance), str(true.date))]

    for value in (*secrets, *parties, *rows):
        assert len(value) < SHORTEST or value not in whole, value


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.decimals(-(10**9), 10**9, places=2)
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)
    | st.dates(date(2000, 1, 1), date(2030, 1, 1)).map(str)
    | st.sampled_from(("123.456.789-09", "11.222.333/0001-81", "pago a 12345678909", "84G7VSUO000128", "1.234,56")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.integers(0, 2**32))
def test_whatever_is_replaced_stands_nowhere_in_what_passes(value, seed):
    """A result that passes the check has none of the values; its form is that of what came."""
    masker = Masker(chance(seed))
    new = masker.masked({"value": value})["value"]
    text = json.dumps(new, default=str, ensure_ascii=False)
    try:
        masker.check(text)
    except Unmaskable:
        return
    for (_, former), put in masker.replaced.items():
        assert former == put or len(former) < SHORTEST or former not in text
    assert form(new) == form(value)


def form(value):
    """What stays of a value: its structure, and the class of each sign of its texts."""
    if isinstance(value, dict):
        return {name: form(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [form(inner) for inner in value]
    if isinstance(value, str) and not re.search(r"\d", value):
        return [sign if not sign.isalpha() else "Aa"[sign.islower()] for sign in value if sign.isascii()], len(value)
    return type(value)


@pytest.mark.parametrize(
    ("former", "right"),
    [
        ("12345678909", is_cpf),
        ("11222333000181", is_cnpj),
        ("123.456.789-09", lambda value: is_cpf(re.sub(r"\D", "", value))),
        ("11.222.333/0001-81", lambda value: is_cnpj(re.sub(r"\D", "", value))),
        ("84G7VSUO000128", is_cnpj),
    ],
)
def test_a_tax_id_becomes_a_valid_one(former, right):
    """With right check digits, its own punctuation, the same one wherever it stands, inside of a text too."""
    masker = Masker(chance(3))
    alone = masker.masked(former)
    within = masker.masked(f"PIX-{former} Loja")

    assert right(alone)
    assert alone != former
    assert re.sub(r"[0-9A-Z]", "0", alone) == re.sub(r"[0-9A-Z]", "0", former)
    assert alone in within


def test_amounts_add_up_and_days_keep_their_order():
    """Sums hold in each notation; days of a week and the time between days stay."""
    masker = Masker(chance(5), amounts=("centavos",))
    one, two, total = (masker.masked(Decimal(value)) for value in ("12.34", "-2.30", "10.04"))
    brazilian, cents = masker.masked("1.234,56"), masker.masked({"centavos": 1234})["centavos"]
    first, last = (date.fromisoformat(masker.masked(value)) for value in ("2026-03-09", "2026-03-13"))

    assert one + two == total != Decimal("10.04")
    assert masker.masked(Decimal("0.00")) == 0
    assert Decimal(brazilian.replace(".", "").replace(",", ".")) / Decimal("1234.56") == one / Decimal("12.34")
    assert Decimal(cents) / 100 == one
    assert ((last - first).days, first.weekday()) == (4, 0)
    assert first != date(2026, 3, 9)


def test_a_value_that_a_kept_field_repeats_is_refused(traffic):
    """A field is declared harmless in which a name stands that is replaced elsewhere: nothing is made."""
    _, file = traffic
    text = file.read_text()
    answer = json.loads(json.loads(text)["log"]["entries"][-1]["response"]["content"]["text"])
    repeated = answer["dtlMovimentos"][0]["idMovimento"]
    file.write_text(text.replace('\\"quantidade\\":', f'\\"copia\\":\\"{repeated}\\",\\"quantidade\\":'))

    with pytest.raises(Unmaskable, match="idMovimento"):
        made(file, keep=(*KEEP, "copia"))


def test_the_command_shows_what_it_replaces_and_asks(traffic, tmp_path):
    """Without consent nothing is written; with it the files stand in the folder, and are never overwritten."""
    _, file = traffic
    into = tmp_path / "into"
    arguments = ["record", "sicredi", str(file), "--into", str(into)]
    for field in KEEP:
        arguments += ["--keep", field]
    refused = CliRunner().invoke(main, arguments, input="n\n")
    assert refused.exit_code == 1
    assert not into.exists()
    assert "- idMovimento: " in refused.output
    assert "+ idMovimento: " in refused.output

    done = CliRunner().invoke(main, [*arguments, "--yes"])
    again = CliRunner().invoke(main, [*arguments, "--yes"])

    assert done.exit_code == 0, done.output
    assert len(list(into.iterdir())) == 2
    assert again.exit_code == 1
    assert "is there already" in again.output


CALL = """{"log": {"entries": [{"startedDateTime": "2026-03-02T10:00:00Z", "request": {"method": "GET",
  "url": "https://a"}, "response": {"status": 200, "headers": []}}]}}"""


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("rubbish", "is no HAR file"),
        ("{}", "is no HAR file"),
        ('{"log": {"entries": [{}]}}', "is no HAR file"),
        ('{"log": {"entries": []}}', "none of 0 calls"),
        ("[" * 100_000, "is no HAR file"),
        ('{"log": {"entries": ' + "[" * 100_000, "is no HAR file"),
        (CALL.replace('"status": 200', '"status": "x"'), "is no HAR file"),
        (CALL.replace("https://a", "https://a:b"), "is no HAR file"),
        (CALL.replace('"headers": []', '"headers": [{"name": 5}]'), "is no HAR file"),
        (CALL, "none of 1 calls"),
    ],
)
def test_what_is_no_recording_is_named(tmp_path, text, word):
    """A file of another form, or without a call of the contract."""
    file = tmp_path / "x.har"
    file.write_text(text)
    told = CliRunner().invoke(main, ["record", "inter", str(file), "--yes"])

    assert told.exit_code == 1
    assert word in " ".join(told.output.replace("│", " ").split())


def test_the_body_of_a_read_by_post_is_recorded(tmp_path):
    """What was posted as JSON is kept beside forms, and what only calls itself JSON is no error."""
    shown = {"status": 200, "headers": [], "content": {"text": "{}"}}
    asked = [
        {"method": "POST", "url": "https://bank.example/x", "postData": {"mimeType": kind, "text": text}}
        for kind, text in (("application/json", '{"day":"2026-03-09"}'), ("application/json", "{"), ("text/plain", "1"))
    ]
    entries = [{"startedDateTime": "2026-03-18T13:00:00-03:00", "request": each, "response": shown} for each in asked]
    file = tmp_path / "traffic.har"
    file.write_text(json.dumps({"log": {"entries": entries}}))

    assert [(each.form, each.body) for each in read_har(file)] == [({}, {"day": "2026-03-09"}), ({}, None), ({}, None)]


def test_a_recording_without_an_end_is_refused(tmp_path, monkeypatch):
    """A device says no size beforehand; what is read of it is bounded."""
    file = tmp_path / "x.har"
    file.symlink_to("/dev/zero")
    monkeypatch.setattr("simulators.authoring.har.LARGEST_HAR_BYTES", 1_000)
    told = CliRunner().invoke(main, ["record", "inter", str(file), "--yes"])

    assert (told.exit_code, "is larger than" in told.output) == (1, True)
