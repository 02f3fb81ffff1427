"""The one endpoint, over real TLS and real processes, against the simulators' truth."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

import contracts

AT_ONCE = 6
COMPARED = ("date", "amount")

every_bank = pytest.mark.parametrize("slug", contracts.banks())


def days_before(today, first, last):
    """Two days counted back from today."""
    day = date.fromisoformat(today)
    return (day - timedelta(days=first)).isoformat(), (day - timedelta(days=last)).isoformat()


def enrolled(gateway, listed):
    answer = gateway.enrol(listed)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def assert_true(statement, truth):
    """The statement is the ledger: entry by entry, to the cent, with its balances."""
    told = [{name: entry[name] for name in COMPARED} for entry in statement["entries"]]
    assert told == [{name: entry[name] for name in COMPARED} for entry in truth["entries"]]
    for name in ("opening_balance", "closing_balance"):
        assert statement[name] in {None, truth[name]}


@every_bank
@pytest.mark.parametrize(
    ("parameters", "first"),
    [
        ({}, 30),
        ({"page_size": 1, "entries_per_day": 1, "busy_day_entries": 0}, 5),
        ({"token_uses": 3, "page_size": 2, "entries_per_day": 1, "busy_day_entries": 0}, 5),
        ({"busy_day_entries": 60}, 130),
    ],
    ids=["a month", "smallest page", "token expires between pages", "longer than one request"],
)
def test_statement_is_the_truth(gateway, banks, today, slug, parameters, first):
    """A month; one entry a page; a token for two calls; a period longer than the bank accepts: always the ledger."""
    history = contracts.load(slug).period.history_days
    listed = banks.new_account(slug, **parameters)
    account = enrolled(gateway, listed)
    # A bank whose history ends within a month cannot always tell the balance before it.
    period = days_before(today, min(first, history - 31 if history else first), 1)

    answer = gateway.statement(account, *period)

    assert answer.status_code == 200, answer.text
    assert_true(answer.json(), banks.truth(listed, *period))
    if contracts.load(slug).capabilities.period_balances:
        assert answer.json()["proof"]["verdict"] == "proved"


@every_bank
def test_overlapping_periods_give_the_same_ids(gateway, banks, today, slug):
    """An entry has the same id in every period it is read in, twins included."""
    listed = banks.new_account(slug, busy_day_entries=40)
    account = enrolled(gateway, listed)

    one = gateway.statement(account, *days_before(today, 25, 8)).json()["entries"]
    other = gateway.statement(account, *days_before(today, 15, 1)).json()["entries"]

    shared = {entry["date"] for entry in one} & {entry["date"] for entry in other}
    assert [e["id"] for e in one if e["date"] in shared] == [e["id"] for e in other if e["date"] in shared]
    assert len({e["id"] for e in one}) == len(one)


@every_bank
def test_nobody_is_impolite(gateway, banks, today, slug):
    """Two statements in a row cost one token, and no call goes where the contract does not."""
    listed = banks.new_account(slug, busy_day_entries=0)
    account = enrolled(gateway, listed)
    for _ in range(2):
        assert gateway.statement(account, *days_before(today, 5, 1)).status_code == 200

    journal = banks.ask("GET", "/requests", params={"bank": slug, "number": listed["account"]["number"]}).json()

    assert sum(record["operation"] == "token" for record in journal) <= 1
    assert all(record["operation"] and not record["write"] for record in journal)


@pytest.mark.parametrize("fault", [("lose_page", {"page": 1}), ("shift_page", {"page": 1, "by": -1})])
@every_bank
def test_a_moved_page_is_never_a_statement(gateway, banks, today, slug, fault):
    """A page lost, repeated or shifted gives the truth or a named failure."""
    listed = banks.new_account(slug, page_size=4, entries_per_day=2, busy_day_entries=0)
    account = enrolled(gateway, listed)
    name, parameters = fault
    number = listed["account"]["number"]
    banks.ask(
        "POST",
        "/faults",
        json={"bank": slug, "number": number, "operation": "statement", "fault": name, "parameters": parameters},
    )
    period = days_before(today, 6, 1)

    answer = gateway.statement(account, *period)

    banks.ask("DELETE", "/faults", params={"bank": slug, "number": number})
    if answer.status_code == 200:
        assert_true(answer.json(), banks.truth(listed, *period))
    else:
        assert answer.json()["code"] == "unexpected_bank_response"


@every_bank
def test_each_scenario_through_the_whole_stack(gateway, banks, slug):
    """Each ready account enrols, or is refused with its code, its words, and a scenario that does it again."""
    failures = contracts.failures().failures
    expected = {(each["bank"], each["scenario"]): each["expected"] for each in banks.ask("GET", "/accounts").json()}
    ready = banks.ready_accounts(slug)
    # Several at once: most of the time is waiting, for banks that stall and between attempts.
    with ThreadPoolExecutor(AT_ONCE) as callers:
        answers = list(callers.map(gateway.enrol, ready))
    for listed, answer in zip(ready, answers, strict=True):
        if listed["expected"] == "ok":
            assert answer.status_code == 201, (listed["scenario"], answer.text)
            continue
        problem, failure = answer.json(), failures[listed["expected"]]
        assert (problem["code"], problem["title"]) == (listed["expected"], failure.title), listed["scenario"]
        assert (answer.status_code, problem["actor"], problem["retryable"]) == (
            failure.status,
            failure.actor,
            failure.retryable,
        )
        assert not failure.scenario or expected[slug, problem["scenario"]] == listed["expected"]


def test_a_certificate_of_another_application(gateway, banks):
    """The bank refuses a certificate that is not the application's, and that is told as credentials to correct."""
    one, other = banks.new_account("inter"), banks.new_account("inter")
    mixed = {**one["credentials"], **{k: other["credentials"][k] for k in ("certificate", "private_key")}}

    answer = gateway.enrol({**one, "credentials": mixed})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_credentials")


def test_no_secret_is_written_anywhere(gateway, banks, log):
    """No credential, token, key or whole tax id stands in what the gateway writes, after successes and failures."""
    accounts = [
        banks.account(slug, name)
        for slug in contracts.banks()
        for name in ("ok", "invalid_credentials", "statement_access_denied")
    ]
    for listed in accounts:
        gateway.enrol(listed)
    written = log.read_text()

    assert written
    for listed in accounts:
        secrets = {f.name for f in contracts.load(listed["bank"]).enrolment.fields if f.secret}
        for name, value in listed["credentials"].items():
            if name in secrets or "-----" in value:
                needles = [line for line in value.splitlines() if line and not line.startswith("-----")]
                assert not [needle for needle in needles if len(needle) > 7 and needle in written], name
        assert listed["account"]["holder_tax_id"] not in written
    assert "Bearer ey" not in written
    assert gateway.key not in written
