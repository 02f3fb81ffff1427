"""What falls short is named in words, with the line of the adapter, the wire, and the command that tries it again."""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from gateway.connectors import find
from gateway.connectors.inter import Inter, StatementPage
from gateway.errors import BankFailure
from gateway.model import Period
from simulators.certify.bench import CALM, Bench, Check
from simulators.certify.cases import Case
from simulators.certify.certificate.case_file import read_case, write_case
from simulators.certify.certificate.suite import certify, named_checks, run_check
from simulators.certify.certificate.watch import changes, files_of_bank
from simulators.certify.checks.levels import CHECKS
from simulators.certify.files.source import field_line, files_of, line_of, raised_at
from simulators.cli import main
from simulators.ledger import Fixed
from simulators.world import Parameters
from tests.served.processes import plain_environment
from tests.simulators.certify.planted import PLANTED, ChecksNothing, LostLastPage, MergedTwins, WrongSign

CALM_DAYS = Check(
    "days", "reads", "Days", lambda bench: bench.read_true(bench.harness(parameters=CALM), bench.last_days(10))
)
BY_NAME = {check.name: check for check in CHECKS}


def made_with(**changed):
    """An adapter that makes every movement otherwise."""

    class Otherwise(Inter):
        def normalise(self, page):
            for movement in super().normalise(page):
                yield replace(movement, **{name: change(movement) for name, change in changed.items()})

    return Otherwise


class Backwards(Inter):
    newest_first = False


class SkipsThird(Inter):
    def normalise(self, page):
        for number, movement in enumerate(super().normalise(page)):
            if number != 2:
                yield movement


class GivenTwice(Inter):
    def normalise(self, page):
        for number, movement in enumerate(super().normalise(page)):
            yield movement
            if not number:
                yield replace(movement, bank_id=f"{movement.bank_id}-again")


WORDS = [
    (made_with(amount=lambda m: -m.amount), "every sign is inverted"),
    (made_with(amount=lambda m: abs(m.amount)), "every debit is given as a credit"),
    (made_with(amount=lambda m: -abs(m.amount)), "every credit is given as a debit"),
    (made_with(amount=lambda m: m.amount * 100), "every amount is 100 times too large"),
    (made_with(amount=lambda m: m.amount / 100), "every amount is 100 times too small"),
    (made_with(date=lambda m: m.date - timedelta(days=1)), "every day is one early"),
    (made_with(date=lambda m: m.date + timedelta(days=2)), "every day is 2 late"),
    (made_with(date=lambda m: (m.booked_at - timedelta(hours=3)).date()), "one early: of rows booked from 00:"),
    (made_with(booked_at=lambda m: m.booked_at + timedelta(hours=3)), "every instant of booking is 3:00:00 late"),
    (made_with(description=lambda m: ""), "every description is wrong: empty"),
    (made_with(document=lambda m: None), "document is wrong: empty"),
    (made_with(bank_id=lambda m: None), "every id of the bank is left out"),
    (made_with(counterparty=lambda m: None), "every counterparty is left out"),
    (SkipsThird, "row 3 of page 1 was sent and made no entry"),
    (GivenTwice, "an entry is given twice"),
    (Backwards, "the entries stand in the reverse order"),
]


@pytest.mark.parametrize(("adapter", "words"), WORDS, ids=[words for _, words in WORDS])
def test_a_mistake_is_named(adapter, words):
    """What all entries of some ordinary days have in common is one sentence."""
    found = run_check(CALM_DAYS, Bench("inter", adapter), 1, 1)

    assert [each for each in found.explanation.diagnosis if words in each], found.explanation.diagnosis


@pytest.mark.parametrize(
    ("adapter", "words", "code"),
    [
        (WrongSign, "every sign is inverted", "amount=abs("),
        (LostLastPage, "row 1 of page 2 never came: the adapter did not ask for that page", 'self.ask("statement"'),
        (MergedTwins, "it equals another one, and both are entries", "yield movement"),
    ],
)
def test_the_smallest_case_names_mistake_line_and_wire(adapter, words, code):
    """The line is one of the adapter's own file; the wire has the answer that was read, and no token."""
    found = run_check(BY_NAME["exact"], Bench("inter", adapter), 1, 40)
    file, _, line = found.explanation.place.rpartition(":")

    assert words in found.explanation.diagnosis[0]
    assert code in Path(file).read_text().splitlines()[int(line) - 1]
    assert "/extrato/completo?" in found.explanation.wire
    assert "transacoes" in found.explanation.wire
    assert "access_token" not in found.explanation.wire
    assert "earer" not in found.explanation.wire


def test_a_row_that_the_bank_left_out_is_not_called_unasked():
    """Where a fault loses a page that was asked for, the adapter's mistake is that it does not notice."""
    found = run_check(BY_NAME["paging"], Bench("inter", ChecksNothing), 1, 10)

    assert "left out of the page that was asked for, and the adapter did not notice" in found.explanation.diagnosis[0]


def test_nothing_is_diagnosed_of_an_adapter_that_is_right():
    """No finding without a mistake."""
    found = run_check(CALM_DAYS, Bench("inter"), 1, 1)

    assert (found.shortfall, found.explanation.diagnosis, found.explanation.place) == ("", (), "")


def test_a_case_is_kept_and_repeated(tmp_path):
    """The smallest case is written to a file; tried alone it falls short in the same way, and comes back as it was."""
    bench = Bench("inter", WrongSign)
    result = certify(bench, checks=named_checks("exact"), examples=30, keep=tmp_path).results[0]
    bank, check, case = read_case(tmp_path / "inter-exact.json")
    again = run_check(BY_NAME[check], bench, 1, 30, case=case)

    assert (bank, check, str(case)) == ("inter", "exact", result.case)
    assert again.shortfall == result.shortfall
    assert again.explanation.diagnosis == result.diagnosis
    assert f"--check exact --case {tmp_path / 'inter-exact.json'}" in result.again
    write_case(tmp_path / "other.json", bank, check, case)
    assert str(read_case(tmp_path / "other.json")[2]) == str(case)
    assert not run_check(BY_NAME[check], Bench("inter"), 1, 30, case=case).shortfall


def test_one_check_certifies_nothing():
    """A certificate is one of all checks."""
    certificate = certify(Bench("inter"), checks=named_checks("empty"))

    assert (certificate.passed, certificate.verdict, certificate.level) == (True, "passed", "")
    assert len(certificate.left_out) == len(CHECKS) - 1


def run(*arguments, cwd):
    environment = plain_environment() | {"PYTHONPATH": str(Path(__file__).parents[4])}
    return subprocess.run(
        [sys.executable, "-m", "simulators", "certify", "inter", *arguments],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_command_tells_all_of_it(tmp_path):
    """The command prints mistake, line, wire and the command that repeats it, which falls short in the same way."""
    adapter = ("--adapter", "tests.simulators.certify.planted:WrongSign")
    first = run(*adapter, "--check", "exact", "--examples", "30", cwd=tmp_path)
    asked = first.stdout.partition("to repeat: simulators certify inter ")[2].splitlines()[0]
    second = run(*asked.split(), cwd=tmp_path)

    assert first.returncode == second.returncode == 1, first.stderr + second.stderr
    for printed in (first.stdout, second.stdout):
        assert "every sign is inverted" in printed
        assert "planted.py:" in printed
        assert "< 200" in printed


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--check", "nothing"), "exact"),
        (("--case", "none.json"), "none.json"),
        (("--case", "sicredi.json"), "sicredi"),
    ],
)
def test_wrong_choices_are_named(tmp_path, monkeypatch, arguments, word):
    """A check that does not exist, a file that holds no case, a case of another bank."""
    day = date(2026, 3, 10)
    case = Case(source=Fixed([]), period=Period(day, day), page_size=0, parameters=Parameters())
    write_case(tmp_path / "sicredi.json", "sicredi", "exact", case)

    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(main, ["certify", "inter", *arguments])

    assert found.exit_code == 2
    assert word in found.stderr


def test_a_changed_file_of_the_bank_runs_it_again(tmp_path):
    """Watching looks at the folder and files of the bank, says what has changed, and stays silent otherwise."""
    folder, file = tmp_path / "bank", tmp_path / "connector.py"
    folder.mkdir()
    file.write_text("1")
    looks = iter(("nothing", "edit", "nothing", "add", "remove"))

    def sleep(_seconds):
        match next(looks):
            case "edit":
                file.write_text("22")
            case "add":
                (folder / "bank.yaml").write_text("")
            case "remove":
                file.unlink()

    changed_files = changes((folder, file), sleep)

    assert [next(changed_files) for _ in range(4)] == [
        "begin",
        "connector.py changed",
        "bank.yaml changed",
        "connector.py changed",
    ]


def test_the_files_of_a_bank():
    """Contract, adapter and simulated bank are looked at, with their rows and what is played beyond the contract."""
    names = ["/".join(each.parts[-2:]) for each in files_of_bank("inter")]

    adapter = ["connectors/inter.py", "rows/inter.py"]
    assert names == ["banks/inter", *adapter, "beyond/inter.py", "banks/inter.py", "rows/inter.py"]


PAGE = {
    "transacoes": [
        {"valor": "10.0", "tipoOperacao": "C", "dataTransacao": "2026-03-10", "titulo": "Pix recebido"},
        {"valor": "ten", "tipoOperacao": "C", "dataTransacao": "2026-03-10", "titulo": "Pix recebido"},
    ]
}


def test_a_line_may_stand_in_the_rows_of_the_adapter():
    """A field is made, and an error raised, in the module that reads the rows; kits are never blamed."""
    inter = find("inter")
    movements = inter.movements(msgspec.json.decode(msgspec.json.encode(PAGE), type=StatementPage))

    assert next(movements).amount == 10
    file, number = field_line(line_of(movements, files_of(Inter)), "amount")
    with pytest.raises(BankFailure) as failure:
        next(movements)
    raised_in, raised_on = raised_at(failure.value, files_of(Inter))

    lines = Path(file).read_text().splitlines()
    assert file.endswith("rows/inter.py")
    assert lines[number - 1].strip() == "amount=size if credit else -size,"
    assert raised_in == file
    assert "fields.told_reais" in lines[raised_on - 1]


def asking():
    yield "asked"


def looking_at(conversation):
    """Drives a conversation, as one that looks at its answers does, and holds other generators besides."""
    rows = (each for each in "ab")
    next(rows)
    while True:
        yield conversation.send(None)


def delegating(conversation):
    yield from looking_at(conversation)


@pytest.mark.parametrize("driver", [looking_at, delegating])
def test_the_line_is_that_of_the_conversation_that_is_driven(driver):
    """By whatever name the one that drives it knows it."""
    flow = driver(asking())
    next(flow)

    assert line_of(flow, frozenset({__file__})) == (__file__, asking.__code__.co_firstlineno + 1)


def test_every_planted_error_is_of_a_check():
    """The table names checks that exist."""
    assert {name for _, name in PLANTED.values()} <= BY_NAME.keys()
