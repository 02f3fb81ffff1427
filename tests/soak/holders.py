"""The holders of accounts, who give the ERP new credentials where only that helps."""

import asyncio
from collections.abc import Iterable
from typing import Any

import httpx

from gateway.events import EventType
from tests.soak.town import Account, Town

__all__ = ["Holders"]


class Holders:
    """Mend the integrations that wait for a person.

    A process that is killed after a bank has answered with the successor of a refresh token, and before it has stored
    it, takes the successor with it: the bank refuses the old one from then on, and its holder has to agree anew. What
    waits for a person for any other reason is a fault.

    Args:
        there: the town.
        client: asks its nodes.
        accounts: those of the ERP.
    """

    def __init__(self, there: Town, client: httpx.AsyncClient, accounts: Iterable[Account]) -> None:
        self._town = there
        self._client = client
        self._accounts = {account.id: account for account in accounts}
        self._seen: set[tuple[str, str, str]] = set()
        self.mended: list[tuple[str, str]] = []
        """Bank and number of each account whose token was lost with a process, as often as that was so."""

    async def mend(self, told: Iterable[tuple[str, str, str]]) -> list[str]:
        """Give new credentials for each account that the ERP was newly called about; the faults that were found.

        Args:
            told: account, type and time of each event that the ERP was called about so far.
        """
        faults = []
        for event in set(told) - self._seen:
            self._seen.add(event)
            account_id, kind, _ = event
            if kind == EventType.INTEGRATION_NEEDS_ACTION:
                account = self._accounts[account_id]
                if not self._was_lost(await asyncio.to_thread(self._records, account)):
                    faults.append(f"{account.where} waits for a person")
                await self._renew(account)
                self.mended.append(account.where)
        return faults

    def _records(self, account: Account) -> list[dict[str, Any]]:
        """The calls that the bank has seen for an account."""
        bank, number = account.where
        found: list[dict[str, Any]] = self._town.banks.ask(
            "GET", "/requests", params={"bank": bank, "number": number}
        ).json()
        return found

    def _was_lost(self, records: list[dict[str, Any]]) -> bool:
        """Whether the bank has refused a refresh token right after it gave a successor that nobody ever used."""
        tokens = [each for each in records if each["operation"] == "token"]
        if len(tokens) < 2 or [each["status"] for each in tokens[-2:]] != [200, 400]:
            return False
        successor = tokens[-2]["token"]
        return all(each["token"] != successor for each in records if each["operation"] != "token")

    async def _renew(self, account: Account) -> None:
        bank, number = account.where
        listed = await asyncio.to_thread(self._town.banks.ask, "POST", f"/accounts/{bank}/{number}/credentials")
        listed.raise_for_status()
        given = {"credentials": listed.json()["credentials"]}
        answer = await self._town.ask(self._client, "PUT", f"/v1/accounts/{account.id}/integration", json=given)
        answer.raise_for_status()
