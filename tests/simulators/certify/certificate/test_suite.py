"""The acceptance suite passes what is right and notices what is wrong."""

import json
import subprocess
import sys
import time
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import httpx
import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import Phase

import contracts
from contracts.schema import Evidence
from gateway.connectors import fields
from gateway.connectors.bs2 import Bs2
from simulators.banks.rows.inter import row_of
from simulators.certify.bench import Bench, Check
from simulators.certify.certificate import suite
from simulators.certify.certificate.report import FORMATS, grounds, write
from simulators.certify.certificate.suite import Certificate, Found, Result, certify, run_check
from simulators.certify.checks.levels import CHECKS, LEVELS
from simulators.certify.checks.polite import asks_nothing_twice
from simulators.certify.demands import Shortfall
from simulators.certify.files.evidence import counts, in_addresses, unwitnessed
from simulators.certify.harnesses import pure
from simulators.certify.harnesses.conversation import Asked, as_text
from simulators.cli import main
from simulators.faults.unknown_enum import UNKNOWN
from tests.served.processes import ROOT, plain_environment
from tests.simulators.certify.misbehaved import MISBEHAVED, InCircle, Obeyed
from tests.simulators.certify.planted import PLANTED, Silent

BY_NAME = {check.name: check for check in CHECKS}


CAUSES = {
    "401 taken for empty": "with the status 401",
    "an empty object taken for empty": "the statement has 0 entries",
    "unreadable day taken for today": "that nobody can read, an entry of 2026-03-18",
    "no bank of the party": "stand in no entry, and decide nothing of one",
    "later pages asked for twice": "asked more than once: https://cdpj.partners.bancointer.com.br/banking/v2/extrato",
    "texts cut off": "are cut off: their last words stand in no entry",
    "no end-to-end ids": "and no entry has it as its `end_to_end_id`",
    "another end-to-end id": "the bank sends the end-to-end id",
    "no ids": "capability entry_id is declared, but what comes is None",
    "no instants": "capability booked_at is declared",
    "instants of some": "capability booked_at is declared",
    "no party": "capability counterparty is declared",
    "no text": "capability description is declared",
    "no document": "capability document is declared",
    "no balances": "capability period_balances is declared, but what comes is opening None",
    "wrong sign": "amount is",
    "money through the text of a float": "amount is",
    "day off by one": "every day is one early",
    "ids thrown away": "entry_id",
    "unreadable day": "cannot be read",
    "rows of other days": "other_days",
    "unreadable rows left out": "unreadable_values",
    "endless loop": "no end after 100 requests",
    "secret in a URL": "client_secret stands in the address of a request",
    "secret in a text": "client_secret stands in the text of a failure",
    "secret in the log": "client_secret stands in the log",
    "wrong field": "dataInicial",
    "a balance of another day": "opening balance is given for 2026-02-16, which is not before the period",
    "secret printed": "client_secret stands in the log",
    "sleep": "the adapter sleeps (time.sleep) at tests/simulators/certify/planted.py:",
    "a connection of its own": "the adapter opens a connection of its own (socket.__new__) at",
    "a day to come": "names 2026-03-19, a day to come",
    "retry of its own": "is asked again; retries are the gateway's",
    "refusal taken for empty": "with the status 404",
    "end of the program": "the adapter raises SystemExit",
    "wrong sign, proved": "every debit is given as a credit",
    "endless movements": "no end after 1000 movements",
    "endless pages": "no end after 5000 pages",
}
"""What the message must name, for errors whose cause it can know."""
SMALL = {"wrong sign", "day off by one"}
"""Errors whose cases are made small here too."""


@pytest.mark.parametrize("error", PLANTED)
def test_a_planted_error_is_noticed(error, monkeypatch):
    """An adapter with an error that people make falls short, with its cause in words and a case of it.

    Making cases small takes most of the time and is hypothesis's business; the cases of one error show that it is done.
    """
    monkeypatch.setattr(pure, "MOST_REQUESTS", 100)
    monkeypatch.setattr(pure, "MOST_MOVEMENTS", 1000)
    if error not in SMALL:
        monkeypatch.setattr(suite, "PHASES", (Phase.generate,))
    adapter, name = PLANTED[error]

    found = run_check(BY_NAME[name], Bench("inter", adapter), 1, 40)

    assert found.shortfall
    assert CAUSES.get(error, "") in "; ".join([found.shortfall, *found.explanation.diagnosis])
    assert found.case is not None or not BY_NAME[name].drawn


@pytest.mark.parametrize("error", MISBEHAVED)
def test_misbehaviour_is_noticed(error):
    """What is no wrong statement on a good day falls short too, with its cause in words."""
    adapter, name, cause = MISBEHAVED[error]

    found = run_check(BY_NAME[name], Bench("inter", adapter), 1, 1)

    assert cause in "; ".join([found.shortfall, *found.explanation.diagnosis])


def test_a_token_request_of_one_use_says_so():
    """A refresh token is spent by its first request, so the gateway may not repeat it where the answer is lost."""

    class Repeatable(Bs2):
        def auth(self, account):
            auth = super().auth(account)
            obtain = auth.obtain

            def repeatable(previous, now):
                flow, reply = obtain(previous, now), None
                while True:
                    try:
                        asked = flow.send(reply)
                    except StopIteration as stop:
                        return stop.value
                    asked.extensions["once"] = False
                    reply = yield asked

            auth.obtain = repeatable
            return auth

    assert "`once=True`" in run_check(BY_NAME["token_reuse"], Bench("bs2", Repeatable), 1, 1).shortfall
    assert not run_check(BY_NAME["token_reuse"], Bench("bs2"), 1, 1).shortfall


def test_another_currency_is_no_amount_in_reais(monkeypatch):
    """An adapter that does not look at the currency gives foreign money as reais."""
    assert not run_check(BY_NAME["kinds"], Bench("itau"), 1, 1).shortfall

    monkeypatch.setattr(fields, "REAIS", {*fields.REAIS, fields.fold(UNKNOWN)})

    found = run_check(BY_NAME["kinds"], Bench("itau"), 1, 1).shortfall
    assert "in the field currency of the rows, which names the currency, there is a statement in reais" in found


def test_a_field_that_no_exchange_shows_is_named(monkeypatch):
    """Both sides may have it under one wrong name, as long as nothing else says how the bank calls it."""

    def more(account, entry):
        found = row_of(account, entry)
        return {**found, "valorLiquido": "1.00"} if entry.type == "DEPOSITO" else found

    monkeypatch.setattr("simulators.banks.inter.row_of", more)

    found = run_check(BY_NAME["simulator"], Bench("inter"), 1, 1).shortfall

    assert "an answer of statement the fields valorLiquido, which no exchange shows" in found


@pytest.mark.parametrize("check", ["month", "exact"])
def test_an_adapter_that_computes_without_an_end_is_stopped(check):
    """It is named with the place at which it was, though it sends no request that could be counted."""
    found = run_check(BY_NAME[check], Bench("inter", Silent), 1, 3, case_seconds=0.5)

    assert "computes without an end" in found.shortfall
    assert "planted.py" in found.shortfall
    assert found.case is not None or not BY_NAME[check].drawn


STUCK = """
import re
from gateway.connectors.inter import Inter
from simulators.certify.bench import Bench
from simulators.certify.certificate.suite import certify, named_checks

class Stuck(Inter):
    def normalise(self, page):
        {}

certify(Bench("inter", Stuck), checks=named_checks("month"), process_seconds=3.0)
"""
CATCHES = """
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
"""


@pytest.mark.parametrize(
    "does",
    [
        "re.match('(a|a)*$', 'a' * 99 + 'b')",
        "sum(range(10**15))",
        CATCHES,
    ],
    ids=["pattern", "number", "catches"],
)
def test_an_adapter_that_no_signal_ends_ends_the_suite(tmp_path, does):
    """It is in a library that looks at no signal, or catches what would end it: the status is no success."""
    file = tmp_path / "stuck.py"
    file.write_text(STUCK.format(does))
    command, environment = [sys.executable, str(file)], plain_environment() | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, "in normalise" in ended.stderr) == (1, True), ended.stderr


def test_no_sign_of_an_adapter_reaches_a_terminal():
    """Whatever its errors say; reports have it from there too."""
    (result,) = certify(Bench("inter", Obeyed), checks=[BY_NAME["month"]]).results

    assert "a [31m 2J b" in result.shortfall
    texts = (result.shortfall, *result.diagnosis, result.place, result.wire)
    assert all(text.replace("\n", "").isprintable() for text in texts)


def test_causes_in_a_circle_have_an_end():
    """What an error says is looked through for secrets, its causes too."""
    assert run_check(BY_NAME["secrets"], Bench("inter", InCircle), 1, 1).shortfall == ""


def test_after_one_check_without_an_end_the_others_wait_less(monkeypatch):
    """Or an author would wait for hours: a check that draws cases looks for no smaller one, the next have less time."""
    monkeypatch.setattr(suite, "CASE_SECONDS", 0.5)
    monkeypatch.setattr(suite, "SHORT_SECONDS", 0.2)
    began = time.process_time()

    found = certify(
        Bench("inter", Silent), examples=50, checks=[BY_NAME[name] for name in ("exact", "month", "paging")]
    )

    assert [each.passed for each in found.results] == [False] * 3
    assert time.process_time() - began < 8 * 0.5


def test_a_cursor_in_a_header_is_another_question():
    """One address may be asked again where the answers differ; the same question gets the same answer."""
    pages = [b'{"page": 1}', b'{"page": 2}']

    def asked_twice(*bodies):
        request = httpx.Request("GET", "https://bank.example/list", extensions={"operation": "statement"})
        calls = [Asked(request, httpx.Response(200, content=body), None) for body in bodies]
        bench = Bench("inter")
        vars(bench)["harness"] = lambda **_: SimpleNamespace(calls=calls, read=lambda period: None)
        asks_nothing_twice(bench)

    asked_twice(*pages)
    with pytest.raises(Shortfall, match=r"^asked more than once: https://bank\.example/list$"):
        asked_twice(pages[0], pages[0])


def test_the_wire_shows_the_headers_that_lead_somewhere():
    """A cursor and a count may stand there; what proves the caller is not shown."""
    sent = {"Authorization": "Basic abc", "X-Key": "a-secret", "X-Cursor": "c-2", "User-Agent": "x"}
    request = httpx.Request("GET", "https://bank.example/list", headers=sent, extensions={"operation": "statement"})
    response = httpx.Response(200, headers={"X-Total": "3", "Date": "today"}, json={})

    text = as_text([Asked(request, response, None)], ["a-secret"])

    assert text == (
        "> GET https://bank.example/list (x-cursor: c-2)\n< 200 (content-type: application/json) (x-total: 3)\n< {}"
    )


def test_an_operation_that_the_simulated_bank_does_not_play_is_named(monkeypatch):
    """Whoever adds an operation to the contract, and no handler, is told which."""
    bench = Bench("inter")
    routes = bench.bank.routes
    monkeypatch.setattr(bench.bank, "routes", lambda bank: {k: v for k, v in routes(bank).items() if k != "balance"})

    shortfall = run_check(BY_NAME["simulator"], bench, 1, 1).shortfall

    assert shortfall == "`routes` of the simulated bank has no handler for balance"


def test_the_same_seed_finds_the_same_case():
    """A failure can be repeated."""
    adapter, name = PLANTED["merged twins"]

    one, other = (run_check(BY_NAME[name], Bench("inter", adapter), 7, 100) for _ in range(2))

    assert (one.shortfall, str(one.case), one.explanation) == (other.shortfall, str(other.case), other.explanation)


def result(level, passed=True, **more):
    return Result(name="n", level=level, what="w <&>", passed=passed, **more)


def certificate(*results):
    return Certificate(bank="inter", adapter="a:B", seed=1, examples=2, results=results)


def test_a_level_needs_all_below_it():
    """The level reached is the highest with nothing short at or below it."""
    assert certificate(*map(result, LEVELS)).level == "polite"
    assert certificate(result("reads"), result("exact", passed=False), result("resilient")).level == "reads"
    assert not certificate(result("contract", passed=False)).level


def test_what_nobody_has_shown_is_rehearsed():
    """Without an observed or documented exchange of each operation nothing is certified; the certificate says why."""
    shown = certificate(*map(result, LEVELS))
    assumed = msgspec.structs.replace(shown, unwitnessed=("balance",))

    assert (shown.verdict, assumed.verdict) == ("certified", "rehearsed")
    assert certificate(result("reads", passed=False)).verdict == "not certified"
    assert "no observed or documented exchange of balance" in grounds(assumed)


def test_a_bank_that_wants_a_key_in_the_address_has_it_there():
    """Only what an exchange shows there may stand in an address."""
    assert in_addresses("banco_do_brasil") == {"app_key"}
    assert in_addresses("inter") == frozenset()
    assert run_check(BY_NAME["secrets"], Bench("banco_do_brasil"), 1, 1) == Found()


def test_an_operation_is_shown_by_an_exchange_that_is_not_assumed(monkeypatch):
    """An assumed exchange shows nothing."""
    assert unwitnessed("inter") == ()
    assumed = {
        name: msgspec.structs.replace(exchange, evidence=Evidence.ASSUMED)
        for name, exchange in contracts.exchanges("inter").items()
    }
    monkeypatch.setattr(contracts, "exchanges", lambda slug: assumed)

    assert unwitnessed("inter") == tuple(sorted(contracts.load("inter").operations))
    assert counts("inter")["observed"] < len(assumed)


@pytest.mark.parametrize("suffix", FORMATS)
def test_reports(tmp_path, suffix):
    """A report says what falls short, the smallest case and how to repeat it, in each format."""
    file = tmp_path / f"report{suffix}"
    write(
        certificate(
            result("reads"),
            result("exact", passed=False, shortfall="1 < 2", case="period\x00"),
            result("polite", exempt="no ids"),
        ),
        file,
    )
    text = file.read_text()

    assert "no ids" in text
    if suffix == ".json":
        found = json.loads(text)
        assert (found["passed"], found["level"], found["results"][1]["shortfall"]) == (False, "reads", "1 < 2")
    elif suffix == ".xml":
        failure = ET.fromstring(text).find("testcase/failure")  # noqa: S314 - our own text
        assert failure.get("message") == "1 < 2"
        assert "--seed 1" in failure.text
    else:
        assert "1 &lt; 2" in text
        assert "--seed 1" in text


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "simulators", "certify", *arguments],
        env=plain_environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_command(tmp_path):
    """The command certifies an adapter given by name, writes the report, and its exit status is the verdict."""
    report = tmp_path / "report.json"
    good = run("inter", "--examples", "1", "--report", str(report))
    bad = run("inter", "--check", "exact", "--adapter", "tests.simulators.certify.planted:WrongSign")

    assert (good.returncode, json.loads(report.read_text())["passed"]) == (0, True), good.stdout
    assert bad.returncode == 1
    assert "not certified" in bad.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("nubank",), "nubank"),
        (("inter", "--adapter", "nowhere:X"), "nowhere"),
        (("inter", "--report", "x.pdf"), ".html"),
    ],
)
def test_wrong_arguments(arguments, word):
    """A wrong argument is named, with exit status 2."""
    found = CliRunner().invoke(main, ["certify", *arguments])

    assert found.exit_code == 2
    assert word in found.stderr


def test_what_an_adapter_raises_is_its_shortfall():
    """Whatever an adapter raises is reported and ends nothing."""

    def breaks(bench):
        raise RuntimeError("broken")

    assert run_check(Check("x", "reads", "x", breaks), Bench("inter"), 1, 1) == Found("RuntimeError: broken")
