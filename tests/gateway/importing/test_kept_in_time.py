"""An import waits for the entries of its statement to be kept, day by day where they are many."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from gateway.errors import GatewayError, IntegrationInactive
from gateway.importing import account as module
from gateway.importing.account import AccountImport
from gateway.model import Period
from gateway.storage.statements.kept_values import KeptAccount
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

FIRST = date(2026, 3, 2)
STATEMENT = SimpleNamespace(period=Period(FIRST, FIRST + timedelta(days=9)), complete_through=FIRST + timedelta(days=9))


class SlowlyKept:
    """One day more at each look, through a last one."""

    def __init__(self, last):
        self.looks = 0
        self._last = last

    async def kept(self, tenant_id, account_id):
        """The days that are kept by now."""
        self.looks += 1
        if self.looks == 1:
            return None
        return KeptAccount(Period(FIRST, min(FIRST + timedelta(days=self.looks), self._last)), NOW)


class Integrations:
    """The table of imports, which knows whether the integration is still the one of the import."""

    def __init__(self, *, present=True):
        self._present = present

    async def is_of_present(self, tenant_id, account_id, enabled_at):
        """Whether it is."""
        return self._present


def importing(kept, monkeypatch, *, present=True, seconds=0.05):
    """An import that waits for a further day for less time than all of them take."""
    monkeypatch.setattr(module, "IMPORT_KEPT_LOOK_SECONDS", 0.02)
    return AccountImport(Integrations(present=present), kept, None, None, kept_seconds=seconds)


async def test_each_further_day_has_its_time(monkeypatch):
    """All days together may take longer."""
    kept = SlowlyKept(STATEMENT.complete_through)

    await importing(kept, monkeypatch)._check_kept("tenant", "account", NOW, STATEMENT)

    assert kept.looks > 5


async def test_days_that_do_not_come_are_named(monkeypatch):
    """Nobody waits for them for ever."""
    kept = SlowlyKept(FIRST + timedelta(days=4))

    with pytest.raises(GatewayError, match="could not be kept"):
        await importing(kept, monkeypatch)._check_kept("tenant", "account", NOW, STATEMENT)

    assert kept.looks > 4


async def test_what_an_integration_of_before_has_read_is_not_waited_for(monkeypatch):
    """It was disabled or replaced during the reading: nothing will be kept, and the database has not failed."""
    kept = SlowlyKept(FIRST - timedelta(days=1))

    with pytest.raises(IntegrationInactive, match="replaced or disabled"):
        await importing(kept, monkeypatch, present=False, seconds=600)._check_kept("tenant", "account", NOW, STATEMENT)

    assert kept.looks == 1
