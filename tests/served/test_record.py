"""`simulators record` in the place of a HAR file: one reading over the wire, of which exchanges are made."""

import json
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

import contracts
from simulators.certify.exchanges.as_shown import answers_as_shown, reads_as_shown
from simulators.cli import main
from tests.served import processes

QUIET = {"entries_per_day": 2, "busy_day_entries": 0, "opened_days_ago": 60}
CORA = [
    "--keep",
    "type",
    *(each for name in ("amount", "balance", "creditTotal", "debitTotal") for each in ("--cents", name)),
]
MADE_ANEW = ["--generated", "transaction.id", "--generated", "businessName"]


class Author:
    """Somebody with an account at a bank, and its file."""

    def __init__(self, folder, banks, slug, scenario="ok"):
        self.banks = banks
        self.slug = slug
        self.listed = banks.new_account(slug, scenario, **QUIET)
        self.into = folder / "exchanges"
        self.file = folder / "account.json"
        self.file.write_text(json.dumps({**self.listed["account"], "credentials": self.listed["credentials"]}))
        self.file.chmod(0o600)
        given = processes.settings(folder, banks)
        self.environ = {name: value for name, value in given.items() if name.startswith("GATEWAY_")}

    def record(self, *options, **environ):
        """Run the command; what it has printed and logged is in its output."""
        arguments = ["record", self.slug, "--account", str(self.file), "--into", str(self.into), *options]
        return CliRunner().invoke(main, arguments, env={**self.environ, **environ})

    def exchanges(self):
        return [contracts.read(file, contracts.Exchange) for file in sorted(self.into.glob("*.yaml"))]

    def calls(self):
        """What was asked of the bank for this account."""
        found = self.banks.ask("GET", "/requests", params={"bank": self.slug}).json()
        return [each for each in found if each["account"] == self.listed["account"]["number"]]


def private(author):
    """Credentials, account, and all parties of the last weeks."""
    today = date.fromisoformat(author.banks.ask("GET", "/clock").json()["now"][:10])
    truth = author.banks.truth(author.listed, str(today - timedelta(days=12)), str(today))
    parties = [each["counterparty"] for each in truth["entries"] if each["counterparty"]]
    account = author.listed["account"]
    values = [value for value in author.listed["credentials"].values() if len(value) > 7]
    values += [line for value in values for line in value.splitlines() if len(line) > 20]
    return {
        *values,
        account["number"],
        account["holder_tax_id"],
        *(each[name] for each in parties for name in ("name", "tax_id")),
    }


def test_a_reading_over_the_wire_becomes_exchanges_that_both_sides_keep(banks, tmp_path):
    """Observed, of an account whose earlier life is not known; nothing of the real one is written or logged."""
    author = Author(tmp_path, banks, "cora")
    done = author.record("--yes", *CORA, *MADE_ANEW)
    assert done.exit_code == 0, done.output

    token, statement = author.exchanges()
    for exchange in (token, statement):
        assert (exchange.evidence, exchange.simulator_plays) == ("observed", True)
        reads_as_shown("cora", exchange)
        answers_as_shown("cora", exchange)
    assert (statement.given.earlier, len(statement.expected.entries) > 5) == ("unknown", True)
    assert "1.entries.*.transaction.id" in statement.generated
    assert [each["operation"] for each in author.calls()] == ["token", "statement"]
    written = "".join(file.read_text() for file in author.into.iterdir())
    assert not [value for value in private(author) if value in written]
    assert "bank_request" not in done.output
    secrets = author.listed["credentials"].values()
    assert not [line for each in secrets for line in each.splitlines() if len(line) > 7 and line in done.output]


def test_an_exchange_that_the_simulated_bank_does_not_play_says_where_it_differs(banks, tmp_path):
    """Fields that nobody has called made anew: their places, and no value of either account."""
    author = Author(tmp_path, banks, "cora")
    done = author.record("--yes", *CORA)
    assert done.exit_code == 0, done.output

    statement = author.exchanges()[-1]
    assert not statement.simulator_plays
    assert "1.entries.0.transaction.id, " in statement.note
    assert {word.rstrip(",").split(".")[0] for word in statement.note.split()[4:]} == {"1"}
    reads_as_shown("cora", statement)


def test_without_consent_nothing_is_written(banks, tmp_path):
    """What is replaced has been shown."""
    author = Author(tmp_path, banks, "cora")
    done = author.record(*CORA, *MADE_ANEW)

    assert done.exit_code == 1
    assert "+ name: " in done.output
    assert not author.into.exists()


def test_a_spent_refresh_token_has_its_successor_in_the_file(banks, tmp_path):
    """So that the account can be read again, by this command or another program; it is written nowhere else."""
    author = Author(tmp_path, banks, "bs2")
    first = author.listed["credentials"]["refresh_token"]
    seen = [first]
    for number in range(2):
        author.into = tmp_path / str(number)
        author.record("--yes")
        seen.append(json.loads(author.file.read_text())["credentials"]["refresh_token"])

    assert len({*seen}) == 3
    assert author.calls()[-1]["status"] == 200
    assert not [token for token in seen if any(token in file.read_text() for file in author.into.glob("*"))]


def test_a_refusal_is_recorded_too(banks, tmp_path):
    """What the bank says to an account that may not read is an exchange that ends in that failure."""
    author = Author(tmp_path, banks, "cora", "statement_access_denied")
    done = author.record("--yes", "--keep", "code", "--keep", "message")

    assert done.exit_code == 0, done.output
    assert "the reading has ended with statement_access_denied" in done.output
    assert author.exchanges()[-1].expected.failure == "statement_access_denied"


@pytest.mark.parametrize(
    ("options", "environ", "word"),
    [
        (["--to", "2099-01-01"], {}, "after today"),
        ([], {"GATEWAY_CONNECT_TO": "192.0.2.1:443", "GATEWAY_CA_BUNDLE": ""}, "must be a loopback address"),
        ([], {"GATEWAY_ENVIRONMENT": "elsewhere"}, "has no environment elsewhere"),
        (["--from", "2026-01-02", "--to", "2026-01-01"], {}, "the period begins on"),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_is_asked(banks, tmp_path, options, environ, word):
    """A period to come, an address that is nobody's bank, an environment that the bank does not have."""
    author = Author(tmp_path, banks, "cora")
    done = author.record("--yes", *options, **environ)

    assert done.exit_code == 1
    assert word in " ".join(done.output.replace("│", " ").split())
    assert author.calls() == []


def test_credentials_in_a_file_that_others_can_read_are_not_used(banks, tmp_path):
    """Nothing is asked of the bank."""
    author = Author(tmp_path, banks, "cora")
    author.file.chmod(0o644)
    done = author.record("--yes")

    assert done.exit_code == 1
    assert "chmod 600" in " ".join(done.output.replace("│", " ").split())
    assert author.calls() == []
