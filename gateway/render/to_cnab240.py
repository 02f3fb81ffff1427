"""A statement as FEBRABAN CNAB 240, the statement for reconciliation: a batch of service 04 with details of segment E.

1. It has what may be posted (`gateway.render.postable`). The layout has no place for a reason, so that a statement that
   posts nothing is a problem and no document.
2. Records have 240 characters and end in CR LF. All are ASCII capitals: each character is one byte in whichever
   character set an importer expects, and no column shifts. A letter with an accent becomes its base letter, what has
   none a question mark.
3. Money has 18 digits, two of them decimals. An amount, a sum or a balance that does not fit is a problem, and so is a
   number that is longer than its field: neither is rounded or cut. Texts are cut.
4. G095, the document, has the entry's id in its first 32 characters, by which an importer knows what it has posted,
   and the bank's number in its last seven where it fits.
5. Balances that the bank does not give are blank. The layout wants them, but zero would be a false balance.
6. Fields that the gateway knows nothing of are filled as the standard fills unused ones: zeros for numbers, blanks for
   texts. `docs/formats.md` says which meanings are documented and which assumed.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

import contracts
from gateway.errors import CallerError
from gateway.limits import CNAB_ENTRIES
from gateway.model import BRASILIA, DAY, Account, Direction, Entry, Statement, TransactionType
from gateway.render.amounts import money
from gateway.render.plain_text import ascii_only
from gateway.render.postable import Postable, withheld
from gateway.tax_ids import CPF_CHARACTERS
from gateway.texts.controls import cleaned

__all__ = ["render"]

RECORD_CHARACTERS = 240
MONEY_DIGITS = 18
FILE_VERSION, BATCH_VERSION = "101", "033"
"""Versions of the layout (G019, G030) that name each other in files of banks."""
NUMBERED_FROM = date(2000, 1, 1)
"""Statements are numbered by the days from here to their last day: later ones have greater numbers."""
BRANCH_DIGITS = 5
ACCOUNT_DIGITS = 12
DOCUMENT_CHARACTERS = 7
DESCRIPTION_CHARACTERS = 25
AVAILABLE = "DPV"
"""G084: the entry moves the available balance; blocked money is never listed."""
ORIGIN, NO_COMPLEMENT = "01", "00" + " " * 20
"""G085: whether G086 names bank, branch and account from which the money comes."""
UNTAXED = "S"
"""G087: the CPMF, a tax on movements, has not been charged since 2008."""

TRANSFER, NOTICE = ("120", "209"), ("104", "205")
CATEGORIES = {
    TransactionType.TED: TRANSFER,
    TransactionType.DOC: TRANSFER,
    TransactionType.PIX: TRANSFER,
    TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: ("117", "213"),
    TransactionType.BOLETO: ("112", "202"),
    TransactionType.CONVENIO_ARRECADACAO: ("112", "205"),
    TransactionType.PACOTE_TARIFA_SERVICOS: ("105", "204"),
    TransactionType.TARIFA_SERVICOS_AVULSOS: ("105", "204"),
    TransactionType.FOLHA_PAGAMENTO: ("113", "219"),
    TransactionType.DEPOSITO: ("103", "201"),
    TransactionType.SAQUE: ("114", "204"),
    TransactionType.CARTAO: NOTICE,
    TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL: ("102", "204"),
    TransactionType.RENDIMENTO_APLIC_FINANCEIRA: NOTICE,
    TransactionType.PORTABILIDADE_SALARIO: ("120", "219"),
    TransactionType.RESGATE_APLIC_FINANCEIRA: ("106", "206"),
    TransactionType.OPERACAO_CREDITO: ("107", "207"),
    TransactionType.OUTROS: NOTICE,
}
"""G092, the standard's category of a debit and of a credit; a notice where it has none that fits."""
HISTORIES = {
    TransactionType.TED: "TED",
    TransactionType.DOC: "DOC",
    TransactionType.PIX: "PIX",
    TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: "TRF",
    TransactionType.BOLETO: "BOL",
    TransactionType.CONVENIO_ARRECADACAO: "CONV",
    TransactionType.PACOTE_TARIFA_SERVICOS: "PCT",
    TransactionType.TARIFA_SERVICOS_AVULSOS: "TAR",
    TransactionType.FOLHA_PAGAMENTO: "FOLH",
    TransactionType.DEPOSITO: "DEP",
    TransactionType.SAQUE: "SAQ",
    TransactionType.CARTAO: "CART",
    TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL: "JUR",
    TransactionType.RENDIMENTO_APLIC_FINANCEIRA: "REND",
    TransactionType.PORTABILIDADE_SALARIO: "PORT",
    TransactionType.RESGATE_APLIC_FINANCEIRA: "RESG",
    TransactionType.OPERACAO_CREDITO: "CRED",
    TransactionType.OUTROS: "OUTR",
}
"""G093, which each issuer defines for itself: the type of movement, in more detail than the categories have."""


class _Listed(Struct, frozen=True):
    """What the records around the entries say of them."""

    entries: int
    debits: str
    credits: str
    closing: str


def render(statement: Statement) -> Iterator[bytes]:
    """The statement as CNAB 240, in parts of whole records. Entries are read twice: checked first, then written.

    Raises:
        CallerError: `format_unsuitable`, before the first part: the layout cannot hold the statement.
    """
    if (reason := withheld(statement)) is not None:
        raise _unsuitable("it has nothing that may be posted, and the layout has no place to say so", reason)
    holder = _holder(statement.account)
    opening = _balance(statement.period.first - DAY, statement.opening_balance)
    listed = _checked(statement)
    bank = contracts.load(statement.account.bank)
    yield _records(
        _file_header(statement, holder, bank.name),
        f"{bank.compe}00011E0440{BATCH_VERSION} {holder}{'':30}{'':40}{opening}{'BRL'}{_number(statement):05}",
    )
    before, number = f"{bank.compe}00013", 0
    after = f"E   {holder}{'':30}{'':6}{AVAILABLE}"
    for batch in Postable(statement).batches():
        parts = []
        for entry in batch:
            number += 1
            parts.append(f"{before}{number:05}{after}{_entry(entry)}\r\n")
        yield "".join(parts).encode("ascii")
    yield _records(
        f"{bank.compe}00015{'':9}{holder}{'':16}{'0' * 3 * MONEY_DIGITS}{listed.closing}"
        f"{listed.entries + 2:06}{listed.debits}{listed.credits}",
        f"{bank.compe}99999{'':9}000001{listed.entries + 4:06}000001",
    )


def _file_header(statement: Statement, holder: str, bank_name: str) -> str:
    made = statement.fetched_at.astimezone(BRASILIA)
    return (
        f"{contracts.load(statement.account.bank).compe}00000{'':9}{holder}{'':30}{_text(bank_name)[:30]:30}{'':10}"
        f"2{made:%d%m%Y%H%M%S}{_number(statement):06}{FILE_VERSION}00000"
    )


def _records(*records: str) -> bytes:
    return "".join([f"{record:{RECORD_CHARACTERS}}\r\n" for record in records]).encode("ascii")


def _checked(statement: Statement) -> _Listed:
    """The sums of what is listed.

    Raises:
        CallerError: an amount, a sum or the number of entries does not fit.
    """
    postable, debits, credits_ = Postable(statement), 0, 0
    for batch in postable.batches():
        if postable.count > CNAB_ENTRIES:
            most = f"Mais de {CNAB_ENTRIES} lançamentos: peça um período menor."
            raise _unsuitable(f"it has more than {CNAB_ENTRIES} entries", most)
        for entry in batch:
            cents = int(_cents(entry.amount, "an amount"))
            if entry.direction is Direction.DEBIT:
                debits += cents
            else:
                credits_ += cents
    balance = postable.balance()
    partial = statement.complete_through < statement.period.last
    day, amount = balance if balance is not None else (statement.period.last, None)
    return _Listed(
        entries=postable.count,
        debits=_fitting(str(debits), "the sum of debits"),
        credits=_fitting(str(credits_), "the sum of credits"),
        closing=_balance(day, amount, partial=partial),
    )


def _entry(entry: Entry) -> str:
    """A detail from the complement of the entry (G085) on."""
    debit, document = entry.direction is Direction.DEBIT, entry.document or ""
    if len(document) > DOCUMENT_CHARACTERS or not document.isascii() or not document.isprintable():
        document = ""
    day = _day(entry.date)
    text = _text(entry.description).strip() or entry.type
    return (
        f"{NO_COMPLEMENT if debit else _origin(entry)}{UNTAXED}{day}{day}{_cents(entry.amount, 'an amount')}"
        f"{'D' if debit else 'C'}{CATEGORIES[entry.type][0 if debit else 1]}{HISTORIES[entry.type]:4}"
        f"{text[:DESCRIPTION_CHARACTERS]:{DESCRIPTION_CHARACTERS}}{entry.id}{document:>{DOCUMENT_CHARACTERS}}"
    )


def _origin(entry: Entry) -> str:
    """Where the money of a credit comes from, if the bank gives all of it as numbers that fit; else no complement."""
    other = entry.counterparty
    if other is None or not (other.bank and other.branch and other.account):
        return NO_COMPLEMENT
    sizes = zip((other.bank, other.branch, other.account), (3, BRANCH_DIGITS, ACCOUNT_DIGITS), strict=True)
    fields = [number.zfill(size) for number, size in sizes if number.isascii() and number.isdigit()]
    text = "".join(fields)
    return ORIGIN + text if len(fields) == 3 and len(text) == 3 + BRANCH_DIGITS + ACCOUNT_DIGITS else NO_COMPLEMENT


def _holder(account: Account) -> str:
    """Holder, branch and account (G005 to G012), which all records but the last have alike.

    Raises:
        CallerError: a number does not fit.
    """
    taxpayer = "1" if len(account.holder_tax_id) == CPF_CHARACTERS else "2"
    branch, number = (_plain(each) for each in (account.branch, account.number))
    if len(branch) > BRANCH_DIGITS or not 0 < len(number) <= ACCOUNT_DIGITS + 1:
        raise _unsuitable(
            f"the layout holds {BRANCH_DIGITS} characters of a branch and {ACCOUNT_DIGITS + 1} of an account",
            f"Cabem {BRANCH_DIGITS} algarismos da agência e {ACCOUNT_DIGITS + 1} da conta.",
        )
    tax_id = _plain(account.holder_tax_id).zfill(14)
    return f"{taxpayer}{tax_id}{'':20}{branch:>05} {number[:-1]:>0{ACCOUNT_DIGITS}}{number[-1]} "


def _plain(number: str) -> str:
    """A number without the signs between its digits."""
    return "".join([character for character in number if character.isascii() and character.isalnum()]).upper()


def _balance(day: date, amount: Decimal | None, *, partial: bool = False) -> str:
    """Day, amount, side and position of a balance; blank where it is not known."""
    if amount is None:
        return " " * (8 + MONEY_DIGITS + 2)
    cents = _cents(amount, "a balance")
    return f"{_day(day)}{cents}{'D' if amount < 0 else 'C'}{'P' if partial else 'F'}"


def _cents(amount: Decimal, what: str) -> str:
    """An amount without its sign in 18 digits, the last two of them decimals.

    Raises:
        CallerError: it does not fit.
    """
    whole, _, decimals = money(amount).removeprefix("-").partition(".")
    if decimals[2:].strip("0"):
        raise _unsuitable(f"{what} has more than two decimals", "Há um valor com mais de duas casas decimais.")
    return _fitting(whole + decimals[:2], what)


def _fitting(cents: str, what: str) -> str:
    text = cents.zfill(MONEY_DIGITS)
    if len(text) > MONEY_DIGITS:
        raise _unsuitable(f"{what} has more than {MONEY_DIGITS} digits", "Há um valor grande demais.")
    return text


def _text(text: str) -> str:
    """A text in capitals, each one byte."""
    if not text.isprintable():
        text = cleaned(text)
    return ascii_only(text).upper()


@lru_cache(maxsize=64)
def _day(day: date) -> str:
    return f"{day:%d%m%Y}"


def _number(statement: Statement) -> int:
    return (statement.period.last - NUMBERED_FROM).days


def _unsuitable(detail: str, portuguese: str) -> CallerError:
    whole = f"CNAB 240 cannot hold this statement: {detail}"
    return CallerError("format_unsuitable", whole, field="format", portuguese=portuguese)
