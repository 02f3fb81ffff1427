"""The client by which a bank counts its limits."""

import pytest

import contracts
from gateway.model import Account, Credentials
from gateway.quotas.clients import client_of


def account(bank, environment="production", **values):
    form = {field.name: f"{field.name}-value" for field in contracts.load(bank).enrolment.fields}
    return Account(
        id="1",
        bank=bank,
        kind="PJ",
        branch="1",
        number="1",
        holder_tax_id="1",
        credentials=Credentials(form | values),
        environment=environment,
    )


@pytest.mark.parametrize("slug", contracts.banks())
def test_only_what_names_the_client_makes_another_of_it(slug):
    """Whatever else of the form changes, the bank still sees the same application; another one differs."""
    contract = contracts.load(slug)
    client = client_of(contract, account(slug))

    for field in contract.enrolment.fields:
        changed = client_of(contract, account(slug, **{field.name: "another"}))
        assert (changed != client) is (field.name in contract.authentication.client_fields)


def test_environments_and_banks_count_apart():
    """A client of the same name elsewhere is another."""
    inter, cora = contracts.load("inter"), contracts.load("cora")
    seen = {
        client_of(inter, account("inter")),
        client_of(inter, account("inter", environment="sandbox")),
        client_of(cora, account("cora")),
    }

    assert len(seen) == 3
    assert not any("client_id-value" in client for client in seen)


def test_blanks_and_case_make_no_other_client():
    """A value that was typed with them is counted with the one without."""
    inter = contracts.load("inter")

    typed = [client_of(inter, account("inter", client_id=value)) for value in ("Ab-1", " ab-1\t", "AB-1")]

    assert len(set(typed)) == 1
