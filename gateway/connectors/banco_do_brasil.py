"""Banco do Brasil, Extratos v2: movements and balances as rows of one list, over mutual TLS on the API host.

Odd: dates are integers without the leading zero of the day; what a row is follows from its stage, its history code and
its document number, never from its text; future, blocked and limit rows stand among the movements; the id of a row is
filled only on the next day and is therefore left alone. The list of a window may begin with "Saldo Anterior", end with
"S A L D O", and have a balance after each day. Where it does it proves itself: each balance must be what the rows
before it lead to, from page to page and from window to window. Where a balance is missing nothing is proved. The
announced number of rows must come, whether or not it counts those that only tell a balance.

A window without rows is answered with 404, and so is an account that the bank does not know. Therefore:

- days that were not found are asked for again together with the day after them, which must not show any of their rows;
- where nothing was found up to the end, the latest days decide whether there is such an account, and whether its
  balance stayed what it was.

Long because a row can be many things, and each has to be told from the others without guessing.

Sources: contracts/banks/banco_do_brasil/NOTES.md.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum, auto

import httpx
from msgspec import Struct

from contracts.schema import Contract
from gateway.completeness.balance_rows import BalanceRows
from gateway.completeness.counts import RowCount
from gateway.connectors import fields, parties
from gateway.connectors.base import Connector
from gateway.connectors.tables import Sides
from gateway.flow import Flow, Page
from gateway.judgement import failure_of
from gateway.model import DAY, Account, BalanceAt, Balances, Counterparty, Movement, Period, TransactionType

__all__ = ["BancoDoBrasil"]

TYPES = {
    109: TransactionType.BOLETO,
    144: TransactionType.PIX,
    170: TransactionType.TARIFA_SERVICOS_AVULSOS,
    258: TransactionType.TARIFA_SERVICOS_AVULSOS,
    393: TransactionType.TED,
    435: TransactionType.PACOTE_TARIFA_SERVICOS,
    470: TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO,
    624: TransactionType.BOLETO,
    821: TransactionType.PIX,
    830: TransactionType.DEPOSITO,
    870: TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO,
    976: TransactionType.TED,
}
"""By history code. The bank publishes no list; what is not here is OUTROS."""

SIDES = Sides({"C", "CREDITO"}, {"D", "DEBITO"})
LENGTHS = {"F": 11, "J": 14}
"""Digits of a tax id by the first letter of the kind of person."""
OPENING, CLOSING = 0, 999
"""History codes of balances. The first is that of "Saldo Anterior" and of a balance after a day alike."""
BOOKED, FUTURE, PROCESSING = "1", "2", "3"
BALANCES = frozenset({"SA", "RA", "LE", "AP", "SD", "LD", "LC", "LU"})
"""Stages of rows that tell a balance or a limit of the present."""
SMALLEST_PAGE = 50
NOTHING_NEAR = "nothing moved for so long that the bank tells no balance next to these days"
NO_BALANCE = "the bank told no balance before the entries, or none after them"

Told = int | str | None
"""A field that one source declares a number and another one a text."""


class Row(Struct, frozen=True):
    """One row of `listaLancamento`, with the names of the OpenAPI document and of the portal's table."""

    dataLancamento: Told = None
    valorLancamento: Decimal | None = None
    indicadorSinalLancamento: str | None = None
    indicadorTipoLancamento: Told = None
    codigoHistorico: Told = None
    numeroDocumento: Told = None
    textoDescricaoSubHistorico: Told = None
    textoDescricaoHistorico: Told = None
    textoInformacaoComplementar: Told = None
    textoCampoIndeterminado: Told = None
    numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida: Told = None
    indicadorTipoPessoaContrapartida: str | None = None
    codigoBancoContrapartida: Told = None
    numeroISPB: Told = None
    codigoAgenciaContrapartida: Told = None
    numeroContaContrapartida: Told = None
    textoDigitoVerificadorContaContrapartida: Told = None


class Answer(Struct, frozen=True):
    """One page as the bank sends it."""

    numeroPaginaProximo: Told = None
    listaLancamento: list[Row] | None = None
    numeroPaginaAtual: Told = None
    quantidadeRegistroPaginaAtual: Told = None
    quantidadeTotalRegistro: Told = None


class Listed(Page, frozen=True):
    """The rows of a page, and the days that were asked for."""

    rows: Sequence[Row]
    days: Period
    taken: bool = False
    """Whether these are rows of unknown stage, which the balances have shown to be movements."""


class Kind(Enum):
    """What a row is."""

    BOOKED = auto()
    PROCESSING = auto()
    BALANCE = auto()
    ASIDE = auto()
    UNKNOWN = auto()


class Heard(Struct, frozen=True):
    """What the bank said of some days."""

    days: Period
    rows: BalanceRows
    refusal: httpx.Response | None = None
    """The answer when nothing was found."""
    ended: bool = True
    """Whether anything tells that the list is whole: balances at both ends, as many movements as are announced, or 0
    for the next page where no number is."""


class BancoDoBrasil(Connector[Listed]):
    """Reads a Banco do Brasil account."""

    content_fields = (
        *("indicadorSinalLancamento", "codigoHistorico", "numeroDocumento", "textoDescricaoHistorico"),
        *("textoDescricaoSubHistorico", "textoInformacaoComplementar"),
        *("numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida", "numeroContaContrapartida"),
    )

    def __init__(self, contract: Contract, page_size: int = 0) -> None:
        super().__init__(contract, page_size)
        self.page_size = min(max(self.page_size, SMALLEST_PAGE), contract.paging.max_size)

    def client_certificate(self, account: Account) -> tuple[str, str] | None:
        """The company's certificate; the token host does not ask for it."""
        return account.credentials["certificate"], account.credentials["private_key"]

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every window; each begins with the balance with which the last one that had rows ended."""
        opening = balance = silent = complete_through = None
        begun = False
        for days in period.windows(self.contract.period.max_days):
            heard = yield from self._hear(account, days, hand_over=True)
            before, after = heard.rows.opening, heard.rows.closing
            if not heard.ended and complete_through is None:
                complete_through = days.first - DAY
            if heard.rows.is_empty:
                if (wider := _with_next_day(days, today)) != days:
                    heard = yield from self._hear(account, wider, hand_over=False)
                    before = after = heard.rows.during(days)
                if before is None:
                    silent = Period(silent.first if silent else days.first, max(days.last, wider.last))
                    continue
            if balance is not None and before not in {None, balance}:
                raise self.incoherent("a window does not begin with the balance before it")
            opening = opening if begun else before
            balance, silent, begun = after, None, True
        if silent is not None:
            latest = yield from self._latest(account, heard, silent, today)
            if balance is not None and latest not in {None, balance}:
                raise self.incoherent("the balance moved in days without rows")
            opening, balance = opening if begun else latest, latest
        return Balances(
            opening=None if opening is None else BalanceAt(period.first - DAY, opening),
            closing=None if balance is None else BalanceAt(period.last, balance),
            reason=NOTHING_NEAR if silent is not None else NO_BALANCE,
            complete_through=complete_through,
        )

    def normalise(self, page: Listed) -> Iterator[Movement]:
        """Each movement; rows that only tell a balance, a limit or what is to come are none."""
        for row in page.rows:
            kind = _kind(row)
            if kind not in {Kind.BOOKED, Kind.PROCESSING} and not page.taken:
                continue
            day, party = _day(row.dataLancamento), _counterparty(row)
            if kind is Kind.PROCESSING and day not in page.days:
                continue
            yield Movement(
                date=day,
                amount=_signed(row),
                content=self.content(row, day.isoformat(), row.valorLancamento),
                type=TYPES.get(_number(row.codigoHistorico) or 0, TransactionType.OUTROS),
                description=" - ".join(filter(None, (_description(row), *parties.unshown(party, _tax_id(row))))),
                document=_said(row.numeroDocumento) or None,
                counterparty=party,
                provisional=kind is Kind.PROCESSING,
            )

    def _latest(self, account: Account, heard: Heard, silent: Period, today: date) -> Flow[Decimal | None]:
        """The balance during days without rows, from the latest days, which must be found if anything is.

        Raises:
            BankFailure: they are not, so that the bank does not know the account.
        """
        latest = Period(today - (self.contract.period.max_days - 1) * DAY, today)
        if heard.days != latest:
            heard = yield from self._hear(account, latest, hand_over=False)
        if heard.refusal is not None and (failure := failure_of(self.contract, "statement", heard.refusal)):
            raise failure
        return heard.rows.during(silent) if latest.first <= silent.last + DAY else None

    def _hear(self, account: Account, days: Period, *, hand_over: bool) -> Flow[Heard]:  # noqa: PLR0912 - one list
        """Read all rows of some days."""
        slug, first = self.contract.slug, self.contract.paging.first
        told, number = BalanceRows(slug, days), first
        unknown: list[Row] = []
        row_counts = [RowCount(slug) for _ in _counts(())]
        earlier: set[bytes] = set()
        again = False
        while True:
            response = yield from self._page(account, days, number)
            if response.status_code == httpx.codes.NOT_FOUND:
                if number != first:
                    raise self.incoherent(f"page {number} was announced and is not there")
                return Heard(days, told, response)
            page = self.decode("statement", response, Answer)
            if page == Answer():
                raise self.unexpected("statement", "the answer has neither rows nor counters", response)
            rows = page.listaLancamento or []
            following = _number(page.numeroPaginaProximo) or 0
            if _number(page.numeroPaginaAtual) not in {None, number} or following not in {0, number + 1}:
                raise self.incoherent(f"page {number} stands in another place")
            counts = _counts(rows)
            for row in rows:
                _account_for(row, told)
            unknown += [row for row in rows if _kind(row) is Kind.UNKNOWN]
            if _number(page.quantidadeRegistroPaginaAtual) not in {None, *counts}:
                raise self.incoherent(f"page {number} has not as many rows as it says")
            for row_count, count in zip(row_counts, counts, strict=True):
                row_count.add([None] * count, _number(page.quantidadeTotalRegistro))
            contents = {self.content(row, str(row.dataLancamento), row.valorLancamento) for row in rows if _moves(row)}
            again |= not earlier.isdisjoint(contents)
            earlier |= contents
            if hand_over:
                yield Listed(rows, days)
            if not following:
                break
            number += 1
        if not any(row_count.is_whole for row_count in row_counts):
            row_counts[0].finish()
        stages = self._entries_among(unknown, told)
        if hand_over and (entries := [row for row in unknown if _stage(row) in stages]):
            yield Listed(entries, days, taken=True)
        proved = None not in {told.opening, told.closing}
        announced = row_counts[0].announced is not None
        counted = announced and row_counts[0].is_whole and told.opening is not None
        if again and not proved and not counted:
            # Rows have no id. Only balances tell two equal ones from one that stands on two pages, or a total that
            # counts all rows: one that leaves some out may be that of a list with a row less.
            raise self.incoherent("equal rows stand on two pages, and neither balances nor total prove both")
        # A total of movements alone is also met by a list with balances and as many rows less.
        ended = row_counts[-1].is_whole if announced else _number(page.numeroPaginaProximo) == 0
        return Heard(days, told, ended=proved or ended)

    def _entries_among(self, unknown: Sequence[Row], told: BalanceRows) -> frozenset[str]:
        """Close a list; give the unknown stages of which the rows are entries.

        Raises:
            BankFailure: the balances do not tell, or contradict the entries.
        """
        taken = told.end()
        if taken is None:
            stages = ", ".join(sorted({repr(row.indicadorTipoLancamento) for row in unknown}))
            raise self.unexpected(
                "statement", f"the balances do not tell whether rows of the stage {stages} are entries"
            )
        return taken

    def _page(self, account: Account, days: Period, number: int) -> Flow[httpx.Response]:
        test_customer = account.credentials.get("customer_code") if account.environment != "production" else ""
        return (
            yield from self.ask(
                "statement",
                account,
                query={
                    "gw-dev-app-key": account.credentials["app_key"],
                    "numeroPaginaSolicitacao": str(number),
                    "quantidadeRegistroPaginaSolicitacao": str(self.page_size),
                    "dataInicioSolicitacao": _written(days.first),
                    "dataFimSolicitacao": _written(days.last),
                },
                headers={"x-br-com-bb-ipa-mciteste": test_customer} if test_customer else {},
                accept=(httpx.codes.NOT_FOUND,),
                agencia=fields.digits(account.branch),
                conta=fields.digits(account.number[:-1]),
            )
        )


def _with_next_day(days: Period, today: date) -> Period:
    """At most 31 days with the last of `days` and the day after it, as far into the present as that allows."""
    last = min(today, max(days.first + 30 * DAY, days.last + DAY))
    return Period(max(days.first, last - 30 * DAY), last)


def _counts(rows: Sequence[Row]) -> tuple[int, ...]:
    """How many rows these are, by each reading of what the bank's totals count.

    All of them; all but balances; only movements. Nobody has seen which it is.
    """
    kinds = [_kind(row) for row in rows]
    balances = kinds.count(Kind.BALANCE)
    return len(kinds), len(kinds) - balances, len(kinds) - balances - kinds.count(Kind.ASIDE)


def _account_for(row: Row, told: BalanceRows) -> None:
    kind = _kind(row)
    if kind is Kind.BOOKED:
        told.move(_day(row.dataLancamento), _signed(row))
    elif kind is Kind.UNKNOWN:
        told.doubt(_day(row.dataLancamento), _signed(row), _stage(row))
    elif kind is Kind.BALANCE:
        told.meet(_signed(row), final=_number(row.codigoHistorico) == CLOSING)


def _kind(row: Row) -> Kind:
    """What a row is, whatever its text says. The stages are an open list; balances tell what a row of another is."""
    stage = _stage(row)
    if _sign(row) == "*" or stage in BALANCES or stage == FUTURE:
        return Kind.ASIDE
    if _number(row.codigoHistorico) in {OPENING, CLOSING} and not _said(row.numeroDocumento):
        return Kind.BALANCE if stage == BOOKED else Kind.ASIDE
    return {BOOKED: Kind.BOOKED, PROCESSING: Kind.PROCESSING}.get(stage, Kind.UNKNOWN)


def _stage(row: Row) -> str:
    return fields.fold(_said(row.indicadorTipoLancamento)).replace(" ", "")


def _moves(row: Row) -> bool:
    return _kind(row) in {Kind.BOOKED, Kind.PROCESSING, Kind.UNKNOWN}


def _signed(row: Row) -> Decimal:
    if row.valorLancamento is None:
        raise ValueError("it has no amount")
    value = fields.unsigned(fields.reais(row.valorLancamento))
    return SIDES.signed(value, _sign(row)) if value else value


def _sign(row: Row) -> str:
    return (row.indicadorSinalLancamento or "").strip()


def _day(value: Told) -> date:
    """The day of `1092026`, with or without the leading zero."""
    digits = _said(value)
    if not re.fullmatch(r"[0-9]{7,8}", digits):
        raise ValueError("a date is not DDMMAAAA")
    return date(int(digits[-4:]), int(digits[-6:-4]), int(digits[:-6]))


def _written(day: date) -> str:
    return f"{day.day}{day:%m%Y}"


def _said(value: Told) -> str:
    """A number or a text as a text; nothing for zero, which stands for what the bank does not tell."""
    said = "" if value is None else str(value).strip()
    return said if said.strip("0") else ""


def _number(value: Told) -> int | None:
    said = "" if value is None else str(value).strip()
    return int(said) if re.fullmatch(r"[0-9]{1,9}", said) else None


def _counterparty(row: Row) -> Counterparty | None:
    """All but the name, which has no field; the complement's tail is cut and may be anything."""
    number, digit = _said(row.numeroContaContrapartida).lstrip("0"), row.textoDigitoVerificadorContaContrapartida
    return parties.counterparty(
        tax_ids=[_tax_id(row)],
        bank=_padded(row.codigoBancoContrapartida, 3),
        ispb=_said(row.numeroISPB),
        branch=_padded(row.codigoAgenciaContrapartida, 4),
        account=f"{number}{'' if digit is None else str(digit).strip()}" if number else None,
    )


def _description(row: Row) -> str:
    """All texts of a row, each once."""
    texts = (
        *(row.textoDescricaoSubHistorico, row.textoDescricaoHistorico),
        *(row.textoInformacaoComplementar, row.textoCampoIndeterminado),
    )
    told = (fields.optional_text(str(text)) for text in texts if text is not None)
    return " - ".join(dict.fromkeys(filter(None, told)))


def _padded(value: Told, length: int) -> str | None:
    return said.zfill(length) if (said := _said(value)) else None


def _tax_id(row: Row) -> str | None:
    """A CPF or CNPJ as text. A number has lost its leading zeros, and only the kind of person tells how many."""
    plain = _said(row.numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida)
    length = LENGTHS.get(fields.fold(row.indicadorTipoPessoaContrapartida or "")[:1], 0)
    if length and plain.isdecimal():
        plain = plain.lstrip("0").zfill(length)
    return plain or None
