"""Whose tokens are renewed next in a round."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from gateway.accounts.access.agenda import Agenda
from gateway.limits import RENEWALS_AT_ONCE, RENEWALS_PER_TENANT
from gateway.storage.accounts.records import AccountRecord
from tests.gateway.support import NOW


def records(tenants):
    """An account for each tenant named."""
    return [
        AccountRecord(
            id=str(number),
            tenant_id=tenant,
            bank="bs2",
            kind="PJ",
            branch="0001",
            number=str(number),
            holder_tax_id="11222333000181",
            description="",
            default=False,
            created_at=NOW,
        )
        for number, tenant in enumerate(tenants)
    ]


def startable(agenda):
    """The accounts that can be begun now."""
    return list(iter(agenda.begin, None))


def test_stalled_renewals_of_one_tenant_leave_the_others_theirs():
    """Whatever the number of its accounts, and though they come first."""
    agenda = Agenda(records("a" * 100 + "b" * 10))
    stalled = [record for record in startable(agenda) if record.tenant_id == "a"]
    assert len(stalled) == RENEWALS_PER_TENANT

    agenda = Agenda(records("a" * 100 + "b" * 10))
    renewed = 0
    for _ in count():
        ready = [record for record in startable(agenda) if record.tenant_id == "b"]
        if not ready:
            break
        renewed += len(ready)
        for record in ready:
            agenda.end(record)
    assert renewed == 10


def test_tenants_together_have_no_more_under_way_than_a_round_may():
    """However many of them wait, and with whatever number of accounts."""
    assert 0 < len(startable(Agenda(records("abcdefghij" * 6)))) <= RENEWALS_AT_ONCE


@given(st.lists(st.sampled_from("abcdefghij"), max_size=60), st.randoms(use_true_random=False))
def test_every_account_is_begun_once(tenants, random):
    """In any order of the ends of visits; there is always a task that goes on with the rest."""
    agenda, visits, seen = Agenda(records(tenants)), [], []
    while True:
        visits += startable(agenda)
        assert len(visits) <= RENEWALS_AT_ONCE
        assert all(sum(visit.tenant_id == tenant for visit in visits) <= RENEWALS_PER_TENANT for tenant in "abcdefghij")
        if not visits:
            break
        seen.append(visits.pop(random.randrange(len(visits))))
        agenda.end(seen[-1])
    assert sorted(int(record.id) for record in seen) == list(range(len(tenants)))
