"""A statement as ofxtools writes it: its models, then its text."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from decimal import Decimal

from ofxtools.models import (
    BANKACCTFROM,
    BANKMSGSRSV1,
    BANKTRANLIST,
    LEDGERBAL,
    OFX,
    SIGNONMSGSRSV1,
    SONRS,
    STATUS,
    STMTRS,
    STMTTRN,
    STMTTRNRS,
)
from turns import order, turns

NOW = datetime(2026, 11, 27, 17, tzinfo=UTC)


def document(entries):
    """The text of a statement with these entries."""
    fine = STATUS(code=0, severity="INFO")
    transactions = [
        STMTTRN(
            trntype="CREDIT" if amount > 0 else "DEBIT",
            dtposted=datetime(*map(int, day.split("-")), 12, tzinfo=UTC),
            trnamt=amount,
            fitid=identity,
            memo=text[:255],
        )
        for identity, day, amount, text in entries
    ]
    statement = STMTRS(
        curdef="BRL",
        bankacctfrom=BANKACCTFROM(bankid="341", acctid="12345678", accttype="CHECKING"),
        banktranlist=BANKTRANLIST(*transactions, dtstart=NOW, dtend=NOW),
        ledgerbal=LEDGERBAL(balamt=Decimal(0), dtasof=NOW),
    )
    whole = OFX(
        signonmsgsrsv1=SIGNONMSGSRSV1(sonrs=SONRS(status=fine, dtserver=NOW, language="POR")),
        bankmsgsrsv1=BANKMSGSRSV1(STMTTRNRS(trnuid="0", status=fine, stmtrs=statement)),
    )
    return ET.tostring(whole.to_etree())


def main():
    """Write as often as is wanted."""
    entries = [(identity, day, Decimal(amount), text) for identity, day, amount, text in order()["entries"]]
    turns(lambda: document(entries), lambda written: {"rows": written.count(b"<STMTTRN>")})


if __name__ == "__main__":
    main()
