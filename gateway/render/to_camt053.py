"""A statement as ISO 20022 camt.053.001.08, the bank-to-customer statement, in the version that most importers know.

1. It has what may be posted (`gateway.render.postable`): every entry is booked (`BOOK`). A withheld statement has the
   reason in `AddtlStmtInf` and neither balances nor entries, so that an importer fails instead of finding nothing.
2. `NtryRef` is the entry's id, `EndToEndId` that of a Pix, `Ustrd` the payer's message in parts of 140 characters. What
   is longer than its element and no text, such as a number, is left out rather than cut.
   Three facts stand where importers look for them. `AcctSvcrRef` is the bank's own id, and the entry's where the bank
   gives none that fits, or one to two entries: importers that know by it what they have posted would number the
   entries of the file instead, or leave one out. The accounting day is the value day (`ValDt`) as well, without which
   some leave an entry out. The description (500 characters at most) is `AddtlNtryInf` of the entry and `AddtlTxInf` of
   its details, the only one that some read.
3. `BkTxCd` has the type of Open Finance Brasil as proprietary code, and the code of ISO 20022 where one fits.
4. `OPBD` is the opening balance, `CLBD` that after the entries listed. Where the bank gives no balances both are left
   out. The schema wants one, so that the sum of the entries stands in their place, by a type of its own that no reader
   takes for a balance of the account. `ITAV` is the present available balance with its instant; it belongs to no period
   and opens and closes none, so that it stands beside them and not in their place.
5. `MsgId` and `Id` are made of the account, the period and the time of the reading: the same for the same document.
6. The schema holds amounts of 18 digits, five of them decimals. An amount, a balance or a sum that does not fit is a
   problem and is not rounded.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TypeGuard

import contracts
from gateway.errors import CallerError
from gateway.model import DAY, AvailableBalance, Counterparty, Direction, Entry, IdBasis, Statement, TransactionType
from gateway.render.amounts import money
from gateway.render.instants import instant
from gateway.render.plain_text import cut, markup
from gateway.render.postable import Postable, remarks, withheld
from gateway.tax_ids import CPF_CHARACTERS

__all__ = ["render"]

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
ID_CHARACTERS = 35
ACCOUNT_CHARACTERS = 34
NAME_CHARACTERS = 140
MESSAGE_CHARACTERS = 140
DESCRIPTION_CHARACTERS = 500
REMARKS_CHARACTERS = 500
AMOUNT_DIGITS, AMOUNT_DECIMALS = 18, 5
"""Of the schema's amounts."""
MOVEMENT = "MOVIMENTO DO PERIODO"
"""Type of the sum of the entries, where no balance is known."""

CREDIT_CODES = {
    TransactionType.PIX: ("PMNT", "RRCT", "DMCT"),
    TransactionType.TED: ("PMNT", "RCDT", "DMCT"),
    TransactionType.DOC: ("PMNT", "RCDT", "DMCT"),
    TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: ("PMNT", "RCDT", "BOOK"),
    TransactionType.FOLHA_PAGAMENTO: ("PMNT", "RCDT", "SALA"),
    TransactionType.PORTABILIDADE_SALARIO: ("PMNT", "RCDT", "SALA"),
    TransactionType.DEPOSITO: ("PMNT", "CNTR", "CDPT"),
    TransactionType.RENDIMENTO_APLIC_FINANCEIRA: ("ACMT", "MCOP", "INTR"),
}
"""Domain, family and sub-family of credits; a type that is not here has several meanings in ISO 20022, or none."""
DEBIT_CODES = {
    TransactionType.PIX: ("PMNT", "IRCT", "DMCT"),
    TransactionType.TED: ("PMNT", "ICDT", "DMCT"),
    TransactionType.DOC: ("PMNT", "ICDT", "DMCT"),
    TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: ("PMNT", "ICDT", "BOOK"),
    TransactionType.FOLHA_PAGAMENTO: ("PMNT", "ICDT", "SALA"),
    TransactionType.SAQUE: ("PMNT", "CNTR", "CWDL"),
    TransactionType.CARTAO: ("PMNT", "CCRD", "POSD"),
    TransactionType.PACOTE_TARIFA_SERVICOS: ("ACMT", "MDOP", "CHRG"),
    TransactionType.TARIFA_SERVICOS_AVULSOS: ("ACMT", "MDOP", "CHRG"),
    TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL: ("ACMT", "MDOP", "INTR"),
}
"""Likewise of debits."""


def _kind(kind: TransactionType, code: tuple[str, str, str] | None) -> str:
    """How a type is written."""
    domain = ""
    if code is not None:
        family = f"<Fmly><Cd>{code[1]}</Cd><SubFmlyCd>{code[2]}</SubFmlyCd></Fmly>"
        domain = f"<Domn><Cd>{code[0]}</Cd>{family}</Domn>"
    return f"<BkTxCd>{domain}<Prtry><Cd>{kind}</Cd><Issr>Open Finance Brasil</Issr></Prtry></BkTxCd>"


CREDIT_KINDS = {kind: _kind(kind, CREDIT_CODES.get(kind)) for kind in TransactionType}
DEBIT_KINDS = {kind: _kind(kind, DEBIT_CODES.get(kind)) for kind in TransactionType}


def render(statement: Statement) -> Iterator[bytes]:
    """The statement as camt.053, in parts.

    Raises:
        CallerError: `format_unsuitable`, before the first part: an amount, a balance or their sum does not fit.
    """
    reason = withheld(statement)
    # Balances stand before the entries, so the entries are read twice: checked first, then written.
    balances = _balances(statement, _checked(statement)) if reason is None else ""
    yield _beginning(statement).encode()
    if reason is None:
        yield balances.encode()
        for batch in Postable(statement).batches():
            yield "".join([_entry(entry, statement.currency) for entry in batch]).encode()
        reason = remarks(statement)
    if reason is not None:
        yield f"<AddtlStmtInf>{markup(cut(reason, REMARKS_CHARACTERS))}</AddtlStmtInf>\n".encode()
    yield b"</Stmt>\n</BkToCstmrStmt>\n</Document>\n"


def _checked(statement: Statement) -> Postable:
    """What is listed, read once.

    Raises:
        CallerError: an amount does not fit.
    """
    listed = Postable(statement)
    for batch in listed.batches():
        for entry in batch:
            _written(entry.amount)
    return listed


def _beginning(statement: Statement) -> str:
    """All that stands before the balances."""
    account, period, made = statement.account, statement.period, statement.fetched_at.isoformat(timespec="seconds")
    contract = contracts.load(account.bank)
    message = f"{statement.fetched_at:%Y%m%d%H%M%S}-{account.id.replace('-', '')}"[:ID_CHARACTERS]
    branch = f"<BrnchId><Id>{markup(account.branch)}</Id></BrnchId>" if account.branch else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}">\n<BkToCstmrStmt>\n'
        f"<GrpHdr><MsgId>{markup(message)}</MsgId><CreDtTm>{made}</CreDtTm></GrpHdr>\n<Stmt>\n"
        f"<Id>{period.first:%Y%m%d}-{period.last:%Y%m%d}</Id><CreDtTm>{made}</CreDtTm>"
        f"<FrToDt><FrDtTm>{period.first}T00:00:00-03:00</FrDtTm><ToDtTm>{period.last}T23:59:59-03:00</ToDtTm></FrToDt>\n"
        f"<Acct>{_account(account.number)}<Ccy>{statement.currency}</Ccy><Svcr><FinInstnId>"
        f"{_member('COMPE', contract.compe)}<Nm>{markup(contract.name)}</Nm></FinInstnId>{branch}</Svcr></Acct>\n"
    )


def _balances(statement: Statement, listed: Postable) -> str:
    """The balances that are known, and how many entries follow."""
    text = ""
    if statement.opening_balance is not None:
        text += _balance("OPBD", statement.period.first - DAY, statement.opening_balance, statement.currency)
    if (balance := listed.balance()) is not None:
        text += _balance("CLBD", *balance, statement.currency)
    if not text:
        text = _balance(MOVEMENT, statement.period.last, listed.total, statement.currency, "Prtry")
    if (available := statement.available_balance) is not None:
        text += _present(available, statement.currency)
    return f"{text}<TxsSummry><TtlNtries><NbOfNtries>{listed.count}</NbOfNtries></TtlNtries></TxsSummry>\n"


def _present(available: AvailableBalance, currency: str) -> str:
    """The present available balance; nothing where it does not fit, because the entries are whole without it."""
    try:
        return _balance("ITAV", available.at.replace(microsecond=0), available.amount, currency)
    except CallerError:
        return ""


def _balance(code: str, at: date | datetime, amount: Decimal, currency: str, kind: str = "Cd") -> str:
    """A balance of a day, or of an instant."""
    when = f"<DtTm>{at.isoformat()}</DtTm>" if isinstance(at, datetime) else f"<Dt>{at}</Dt>"
    return (
        f"<Bal><Tp><CdOrPrtry><{kind}>{code}</{kind}></CdOrPrtry></Tp>{_amount(amount, currency)}"
        f"<CdtDbtInd>{'DBIT' if amount < 0 else 'CRDT'}</CdtDbtInd><Dt>{when}</Dt></Bal>\n"
    )


def _amount(amount: Decimal, currency: str) -> str:
    """An amount without its sign, which stands in `CdtDbtInd`."""
    return f'<Amt Ccy="{currency}">{_written(amount)}</Amt>'


def _written(amount: Decimal) -> str:
    """The digits of an amount, with two decimals or as many more as mean something.

    Raises:
        CallerError: the schema does not hold it.
    """
    text = money(amount).removeprefix("-")
    if len(text) <= AMOUNT_DIGITS and text[-3] == ".":
        # Two decimals, and few enough digits, as nearly all amounts have.
        return text
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    if len(decimals) > AMOUNT_DECIMALS:
        raise _unsuitable(f"more than {AMOUNT_DECIMALS} decimals", "mais de cinco casas decimais")
    if len(whole.lstrip("0") + decimals) > AMOUNT_DIGITS:
        raise _unsuitable(f"more than {AMOUNT_DIGITS} digits", f"mais de {AMOUNT_DIGITS} algarismos")
    return f"{whole}.{decimals:0<2}"


def _unsuitable(has: str, portuguese: str) -> CallerError:
    detail = f"camt.053 cannot hold this statement: an amount, a balance or a sum has {has}"
    return CallerError("format_unsuitable", detail, field="format", portuguese=f"Há um valor com {portuguese}.")


def _entry(entry: Entry, currency: str) -> str:
    debit = entry.direction is Direction.DEBIT
    kind = (DEBIT_KINDS if debit else CREDIT_KINDS)[entry.type]
    details, description = _details(entry, debit=debit), markup(cut(entry.description, DESCRIPTION_CHARACTERS))
    if description:
        details += f"<AddtlTxInf>{description}</AddtlTxInf>"
    reference, day = markup(_reference(entry)), entry.date.isoformat()
    return (
        f"<Ntry><NtryRef>{entry.id}</NtryRef>{_amount(entry.amount, currency)}"
        f"<CdtDbtInd>{'DBIT' if debit else 'CRDT'}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef>{kind}"
        f"{details and f'<NtryDtls><TxDtls>{details}</TxDtls></NtryDtls>'}"
        f"{description and f'<AddtlNtryInf>{description}</AddtlNtryInf>'}</Ntry>\n"
    )


def _details(entry: Entry, *, debit: bool) -> str:
    """References, the other party, the message and the instant; empty where the bank gives none of them."""
    text = references = ""
    if _fits(entry.end_to_end_id):
        references = f"<EndToEndId>{markup(entry.end_to_end_id)}</EndToEndId>"
    if _fits(entry.document):
        references += f"<Prtry><Tp>DOCUMENTO</Tp><Ref>{markup(entry.document)}</Ref></Prtry>"
    if references:
        text = f"<Refs>{references}</Refs>"
    if entry.counterparty is not None:
        text += _party(entry.counterparty, "Cdtr" if debit else "Dbtr")
    if entry.note:
        text += f"<RmtInf>{_message(entry.note)}</RmtInf>"
    if entry.booked_at is not None:
        text += f"<RltdDts><TxDtTm>{instant(entry.booked_at)}</TxDtTm></RltdDts>"
    return text


def _message(note: str) -> str:
    """A message in parts that the schema can hold."""
    if len(note) > MESSAGE_CHARACTERS:
        starts = range(0, len(note), MESSAGE_CHARACTERS)
        return "".join([_message(note[at : at + MESSAGE_CHARACTERS]) for at in starts])
    return f"<Ustrd>{markup(note)}</Ustrd>"


def _party(other: Counterparty, role: str) -> str:
    """The other party, with its account and its bank."""
    name = f"<Nm>{markup(cut(other.name, NAME_CHARACTERS))}</Nm>" if other.name else ""
    identity = ""
    if other.tax_id:
        kind = "PrvtId" if len(other.tax_id) == CPF_CHARACTERS else "OrgId"
        number = f"<Id>{markup(other.tax_id)}</Id><SchmeNm><Cd>TXID</Cd></SchmeNm>"
        identity = f"<Id><{kind}><Othr>{number}</Othr></{kind}></Id>"
    party = f"<{role}><Pty>{name}{identity}</Pty></{role}>" if name or identity else ""
    if other.account and len(other.account) <= ACCOUNT_CHARACTERS:
        party += f"<{role}Acct>{_account(other.account)}</{role}Acct>"
    bank = _member("ISPB", other.ispb) if other.ispb else _member("COMPE", other.bank) if other.bank else ""
    if other.bank_name:
        bank += f"<Nm>{markup(cut(other.bank_name, NAME_CHARACTERS))}</Nm>"
    branch = f"<BrnchId><Id>{markup(other.branch)}</Id></BrnchId>" if _fits(other.branch) else ""
    agent = f"<{role}Agt><FinInstnId>{bank}</FinInstnId>{branch}</{role}Agt>" if bank or branch else ""
    return (party and f"<RltdPties>{party}</RltdPties>") + (agent and f"<RltdAgts>{agent}</RltdAgts>")


def _account(number: str) -> str:
    return f"<Id><Othr><Id>{markup(number)}</Id><SchmeNm><Cd>BBAN</Cd></SchmeNm></Othr></Id>"


def _member(system: str, code: str) -> str:
    """A bank by its code in one of the two numberings of Brazil."""
    return f"<ClrSysMmbId><ClrSysId><Prtry>{system}</Prtry></ClrSysId><MmbId>{markup(code)}</MmbId></ClrSysMmbId>"


def _reference(entry: Entry) -> str:
    """By what importers know the entry."""
    return entry.bank_id if entry.id_basis is IdBasis.BANK and _fits(entry.bank_id) else entry.id


def _fits(number: str | None) -> TypeGuard[str]:
    """Whether there is a number and an element of the schema can hold it."""
    return bool(number) and len(number or "") <= ID_CHARACTERS
