"""The commands about running simulators, against served ones."""

import json
import socket
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from click.testing import CliRunner

from simulators.cli import main
from simulators.commands.exit_codes import ExitCode
from tests.served import processes

NOW = "2026-03-16T13:00:00-03:00"


@pytest.fixture(scope="module")
def banks(tmp_path_factory):
    """Served simulators that only this module meets, whose clock stands still."""
    more = ("--now", NOW, "--frozen")
    with processes.simulators(tmp_path_factory.mktemp("banks") / "state", more=more) as running:
        yield running


@pytest.fixture
def run(banks):
    """Runs a command in a world of the test's own; gives what it printed, decoded where it is JSON."""
    world = f"w{datetime.now().timestamp():.6f}"  # noqa: DTZ005 - a name
    banks.ask("POST", "/worlds", json={"name": world, "ready_accounts": False}).raise_for_status()

    def command(*words, status=0, own=True):
        more = ["--world", world] if own else []
        done = CliRunner().invoke(main, [*words, "--url", banks.control, *more])
        assert done.exit_code == status, done.output
        return json.loads(done.stdout) if "--json" in words and not status else done.stdout or done.stderr

    command.world = world
    yield command
    banks.ask("DELETE", f"/worlds/{world}")


def opened(banks, world, bank="cora", **parameters):
    body = {"bank": bank, "parameters": {"entries_per_day": 2, "busy_day_entries": 0, **parameters}}
    return banks.ask("POST", f"/worlds/{world}/accounts", json=body).json()


def token(banks, account):
    """One call of a client at Inter; gives its status."""
    form = account["credentials"]
    asked = {"client_id": form["client_id"], "client_secret": form["client_secret"], "grant_type": "client_credentials"}
    return httpx.post(f"{banks.http}/inter/oauth/v2/token", data=asked | {"scope": "extrato.read"}).status_code


def test_the_clock_is_shown_put_and_moved(banks, run):
    """That of the world alone."""
    assert run("clock", "show", "--json") == {"now": NOW}
    assert run("clock", "show") == f"now\t{NOW}\n"
    assert run("clock", "advance", "--days", "1", "--hours", "-1", "--seconds", "60", "--json") == {
        "now": "2026-03-17T12:01:00-03:00"
    }
    assert run("clock", "set", "2026-04-01T08:00", "--json") == {"now": "2026-04-01T08:00:00-03:00"}
    assert banks.ask("GET", "/clock").json() == {"now": NOW}
    assert "how far" in run("clock", "advance", status=ExitCode.USAGE)
    assert "stands still" in run("clock", "advance", "--days", "1", "--over-seconds", "1", status=ExitCode.REFUSED)
    assert "over-seconds" in run("clock", "advance", "--days", "1", "--over-seconds", "3601", status=ExitCode.USAGE)
    assert "instant" in run("clock", "set", "yesterday", status=ExitCode.USAGE)
    assert "days" in run("clock", "advance", "--days", "1e12", status=ExitCode.REFUSED)


def test_faults_are_added_listed_and_stopped(banks, run):
    """With their aim and their parameters; what is refused is named."""
    account = opened(banks, run.world, "inter")
    number = account["account"]["number"]
    aim = ("--number", number, "--operation", "token", "--times", "1")
    made = run("faults", "add", "inter", "status", *aim, "--parameter", "status=503", "--json")
    other = run("faults", "add", "sicredi", "noop", "--json")
    assert (made["parameters"], made["times"], made["number"]) == ({"status": 503}, 1, number)

    assert [token(banks, account), token(banks, account)] == [503, 200]
    listed = run("faults", "list", "--json")
    assert [(each["id"], each["struck"]) for each in listed] == [(made["id"], 1), (other["id"], 0)]
    assert made["id"] in run("faults", "list")
    run("faults", "stop", made["id"])
    run("faults", "stop", "--bank", "sicredi")
    assert run("faults", "list", "--json") == []
    run("faults", "add", "sicredi", "noop")
    run("faults", "stop", "--all")
    assert run("faults", "list", "--json") == []

    assert "say which" in run("faults", "stop", status=ExitCode.USAGE)
    assert "NAME=VALUE" in run("faults", "add", "inter", "status", "--parameter", "503", status=ExitCode.USAGE)
    assert "nope" in run("faults", "add", "inter", "nope", status=ExitCode.REFUSED)
    names = {line.split("\t")[0] for line in run("faults", "catalogue").splitlines()}
    assert {"status", "noop", "lose_page"} <= names


def test_requests_are_shown_filtered_and_followed(banks, run):
    """What the banks saw of this world; following ends by itself, and tells each call once."""
    account = opened(banks, run.world, "inter")
    right, wrong = token(banks, account), {**account, "credentials": {**account["credentials"], "client_secret": "x"}}
    assert (right, token(banks, wrong)) == (200, 401)

    assert [each["status"] for each in run("requests", "--json")] == [200, 401]
    assert [each["status"] for each in run("requests", "--status", "4xx", "--json")] == [401]
    assert run("requests", "--status", "cut", "--json") == run("requests", "--operation", "balance", "--json") == []
    assert len(run("requests", "--operation", "token", "--status", "200", "--json")) == 1
    assert "no operation 'none'" in run("requests", "--bank", "inter", "--operation", "none", status=ExitCode.REFUSED)
    for wrong in ("9xx", "CUT", "4", "40x"):
        assert "4xx, or cut" in run("requests", "--status", wrong, status=ExitCode.USAGE)
    assert [each["status"] for each in run("requests", "--last", "1", "--json")] == [401]
    assert "\ttoken\t" in run("requests", "--bank", "inter").splitlines()[0]

    timer = threading.Timer(0.5, token, (banks, account))
    timer.start()
    followed = CliRunner().invoke(
        main,
        ["requests", "--follow", "--seconds", "2", "--json", "--url", banks.control, "--world", run.world],
    )
    timer.join()
    assert [json.loads(line)["status"] for line in followed.stdout.splitlines()] == [200, 401, 200]
    assert "3600" in run("requests", "--follow", "--seconds", "1e9", status=ExitCode.USAGE)
    assert "nubank" in run("requests", "--bank", "nubank", status=ExitCode.REFUSED)


def test_the_truth_of_an_account(banks, run):
    """The ledger as the control API has it; without days those of the thirty before the simulated today."""
    account = opened(banks, run.world)
    number = account["account"]["number"]
    period = {"from": "2026-02-14", "to": "2026-03-15"}
    truth = banks.ask("GET", f"/worlds/{run.world}/truth/cora/{number}", params=period).json()

    assert truth["entries"]
    assert run("truth", "cora", number, "--json") == truth
    rows = [line.split("\t") for line in run("truth", "cora", number, "--from", "2026-02-14").splitlines()]
    assert [row[:2] for row in rows] == [[each["date"], each["amount"]] for each in truth["entries"]]
    assert "begins" in run("truth", "cora", number, "--from", "2026-03-16", status=ExitCode.USAGE)
    assert "no account" in run("truth", "cora", "12", status=ExitCode.REFUSED)


def test_an_account_is_moved_into_another_scenario(banks, run):
    """Its credentials stay."""
    account = opened(banks, run.world, "inter")
    moved = run("scenario", "inter", account["account"]["number"], "invalid_credentials", "--json")

    assert (moved["scenario"], moved["credentials"]) == ("invalid_credentials", account["credentials"])
    assert "nope" in run("scenario", "inter", account["account"]["number"], "nope", status=ExitCode.REFUSED)


def test_worlds_are_made_listed_reset_and_ended(banks, run):
    """The shared one is reset only when that is said."""
    made = run("world", "make", "of-a-command", "--no-ready-accounts", "--quotas", "--json", own=False)
    assert (made["quotas"], made["accounts"]) == (True, 0)
    assert "of-a-command" in {each["name"] for each in run("world", "list", "--json")}
    assert "already" in run("world", "make", "of-a-command", status=ExitCode.REFUSED)
    opened(banks, "of-a-command")
    within = ("--world", "of-a-command")
    for words, accounts in (((), 1), (("reset", *within), 0)):
        if words:
            run(*words, own=False)
        assert len(run("accounts", *within, "--json", own=False)) == accounts
    run("world", "end", "of-a-command")
    assert "no world" in run("clock", "show", *within, own=False, status=ExitCode.REFUSED)
    assert "`--all`" in run("reset", own=False, status=ExitCode.REFUSED)
    run("reset", "--all", own=False)


def test_accounts_as_a_table_have_no_credentials(banks, run):
    """A person sees which there are; a program gets all of them."""
    account = opened(banks, run.world, "inter")
    (row,) = [line.split("\t") for line in run("accounts", "--table").splitlines()]

    assert row[0] == "inter"
    assert account["account"]["number"] in row
    assert not set(account["credentials"].values()) & set(row)


def test_the_address_is_found_in_the_environment_or_in_the_state(banks, tmp_path):
    """`--url` comes first, then the variable, then ready.json."""

    def ask(*words, **environment):
        return CliRunner().invoke(main, ["clock", "show", *words], env={"SIMULATORS_URL": "", **environment})

    state = tmp_path / "state"
    state.mkdir()
    (state / "ready.json").write_text(json.dumps({"control": banks.control}))
    nowhere = f"http://127.0.0.1:{free_port()}/_sim"
    assert ask("--state", str(state)).exit_code == 0
    assert ask(SIMULATORS_URL=banks.http).exit_code == 0
    assert ask("--url", banks.control + "/", SIMULATORS_URL=nowhere).exit_code == 0
    assert ask("--state", str(state), SIMULATORS_URL=nowhere).exit_code == ExitCode.UNREACHABLE
    (state / "ready.json").write_text("{")
    unknown = ask("--state", str(state))
    assert unknown.exit_code == ExitCode.UNREACHABLE
    assert "simulators serve" in unknown.stderr


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:x", "127.0.0.1:9000", "file:///etc/passwd", "http://[::1", "ftp://x/y"]
)
def test_an_address_that_is_none(url):
    """One line, and the status of simulators that are not reached."""
    done = CliRunner().invoke(main, ["clock", "show", "--url", url])

    assert done.exit_code == ExitCode.UNREACHABLE
    assert done.stderr.startswith("simulators: ")
    assert done.stderr.count("\n") == 1


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def other():
    """A server that is not the simulators: it notes what it is asked, and answers what it is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self):
            length = int(self.headers["content-length"])
            server.asked.append((self.command, self.path, self.headers["content-type"], self.rfile.read(length)))
            self.send_response(server.answer[0])
            self.end_headers()
            self.wfile.write(server.answer[1])

        do_POST = do_PUT

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.answer = [], (200, b"{}")
    server.url = f"http://127.0.0.1:{server.server_port}/_sim"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (500, b""), (302, b"{}")])
def test_what_is_not_the_control_api(other, tmp_path, status, body):
    """Is named, and is no refusal; a redirect is not followed."""
    other.answer = (status, body)
    file = tmp_path / "calls.json"
    file.write_text("{}")
    done = CliRunner().invoke(main, ["verify", str(file), "--url", other.url, "--json"])

    assert done.exit_code == ExitCode.UNREACHABLE
    assert json.loads(done.stderr)["exit_status"] == ExitCode.UNREACHABLE


def test_calls_are_verified(other, tmp_path):
    """The file goes to the world's `verify` as it is; the status says what came of it."""
    file = tmp_path / "calls.json"
    file.write_text('{"bank": "inter", "calls": []}')

    def verify(*words):
        return CliRunner().invoke(main, ["verify", str(file), "--url", other.url, "--world", "a b", *words])

    other.answer = (200, b'{"verified": true, "failures": []}')
    assert (verify().exit_code, verify().stdout) == (0, "verified\n")
    assert other.asked[0] == ("POST", "/_sim/worlds/a%20b/verify", "application/json", file.read_bytes())
    missing = {"call": {"operation": "statement"}, "found": 0, "wanted": 1, "near_misses": [{"status": 500}]}
    other.answer = (200, json.dumps({"verified": False, "failures": [missing]}).encode())
    done = verify()
    assert done.exit_code == ExitCode.REFUSED
    assert done.stdout == "operation=statement: found 0, wanted 1\n  near: status=500\nnot verified\n"
    assert json.loads(verify("--json").stdout)["failures"] == [missing]
    other.answer = (422, b'{"detail": "calls: at least one"}')
    assert "calls: at least one" in verify().stderr
    file.write_text("{")
    assert (verify().exit_code, "not JSON" in verify().stderr) == (ExitCode.REFUSED, True)


@pytest.mark.parametrize(
    ("suffix", "account", "path", "media_type", "content"),
    [
        (".csv", ("--bank", "inter", "--number", "12"), "/_sim/accounts/inter/12/ledger", "text/csv", b"\xe7"),
        (".OFX", ("--bank", "inter", "--number", "12"), "/_sim/accounts/inter/12/ledger", "application/x-ofx", b"\xe7"),
        (".json", ("--bank", "inter", "--number", "12"), "/_sim/accounts/inter/12/ledger", "application/json", b"{}"),
        (".json", (), "/_sim/snapshot", "application/json", b'{"version": 1, "seed": 1}'),
    ],
)
def test_a_file_is_loaded_by_its_suffix(other, tmp_path, suffix, account, path, media_type, content):
    """The simulators read it; the command says which kind it is."""
    file = tmp_path / f"ledger{suffix}"
    file.write_bytes(content)
    done = CliRunner().invoke(main, ["load", str(file), *account, "--url", other.url])

    assert done.exit_code == 0, done.output
    assert other.asked == [("PUT", path, media_type, content)]


def test_a_file_of_another_kind_is_refused(other, tmp_path):
    """So is a number without a bank, and a ledger without an account."""
    file = tmp_path / "ledger.txt"
    file.write_text("")
    ledger = tmp_path / "ledger.csv"
    ledger.write_text("")
    cases = (
        (file, ("--bank", "inter", "--number", "12"), ExitCode.REFUSED),
        (ledger, (), ExitCode.REFUSED),
        (ledger, ("--number", "12"), ExitCode.USAGE),
    )
    for given, words, status in cases:
        assert CliRunner().invoke(main, ["load", str(given), *words, "--url", other.url]).exit_code == status
    assert other.asked == []
