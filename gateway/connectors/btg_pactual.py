"""BTG Pactual Empresas, Saldo e Extrato: the statement of one account of the company that consented.

Odd: the company stands in the path, and the account under an id that is read from the bank's list, because branch and
number are padded differently wherever they appear; movements are nested in days; they have no id, so that their order
alone tells two alike from each other; a renewal of the token may or may not bring a new refresh token.

No balance is asked for: the bank tells only the present one that is available, which neither opens nor closes a period.

Sources: contracts/banks/btg_pactual/NOTES.md.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from gateway.auth.authorization_code import AuthorizationCode
from gateway.completeness.counts import MOST_PAGES
from gateway.completeness.groups import Group, Groups
from gateway.connectors import fields, wording
from gateway.connectors.base import Connector
from gateway.connectors.rows.btg_pactual import Day, movements
from gateway.errors import BankFailure
from gateway.flow import Flow, Page
from gateway.model import Account, Balances, HeldAccount, Movement, Period

__all__ = ["BtgPactual"]

OWN_BANK = "208"
NO_PROOF = "the bank tells only the present available balance, which neither opens nor closes a period"


class Days(Struct, frozen=True):
    """The content of the envelope."""

    dailyMovements: list[Day] | None = None


class Links(Struct, frozen=True):
    """Where the list goes on, by the custom of the bank's other lists."""

    next: str | None = None


class StatementPage(Page, frozen=True):
    """One answer: a whole window, unless it links to a next page."""

    data: Days
    links: Links | None = None

    @property
    def days(self) -> list[Day]:
        """The days, of which there may be none."""
        return self.data.dailyMovements or []


class Listed(Struct, frozen=True):
    """One account of the list, or an envelope round accounts: one, none, or one round each."""

    accountId: str | None = None
    bankCode: Any = None
    branchCode: Any = None
    number: Any = None
    data: "list[Listed] | None" = None

    def accounts(self) -> Iterator["Listed"]:
        """The accounts within.

        Raises:
            ValueError: there is neither an account nor an envelope.
        """
        if self.accountId is None and self.data is None:
            raise ValueError("an account without accountId")
        if self.accountId is not None:
            yield self
        for each in self.data or ():
            yield from each.accounts()

    @property
    def named(self) -> tuple[str, str, str]:
        """Bank, branch and number; what is missing is read from the id."""
        parts = (self.accountId or "").rsplit("-", 3)
        bank, branch, number = parts[1:] if len(parts) == 4 else ("", "", "")
        return str(self.bankCode or bank), str(self.branchCode or branch), str(self.number or number)

    def is_account(self, branch: str, number: str) -> bool:
        """Whether this is BTG's own account of that branch and number."""
        wanted = (OWN_BANK, branch, number)
        return [fields.digits(part) for part in self.named] == [fields.digits(part) for part in wanted]


ACCOUNT_LIST: Any = list[Listed] | Listed


class BtgPactual(Connector[StatementPage]):
    """Reads a BTG Pactual account."""

    content_fields = ("description",)

    def auth(self, account: Account) -> AuthorizationCode:
        """The account holder's consent, in the form of a code or a refresh token."""
        return AuthorizationCode(self.contract, account.environment, account.credentials)

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """The account's id, unless it was given, and every window of the period."""
        account_id = account.credentials.get("account_id") or (yield from self._account_id(account))
        doubled: set[date] = set()
        called: set[str] = set()
        for window in period.windows(self.contract.period.max_days):
            yield from self._window(account, account_id, window, doubled, called)
        return Balances(
            reason=NO_PROOF,
            contradictions=(
                *(self.doubt(f"equal rows stand in two groups of {day}", "day_groups") for day in sorted(doubled)),
                # Nothing else here would tell that money was invented.
                *(self.doubt(f"a row is called {text!r} like a balance") for text in sorted(called)),
            ),
        )

    def identify(self, account: Account) -> Flow[HeldAccount]:
        """Branch and number of an id that was typed in; otherwise the id was found by them.

        Raises:
            BankFailure: `invalid_account`: the company has no account of that id.
        """
        account_id = account.credentials.get("account_id")
        if not account_id:
            return HeldAccount()
        listed = yield from self._listed(account)
        found = next((each for each in listed if each.accountId == account_id), None)
        if found is None:
            raise self._not_listed()
        _, branch, number = found.named
        return HeldAccount(branch=branch, number=number)

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement of its group's day; the sign comes from `type`."""
        return movements(page.days, self.content)

    def _account_id(self, account: Account) -> Flow[str]:
        listed = yield from self._listed(account)
        found = {each.accountId for each in listed if each.is_account(account.branch, account.number)}
        if len(found) > 1:
            raise self.unexpected("accounts", "the list has the account under two ids")
        if not found:
            raise self._not_listed()
        return str(found.pop())

    def _not_listed(self) -> BankFailure:
        detail = "the list of the company's accounts does not have this account"
        return BankFailure("invalid_account", bank=self.contract.slug, at="accounts", detail=detail)

    def _listed(self, account: Account) -> Flow[list[Listed]]:
        """The accounts of the company.

        Raises:
            BankFailure: the list cannot be read.
        """
        answer = yield from self.answer("accounts", account, ACCOUNT_LIST, company_id=account.holder_tax_id)
        with self.readable("accounts", "the list of accounts"):
            return [each for part in (answer if isinstance(answer, list) else [answer]) for each in part.accounts()]

    def _window(
        self, account: Account, account_id: str, window: Period, doubled: set[date], called: set[str]
    ) -> Flow[None]:
        dates = {"startDate": window.first.isoformat(), "endDate": window.last.isoformat()}
        company = account.holder_tax_id
        here = httpx.URL(self.contract.url("statement", account.environment, company_id=company, account_id=account_id))
        query = dates
        asked = [query]
        known = Groups(self.contract.slug)
        while True:
            page = yield from self.answer(
                "statement", account, StatementPage, query=query, company_id=company, account_id=account_id
            )
            doubled.update(known.add(self._groups(page, window)))
            texts = (str(row.description or "") for day in page.days for row in day.movements or ())
            called.update(filter(wording.names_balance, texts))
            yield page
            if page.links is None or not page.links.next:
                return
            query = self._following(page.links.next, here, dates)
            if query in asked or not page.days or len(asked) >= MOST_PAGES:
                raise self.incoherent("the links to a next page lead nowhere")
            asked.append(query)

    def _groups(self, page: StatementPage, window: Period) -> list[Group]:
        """The groups of a page.

        Raises:
            BankFailure: a day cannot be read, or was not asked for.
        """
        days = [fields.iso_date(day.date) for day in page.days]
        if not all(day in window for day in days):
            raise self.incoherent(f"the answer from {window.first} on holds other days")
        rows = (frozenset(map(msgspec.json.encode, day.movements or ())) for day in page.days)
        return list(map(Group, days, rows))

    def _following(self, link: str, here: httpx.URL, dates: dict[str, str]) -> dict[str, str]:
        """The query of a next page, at the same address and for the same days.

        Raises:
            BankFailure: the link leads elsewhere.
        """
        try:
            there = here.join(link)
        except httpx.InvalidURL as error:
            raise self.unexpected("statement", "the link to the next page is no address") from error
        query = {**dates, **there.params}
        if (there.host, there.path) != (here.host, here.path) or any(query[name] != dates[name] for name in dates):
            raise self.unexpected("statement", "the link to the next page leads elsewhere")
        return query
