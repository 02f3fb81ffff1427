"""Conta Stone, Stone Banking API ("Openbank"): the statement of a payment account.

Odd: instants in UTC; `amount` is signed, includes the fee, and two pages of the reference disagree on that, so the
difference of the running balances is what moved; two forms of counterparty; hardly any text of the bank's own, so the
description is composed; cursors without totals.

Completeness is proved by a chain of entries that reaches past both ends of the period (`gateway.completeness.chain`).
The next page is not asked by cursor but by the time of the last known entry, so that the pages overlap.

Long because nearly every type of entry has a form of its own: a table of the types, and where each names the other
party, the document and the text.

Sources: contracts/banks/stone/NOTES.md.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any

import httpx
from msgspec import Meta, Struct
from msgspec.structs import replace

from gateway.auth.jwt_bearer import PrivateKeyJwt
from gateway.completeness.chain import SECOND, Chain, ChainLink, newest_first
from gateway.connectors import fields, parties, wording
from gateway.connectors.base import Connector
from gateway.connectors.tables import Kinds, Words
from gateway.flow import Flow, Page
from gateway.model import (
    BRASILIA,
    DAY,
    Account,
    BalanceAt,
    Balances,
    Counterparty,
    HeldAccount,
    Movement,
    Period,
    TransactionType,
)

__all__ = ["Stone"]

CREDIBLE_YEARS = range(2000, 2200)
REALM = "stone_bank"
APPLICATION = "extrato"
"""The name in `User-Agent`, which the bank demands, unless the user gives another."""

TYPES = {
    "pix_payment": (TransactionType.PIX, "Pix recebido"),
    "outbound_pix_payment": (TransactionType.PIX, "Pix enviado"),
    "refund_for_pix_payment": (TransactionType.PIX, "Devolução de Pix recebido"),
    "refund_reversal_for_pix_payment": (TransactionType.PIX, "Estorno de devolução de Pix"),
    "refund_for_outbound_pix_payment": (TransactionType.PIX, "Devolução de Pix enviado"),
    "instant_payment": (TransactionType.PIX, "Pagamento instantâneo"),
    "external": (TransactionType.TED, "TED"),
    "external_refund": (TransactionType.TED, "Devolução de TED"),
    "internal": (TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO, "Transferência entre contas Stone"),
    "payment": (TransactionType.BOLETO, "Pagamento de boleto"),
    "payment_refund": (TransactionType.BOLETO, "Devolução de pagamento de boleto"),
    "inbound_barcode_payment": (TransactionType.BOLETO, "Recebimento de boleto"),
    "card_payment": (TransactionType.CARTAO, "Recebíveis de cartão"),
    "outbound_stone_prepaid_card_payment": (TransactionType.CARTAO, "Compra com cartão Stone"),
    "outbound_stone_prepaid_card_payment_refund": (TransactionType.CARTAO, "Estorno de compra com cartão Stone"),
    "outbound_stone_prepaid_card_payment_chargeback": (TransactionType.CARTAO, "Chargeback de cartão Stone"),
    "outbound_stone_prepaid_card_withdrawal": (TransactionType.SAQUE, "Saque com cartão Stone"),
    "outbound_stone_prepaid_card_withdrawal_refund": (TransactionType.SAQUE, "Estorno de saque com cartão Stone"),
    "payroll": (TransactionType.FOLHA_PAGAMENTO, "Folha de pagamento"),
    "salary": (TransactionType.FOLHA_PAGAMENTO, "Salário"),
    "sallary": (TransactionType.FOLHA_PAGAMENTO, "Salário"),
    "salary_portability": (TransactionType.PORTABILIDADE_SALARIO, "Portabilidade de salário"),
    "salary_portability_refund": (TransactionType.PORTABILIDADE_SALARIO, "Devolução de portabilidade de salário"),
    "salary_portability_employer_refund": (TransactionType.PORTABILIDADE_SALARIO, "Devolução de salário ao empregador"),
    "loan_payment": (TransactionType.OPERACAO_CREDITO, "Empréstimo"),
    "loan_payments": (TransactionType.OPERACAO_CREDITO, "Empréstimo"),
    "balance_block": (TransactionType.OUTROS, "Bloqueio de saldo"),
    "balance_blocked": (TransactionType.OUTROS, "Bloqueio de saldo"),
    "balance_unblocked": (TransactionType.OUTROS, "Desbloqueio de saldo"),
}
"""An open list: a type that is not here is OUTROS under its own name. The bank writes some names in two ways."""
BLOCKS = frozenset({"balance_block", "balance_blocked", "balance_unblock", "balance_unblocked"})
WORDS = Kinds(
    {
        TransactionType.PIX: ("pix",),
        TransactionType.TED: ("ted",),
        TransactionType.CARTAO: ("card",),
        TransactionType.BOLETO: ("boleto", "barcode"),
        TransactionType.TARIFA_SERVICOS_AVULSOS: ("fee",),
        TransactionType.FOLHA_PAGAMENTO: ("payroll", "salary"),
        TransactionType.OPERACAO_CREDITO: ("loan",),
        TransactionType.SAQUE: ("withdrawal",),
        TransactionType.DEPOSITO: ("deposit",),
        TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: ("internal",),
    },
    by=Words,
)
"""By a word of a type that is not in the list, the first that it has; the bank has more types than it lists."""
CARDS = {"debit": "débito", "credit": "crédito"}
DOCUMENT_DIGITS = {"cpf": 11, "cnpj": 14}
ISPB_DIGITS = 8
COMPE_DIGITS = 3

Centavos = Annotated[int, Meta(ge=-(10**17), le=10**17)]
Instant = Annotated[datetime, Meta(tz=True)]


class Row(Struct, frozen=True):
    """One entry of `data`."""

    id: Annotated[str, Meta(min_length=1)]
    type: str
    amount: Centavos
    balance_before: Centavos
    balance_after: Centavos
    created_at: Instant
    fee_amount: Centavos | None = None
    counter_party: Any = None
    counterparty_agent: Any = None
    details: Any = None
    payer: Any = None
    card_acceptor: Any = None
    title: Any = None
    subtitle: Any = None
    card_network_name: Any = None
    card_network_code: Any = None
    card_type: Any = None
    card_last_four_digits: Any = None
    acquirer: Any = None
    acquirer_name: Any = None
    description: Any = None
    reason: Any = None
    refund_reason_code: Any = None
    refund_reason_description: Any = None
    writable_line: Any = None
    barcode: Any = None
    end_to_end_id: Any = None

    @property
    def link(self) -> ChainLink:
        """What makes the entry a link of the chain."""
        return ChainLink(
            self.id, self.created_at, fields.centavos(self.balance_before), fields.centavos(self.balance_after)
        )


class Cursor(Struct, frozen=True):
    """Where the list goes on, and the page size the bank gave. Old clients know numbers here, the prose shows texts."""

    after: str | int | None = None
    before: str | int | None = None
    limit: str | int | None = None


class StatementPage(Page, frozen=True):
    """One page of the statement, newest first."""

    data: list[Row]
    cursor: Cursor | None = None

    def size(self, asked: int) -> int:
        """How many entries the bank puts on a page when asked for so many."""
        told = str(self.cursor.limit) if self.cursor else ""
        return min(asked, int(told)) if told.isdecimal() and int(told) else asked

    @property
    def following(self) -> str | None:
        """The cursor of the older page; None at the end."""
        after = self.cursor.after if self.cursor else None
        return None if after in {None, "", "null"} else str(after)


class Balance(Struct, frozen=True):
    """The answer of `balance`, what is free to use."""

    balance: Centavos


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
            headers=_application(account),
        )

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
        if chain.close(newest, moving=moving):
            response = yield from self._ask("balance", account, {})
            chain.rest_on(fields.centavos(self.decode("balance", response, Balance).balance))
        return Balances(
            opening=BalanceAt(period.first - DAY, chain.opening), closing=BalanceAt(period.last, chain.closing)
        )

    def identify(self, account: Account) -> Flow[HeldAccount]:
        """Number and holder of the account of that id; nothing where the application may not ask for them."""
        response = yield from self._ask("account", account, {}, accept=(httpx.codes.FORBIDDEN,))
        if response.status_code == httpx.codes.FORBIDDEN:
            return HeldAccount()
        told = self.decode("account", response, Described)
        return HeldAccount(number=_written(told.account_code) or "", holder_tax_id=_written(told.owner_document) or "")

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement of what it changed in the balance."""
        for row in page.data:
            kind, label = TYPES.get(_kind(row)) or (WORDS.of(row.type), row.type)
            party = _counterparty(row)
            booked_at = row.created_at.astimezone(BRASILIA)
            yield Movement(
                date=booked_at.date(),
                amount=_moved(row),
                content=self.content(row),
                type=kind,
                description=_description(row, label, party),
                booked_at=booked_at,
                document=_writable_line(row),
                balance=fields.centavos(row.balance_after),
                bank_id=row.id,
                end_to_end_id=wording.end_to_end_id(row.end_to_end_id, *wording.texts_within(row.details)),
                note=fields.optional_text(row.description),
                counterparty=party,
                blocked=_kind(row) in BLOCKS,
            )

    def _newest(self, account: Account, until: datetime | None) -> Flow[ChainLink | None]:
        page = yield from self._page(account, {**_until(until), "limit": "1"})
        return page.data[0].link if page.data else None

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
        while not chain.complete:
            page = yield from self._page(account, {**query, "limit": str(asked)})
            if "after" in query:
                yield from self._check_adjoins(account, {**query, "limit": str(asked)}, page, chain.tail[-1])
            page = replace(page, data=[page.data[place] for place in newest_first([row.link for row in page.data])])
            known = chain.join([row.link for row in page.data], overlapping=overlapping)
            yield StatementPage([row for row in page.data[known:] if chain.holds(row.link)])
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
        back = page.cursor.before if page.cursor and page.data else None
        if back is None:
            raise self.incoherent("a cursor leads nowhere")
        filters = {name: value for name, value in query.items() if name != "after"}
        previous = yield from self._page(account, {**filters, "before": str(back)})
        if not previous.data or previous.data[-1].id != last.id:
            raise self.incoherent("a page does not adjoin the one before it")

    def _page(self, account: Account, query: Mapping[str, str]) -> Flow[StatementPage]:
        response = yield from self._ask("statement", account, query)
        page = self.decode("statement", response, StatementPage)
        if any(row.created_at.year not in CREDIBLE_YEARS for row in page.data):
            raise self.unexpected("statement", "an entry lies in an impossible year", response)
        return page

    def _ask(
        self, operation: str, account: Account, query: Mapping[str, str], accept: tuple[int, ...] = ()
    ) -> Flow[Any]:
        account_id = account.credentials["account_id"]
        return self.ask(
            operation, account, query=query, headers=_application(account), accept=accept, account_id=account_id
        )


def _application(account: Account) -> dict[str, str]:
    return {"User-Agent": account.credentials.get("user_agent", APPLICATION)}


def _midnight(day: date) -> datetime:
    """The first instant of a day in Brasília, in UTC, so that seconds can be counted from it."""
    return datetime.combine(day, time(), BRASILIA).astimezone(UTC)


def _until(end: datetime | None) -> dict[str, str]:
    return {"end_datetime": fields.utc_query(end)} if end else {}


def _moved(row: Row) -> Decimal:
    """What the entry changed in the balance. `amount` must fit it, with or without the fee, whatever its sign."""
    moved, fee = row.balance_after - row.balance_before, row.fee_amount or 0
    if abs(moved) not in {abs(row.amount), abs(row.amount) + fee, abs(row.amount) - fee}:
        raise ValueError("an amount does not fit the balances before and after it")
    return fields.centavos(moved)


def _kind(row: Row) -> str:
    """The type under the name that tells its direction: a boleto received has that of a boleto paid."""
    name = fields.fold(row.type).lower().replace(" ", "_")
    return "inbound_barcode_payment" if name == "payment" and _is_credit(row) else name


def _is_credit(row: Row) -> bool:
    return row.balance_after > row.balance_before


def _writable_line(row: Row) -> str | None:
    return fields.first_text(row.writable_line, fields.mapping(row.details).get("writable_line"), row.barcode)


def _counterparty(row: Row) -> Counterparty | None:
    """Pix sent names the other party in an object of its own form, a boleto its payer or, in its details, its payee."""
    party = fields.mapping(row.counterparty_agent) or fields.mapping(row.counter_party)
    entity, account, institution = (fields.mapping(party.get(part)) for part in ("entity", "account", "institution"))
    name, tax_id, bank_name = _boleto_party(row)
    return parties.counterparty(
        name=fields.optional_text(entity.get("name")) or name,
        tax_ids=[_document(entity), tax_id],
        ispb=_written(institution.get("ispb"), ISPB_DIGITS) or _written(account.get("institution"), ISPB_DIGITS),
        bank=_written(institution.get("compe"), COMPE_DIGITS),
        bank_name=fields.first_text(institution.get("name"), account.get("institution_name"), bank_name),
        branch=_written(account.get("branch_code")),
        account=_written(account.get("account_code")),
    )


def _boleto_party(row: Row) -> tuple[str | None, str | None, str | None]:
    """Who paid the boleto that came in, or was paid by the one that went out: name, document, and its bank's name."""
    payer, details = fields.mapping(row.payer), fields.mapping(row.details)
    if payer and _is_credit(row):
        return fields.first_text(payer.get("legal_name"), payer.get("trade_name")), _document(payer), None
    told = (details.get(name) for name in ("recipient_name", "recipient_cpf_cnpj", "bank_name"))
    name, tax_id, bank_name = map(fields.optional_text, told)
    return name, tax_id, bank_name


def _document(owner: dict[str, Any]) -> str | None:
    digits = DOCUMENT_DIGITS.get(fields.fold(owner.get("document_type")).lower(), 0)
    return _written(owner.get("document"), digits)


def _written(value: Any, digits: int = 0) -> str | None:
    """A code as text. Tables of the reference call codes integers; as such they come without leading zeros."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value).zfill(digits)
    return fields.optional_text(value)


def _description(row: Row, label: str, party: Counterparty | None) -> str:
    """The kind of movement, who or what it was with, and the bank's own texts, as far as it has them."""
    shop = fields.mapping(row.card_acceptor)
    card = (fields.optional_text(row.card_last_four_digits) or "").strip()
    whom = (
        party.name if party else None,
        row.title,
        row.subtitle,
        fields.first_text(row.card_network_name, row.card_network_code),
        CARDS.get(fields.fold(row.card_type).lower(), row.card_type),
        fields.first_text(row.acquirer, row.acquirer_name),
        *(shop.get(name) for name in ("name", "city", "country")),
        f"final {card}" if card else None,
    )
    said = (row.description, row.reason, row.refund_reason_description or row.refund_reason_code)
    agent = fields.mapping((fields.mapping(row.counterparty_agent) or fields.mapping(row.counter_party)).get("entity"))
    unshown = parties.unshown(party, _document(agent), _boleto_party(row)[1])
    return wording.composed(label, *whom, *said, *unshown)
