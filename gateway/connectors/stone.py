"""Conta Stone, Stone Banking API ("Openbank"): the statement of a payment account.

Odd: instants in UTC; cursors without totals; a page may be smaller than what is asked for.

A chain of entries that reaches past both ends of the period proves completeness (`gateway.completeness.chain`). The
next page is not asked by cursor but by the time of the last known entry, so that the pages overlap.

Sources: contracts/banks/stone/NOTES.md.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from gateway.auth.jwt_bearer import PrivateKeyJwt
from gateway.completeness.chain import SECOND, Chain, ChainLink, newest_first
from gateway.connectors import fields
from gateway.connectors.base import Connector
from gateway.connectors.rows.stone import Centavos, Row, movements
from gateway.errors import BankFailure
from gateway.flow import Flow, Page
from gateway.limits import CREDIBLE_YEARS
from gateway.model import BRASILIA, DAY, Account, BalanceAt, Balances, HeldAccount, Movement, Period

__all__ = ["Stone"]

REALM = "stone_bank"
APPLICATION = "extrato"
"""The name in `User-Agent`, which the bank demands, unless the user gives another."""
AMOUNTS = frozenset({"amount", "balance_before", "balance_after", "fee_amount"})
DAY_CHARACTERS = len("2026-01-01")
_DIGITS = re.compile(r"-?[0-9]{1,18}")


class Cursor(Struct, frozen=True):
    """Where the list goes on, and the page size the bank gave. Old clients know numbers here, the prose shows texts."""

    after: Any = None
    before: Any = None
    limit: Any = None


class StatementPage(Page, frozen=True):
    """One page of the statement, newest first."""

    data: list[Row]
    cursor: Cursor | None = None

    def size(self, asked: int) -> int:
        """How many entries the bank puts on a page when asked for so many."""
        return min(asked, fields.number(self.cursor.limit) or asked) if self.cursor else asked

    @property
    def following(self) -> str | None:
        """The cursor of the older page; None at the end."""
        return _place(self.cursor.after) if self.cursor else None


class Rewritten(Page, frozen=True):
    """A page whose list or entries are written otherwise."""

    data: list[Any] | dict[str, Any] | str | None
    cursor: Any = None

    @property
    def entries(self) -> list[Any]:
        """The entries, of which a single one may stand alone; none where the list is null, blank or an empty object.

        Raises:
            ValueError: a text stands in place of the list.
        """
        return list(map(_rewritten, fields.as_list(self.data or None)))


class Balance(Struct, frozen=True):
    """The answer of `balance`, what is free to use."""

    balance: Any


class Described(Struct, frozen=True):
    """The answer of `account`."""

    account_code: Any = None
    owner_document: Any = None


class Stone(Connector[StatementPage]):
    """Reads a Stone payment account."""

    newest_first = True
    content_fields = ("id", "type", "created_at", "amount")

    def auth(self, account: Account) -> PrivateKeyJwt:
        """An assertion signed with the application's key, meant for the realm."""
        client_id = account.credentials["client_id"]
        return PrivateKeyJwt(
            self.contract,
            account.environment,
            client_id=client_id,
            private_key=account.credentials["private_key"],
            audience=f"https://{self.contract.host('token', account.environment)}/auth/realms/{REALM}",
            account=account.credentials["account_id"],
            claims={"clientId": client_id, "realm": REALM},
            headers=self.headers(account),
        )

    def headers(self, account: Account) -> dict[str, str]:
        """The application."""
        return {"User-Agent": account.credentials.get("user_agent", APPLICATION)}

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """The newest entries before and after the period, then every page from the one to the other."""
        start, end = _midnight(period.first), _midnight(period.last + DAY)
        beyond, newest = yield from self._beyond(account, period.last, today)
        # Asked between the two, so that a bank that hides its newest entries for a while gives itself away.
        earlier = yield from self._newest(account, start - SECOND)
        moving = period.last >= today
        chain = Chain(self.contract.slug, start, end, earlier)
        since = {"start_datetime": fields.utc_query(earlier.at - SECOND)} if earlier else {}
        yield from self._walk(account, chain, since, beyond or (None if moving else end))
        if chain.check_ends(newest, may_have_grown=moving):
            told = yield from self.answer("balance", account, Balance, account_id=_id_of(account))
            with self.readable("balance", "the balance"):
                present = fields.centavos(msgspec.convert(_whole(told.balance), Centavos))
            chain.check_present_balance(present)
        return Balances(
            opening=BalanceAt(period.first - DAY, chain.opening), closing=BalanceAt(period.last, chain.closing)
        )

    def identify(self, account: Account) -> Flow[HeldAccount]:
        """Number and holder of the account of that id; nothing where the application may not ask for them."""
        held = yield from self.answer_if_allowed("account", account, Described, account_id=_id_of(account))
        if held is None:
            return HeldAccount()
        return HeldAccount(number=fields.word(held.account_code), holder_tax_id=fields.word(held.owner_document))

    def page(self, response: httpx.Response) -> StatementPage:
        """A page of the statement; one that is written otherwise is read once more, entry by entry.

        Raises:
            BankFailure: `unexpected_bank_response`: it is none.
        """
        try:
            return self.decode("statement", response, StatementPage)
        except BankFailure:
            plain = self.decode("statement", response, Rewritten)
            try:
                cursor = fields.mapping(plain.cursor) or None
                return msgspec.convert({"data": plain.entries, "cursor": cursor}, StatementPage)
            except (msgspec.ValidationError, ValueError) as error:
                raise self.unexpected("statement", f"the answer is not what was expected: {error}", response) from error

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement of what it changed in the balance."""
        return movements(page.data, self.content)

    def _newest(self, account: Account, until: datetime | None) -> Flow[ChainLink | None]:
        page = yield from self._page(account, {**_until(until), "limit": "1"})
        return _link(page.data[0]) if page.data else None

    def _beyond(self, account: Account, last: date, today: date) -> Flow[tuple[datetime | None, ChainLink | None]]:
        """How far past its end the list of a period must reach to show an entry there, and the newest one so far.

        An entry after the period proves that none is missing at its end. None says that there is no such entry yet; the
        newest one is then that of the account.
        """
        days = 1
        while (day := last + timedelta(days=1 + days)) <= today:
            newest = yield from self._newest(account, _midnight(day))
            if newest is not None and newest.at >= _midnight(last + DAY):
                return _midnight(day), newest
            days *= 2
        newest = yield from self._newest(account, None)
        return (newest.at + SECOND if newest and newest.at >= _midnight(last + DAY) else None), newest

    def _walk(self, account: Account, chain: Chain, since: Mapping[str, str], until: datetime | None) -> Flow[None]:
        """Hand over the pages of the period until the chain is complete or the list is at its end."""
        query, asked, overlapping = {**since, **_until(until)}, self.page_size, False
        most = self.contract.paging.max_size
        while not chain.reaches_before_period:
            page = yield from self._page(account, {**query, "limit": str(asked)})
            if "after" in query:
                yield from self._check_adjoins(account, {**query, "limit": str(asked)}, page, chain.tail[-1])
            links = list(map(_link, page.data))
            order = newest_first(links)
            known = chain.add_page([links[place] for place in order], overlapping=overlapping)
            yield StatementPage([page.data[place] for place in order[known:] if chain.is_in_period(links[place])])
            granted = page.size(asked)
            most = granted if granted < asked else most
            if known < len(page.data) and len(chain.tail) < most:
                again = chain.tail[-1].at + SECOND
                query = {**since, **_until(min(again, until) if until else again)}
                asked, overlapping = min(most, self.page_size + len(chain.tail)), True
            elif page.data and page.following is not None:
                # More entries in one second than fit on a page: only the cursor gets past them.
                query, overlapping = {**query, "after": page.following}, False
            else:
                return

    def _check_adjoins(
        self, account: Account, query: Mapping[str, str], page: StatementPage, last: ChainLink
    ) -> Flow[None]:
        """A page asked by cursor overlaps nothing; turning back from it must lead to the last known entry.

        Raises:
            IncoherentPages: it does not.
        """
        back = _place(page.cursor.before) if page.cursor and page.data else None
        if back is None:
            raise self.incoherent("a cursor leads nowhere")
        filters = {name: value for name, value in query.items() if name != "after"}
        previous = yield from self._page(account, {**filters, "before": back})
        if not previous.data or _link(previous.data[-1]) != last:
            raise self.incoherent("a page does not adjoin the one before it")

    def _page(self, account: Account, query: Mapping[str, str]) -> Flow[StatementPage]:
        response, nothing = yield from self.ask_for_entries(
            "statement", account, query=query, account_id=_id_of(account)
        )
        page = StatementPage([]) if nothing else self.page(response)
        if any(row.created_at.year not in CREDIBLE_YEARS for row in page.data):
            raise self.unexpected("statement", "an entry lies in an impossible year", response)
        return page


def _place(cursor: Any) -> str | None:
    """A cursor as it is sent back, where it leads somewhere."""
    place = cursor if isinstance(cursor, str) else fields.word(cursor)
    return None if place in {"", "null"} else place


def _rewritten(sent: Any) -> Any:
    """An entry in the form of `Row`, of one that is written otherwise; what cannot be read stays as it came.

    The reference prints entries under the name of their type. All instants of this API are in UTC, also those that
    its samples write without offset.
    """
    if isinstance(sent, dict) and len(sent) == 1:
        (sent,) = sent.values()
    if not isinstance(sent, dict):
        return sent
    entry = dict(sent)
    entry |= {name: _whole(entry[name]) for name in AMOUNTS & entry.keys()}
    entry["id"] = fields.word(entry.get("id")) or None
    entry["type"] = fields.word(entry.get("type"))
    when = entry.get("created_at")
    if isinstance(when, str) and len(when.strip()) > DAY_CHARACTERS:
        with suppress(ValueError):
            moment = datetime.fromisoformat(when.strip().upper())
            entry["created_at"] = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return entry


def _whole(amount: Any) -> Any:
    """An amount as a whole number, which may come as its digits or as `12.0`; none for blanks, others as they came."""
    if isinstance(amount, str):
        return int(amount) if _DIGITS.fullmatch(amount.strip()) else amount.strip() or None
    return int(whole) if isinstance(amount, float) and (whole := fields.word(amount)) else amount


def _id_of(account: Account) -> str:
    """The id that names the account in a path."""
    return account.credentials["account_id"].lower()


def _link(row: Row) -> ChainLink:
    """What makes an entry a link of the chain."""
    return ChainLink(row.id, row.created_at, fields.centavos(row.balance_before), fields.centavos(row.balance_after))


def _midnight(day: date) -> datetime:
    """The first instant of a day in Brasília, in UTC, so that seconds can be counted from it."""
    return datetime.combine(day, time(), BRASILIA).astimezone(UTC)


def _until(end: datetime | None) -> dict[str, str]:
    return {"end_datetime": fields.utc_query(end)} if end else {}
