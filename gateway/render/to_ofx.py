"""A statement as OFX: 1.02 in SGML, which importers in Brazil read, and 2.1.1 in XML.

1. It has what may be posted (`gateway.render.postable`). A withheld statement has the status `ERROR` with the reason
   and no list, so that an importer fails instead of finding nothing.
2. `FITID` is the entry's id, `BANKID` the bank's COMPE code. `DTPOSTED` is the accounting day at noon in Brasília, so
   that no reader's time zone makes another day of it.
3. `LEDGERBAL` is the balance after the entries listed, and `BALLIST` has the opening balance; 1.02 knows no `BALLIST`
   of a bank account. Where the bank gives no balances of days, `LEDGERBAL` is the present available balance, whose
   instant `DTASOF` tells, and `AVAILBAL` says what it is. Where it did not give that either, all are left out: the
   standard wants `LEDGERBAL`, but there is no true value for it.
4. `NAME` is the other party, `MEMO` the description, or the kind of movement where there is none. `CHECKNUM` and
   `REFNUM` are the document's number where it fits; a number is never cut. Longer texts are cut to the lengths of the
   standard (32 and 255 characters) and then end in an ellipsis.
   A text of which nothing can be seen counts as none: SGML takes a tag without a value for one that holds all that
   follows, to the end of the statement.
5. 1.02 is written in Windows-1252 and says so. What it lacks, such as emoji, becomes the nearest letter or a question
   mark. 2.1.1 is UTF-8 and has every character that XML can hold.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime

from msgspec import Struct

import contracts
from gateway.model import BRASILIA, DAY, Direction, Entry, Statement, TransactionType
from gateway.render.amounts import money
from gateway.render.plain_text import NEAREST, cut, is_seen, markup, windows_1252
from gateway.render.postable import Postable, remarks, withheld

__all__ = ["render_sgml", "render_xml"]

NAME_CHARACTERS = 32
MEMO_CHARACTERS = 255
MESSAGE_CHARACTERS = 255
CHECK_NUMBER_CHARACTERS = 12
REFERENCE_CHARACTERS = 32
SUCCESS, GENERAL_ERROR = "0", "2000"

SGML_HEADER = (
    "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nSECURITY:NONE\r\nENCODING:USASCII\r\nCHARSET:1252\r\n"
    "COMPRESSION:NONE\r\nOLDFILEUID:NONE\r\nNEWFILEUID:NONE\r\n\r\n"
)
XML_HEADER = (
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\r\n'
    '<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\r\n'
)

CREDITS = dict.fromkeys(TransactionType, "CREDIT") | {
    TransactionType.DEPOSITO: "DEP",
    TransactionType.FOLHA_PAGAMENTO: "DIRECTDEP",
    TransactionType.PORTABILIDADE_SALARIO: "DIRECTDEP",
    TransactionType.RENDIMENTO_APLIC_FINANCEIRA: "INT",
}
"""`TRNTYPE` of credits."""
DEBITS = dict.fromkeys(TransactionType, "DEBIT") | {
    TransactionType.BOLETO: "PAYMENT",
    TransactionType.CARTAO: "POS",
    TransactionType.CONVENIO_ARRECADACAO: "PAYMENT",
    TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL: "INT",
    TransactionType.PACOTE_TARIFA_SERVICOS: "FEE",
    TransactionType.SAQUE: "CASH",
    TransactionType.TARIFA_SERVICOS_AVULSOS: "FEE",
}
"""`TRNTYPE` of debits. Each word fits the sign of the amount, by which some importers go."""


class Dialect(Struct, frozen=True):
    """One of the two ways of writing OFX."""

    header: str
    encoded: Callable[[str], bytes]
    """A part of the document in its encoding."""
    closes: bool
    """Whether the tag of a value is closed; in SGML its line ends it."""
    lists_balances: bool
    """Whether the statement of a bank account may have a list of balances."""

    def value(self, tag: str, text: str) -> str:
        """A tag with a value, on a line."""
        return f"<{tag}>{text}</{tag}>\r\n" if self.closes else f"<{tag}>{text}\r\n"

    def values(self, **values: str) -> str:
        """Tags with values, by the names of the tags."""
        return "".join(self.value(tag, text) for tag, text in values.items())


def _utf_8(text: str) -> bytes:
    return text.encode("utf-8", NEAREST)


SGML = Dialect(SGML_HEADER, windows_1252, closes=False, lists_balances=False)
XML = Dialect(XML_HEADER, _utf_8, closes=True, lists_balances=True)


def render_sgml(statement: Statement) -> Iterator[bytes]:
    """The statement as OFX 1.02, in parts."""
    return _rendered(statement, SGML)


def render_xml(statement: Statement) -> Iterator[bytes]:
    """The statement as OFX 2.1.1, in parts."""
    return _rendered(statement, XML)


def _rendered(statement: Statement, dialect: Dialect) -> Iterator[bytes]:
    yield dialect.encoded(_beginning(statement, dialect))
    if (reason := withheld(statement)) is not None:
        status = dialect.values(CODE=GENERAL_ERROR, SEVERITY="ERROR", MESSAGE=markup(cut(reason, MESSAGE_CHARACTERS)))
        yield dialect.encoded(f"<STATUS>\r\n{status}</STATUS>\r\n")
    else:
        yield from _statement(statement, dialect)
    yield dialect.encoded("</STMTTRNRS>\r\n</BANKMSGSRSV1>\r\n</OFX>\r\n")


def _beginning(statement: Statement, dialect: Dialect) -> str:
    """The header and the sign-on, which every OFX document has."""
    contract = contracts.load(statement.account.bank)
    made = dialect.values(DTSERVER=_instant(statement.fetched_at), LANGUAGE="POR")
    bank = dialect.values(ORG=markup(cut(contract.name, NAME_CHARACTERS)), FID=contract.compe)
    success = f"<STATUS>\r\n{dialect.values(CODE=SUCCESS, SEVERITY='INFO')}</STATUS>\r\n"
    return (
        f"{dialect.header}<OFX>\r\n<SIGNONMSGSRSV1>\r\n<SONRS>\r\n{success}{made}<FI>\r\n{bank}</FI>\r\n</SONRS>\r\n"
        f"</SIGNONMSGSRSV1>\r\n<BANKMSGSRSV1>\r\n<STMTTRNRS>\r\n{dialect.value('TRNUID', '0')}"
    )


def _statement(statement: Statement, dialect: Dialect) -> Iterator[bytes]:
    account, period = statement.account, statement.period
    status = dialect.values(CODE=SUCCESS, SEVERITY="INFO")
    if (message := remarks(statement)) is not None:
        status += dialect.value("MESSAGE", markup(cut(message, MESSAGE_CHARACTERS)))
    branch = {"BRANCHID": markup(account.branch)} if account.branch else {}
    named = {"BANKID": contracts.load(account.bank).compe, **branch, "ACCTID": markup(account.number)}
    yield dialect.encoded(
        f"<STATUS>\r\n{status}</STATUS>\r\n<STMTRS>\r\n{dialect.value('CURDEF', statement.currency)}<BANKACCTFROM>\r\n"
        f"{dialect.values(**named, ACCTTYPE='CHECKING')}</BANKACCTFROM>\r\n<BANKTRANLIST>\r\n"
        f"{dialect.values(DTSTART=_time(period.first, '000000'), DTEND=_time(period.last, '235959'))}"
    )
    postable, entries = Postable(statement), _Entries(dialect)
    for batch in postable.batches():
        yield dialect.encoded(entries.text(batch))
    yield dialect.encoded(f"</BANKTRANLIST>\r\n{_balances(statement, postable, dialect)}</STMTRS>\r\n")


def _balances(statement: Statement, postable: Postable, dialect: Dialect) -> str:
    text, available = "", statement.available_balance
    now = "" if available is None else dialect.values(BALAMT=money(available.amount), DTASOF=_instant(available.at))
    ledger = now
    if (balance := postable.balance()) is not None:
        day, amount = balance
        ledger = dialect.values(BALAMT=money(amount), DTASOF=_noon(day))
    if ledger:
        text += f"<LEDGERBAL>\r\n{ledger}</LEDGERBAL>\r\n"
    if now:
        text += f"<AVAILBAL>\r\n{now}</AVAILBAL>\r\n"
    if statement.opening_balance is not None and dialect.lists_balances:
        opening = dialect.values(
            NAME="SALDO ANTERIOR",
            DESC="Saldo antes do período",
            BALTYPE="DOLLAR",
            VALUE=money(statement.opening_balance),
            DTASOF=_noon(statement.period.first - DAY),
        )
        text += f"<BALLIST>\r\n<BAL>\r\n{opening}</BAL>\r\n</BALLIST>\r\n"
    return text


class _Entries:
    """Writes entries.

    Args:
        dialect: the way of writing.
    """

    def __init__(self, dialect: Dialect) -> None:
        tags = ("TRNAMT", "FITID", "CHECKNUM", "REFNUM", "NAME", "MEMO")
        self._ends = tuple(dialect.value(tag, "").removeprefix(f"<{tag}>") for tag in tags)
        self._debits, self._credits = (
            {kind: f"<STMTTRN>\r\n{dialect.value('TRNTYPE', word)}" for kind, word in words.items()}
            for words in (DEBITS, CREDITS)
        )
        self._dialect = dialect

    def text(self, entries: Iterable[Entry]) -> str:
        """Entries, each tag by tag in the order of the standard."""
        amount, identity, check, reference, name, end = self._ends
        debit, day, posted, texts = Direction.DEBIT, None, "", []
        for entry in entries:
            if entry.date != day:
                day = entry.date
                posted = self._dialect.value("DTPOSTED", _noon(day))
            begin = (self._debits if entry.direction is debit else self._credits)[entry.type]
            document, other = entry.document, entry.counterparty
            number = payee = ""
            if document and len(document) <= REFERENCE_CHARACTERS and (shown := _shown(document, REFERENCE_CHARACTERS)):
                number = f"<REFNUM>{shown}{reference}"
                if len(document) <= CHECK_NUMBER_CHARACTERS:
                    number = f"<CHECKNUM>{shown}{check}{number}"
            if other is not None and other.name and (shown := _shown(other.name, NAME_CHARACTERS)):
                payee = f"<NAME>{shown}{name}"
            memo = _shown(entry.description, MEMO_CHARACTERS).strip() or entry.type
            texts.append(
                f"{begin}{posted}<TRNAMT>{money(entry.amount)}{amount}<FITID>{entry.id}{identity}{number}{payee}"
                f"<MEMO>{memo}{end}</STMTTRN>\r\n"
            )
        return "".join(texts)


def _shown(text: str, most: int) -> str:
    """The text, cut to so many characters, as `markup` has it; empty where nothing of it can be seen."""
    text = markup(text if len(text) <= most else cut(text, most))
    # Nearly all begin with a letter or a digit: no call is needed to see it.
    return text if text[:1].isalnum() or is_seen(text) else ""


def _noon(day: date) -> str:
    return _time(day, "120000")


def _time(day: date, time: str) -> str:
    return f"{day.isoformat().replace('-', '')}{time}[-3:BRT]"


def _instant(instant: datetime) -> str:
    local = instant.astimezone(BRASILIA)
    return _time(local.date(), f"{local:%H%M%S}")
