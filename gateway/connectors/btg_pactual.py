"""BTG Pactual Empresas, Saldo e Extrato: the statement of one account of the company that consented.

Odd: the company stands in the path, and the account under an id that is read from the bank's list, because branch and
number are padded differently wherever they appear; movements are nested in days; they have no id, so that their order
alone tells two alike from each other; a renewal of the token may or may not bring a new refresh token.
The one balance that is asked for is the present one that is available, which neither opens nor closes a period.

Long because nothing documents the forms in which days, pages and accounts come.

Sources: contracts/banks/btg_pactual/NOTES.md.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import httpx
import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from gateway.completeness.counts import MOST_PAGES
from gateway.completeness.digests import digest_of
from gateway.completeness.groups import Group, Groups
from gateway.completeness.unlisted import tells_of_more
from gateway.connectors import fields
from gateway.connectors.base import EMPTY_BY_WORDS, Connector
from gateway.connectors.in_turn import in_turn
from gateway.connectors.rows.btg_pactual import Balance, Day, Row, available_of, movements
from gateway.errors import BankFailure
from gateway.flow import Flow, Page
from gateway.model import Account, Balances, HeldAccount, Movement, Period

__all__ = ["BtgPactual"]

OWN_BANK = frozenset({"208", "30306294"})
"""By COMPE and by ISPB code."""
ANSWER: Any = dict[str, Any]
MEMBERS: Any = dict[str, Raw]
BALANCE: Any = list[Balance] | Balance
DAY = timedelta(days=1)
NO_PROOF = "the bank tells only the present available balance, which neither opens nor closes a period"


class Days(Struct, frozen=True):
    """The content of the envelope, or one of several: days, or a day itself."""

    dailyMovements: list[Day] | Day | str | UnsetType | None = UNSET
    date: str | None = None
    movements: list[Row] | Row | str | UnsetType | None = UNSET

    def __iter__(self) -> Iterator[Day]:
        """The days.

        Raises:
            ValueError: it is of several, and has none in either form.
        """
        if self.dailyMovements is not UNSET:
            yield from fields.as_list(self.dailyMovements)
        elif self.date is not None and self.movements is not UNSET:
            yield Day(self.date, self.movements)
        else:
            raise ValueError("a part of the list has no days")


class StatementPage(Page, frozen=True):
    """One answer: a whole window, unless it links to a next page, as the bank's other lists do."""

    data: Days | list[Days] | None
    links: Any = None

    @property
    def days(self) -> list[Day]:
        """The days, of which there may be none.

        Raises:
            ValueError: something stands in their place that is none.
        """
        if isinstance(self.data, list):
            return [day for part in self.data for day in part]
        return [] if self.data is None or self.is_silent else list(self.data)

    @property
    def is_silent(self) -> bool:
        """Whether the answer has no list of days, as that of an empty period may."""
        return self.data in (None, Days())

    @property
    def next(self) -> str:
        """The link to the next page; empty where there is none.

        Raises:
            ValueError: there is something that is no link.
        """
        links = self.links if isinstance(self.links, list) else [self.links]
        named = [
            link["href"] for link in links if isinstance(link, dict) and link.get("rel") == "next" and "href" in link
        ]
        found = next((link for link in [fields.mapping(self.links).get("next"), *named] if link), "")
        found = fields.mapping(found).get("href", found) or ""
        if not isinstance(found, str):
            raise ValueError("the link to the next page is no text")  # noqa: TRY004 - it is the value that is wrong
        return found.strip()


class Listed(Struct, frozen=True):
    """One account of the list, or an envelope round accounts: one, none, or one round each."""

    accountId: Any = None
    bankCode: Any = None
    branchCode: Any = None
    number: Any = None
    data: "list[Listed] | Listed | None" = None
    accounts: "list[Listed] | Listed | None" = None

    def __iter__(self) -> Iterator["Listed"]:
        """The accounts within; one without an id, which can be none of those that are looked for, where it has none."""
        if self.id or (self.data is None and self.accounts is None):
            yield self
        for within in (self.data, self.accounts):
            for each in fields.as_list(within):
                yield from each

    @property
    def id(self) -> str:
        """By which the account is read; empty where there is none."""
        return fields.code(self.accountId)

    @property
    def named(self) -> tuple[str, str, str]:
        """Bank, branch and number; what is missing is read from the id."""
        parts = self.id.rsplit("-", 3)
        bank, branch, number = parts[1:] if len(parts) == 4 else ("", "", "")
        code = fields.code(self.bankCode)
        return code if fields.digits(code) else bank, fields.word(self.branchCode) or branch, self._number or number

    @property
    def _number(self) -> str:
        return fields.word(self.number)

    def is_account(self, branch: str, number: str) -> bool:
        """Whether this is BTG's own account of that branch and number."""
        bank, listed_branch, listed_number = self.named
        # The branch may be listed with a check digit, which nobody types.
        branches = {fields.digits(listed_branch), fields.digits(listed_branch.partition("-")[0])}
        return (
            fields.digits(bank) in OWN_BANK
            and fields.digits(branch) in branches
            and fields.digits(listed_number) == fields.digits(number)
        )


ACCOUNT_LIST: Any = list[Listed] | Listed


class BtgPactual(Connector[StatementPage]):
    """Reads a BTG Pactual account."""

    content_fields = ("description",)

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """The account's id, unless it was given, every window of the period, and the present balance."""
        account_id = account.credentials.get("account_id") or (yield from self._account_id(account))
        doubled: set[date] = set()
        ended = True
        complete_through = period.first - DAY
        windows = list(period.windows(self.window_days))
        readings = in_turn([self._window(account, account_id, window, doubled) for window in windows])
        for window, reading in zip(windows, readings, strict=True):
            ended &= yield from reading
            complete_through = window.last if ended else complete_through
        within = partial(available_of, account_id=account_id)
        available = yield from self.optional(
            "balance", account, BALANCE, within, company_id=account.holder_tax_id, account_id=account_id
        )
        return Balances(
            reason=NO_PROOF,
            complete_through=None if ended else complete_through,
            available=available,
            contradictions=tuple(
                self.doubt(f"equal rows stand in two groups of {day}", "day_groups") for day in sorted(doubled)
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
        found = next((each for each in listed if each.id == account_id), None)
        if found is None:
            raise self._not_listed()
        _, branch, number = found.named
        return HeldAccount(branch=branch, number=number)

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement of its group's day; the sign comes from `type`."""
        return movements(page.days, self.content)

    def _account_id(self, account: Account) -> Flow[str]:
        listed = yield from self._listed(account)
        found = {each.id for each in listed if each.is_account(account.branch, account.number)}
        if len(found) > 1:
            raise self.unexpected("accounts", "the list has the account under two ids")
        if not found:
            raise self._not_listed()
        return found.pop()

    def _not_listed(self) -> BankFailure:
        detail = "the list of the company's accounts does not have this account"
        return BankFailure("invalid_account", bank=self.contract.slug, at="accounts", detail=detail)

    def _listed(self, account: Account) -> Flow[list[Listed]]:
        """The accounts of the company.

        Raises:
            BankFailure: the list cannot be read.
        """
        answer = yield from self.answer("accounts", account, ACCOUNT_LIST, company_id=account.holder_tax_id)
        listed = [each for part in (answer if isinstance(answer, list) else [answer]) for each in part]
        known = [each for each in listed if each.id]
        if listed and not known:
            raise self.unexpected("accounts", "the list has an account without accountId")
        return known

    def _window(self, account: Account, account_id: str, window: Period, doubled: set[date]) -> Flow[bool]:
        """Hand over a window, page after page; give whether the last one tells of no rows to which no link leads."""
        dates = {"startDate": window.first.isoformat(), "endDate": window.last.isoformat()}
        company = account.holder_tax_id
        here = httpx.URL(self.contract.url("statement", account.environment, company_id=company, account_id=account_id))
        query = dates
        asked = {digest_of(str(sorted(dates.items())))}  # the links themselves may be many and long
        known = Groups(self.contract.slug)
        rows = 0
        while True:
            response, nothing = yield from self.ask_for_entries(
                "statement", account, query=query, company_id=company, account_id=account_id
            )
            if nothing:
                return True
            page = self.decode("statement", response, StatementPage)
            silent = page.is_silent or any(day.movements is UNSET for day in page.days)
            if silent and self._passed_over(response):
                raise self.unexpected("statement", "the answer has a list of something else than movements", response)
            # Nothing documents it: an answer that was cut short may look so, and no balance would show that.
            response.extensions[EMPTY_BY_WORDS] |= page.data is None
            doubled.update(known.add(self._groups(page, window)))
            rows += sum(len(day.rows) for day in page.days)
            yield page
            if not page.next:
                members = self.decode("statement", response, MEMBERS)
                return not tells_of_more(members, rows=rows, pages=len(asked))
            query = self._following(page.next, here, dates)
            digest = digest_of(str(sorted(query.items())))
            if digest in asked or not page.days or len(asked) >= MOST_PAGES:
                raise self.incoherent("the links to a next page lead nowhere")
            asked.add(digest)

    def _passed_over(self, response: httpx.Response) -> bool:
        """Whether an answer, its envelope or a day without movements has a list under a name that is not read."""
        answer = self.decode("statement", response, ANSWER)
        content = answer["data"]
        if content is None:
            return any(_lists(value) for name, value in answer.items() if name != "links")
        parts = content if isinstance(content, list) else [content]
        days = [day for part in parts for day in fields.as_list(part.get("dailyMovements"))]
        return any(_lists(part) for part in [*parts, *days] if not part.keys() & {"dailyMovements", "movements"})

    def _groups(self, page: StatementPage, window: Period) -> list[Group]:
        """The groups of a page.

        Raises:
            BankFailure: a day cannot be read, or was not asked for.
        """
        days = [fields.day(day.date) for day in page.days]
        self.check_days(days, window)
        rows = (frozenset(map(msgspec.json.encode, day.rows)) for day in page.days)
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


def _lists(value: Any) -> bool:
    """Whether a value is a list with something in it, or an object that holds one, at whatever depth."""
    if isinstance(value, dict):
        return any(map(_lists, value.values()))
    return isinstance(value, list) and bool(value)
