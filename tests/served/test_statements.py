"""The one endpoint, over real TLS and real processes, against the simulators' truth.

What each bank does with any ledger, fault and scenario is proved in `tests.conformance`, without processes. Here each
bank is read once; what is peculiar is tried at one bank, and the next peculiarity at the next bank.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle

import httpx
import pytest

import contracts
from simulators.banks import bank_class
from simulators.scenarios import scenario
from simulators.world import World

COMPARED = ("date", "amount")


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
    read = [{name: entry[name] for name in COMPARED} for entry in statement["entries"]]
    assert read == [{name: entry[name] for name in COMPARED} for entry in truth["entries"]]
    for name in ("opening_balance", "closing_balance"):
        assert statement[name] in {None, truth[name]}


def known(slug, today, first):
    """A period that ends yesterday; it begins later at a bank whose history ends soon, for the balance before it."""
    history = contracts.load(slug).period.history_days
    return days_before(today, min(first, history - 31 if history else first), 1)


@dataclass(frozen=True)
class Month:
    """An account of a bank, and the answer to a request for a month of it."""

    slug: str
    listed: dict
    account: str
    period: tuple[str, str]
    answer: httpx.Response


@pytest.fixture(scope="module", params=contracts.banks())
def month(request, gateway, banks, today):
    """One of each bank."""
    listed = banks.new_account(request.param, busy_day_entries=60)
    account, period = enrolled(gateway, listed), known(request.param, today, 30)
    return Month(request.param, listed, account, period, gateway.statement(account, *period))


def test_statement_is_the_truth(banks, month):
    """A month is the ledger, and proved wherever the bank tells a period's balances."""
    assert month.answer.status_code == 200, month.answer.text
    assert_true(month.answer.json(), banks.truth(month.listed, *month.period))
    if contracts.load(month.slug).capabilities.period_balances:
        assert month.answer.json()["proof"]["verdict"] == "proved"


def test_overlapping_periods_give_the_same_ids(gateway, today, month):
    """An entry has the same id in every period it is read in, twins included."""
    whole = month.answer.json()["entries"]
    part = gateway.statement(month.account, *days_before(today, 15, 8)).json()["entries"]

    days = {entry["date"] for entry in part}
    assert part
    assert [e["id"] for e in part] == [e["id"] for e in whole if e["date"] in days]
    assert len({e["id"] for e in whole}) == len(whole)


def test_no_documented_limit_is_exceeded(gateway, banks, today, month):
    """Statements in a row cost one token, and no call goes where the contract does not."""
    assert gateway.statement(month.account, *days_before(today, 5, 1)).status_code == 200

    path = {"bank": month.slug, "number": month.listed["account"]["number"]}
    journal = banks.ask("GET", "/requests", params=path).json()

    assert sum(record["operation"] == "token" for record in journal) <= 1
    assert all(record["operation"] and not record["write"] for record in journal)


def test_nothing_is_asked_for_twice(gateway, banks, today, month):
    """A long statement, many of whose requests are sent before their turn, sends each of them once."""
    listed = banks.new_account(month.slug, busy_day_entries=60)
    account = enrolled(gateway, listed)
    before = statement_calls(banks, listed)

    assert gateway.statement(account, *known(month.slug, today, 75)).status_code == 200

    calls = statement_calls(banks, listed) - before
    assert set(calls.values()) == {1}


def statement_calls(banks, listed):
    """How often each request for a part of the account's statement has come."""
    path = {"bank": listed["bank"], "number": listed["account"]["number"]}
    journal = banks.ask("GET", "/requests", params=path).json()
    return Counter((record["path"], record["query"]) for record in journal if record["operation"] == "statement")


PECULIAR = [
    pytest.param({"page_size": 1, "entries_per_day": 1, "busy_day_entries": 0}, 5, id="smallest page"),
    pytest.param(
        {"token_uses": 3, "page_size": 2, "entries_per_day": 1, "busy_day_entries": 0},
        5,
        id="token expires between pages",
    ),
    pytest.param({"busy_day_entries": 60}, 130, id="longer than one request"),
]


def in_turn(cases, turns=1):
    """Each case so often, always at the next bank."""
    slugs = contracts.banks()
    for number in range(turns * len(cases)):
        case, slug = cases[number % len(cases)], slugs[number % len(slugs)]
        yield pytest.param(slug, *case.values, id=f"{slug}-{case.id}")


@pytest.mark.parametrize(("slug", "parameters", "first"), list(in_turn(PECULIAR, 2)))
def test_peculiar_statement_is_the_truth(gateway, banks, today, slug, parameters, first):
    """One entry a page; a token for few calls; a period longer than the bank accepts: always the ledger."""
    listed = banks.new_account(slug, **parameters)
    account, period = enrolled(gateway, listed), known(slug, today, first)

    answer = gateway.statement(account, *period)

    assert answer.status_code == 200, answer.text
    assert_true(answer.json(), banks.truth(listed, *period))


MOVED = [
    pytest.param("lose_page", {"page": 1}, id="lost"),
    pytest.param("shift_page", {"page": 1, "by": -1}, id="shifted"),
]


@pytest.mark.parametrize(("slug", "fault", "parameters"), list(in_turn(MOVED, 2)))
def test_a_moved_page_is_never_a_statement(gateway, banks, today, slug, fault, parameters):
    """A page lost, repeated or shifted gives the truth or a named failure."""
    listed = banks.new_account(slug, page_size=4, entries_per_day=2, busy_day_entries=0)
    account = enrolled(gateway, listed)
    number = listed["account"]["number"]
    aim = {"bank": slug, "number": number, "operation": "statement"}
    banks.ask("POST", "/faults", json={**aim, "fault": fault, "parameters": parameters}).raise_for_status()
    period = days_before(today, 6, 1)

    answer = gateway.statement(account, *period)

    banks.ask("DELETE", "/faults", params={"bank": slug, "number": number})
    if answer.status_code == 200:
        assert_true(answer.json(), banks.truth(listed, *period))
    else:
        assert answer.json()["code"] == "unexpected_bank_response"


def places():
    """The scenarios in turn, each at the next of the banks where it can happen.

    The failures that the gateway answers without asking a bank are tried at each bank, only here.
    """
    found = defaultdict(list)
    for slug in contracts.banks():
        for name in bank_class(slug)(contracts.load(slug), World(1, None, None)).scenarios():
            found[name].append(slug)
    for number, (name, slugs) in enumerate(sorted(found.items())):
        for slug in slugs if scenario(name).before_the_bank else [slugs[number % len(slugs)]]:
            yield pytest.param(slug, name, id=f"{slug}-{name}")


@pytest.fixture(scope="module")
def listing(banks):
    """The ready accounts by bank and scenario."""
    return {(each["bank"], each["scenario"]): each for each in reversed(banks.ask("GET", "/accounts").json())}


@pytest.mark.parametrize(("slug", "name"), list(places()))
def test_each_scenario_through_the_whole_stack(gateway, listing, slug, name):
    """A ready account enrols, or is refused with the code and the words of its failure."""
    listed = listing[slug, name]

    answer = gateway.enrol(listed)

    if listed["expected"] == "ok":
        assert answer.status_code == 201, answer.text
        return
    problem, failure = answer.json(), contracts.failures().failures[listed["expected"]]
    assert (problem["code"], problem["title"]) == (listed["expected"], failure.title)
    assert (answer.status_code, problem["actor"], problem["retryable"], problem["scenario"] or "") == (
        failure.status,
        failure.actor,
        failure.retryable,
        failure.scenario,
    )


def test_a_certificate_of_another_application(gateway, banks):
    """The bank refuses a certificate that is not the application's, which is reported as wrong credentials."""
    one, other = banks.new_account("inter"), banks.new_account("inter")
    mixed = {**one["credentials"], **{k: other["credentials"][k] for k in ("certificate", "private_key")}}

    answer = gateway.enrol({**one, "credentials": mixed})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_credentials")


def test_no_secret_is_written_anywhere(gateway, listing, log):
    """No credential, token, key or whole tax id stands in what the gateway writes, after successes and failures."""
    kinds = cycle(("ok", "invalid_credentials", "statement_access_denied"))
    accounts = [listing[each] for each in zip(contracts.banks(), kinds, strict=False)]
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
