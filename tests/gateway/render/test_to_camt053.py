"""The statement as camt.053, read back as XML."""

from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from gateway.errors import CallerError
from gateway.model import DAY, Counterparty, Direction, IdBasis, Stability, TransactionType
from gateway.render.to_camt053 import NAMESPACE, render
from gateway.statement.warnings import warning
from gateway.texts.controls import cleaned
from tests.gateway.render.cases import CASES, final, statement

WITHHELD = {"disproved", "too_early"}
INCOMPLETE = "Movimentos ainda não consolidados: completo até 05/10/2026, e o que ainda pode mudar não está aqui."
LISTED = sorted(set(CASES) - WITHHELD)
NAMES = {"": NAMESPACE}


def document(given):
    """The one statement of the document."""
    root = ET.fromstring(b"".join(render(given)))  # noqa: S314 -- we have made it ourselves
    (found,) = root.findall("BkToCstmrStmt/Stmt", NAMES)
    return found


def text(element, path):
    """The text at a path; None where there is nothing."""
    found = element.find(path, NAMES)
    return None if found is None else found.text


def signed(element):
    """The amount of an entry or a balance."""
    amount = Decimal(text(element, "Amt"))
    return amount if text(element, "CdtDbtInd") == "CRDT" else -amount


def only(case, **changed):
    """The first entry of a case, changed, in a document of its own."""
    given = statement(case)
    (found,) = document(replace(given, entries=[replace(given.entries[0], **changed)])).findall("Ntry", NAMES)
    return found


@pytest.mark.parametrize("case", LISTED)
def test_final_entries_are_read_back(case):
    """Every one, in order, with day, amount, ids, texts and references; and no other entry."""
    given = statement(case)

    read = document(given)

    entries, listed = final(given.entries), read.findall("Ntry", NAMES)
    assert text(read, "TxsSummry/TtlNtries/NbOfNtries") == str(len(entries))
    assert [text(each, "NtryRef") for each in listed] == [entry.id for entry in entries]
    for each, entry in zip(listed, entries, strict=True):
        assert signed(each) == entry.amount
        assert each.find("Amt", NAMES).attrib == {"Ccy": "BRL"}
        assert text(each, "Sts/Cd") == "BOOK"
        assert text(each, "BookgDt/Dt") == text(each, "ValDt/Dt") == str(entry.date)
        assert text(each, "AcctSvcrRef") == (entry.bank_id or entry.id)
        assert text(each, "BkTxCd/Prtry/Cd") == entry.type
        description = cleaned(entry.description)[:500] or None
        assert text(each, "AddtlNtryInf") == text(each, "NtryDtls/TxDtls/AddtlTxInf") == description
        found = each.find("NtryDtls/TxDtls", NAMES)
        details = each if found is None else found
        assert text(details, "Refs/EndToEndId") == entry.end_to_end_id
        assert text(details, "RmtInf/Ustrd") == entry.note
        number = entry.document
        assert text(details, "Refs/Prtry/Ref") == (number if number and len(number) <= 35 else None)
        role = "Cdtr" if entry.direction is Direction.DEBIT else "Dbtr"
        other = entry.counterparty or Counterparty()
        assert (text(details, f"RltdPties/{role}/Pty/Nm") or "").rstrip() == (other.name or "")[:140].rstrip()
        assert text(details, f"RltdPties/{role}/Pty/Id/*/Othr/Id") == other.tax_id
        assert text(details, f"RltdPties/{role}Acct/Id/Othr/Id") == other.account


@pytest.mark.parametrize("case", sorted(WITHHELD))
def test_a_statement_that_posts_nothing_says_so(case):
    """No balance and no entry: an importer cannot take it for a period without movements."""
    read = document(statement(case))

    assert "nada deve ser lançado" in text(read, "AddtlStmtInf")
    assert read.findall("Bal", NAMES) == read.findall("Ntry", NAMES) == []


@pytest.mark.parametrize(
    ("case", "balances"),
    [
        ("plain", {"OPBD": ("100.00", "2026-09-30"), "CLBD": ("107.66", "2026-10-06")}),
        ("difficult", {"OPBD": ("1520.10", "2026-09-30"), "CLBD": ("2545.095", "2026-10-05")}),
        ("empty", {"OPBD": ("-5.00", "2026-09-30"), "CLBD": ("-5.00", "2026-10-06")}),
        ("only_closing", {"CLBD": ("107.66", "2026-10-06")}),
    ],
)
def test_balances_are_those_of_the_entries_listed(case, balances):
    """What is not listed is not in the balance either, and no balance is made up."""
    read = document(statement(case)).findall("Bal", NAMES)

    assert {text(each, "Tp/CdOrPrtry/Cd"): (str(signed(each)), text(each, "Dt/Dt")) for each in read} == balances


def test_without_balances_the_sum_of_the_entries_stands_in_their_place():
    """By a type of its own: the schema wants something, and no reader takes it for a balance of the account."""
    (found,) = document(statement("no_balances")).findall("Bal", NAMES)

    assert text(found, "Tp/CdOrPrtry/Cd") is None
    assert text(found, "Tp/CdOrPrtry/Prtry") == "MOVIMENTO DO PERIODO"
    assert (str(signed(found)), text(found, "Dt/Dt")) == ("7.66", "2026-10-06")


def test_an_incomplete_period_says_through_which_day_it_is_complete():
    """For the person who reads it."""
    assert text(document(statement("difficult")), "AddtlStmtInf") == INCOMPLETE
    assert text(document(statement("plain")), "AddtlStmtInf") is None


def test_warnings_are_told_as_far_as_the_schema_holds_them():
    """500 characters: a bank may have changed many days."""
    days = [statement("plain").period.first + n * DAY for n in range(60)]
    given = replace(statement("plain"), warnings=[warning("statement_restated", "why", days)])

    told = text(document(given), "AddtlStmtInf")

    assert told.startswith("O banco corrigiu lançamentos já enviados (01/10/2026, 02/10/2026, ")
    assert (len(told), told[-1]) == (500, "…")


def test_the_account_is_named():
    """By number, COMPE code and branch; an account without a branch has none."""
    plain = statement("plain")
    account = document(plain).find("Acct", NAMES)
    branchless = document(replace(plain, account=replace(plain.account, branch=""))).find("Acct", NAMES)

    assert text(account, "Id/Othr/Id") == "12345678"
    assert text(account, "Svcr/FinInstnId/ClrSysMmbId/MmbId") == "077"
    assert text(account, "Svcr/BrnchId/Id") == "0001"
    assert branchless.find("Svcr/BrnchId", NAMES) is None


@pytest.mark.parametrize(
    ("kind", "amount", "code"),
    [
        (TransactionType.PIX, "-1.00", "PMNT IRCT DMCT"),
        (TransactionType.PIX, "1.00", "PMNT RRCT DMCT"),
        (TransactionType.TARIFA_SERVICOS_AVULSOS, "-1.00", "ACMT MDOP CHRG"),
        (TransactionType.TARIFA_SERVICOS_AVULSOS, "1.00", ""),
        (TransactionType.OUTROS, "1.00", ""),
    ],
)
def test_a_movement_has_the_code_that_fits(kind, amount, code):
    """None where none fits, as for a fee that came back."""
    direction = Direction.DEBIT if amount < "0" else Direction.CREDIT
    entry = only("plain", type=kind, amount=Decimal(amount), direction=direction)

    found = entry.find("BkTxCd/Domn", NAMES)

    assert ("" if found is None else " ".join(found.itertext())) == code


def test_the_bank_of_the_other_party_is_named_by_its_ispb():
    """Else by its COMPE code, or by its name alone."""
    agent = "NtryDtls/TxDtls/RltdAgts/CdtrAgt/FinInstnId"
    systems = [
        [
            text(only("plain", counterparty=other), f"{agent}/{path}")
            for path in ("ClrSysMmbId/ClrSysId/Prtry", "ClrSysMmbId/MmbId", "Nm")
        ]
        for other in (
            Counterparty(bank="077", ispb="00416968"),
            Counterparty(bank="077", bank_name="Inter"),
            Counterparty(bank_name="Inter"),
            Counterparty(name="Inter"),
        )
    ]

    assert systems == [["ISPB", "00416968", None], ["COMPE", "077", "Inter"], [None, None, "Inter"], [None] * 3]


def test_a_long_message_is_in_parts_and_a_long_number_is_left_out():
    """No text is lost, and no number is cut. Importers want a reference of each entry: it has its id at least."""
    other = Counterparty(account="9" * 35, branch="1" * 36)
    entry = only("plain", note="palavra " * 50, document="1" * 36, bank_id="2" * 36, counterparty=other)

    parts = [each.text for each in entry.findall(".//Ustrd", NAMES)]
    assert "".join(parts) == "palavra " * 50
    assert [len(part) for part in parts] == [140, 140, 120]
    assert text(entry, "AcctSvcrRef") == statement("plain").entries[0].id
    assert entry.find(".//Refs", NAMES) is None
    assert entry.find(".//RltdPties", NAMES) is entry.find(".//RltdAgts", NAMES) is None


def test_a_number_as_long_as_the_schema_allows_is_told():
    """It is whole, and importers know the movement by it."""
    longest = "2" * 35
    entry = only("plain", document=longest, end_to_end_id=longest, bank_id=longest, id_basis=IdBasis.BANK)

    assert text(entry, "AcctSvcrRef") == longest
    assert [each.text for each in entry.find(".//Refs", NAMES).iter()].count(longest) == 2


@pytest.mark.parametrize("basis", IdBasis)
def test_an_id_that_the_bank_gives_to_two_entries_is_no_reference(basis):
    """An importer that knows entries by their reference would leave the second one out."""
    entry = only("plain", bank_id="shared", id_basis=basis)

    assert text(entry, "AcctSvcrRef") == ("shared" if basis is IdBasis.BANK else statement("plain").entries[0].id)


def test_an_entry_of_which_nothing_is_known_has_no_details():
    """The schema wants something in them."""
    nothing = dict.fromkeys(("document", "end_to_end_id", "note", "counterparty", "booked_at"))
    entry = only("plain", description="", **nothing)

    assert entry.find("NtryDtls", NAMES) is entry.find("AddtlNtryInf", NAMES) is None


def test_a_closing_balance_of_more_than_is_listed_is_no_balance_of_the_list():
    """Without an opening balance it is unknown what the listed entries leave."""
    given = statement("only_closing")
    first, second = given.entries

    read = document(replace(given, entries=[first, replace(second, stability=Stability.PROVISIONAL)]))

    assert len(read.findall("Ntry", NAMES)) == 1
    assert [text(each, "Tp/CdOrPrtry/Cd") for each in read.findall("Bal", NAMES)] == [None]


def test_the_present_available_balance_stands_beside_those_of_the_period():
    """It has an instant, and opens and closes nothing."""
    given = statement("only_available")

    alone = document(given).findall("Bal", NAMES)
    beside = document(replace(statement("plain"), available_balance=given.available_balance)).findall("Bal", NAMES)

    assert [text(each, "Tp/CdOrPrtry/Cd") for each in alone] == [None, "ITAV"]
    assert [text(each, "Tp/CdOrPrtry/Cd") for each in beside] == ["OPBD", "CLBD", "ITAV"]
    assert (text(alone[1], "Amt"), text(alone[1], "CdtDbtInd")) == ("999999999999.99", "DBIT")
    assert text(alone[1], "Dt/DtTm") == "2026-10-07T09:00:04-03:00"


def test_a_present_balance_that_does_not_fit_withholds_no_statement():
    """The entries are whole without it."""
    given = statement("only_available")
    most = replace(given.available_balance, amount=Decimal("0.1234567"))

    read = document(replace(given, available_balance=most))

    assert [text(each, "Tp/CdOrPrtry/Cd") for each in read.findall("Bal", NAMES)] == [None]
    assert len(read.findall("Ntry", NAMES)) > 0


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("1234567890123456.78", "1234567890123456.78"),
        ("12345678901234567.8", "12345678901234567.80"),
        ("123456789012345678", "123456789012345678.00"),
        ("0.12345", "0.12345"),
        ("1.1000000", "1.10"),
        ("1234567890123.12345", "1234567890123.12345"),
    ],
)
def test_amounts_that_fit(amount, written):
    """Eighteen digits, five of them decimals; zeros at the end do no harm and are not written."""
    found = only("plain", amount=Decimal(amount), direction=Direction.CREDIT)

    assert text(found, "Amt") == written


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("12345678901234567.89", "digits"),
        ("1E+18", "digits"),
        ("0.123456", "decimals"),
        ("12345678901234.12345", "digits"),
    ],
)
@pytest.mark.parametrize("of", ["amount", "opening_balance"])
def test_what_the_schema_cannot_hold_is_refused_by_name(amount, said, of):
    """Before the first part, in an entry, a balance, or the balance after the entries."""
    given = statement("plain")
    if of == "amount":
        given = replace(given, entries=[replace(given.entries[0], amount=Decimal(amount))])
    else:
        given = replace(given, opening_balance=-Decimal(amount))

    with pytest.raises(CallerError, match=f"camt.053 cannot hold this statement.*{said}") as caught:
        next(render(given))

    assert (caught.value.code, caught.value.field) == ("format_unsuitable", "format")
    assert "Há um valor com mais de" in caught.value.errors[0].detail


def test_a_sum_that_does_not_fit_is_refused():
    """Although each of its amounts does."""
    given = statement("plain")
    most = replace(given.entries[0], amount=Decimal("9" * 18), direction=Direction.CREDIT)

    with pytest.raises(CallerError, match="digits"):
        next(render(replace(given, opening_balance=None, closing_balance=None, entries=[most, most])))
