"""The account by which a bank counts some of its limits."""

import pytest

import contracts
from gateway.model import Account, Credentials
from gateway.quotas.clients import bank_account_of


def account(bank, environment="production", branch="1", number="123", **values):
    form = {field.name: f"{field.name}-value" for field in contracts.load(bank).enrolment.fields}
    return Account(
        id="1",
        bank=bank,
        kind="PJ",
        branch=branch,
        number=number,
        holder_tax_id="1",
        credentials=Credentials(form | values),
        environment=environment,
    )


def same(bank, one, other):
    contract = contracts.load(bank)
    return bank_account_of(contract, account(bank, **one)) == bank_account_of(contract, account(bank, **other))


@pytest.mark.parametrize("slug", contracts.banks())
def test_what_does_not_name_the_account_makes_no_other(slug):
    """The secret with which it is read does not; what travels to the bank as its name, or is verified by it, does."""
    identity = contracts.load(slug).enrolment.identity
    verified = set(identity.verifies) - {"holder"}
    names = verified if "number" in verified else set(identity.account_named_by)

    for field in contracts.load(slug).enrolment.fields:
        assert same(slug, {}, {field.name: "another"}) is (field.name not in names)
    for part in ("branch", "number"):
        assert same(slug, {}, {part: "77"}) is (part not in names)


@pytest.mark.parametrize("one", [{"number": "00123"}, {"branch": "0001", "number": "123"}])
def test_it_is_one_account_however_it_was_written(one):
    """Zeros before a number do not count."""
    assert same("itau", {}, one)


def test_environments_and_banks_count_apart():
    """The same number elsewhere is another account."""
    assert not same("inter", {}, {"environment": "sandbox"})
    itau, inter = (bank_account_of(contracts.load(bank), account(bank)) for bank in ("itau", "inter"))
    assert itau != inter
