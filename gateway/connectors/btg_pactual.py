"""BTG Pactual Empresas, Saldo e Extrato: the statement of one account of the company that consented.

Odd: the company stands in the path, and the account under an id that is read from the bank's list, because branch and
number are padded differently wherever they appear; movements are nested in days; they have no id, so two alike are
told apart by their order alone; a renewal of the token may or may not bring a new refresh token. The day of a movement
is that of its group: `dateHour` may lie elsewhere.

No balance is asked for: the bank tells only the present one that is available, which neither opens nor closes a period.

Long because the account is found in a list that pads its numbers in every way, and rows say their kind in three places.

Sources: contracts/banks/btg_pactual/NOTES.md.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from contracts.fact import Evidence
from gateway.auth.authorization_code import AuthorizationCode
from gateway.completeness.counts import MOST_PAGES
from gateway.completeness.groups import Group, Groups
from gateway.connectors import fields, parties, wording
from gateway.connectors.base import Connector
from gateway.connectors.tables import Kinds, Sides
from gateway.errors import BankFailure
from gateway.flow import Flow, Page
from gateway.model import (
    Account,
    Balances,
    Contradiction,
    Counterparty,
    HeldAccount,
    Movement,
    Period,
    TransactionType,
)

__all__ = ["BtgPactual"]

TYPES = Kinds(
    {
        TransactionType.PIX: ("pix ", "devolução de pix ", "devolução do pix "),
        TransactionType.TED: ("ted ",),
        TransactionType.BOLETO: ("pagamento de boleto ", "liquidação de boleto "),
        TransactionType.TARIFA_SERVICOS_AVULSOS: ("tarifa ",),
        TransactionType.CARTAO: ("card receivables ",),
    }
)
"""How a text, or else the name of a category, begins; nothing else tells what a movement is."""

SIDES = Sides({"CREDIT", "CREDITO", "C"}, {"DEBIT", "DEBITO", "D"})

PAYEE_OF_PIX = re.compile(r"(?:devolu[çc][ãa]o do )?pix enviado para (?P<name>.+)", re.IGNORECASE | re.DOTALL)
"""The one form in which a text is known to name the other party: a Pix that was sent, or one that came back."""

CNPJ = re.compile(r"\s*CNPJ:\s*(\S+)\s*", re.IGNORECASE)
"""Ends the details of card receivables: acquirer, ` - `, brand and way of the card, `|`, the acquirer's CNPJ."""

OWN_BANK = "208"
NO_PROOF = "the bank tells only the present available balance, which neither opens nor closes a period"


class Money(Struct, frozen=True):
    """An amount in the form in which the bank writes balances."""

    amount: Decimal
    currency: str = "BRL"


class Row(Struct, frozen=True):
    """One movement of a day."""

    amount: Decimal | Money
    type: str
    dateHour: str | None = None
    description: str | int | None = None
    descriptionDetails: Any = None
    category: Any = None
    endToEndId: Any = None
    id: Any = None
    """Tells two rows of an answer apart. Nobody has seen it kept, so that it is no entry's identity."""


class Day(Struct, frozen=True):
    """One element of `dailyMovements`."""

    date: str
    movements: list[Row] | None = None


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
                *(
                    Contradiction(f"a row is called {text!r} like a balance", Evidence.ASSUMED)
                    for text in sorted(called)
                ),
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
        for day in page.days:
            booked_on = fields.iso_date(day.date)
            for row in day.movements or ():
                text = fields.word(row.description)
                booked_at = fields.local_instant(row.dateHour) if row.dateHour else None
                forms = booked_on.isoformat(), row.type.strip().lower(), booked_at and booked_at.isoformat()
                end_to_end_id = wording.end_to_end_id(row.endToEndId)
                more = list(wording.texts_within([row.descriptionDetails, row.category]))
                yield Movement(
                    date=booked_on,
                    amount=_signed(row),
                    content=self.content(row, *forms, _money(row).amount),
                    type=TYPES.of(text, *more),
                    description=wording.composed(text, *more, None if end_to_end_id else row.endToEndId),
                    booked_at=booked_at,
                    end_to_end_id=end_to_end_id,
                    counterparty=_counterparty(text, *more),
                )

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
        response = yield from self.ask("accounts", account, company_id=account.holder_tax_id)
        answer = self.decode("accounts", response, ACCOUNT_LIST)
        with self.readable("accounts", "the list of accounts"):
            return [each for part in (answer if isinstance(answer, list) else [answer]) for each in part.accounts()]

    def _window(
        self, account: Account, account_id: str, window: Period, doubled: set[date], called: set[str]
    ) -> Flow[None]:
        dates = {"startDate": window.first.isoformat(), "endDate": window.last.isoformat()}
        company_id = account.holder_tax_id
        here = httpx.URL(
            self.contract.url("statement", account.environment, company_id=company_id, account_id=account_id)
        )
        query = dates
        asked = [query]
        known = Groups(self.contract.slug)
        while True:
            response = yield from self.ask(
                "statement", account, query=query, company_id=company_id, account_id=account_id
            )
            page = self.decode("statement", response, StatementPage)
            doubled.update(known.add(self._groups(page, window, response)))
            texts = (str(row.description or "") for day in page.days for row in day.movements or ())
            called.update(filter(wording.names_balance, texts))
            yield page
            if page.links is None or not page.links.next:
                return
            query = self._following(page.links.next, here, dates)
            if query in asked or not page.days or len(asked) >= MOST_PAGES:
                raise self.incoherent("the links to a next page lead nowhere")
            asked.append(query)

    def _groups(self, page: StatementPage, window: Period, response: httpx.Response) -> list[Group]:
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


def _counterparty(*texts: str) -> Counterparty | None:
    """Whom a Pix went to, who has no number there, or the acquirer that pays for cards."""
    if found := PAYEE_OF_PIX.fullmatch(texts[0]):
        return parties.counterparty(name=found["name"])
    for text in texts[1:]:
        card, _, rest = text.partition("|")
        name, dash, _ = card.partition(" - ")
        if dash and name.strip() and (found := CNPJ.fullmatch(rest)):
            return parties.counterparty(name=name, tax_ids=[found[1]])
    return None


def _money(row: Row) -> Money:
    return row.amount if isinstance(row.amount, Money) else Money(row.amount)


def _signed(row: Row) -> Decimal:
    """The amount with its sign. A debit may carry one already, a credit may not."""
    money = _money(row)
    if money.currency != "BRL":
        raise ValueError("an amount is not in reais")
    value = fields.reais(money.amount)
    return fields.unsigned(value) if SIDES.is_credit(row.type) else -abs(value)
