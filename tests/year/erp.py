"""An ERP that follows the documented rules: enable, import the first window, then once every business day.

It asks again for the last days it has seen and for days before them that are named as changed, posts what is final,
keeps each entry under its id, and takes back what a bank has corrected.

It knows the gateway's public interface and nothing else.
"""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import httpx

__all__ = ["Erp", "Follower"]

OVERLAP = timedelta(days=7)
"""Days asked for again: entries that came late are new ones, all others are known by their id."""


class Erp:
    """One bank account in the books of an ERP.

    Args:
        client: asks the gateway, as a tenant.
        listed: the account and the credentials of its holder.
    """

    def __init__(self, client: httpx.AsyncClient, listed: dict) -> None:
        self._client = client
        self._listed = listed
        self.account_id = ""
        self._seen_through: date | None = None
        self.books: dict[str, tuple[str, str]] = {}
        """Day and amount of each posted entry, by its id."""
        self.warnings: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()

    async def enable(self, credentials: dict) -> None:
        """Enable the integration, for a new or a known account, and import the first window."""
        if not self.account_id:
            answer = await self._client.post("/v1/accounts", json=self._listed["account"])
            assert answer.status_code == 201, answer.text
            self.account_id = answer.json()["id"]
        answer = await self._client.put(
            f"/v1/accounts/{self.account_id}/integration", json={"credentials": credentials}
        )
        assert answer.status_code == 200, answer.text
        first = answer.json()["first_import"]
        await self._import(date.fromisoformat(first["from"]), date.fromisoformat(first["to"]))

    async def disable(self) -> None:
        """Disable the integration; what is in the books stays there."""
        answer = await self._client.delete(f"/v1/accounts/{self.account_id}/integration")
        assert answer.status_code == 204, answer.text

    async def state(self) -> dict:
        """The integration as the gateway shows it."""
        return (await self._client.get(f"/v1/accounts/{self.account_id}/integration")).json()

    async def daily(self, today: date) -> None:
        """The import of a business day: up to yesterday, from some days before what was complete the last time."""
        yesterday = today - timedelta(days=1)
        since = min(self._seen_through or yesterday, yesterday)
        await self._import(since - OVERLAP, yesterday)

    async def _import(self, first: date, last: date) -> None:
        query = {"from": first.isoformat(), "to": last.isoformat()}
        answer = await self._client.get(f"/v1/accounts/{self.account_id}/statement", params=query)
        if answer.status_code != 200:
            self.failures[answer.json()["code"]] += 1
            return
        statement = answer.json()
        warnings = {warning["code"] for warning in statement["warnings"]}
        self.warnings.update(warnings)
        final = {entry["id"]: entry for entry in statement["entries"] if entry["stability"] == "final"}
        assert len(statement["entries"]) == len({entry["id"] for entry in statement["entries"]})
        if "statement_restated" in warnings:
            self._take_back(first, last, final)
        for entry_id, entry in final.items():
            posted = self.books.setdefault(entry_id, (entry["date"], entry["amount"]))
            assert posted == (entry["date"], entry["amount"]), "an id names another movement than before"
        complete = date.fromisoformat(statement["complete_through"])
        self._seen_through = max(self._seen_through or complete, complete)
        for warning in statement["warnings"]:
            if warning["code"] == "balance_discontinuity":
                days = [date.fromisoformat(day) for day in warning["days"]]
                await self._import(min(days), max(days))

    def _take_back(self, first: date, last: date, final: dict) -> None:
        """Remove from the books what the bank no longer has in these days."""
        for entry_id, (day, _) in list(self.books.items()):
            if first <= date.fromisoformat(day) <= last and entry_id not in final:
                del self.books[entry_id]

    def posted(self, first: date, last: date) -> Counter:
        """The days and amounts in the books."""
        return posted(self.books, first, last)


class Follower:
    """The books of one account that live on changes alone.

    Args:
        client: asks the gateway, as a tenant.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._cursor = ""
        self.began_anew = 0
        self.books: dict[str, tuple[str, str]] = {}

    async def follow(self, account_id: str) -> None:
        """Apply all changes since the last ones."""
        more, anew = True, not self._cursor
        while more:
            query = {"after": self._cursor}
            answer = await self._client.get(f"/v1/accounts/{account_id}/statement", params=query)
            if answer.status_code == 410:
                assert answer.json()["code"] == "cursor_too_old"
                self._cursor, anew = "", True
                self.began_anew += 1
                continue
            assert answer.status_code == 200, answer.text
            changes = answer.json()
            if anew and changes["period"] is not None:
                first = changes["period"]["from"]
                self.books = {key: kept for key, kept in self.books.items() if kept[0] < first}
                anew = False
            for entry in (*changes["added"], *changes["changed"]):
                assert entry["stability"] == "final"
                self.books[entry["id"]] = entry["date"], entry["amount"]
            for removed in changes["removed"]:
                self.books.pop(removed, None)
            self._cursor, more = changes["next"], changes["more"]

    def posted(self, first: date, last: date) -> Counter:
        """The days and amounts in the books."""
        return posted(self.books, first, last)


def posted(books: dict[str, tuple[str, str]], first: date, last: date) -> Counter:
    """The days and amounts in some books."""
    return Counter((day, Decimal(amount)) for day, amount in books.values() if first <= date.fromisoformat(day) <= last)
