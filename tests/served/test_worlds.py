"""Accounts that outlive the simulators' process, and worlds that do not meet, over real processes."""

import contextlib
from datetime import date, timedelta

import pytest

import contracts
from tests.served import processes
from tests.served.test_statements import assert_true

NEIGHBOURS = ("itau", "santander", "sicredi", "bradesco")
FEW = {"entries_per_day": 2, "busy_day_entries": 0}


def period(banks, control=""):
    today = date.fromisoformat(banks.ask("GET", f"{control}/clock").json()["now"][:10])
    return (today - timedelta(days=9)).isoformat(), (today - timedelta(days=4)).isoformat()


def fresh(gateway, account, first, last):
    """A statement that the bank is asked for."""
    path = f"/v1/accounts/{account}/statement?from={first}&to={last}"
    return gateway.ask("GET", path, headers={"cache-control": "no-cache"})


def enrolled(gateway, listed):
    answer = gateway.enrol(listed)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def test_accounts_outlive_the_process(tmp_path):
    """Killed and begun anew on the same ports, and reset after that: every enrolled account reads as before."""
    state = tmp_path / "banks"
    with processes.simulators(state) as banks:
        first, last = period(banks)
        with processes.gateway(tmp_path, banks) as gateway:
            listed = {slug: banks.account(slug) for slug in contracts.banks()}
            opened = banks.new_account("inter", **FEW)
            accounts = {slug: enrolled(gateway, each) for slug, each in listed.items()}
            extra = enrolled(gateway, opened)
            before = {
                slug: fresh(gateway, account, first, last).json()["entries"] for slug, account in accounts.items()
            }
            banks.process.kill()
            banks.process.wait()

            with processes.simulators(state, instead_of=banks) as again:
                # Inter's minute is over: the gateway would wait for the end of it.
                again.ask("POST", "/clock/advance", json={"seconds": 120}).raise_for_status()
                assert fresh(gateway, extra, first, last).status_code == 200
                for asked in ((), ("POST", "/reset?all=true")):
                    if asked:
                        again.ask(*asked).raise_for_status()
                    answers = {slug: fresh(gateway, account, first, last) for slug, account in accounts.items()}
                    assert {slug: answer.status_code for slug, answer in answers.items()} == dict.fromkeys(
                        accounts, 200
                    )
                    assert {slug: answer.json()["entries"] for slug, answer in answers.items()} == before
                assert fresh(gateway, extra, first, last).json()["code"] == "invalid_credentials"


@pytest.fixture(scope="module")
def banks(tmp_path_factory):
    """Simulators that only this module meets."""
    with processes.simulators(tmp_path_factory.mktemp("worlds")) as running:
        yield running


@contextlib.contextmanager
def world(banks, name, folder):
    """A new world without accounts, and a gateway that lives in its time."""
    banks.ask("POST", "/worlds", json={"name": name, "ready_accounts": False}).raise_for_status()
    folder.mkdir()
    with processes.gateway(folder, banks, clock_url=f"{banks.control}/worlds/{name}/clock") as gateway:
        yield gateway
    banks.ask("DELETE", f"/worlds/{name}").raise_for_status()


def test_worlds_do_not_meet(banks, tmp_path):
    """Two suites in worlds of their own, beside neighbours that break banks, clear faults, move the clock and reset."""
    suites, accounts = ("suite-a", "suite-b"), {}
    with contextlib.ExitStack() as stack:
        gateways = {suite: stack.enter_context(world(banks, suite, tmp_path / suite)) for suite in suites}
        for suite in suites:
            for slug in NEIGHBOURS:
                body = {"bank": slug, "name": "mine", "parameters": FEW}
                listed = banks.ask("POST", f"/worlds/{suite}/accounts", json=body).json()
                accounts[suite, slug] = enrolled(gateways[suite], listed), listed
        broken = {"bank": "itau", "operation": "statement", "fault": "status", "parameters": {"status": 503}}
        banks.ask("POST", "/worlds/suite-a/faults", json=broken).raise_for_status()
        first, last = period(banks)

        def read_all():
            return {key: fresh(gateways[key[0]], account, first, last) for key, (account, _) in accounts.items()}

        for slug in NEIGHBOURS:
            banks.ask("POST", "/faults", json={**broken, "bank": slug}).raise_for_status()
        found = read_all()
        banks.ask("DELETE", "/faults?all=true").raise_for_status()
        banks.ask("POST", "/clock/advance", json={"days": -100}).raise_for_status()
        banks.ask("POST", "/reset?all=true").raise_for_status()

        for answers in (found, read_all()):
            codes = {key: answer.json().get("code", "ok") for key, answer in answers.items()}
            assert codes == {key: "bank_server_error" if key == ("suite-a", "itau") else "ok" for key in accounts}
            for (suite, slug), answer in answers.items():
                if (suite, slug) != ("suite-a", "itau"):
                    number = accounts[suite, slug][1]["account"]["number"]
                    path = f"/worlds/{suite}/truth/{slug}/{number}"
                    truth = banks.ask("GET", path, params={"from": first, "to": last}).json()
                    assert_true(answer.json(), truth)
        assert not banks.ask("GET", "/requests").json()
        assert banks.ask("GET", "/worlds/suite-b/requests", params={"bank": "sicredi"}).json()


def test_every_bank_knows_the_callers_of_a_world(banks, tmp_path):
    """At each bank the whole conversation of a caller is in its world's journal, and nothing of it in another."""
    with world(banks, "twelve", tmp_path / "twelve") as gateway:
        first, last = period(banks, "/worlds/twelve")
        shared = len(banks.ask("GET", "/requests").json())
        for slug in contracts.banks():
            body = {"bank": slug, "name": "one of twelve", "parameters": FEW}
            account = enrolled(gateway, banks.ask("POST", "/worlds/twelve/accounts", json=body).json())
            assert fresh(gateway, account, first, last).status_code == 200, slug
            assert banks.ask("GET", "/worlds/twelve/requests", params={"bank": slug}).json(), slug
        assert len(banks.ask("GET", "/requests").json()) == shared
    assert banks.ask("GET", "/worlds/twelve/clock").status_code == 404
