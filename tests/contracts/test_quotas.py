"""All documented limits have one form, and the contract gives those that count a call."""

import msgspec
import pytest

import contracts
from contracts.schema import Contract, ContractError, CountedBy, Limits, Quota

KNOWN = {"evidence": "documented", "source": "portal"}
DAILY = {**KNOWN, "calls": 25_000, "seconds": 43_200, "by": "account"}
INTER = contracts.load("inter")


def quota(**more):
    """A quota as a contract file states it."""
    return msgspec.convert({**KNOWN, "by": "client", **more}, Quota)


def contract(quotas, slug="inter"):
    """The contract of a bank with these quotas added."""
    stated = msgspec.to_builtins(contracts.load(slug))
    return msgspec.convert({**stated, "limits": {**KNOWN, "quotas": quotas}}, Contract)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"calls": 5},
        {"seconds": 5},
        {"at_once": 5, "seconds": 5},
        {"calls": 5, "seconds": 5, "at_once": 5},
        {"calls": -5, "seconds": 5},
        {"calls": 5, "seconds": 32 * 86_400},
        {"calls": 10_000_001, "seconds": 60},
        {"at_once": 10_001},
        {"at_once": 5, "by": "tenant"},
    ],
)
def test_a_quota_is_a_window_or_a_number_at_once(wrong):
    """A quota is exactly one of both, within bounds that a bank can mean."""
    with pytest.raises(msgspec.ValidationError):
        quota(**wrong)


def test_whose_calls_count_is_always_stated():
    """A quota that does not state whose calls count together is refused."""
    with pytest.raises(msgspec.ValidationError, match="`by`"):
        msgspec.convert({**KNOWN, "at_once": 5}, Quota)


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"calls": 10, "seconds": 60, "operations": ["statement"]}, "10 statement calls a minute for one client"),
        ({"calls": 25_000, "seconds": 43_200, "by": "account"}, "25000 calls in 12 hours for one account"),
        ({"calls": 7, "seconds": 86_400}, "7 calls a day for one client"),
        ({"calls": 7, "seconds": 90}, "7 calls in 90 seconds for one client"),
        ({"at_once": 50, "operations": ["a", "b"], "by": "account"}, "50 a or b calls at once for one account"),
    ],
)
def test_the_text_of_a_quota(stated, words):
    """The text of a quota, which callers see, names number, operations, window and whose calls count."""
    assert str(quota(**stated)) == words


def test_all_that_counts_for_a_call_comes_from_one_place():
    """A call is counted by `per_minute` of its operation, quotas that name it, and quotas of all operations."""
    stated = contract({"daily": DAILY, "reads": {**KNOWN, "at_once": 50, "by": "client", "operations": ["statement"]}})

    assert list(stated.quotas_of("statement")) == ["statement", "daily", "reads"]
    assert list(stated.quotas_of("token")) == ["token", "daily"]
    own = stated.quotas_of("statement")["statement"]
    assert (own.calls, own.seconds, own.by, own.evidence) == (10, 60, CountedBy.CLIENT, "documented")
    assert {"limits.quotas.daily", "limits.quotas.reads"} <= set(stated.facts())


def test_limits_by_the_minute_alone_stay_what_they_were():
    """`per_minute` of an operation is a quota of this operation, also where the contract has no `limits`."""
    assert {name: list(INTER.quotas_of(name)) for name in INTER.operations} == {
        name: [name] for name in INTER.operations
    }
    assert INTER.limited


def test_a_bank_without_any_is_not_limited():
    """A bank is limited by a quota of all operations alone, and not limited without any quota."""
    assert not contracts.load("cora").limited
    assert contract({"daily": DAILY}, "cora").limited


@pytest.mark.parametrize(
    ("quotas", "wrong"),
    [
        ({"daily": {**DAILY, "operations": ["statement", "stetament"]}}, "stetament is no operation"),
        ({"statement": DAILY}, "belongs to the operation"),
        ({"Daily": DAILY}, "regex"),
        ({"x" * 65: DAILY}, "length"),
    ],
)
def test_quotas_of_what_there_is_not_do_not_load(quotas, wrong):
    """A quota is refused for its name, or for the name of an operation that the contract does not have."""
    with pytest.raises(msgspec.ValidationError, match=wrong):
        contract(quotas)


def test_an_empty_group_of_limits_does_not_load():
    """`limits` must name headers or quotas."""
    with pytest.raises(ValueError, match="wait_headers"):
        Limits(**KNOWN)


def test_the_file_is_named(tmp_path):
    """A wrong quota is refused with the name of the contract's file."""
    text = (contracts.folder("cora") / "bank.yaml").read_text()
    file = tmp_path / "bank.yaml"
    file.write_text(
        text + "\nlimits:\n  quotas:\n    daily: {calls: 5, by: client, evidence: assumed, source: x}\n"
        "  evidence: assumed\n  source: x\n"
    )

    with pytest.raises(ContractError, match=r"bank\.yaml"):
        contracts.read(file, Contract)
