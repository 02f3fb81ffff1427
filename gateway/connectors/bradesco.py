"""Bradesco, "Saldo e extrato" v1 for companies, over mutual TLS.

Odd: no pages, no ids, and three blocks in each answer. `extratoPorPeriodo` is the history of the period asked for;
`extratoUltimosLancamentos` has the last days up to now, whatever was asked; scheduled rows, the third block, are never
entries. Sources disagree on whether the first two overlap. Each row has the balance after it, so the balances decide:
from the previous balance of a list, row by row, window by window and from block to block, each must follow from the
one before, whichever end a list begins with. Where the bank tells no balance before the period, or nothing beyond its
end, the neighbouring days are asked for one.

A block that refuses does so inside an answer with status 200. Money comes as a Brazilian text or as a bare number.

Long because the blocks come in several forms, each of which has to be read or refused.

Sources: contracts/banks/bradesco/NOTES.md.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import httpx
from msgspec import Raw, Struct

from gateway import large_json
from gateway.completeness.ordering import directions
from gateway.completeness.running_balance import BalanceLink, RunningBalance, join_either
from gateway.connectors import fields, wording
from gateway.connectors.base import Connector
from gateway.connectors.tables import Beginnings, Kinds
from gateway.errors import AnotherAccount, BankFailure
from gateway.flow import Flow, Page
from gateway.judgement import failure_of, failure_within
from gateway.model import DAY, ZERO, Account, BalanceAt, Balances, Contradiction, Movement, Period, TransactionType
from gateway.responses import bank_error, text_of

__all__ = ["Bradesco"]

T = TypeVar("T")

TYPES = Kinds(
    {
        TransactionType.PIX: ("TRANSFERENCIA PIX", "TRANSFE PIX", "PIX ", "DEVOLUCAO PIX"),
        TransactionType.TED: ("TED",),
        TransactionType.DOC: ("DOC ",),
        TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: ("TRANSF CC PARA CC",),
        TransactionType.BOLETO: ("LIQUIDACAO DE COBRANCA", "PAGTO ELETRON COBRANCA", "PAGTO COBRANCA"),
        TransactionType.CONVENIO_ARRECADACAO: ("PAGTO ELETRONICO TRIBUTO", "CONTA DE ", "DEBITO AUTOMATICO"),
        TransactionType.PACOTE_TARIFA_SERVICOS: ("TARIFA BANCARIA CESTA",),
        TransactionType.TARIFA_SERVICOS_AVULSOS: ("TARIFA", "TAR "),
        TransactionType.SAQUE: ("SAQUE",),
        TransactionType.DEPOSITO: ("DEPOSITO", "DEP "),
        TransactionType.FOLHA_PAGAMENTO: ("CREDITO DE SALARIO", "PAGTO SALARIO"),
        TransactionType.CARTAO: ("GASTOS CARTAO", "VISA ELECTRON", "CARTAO "),
        TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL: ("ENCARGOS LIMITE",),
        TransactionType.OPERACAO_CREDITO: ("PARCELA OPER CREDITO",),
        TransactionType.RENDIMENTO_APLIC_FINANCEIRA: ("RENTAB.INVEST",),
        TransactionType.RESGATE_APLIC_FINANCEIRA: ("RESGATE INVEST", "RESG/VENCTO"),
    }
)
"""How the bank's own texts begin. An open list, the first that fits counts; what is not here is OUTROS."""

SIGNS = {"+": 1, "-": -1}
BALANCES = Beginnings((("SALDO ", True),))
"""How rows that move nothing begin when they tell a balance."""
PREVIOUS_BALANCE = frozenset({"SALDO ANT", "SALDO ANTERIOR"})
LISTS = ("SALDOANTERIOR", "ULTIMOSLANCAMENTOS", "LANCAMENTOSDIA")
"""The lists of the last days in the order of time, their headings in capitals without blanks and accents."""
SCHEDULED = "LANCAMENTOSFUTUROS"
NOTHING = re.compile(r"\b(?:NAO (?:HA|HOUVE|EXISTEM?|POSSUI)|SEM|NENHUM)\b.{0,30}(?:LANCAMENT|MOVIMENT)")
"""A reason why a list is empty, not a refusal. Only the balances around the list make it believed."""
NOTHING_FOUND = "CTAS0014"
"""The code that nothing is in the period: of an answer without blocks (422), or in the message of a block."""

SLICE = 30
"""Days asked for at a time, well below the year that the bank allows: an answer has no pages."""
AROUND = (7, 30, 365)
"""Days around a period that are looked at for a balance, first the nearest; a busy account has one in the first."""

Lists = dict[str, Raw]
"""Lists of rows by their headings, among them fields that are no list."""


class Row(Struct, frozen=True):
    """One row of any list."""

    dataLancamento: str | None = None
    numeroDocumento: str | int | None = None
    valorLancamento: Raw = Raw()
    sinalLancamento: str | None = None
    sinalLacamento: str | None = None
    segundaLinhalLancamento: Any = None
    valorSaldoAposLancamento: Raw = Raw()
    sinalSaldo: str | None = None
    tipoLancamento: str | int | None = None
    codigoLancamento: str | int | None = None
    descritivoLancamentoAbreviado: Any = None
    descritivoLancamentoCompleto: Any = None

    @property
    def title(self) -> str:
        """The first line of the printed statement."""
        return fields.first_text(self.descritivoLancamentoCompleto, self.descritivoLancamentoAbreviado) or ""

    @property
    def sign(self) -> int | None:
        """1 for a credit, -1 for a debit; None where neither is told."""
        return SIGNS.get((self.sinalLancamento or self.sinalLacamento or "").strip())

    @property
    def description(self) -> str:
        """Both lines of the printed statement, with the short text where it says something else than the first."""
        short = fields.optional_text(self.descritivoLancamentoAbreviado) or ""
        title = self.title if wording.abbreviates(short, self.title) else f"{self.title} - {short}"
        return " ".join(filter(None, (title, fields.word(self.segundaLinhalLancamento))))


LIST: Any = list[Row] | None


class Block(Struct, frozen=True):
    """One of the blocks of an answer."""

    codigoRetorno: str | int | None = None
    mensagem: str | None = None
    numeroConta: str | int | None = None
    digitoConta: str | int | None = None
    quantidadeLancamentos: str | int | None = None
    lstLancamentoMensal: list[Row] | None = None
    listaLancamentos: Lists | list[Lists] | None = None

    @property
    def has_rows(self) -> bool:
        """Whether any list has a row."""
        return bool(self.lstLancamentoMensal) or any(self.lists().values())

    def lists(self) -> dict[str, list[Row]]:
        """The rows of each list of the last days, by its heading in capitals.

        Raises:
            ValueError: there are rows under an unknown heading, or something else under a known one.
        """
        found: dict[str, list[Row]] = {}
        for told, content in (_one(self.listaLancamentos) or {}).items():
            heading = re.sub("[^A-Z]", "", fields.fold(told))
            if heading in {*LISTS, SCHEDULED}:
                found.setdefault(heading, []).extend(large_json.decode(bytes(content), LIST) or [])
            elif re.match(rb"\s*\[\s*[^\s\]]", bytes(content)):
                raise ValueError(f"a list has the unknown heading {heading}")
        return found


class Answer(Struct, frozen=True):
    """The two blocks that tell entries, each as an object or as an array of one."""

    extratoPorPeriodo: Block | list[Block] | None = None
    extratoUltimosLancamentos: Block | list[Block] | None = None

    @property
    def silent(self) -> bool:
        """Whether neither block came, because nothing was found."""
        return not self.extratoPorPeriodo and not self.extratoUltimosLancamentos


class Heard(Struct, frozen=True):
    """What the bank answered when it was asked about an account."""

    account: Account
    response: httpx.Response
    answer: Answer


class StatementPage(Page, frozen=True):
    """The links of one window, those of the last days included where it reaches them."""

    links: list[BalanceLink[Row]]


class Bradesco(Connector[StatementPage]):
    """Reads a Bradesco account."""

    slice_days = SLICE
    content_fields = ("title", "segundaLinhalLancamento", "numeroDocumento")

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Window after window, until a balance beyond the period is known or today is reached."""
        running = RunningBalance(self.contract.slug)
        doubts: list[Contradiction] = []
        yesterday = today - DAY
        end, anchored, silent = period.last, True, False
        untold: date | None = None
        for window in _windows(period, today):
            heard = yield from self._ask(account, window)
            answer = heard.answer
            history = self._history(heard, window, doubts, needed=window.first < yesterday)
            left_out = window.first < yesterday and not answer.silent and not answer.extratoPorPeriodo
            silent |= left_out
            untold = window.first if left_out and untold is None else untold
            if window.first == period.first < yesterday and not any(map(_begins_with_balance, history)):
                yield from self._look_back(account, window.first, running, doubts)
                anchored = running.opening is not None
            joined = window.last >= yesterday - DAY
            if joined and answer.silent:
                heard = yield from self._with_something(account, today)
                answer = heard.answer
            if joined and not answer.silent:
                latest = self._latest(heard, doubts, needed=period.last >= yesterday)
                links = join_either(running, history, latest, window.first)
            else:
                links = next(filter(running.fits, history), history[0])
            for link in links:
                running.add(link)
            # A balance that follows proves that nothing moved where the history is left out.
            untold = None if any(link.balance is not None for link in links) else untold
            yield StatementPage(links)
            end = today if joined else window.last
            if joined or any(link.day > period.last or window.first > period.last for link in links):
                break
        if silent and not anchored and running.opening:
            raise self.incoherent(f"a history that is left out stands before a balance of {running.opening}")
        opening = running.opening if anchored else None
        closing = None if answer.silent else running.closing
        through = period.first - DAY if silent and not anchored else None
        if untold is not None:
            end = untold - DAY
            through, closing = through or end, closing if end >= period.last else None
        return Balances(
            opening=None if opening is None else BalanceAt(period.first - DAY, opening),
            closing=None if closing is None else BalanceAt(end, closing),
            reason=f"the bank tells no balance {'before' if opening is None else 'at the end of'} the period",
            complete_through=through,
            contradictions=tuple(doubts),
        )

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each link but the previous balances as a movement; there is no id, no time and no certain other party."""
        for link in page.links:
            if link.row is None:
                continue
            description = link.row.description
            yield Movement(
                date=link.day,
                amount=link.amount,
                content=self.content(link.row, link.day.isoformat(), link.amount),
                type=TYPES.of(link.row.title),
                description=description,
                document=str(link.row.numeroDocumento or "").strip().lstrip("0") or None,
                balance=link.balance,
                end_to_end_id=wording.end_to_end_id(*description.split()),
            )

    def _ask(self, account: Account, window: Period) -> Flow[Heard]:
        query = {
            "agencia": account.branch,
            "conta": account.number[:-1].lstrip("0"),
            "tipo": "cc",
            "dataInicio": window.first.strftime("%d%m%Y"),
            "dataFim": window.last.strftime("%d%m%Y"),
        }
        unprocessable = httpx.codes.UNPROCESSABLE_ENTITY
        response = yield from self.ask("statement", account, query=query, accept=(unprocessable,))
        if response.status_code == unprocessable:
            if NOTHING_FOUND in text_of(response):
                return Heard(account, response, Answer())
            raise failure_of(self.contract, "statement", response) or self.unexpected("statement", "refused", response)
        answer = self.decode("statement", response, Answer)
        if answer.silent:
            said = bank_error(response)
            raise failure_within(self.contract, "statement", response, said.code, said.message or "")
        return Heard(account, response, answer)

    def _with_something(self, account: Account, today: date) -> Flow[Heard]:
        """An answer with the last days, after one without blocks: of more and more days, until something is found."""
        for days in AROUND:
            heard = yield from self._ask(account, Period(today - timedelta(days=days - 1), today))
            if not heard.answer.silent:
                break
        return heard

    def _look_back(
        self, account: Account, day: date, running: RunningBalance, doubts: list[Contradiction]
    ) -> Flow[None]:
        """Let the running balance begin with what the days before `day` ended with, as far as the bank tells it."""
        last = day - DAY
        for days in AROUND:
            window = Period(last - timedelta(days=days - 1), last)
            try:
                heard = yield from self._ask(account, window)
                history = self._history(heard, window, doubts, needed=True)
            except BankFailure as failure:
                if failure.code != "period_out_of_range":
                    raise
                return
            before = RunningBalance(self.contract.slug)
            for link in history[0]:
                before.add(link)
            if before.closing is not None:
                running.meet(before.closing)
                return
            last = window.first - DAY

    def _history(
        self, heard: Heard, window: Period, doubts: list[Contradiction], *, needed: bool
    ) -> list[list[BalanceLink[Row]]]:
        """The rows of the period, in each direction in which their balances follow.

        There are none where the block is missing, or refuses what the last days tell alone. A row of another day would
        come again with its own window, which only balances could tell.
        """
        block = self._block(heard, heard.answer.extratoPorPeriodo, needed=needed)
        links = [] if block is None else self._links(block, [], block.lstLancamentoMensal or [], doubts, window)
        if any(link.row is not None and link.day not in window for link in links):
            raise ValueError("a row lies outside the days that were asked for")
        return directions(links)

    def _latest(self, heard: Heard, doubts: list[Contradiction], *, needed: bool) -> list[list[BalanceLink[Row]]]:
        """The rows of the last days, likewise; none where the block is missing or refuses and nothing needs it."""
        block = self._block(heard, heard.answer.extratoUltimosLancamentos, needed=needed)
        if block is None:
            if needed:
                raise ValueError("the block of the last days is missing")
            return [[]]
        lists = block.lists()
        previous, *others = (lists.get(heading, []) for heading in LISTS)
        return directions(self._links(block, previous, [row for rows in others for row in rows], doubts))

    def _block(self, heard: Heard, told: Block | list[Block] | None, *, needed: bool) -> Block | None:
        """A block that does not refuse and is about this account.

        Raises:
            BankFailure: it is needed and refuses, or is about another account.
        """
        block = _one(told)
        if block is None:
            return None
        code, message = str(block.codigoRetorno or "0"), block.mensagem or ""
        nothing = NOTHING_FOUND in message or NOTHING.search(fields.fold(message))
        if code.strip("0 ") and (block.has_rows or not nothing):
            if not needed:
                return None
            raise failure_within(self.contract, "statement", heard.response, code, message)
        number, digit = heard.account.number[:-1].lstrip("0"), heard.account.number[-1]
        if (told_number := fields.digits(str(block.numeroConta or ""))) not in {"", number}:
            raise ValueError("the answer is about another account")
        told_digit = "" if block.digitoConta is None else str(block.digitoConta).strip().upper()
        if told_number and told_digit not in {"", *self._also_written(digit)}:
            raise AnotherAccount(self.contract.slug, ["number"], at="statement")
        return block

    def _also_written(self, digit: str) -> set[str]:
        """A check digit and what else the bank may write for it: whether it sends its P as such is unknown."""
        numbering = self.contract.enrolment.numbering
        rule = numbering.check_digit if numbering is not None else None
        return {digit, rule.also_written.get(digit, digit)} if rule is not None else {digit}

    def _links(
        self,
        block: Block,
        previous: list[Row],
        rows: list[Row],
        doubts: list[Contradiction],
        days: Period | None = None,
    ) -> list[BalanceLink[Row]]:
        """Rows as links, those in `previous` being balances; another number of them than announced is a doubt.

        Whether the bank counts the previous balance is not documented, so both are accepted.
        """
        links = [_link(row, headed=True) for row in previous]
        links += [_link(row, days=days) for row in rows]
        announced = str("" if block.quantidadeLancamentos is None else block.quantidadeLancamentos).strip()
        entries = sum(link.row is not None for link in links)
        if announced.isdecimal() and int(announced) not in {len(links), entries}:
            detail = f"{announced} rows are announced, {len(links)} came, {entries} of them entries"
            doubts.append(self.doubt(detail, "announced_rows"))
        return links


def _windows(period: Period, today: date) -> Iterator[Period]:
    """Slices of the period, the last one a week longer, then the days after it; none goes beyond today."""
    last = period.first - DAY
    for window in period.windows(SLICE):
        last = window.last if window.last < period.last else min(today, window.last + timedelta(days=AROUND[0]))
        yield Period(window.first, last)
    for days in AROUND[1:]:
        if last < today:
            first, last = last + DAY, min(today, last + timedelta(days=days))
            yield Period(first, last)


def _begins_with_balance(links: list[BalanceLink[Row]]) -> bool:
    return bool(links) and links[0].row is None and links[0].balance is not None


def _one(told: T | list[T] | None) -> T | None:
    """What the bank sends as it is, or as the only element of an array."""
    if not isinstance(told, list):
        return told
    if len(told) > 1:
        raise ValueError("an array that should have one element has more")
    return told[0] if told else None


def _link(row: Row, *, headed: bool = False, days: Period | None = None) -> BalanceLink[Row]:
    """A row as a link, without the row where it only tells a balance.

    Args:
        row: a row of any list.
        headed: whether it stands under the heading of the previous balance.
        days: those that were asked for, where the list has no others.
    """
    if _is_balance(row, days, headed=headed):
        return BalanceLink(date.min, ZERO, _balance(row), None)
    value, sign = _money(row.valorLancamento), row.sign
    if value is None or sign is None or not row.dataLancamento:
        raise ValueError("a row lacks its day, its amount or its sign")
    return BalanceLink(fields.brazilian_date(row.dataLancamento), sign * value if value else ZERO, _balance(row), row)


def _is_balance(row: Row, days: Period | None, *, headed: bool) -> bool:
    """Whether a row only tells a balance: by its heading, text, kind or code, and because it moves nothing.

    What moves money is an entry, however its text begins. A row that has an amount moves nothing only under the
    heading of balances, or by the very name of the previous one if its day is before the list or it repeats its
    balance as its amount.
    """
    value, called = _money(row.valorLancamento), BALANCES.find(row.title) is not None
    if value:
        if headed:
            return called or not row.title
        told = row.dataLancamento
        outside = days is not None and told is not None and fields.brazilian_date(told) not in days
        repeated = _balance(row) == (row.sign or 1) * value
        return fields.fold(row.title) in PREVIOUS_BALANCE and (outside or repeated)
    if headed or called:
        return True
    code = "" if row.codigoLancamento is None else str(row.codigoLancamento).strip()
    marked = str(row.tipoLancamento).strip() in {"01", "1"} or (code != "" and not code.strip("0"))
    return marked and value is not None


def _balance(row: Row) -> Decimal | None:
    """The balance after a row; None where it, or the sign of what is not zero, is left out."""
    value = _money(row.valorSaldoAposLancamento)
    sign = (row.sinalSaldo or "").strip()
    if not value or sign in SIGNS:
        return value if not value else SIGNS[sign] * value
    if sign:
        raise ValueError("a balance has an unknown sign")
    return None


def _money(raw: Raw) -> Decimal | None:
    """A text or a bare number, both without a sign; None where it is left out, null or blank."""
    value = fields.raw_money(raw, fields.brazilian_money)
    return None if value is None else fields.unsigned(value)
