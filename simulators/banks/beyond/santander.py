"""Santander with two other forms of the statement, the account list, and the workspaces of payments."""

import base64
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx

from contracts.schema import OperationKind
from simulators.banks import santander
from simulators.banks.rows.santander import KINDS, key_of, listing, row_of
from simulators.call import Answered, Call, Write, json_answer, other_read
from simulators.forms import is_person
from simulators.ledger import LedgerEntry
from simulators.reasons import because, not_the_account, parameter_wrong, shown
from simulators.world import SimulatedAccount

__all__ = ["Santander"]

PAYMENTS = "/management_payments_partners/v1"
BANK_IDS = frozenset({"90400888000142", "0033", "33"})
LARGEST_LISTING = 750
"""Rows of one answer of the list without pages."""


_read = partial(other_read, source="public clients")


class Santander(santander.Santander):
    """Plays Santander to every client."""

    other_reads = {
        "transactions": _read(OperationKind.STATEMENT, santander.BASE + "/transactions/{account_key}"),
        "provisioneds": _read(OperationKind.STATEMENT, santander.BASE + "/provisioneds/{account_key}"),
        "open_finance_statement": _read(OperationKind.STATEMENT, santander.BASE + "/banks/{bank_id}/statements"),
        "accounts": _read(OperationKind.ACCOUNTS, santander.BASE + "/banks/{bank_id}/accounts"),
        "workspaces": _read(OperationKind.ACCOUNTS, PAYMENTS + "/workspaces"),
        "workspace": _read(OperationKind.ACCOUNTS, PAYMENTS + "/workspaces/{workspace_id}"),
    }
    writes = (
        Write("POST", PAYMENTS + "/workspaces/{id}/pix_payments", 201, {"status": "READY_TO_PAY"}),
        Write("POST", PAYMENTS + "/workspaces/{id}/bank_slip_payments", 201, {"id": "simulado"}),
        Write("POST", PAYMENTS + "/workspaces/{id}/transfer", 201, {"id": "simulado"}),
        Write("POST", "/collection_bill_management/v2/workspaces/{id}/bank_slips", 201, {"nsuCode": "simulado"}),
    )

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Besides, the other reads."""
        return {
            **super().routes(),
            "transactions": self._transactions,
            "provisioneds": self._provisioneds,
            "open_finance_statement": self._open_finance_statement,
            "accounts": self._accounts,
            "workspaces": self._workspaces,
            "workspace": self._workspace,
        }

    def _caller(self, call: Call) -> SimulatedAccount:
        account = super()._caller(call)
        if call.segments.get("bank_id", "33") not in BANK_IDS:
            why = parameter_wrong("bank_id", f"must be one of {', '.join(sorted(BANK_IDS))}", call.segments["bank_id"])
            raise Answered(self._application_error(404, "Banco não encontrado", "bank_id"), why)
        return account

    def _transactions(self, call: Call) -> httpx.Response:
        entries = self._entries(call, self._caller(call))
        size = self.read_number(call, "_limit", LARGEST_LISTING, 1, LARGEST_LISTING)
        start = _position(call.query.get("_nextPage", ""))
        part = self.cut(call, entries, start, size)
        pageable = {"totalRecords": str(len(entries))}
        if part.more:
            pageable["paging"] = base64.urlsafe_b64encode(f"from:{start + size}".encode()).decode()
        return listing(pageable, [{"documentNumber": "000000", **row_of(entry)} for entry in part.rows])

    def _provisioneds(self, call: Call) -> httpx.Response:
        self._entries(call, self._caller(call))
        return listing({"totalRecords": "0"}, [])

    def _open_finance_statement(self, call: Call) -> httpx.Response:
        """The form that follows Open Finance: no pages, only whether there is more, which a shorter period brings."""
        account = self._caller(call)
        branch, _, number = key_of(account).partition(".")
        # Clients do not agree on whether the check digit belongs to the number.
        numbers = (number, number[:-1].zfill(len(number)))
        for name, expected in (("branchCode", (branch,)), ("accountNumber", numbers)):
            if call.query.get(name) not in expected:
                why = parameter_wrong(name, f"must be {' or '.join(expected)}, the caller's", call.query.get(name))
                raise Answered(self._application_error(422, "Conta não encontrada", name), why)
        if call.query.get("accountId", account.number) != account.number:
            why = not_the_account(call.query["accountId"], account.number)
            raise Answered(self._application_error(422, "Conta não encontrada", "accountId"), why)
        entries = self._entries(call, account)
        part = self.cut(call, entries, 0, self.page_size(account, max(1, len(entries))))
        return listing({"_moreElements": part.more}, [_open_finance_row(account, entry) for entry in part.rows])

    def _accounts(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        page, _ = self.read_number(call, "_offset", 1, 1, 10**6), self.read_number(call, "_limit", 50, 1, 50)
        branch, _, number = key_of(account).partition(".")
        row = {
            "branchCode": branch,
            "number": number,
            "checkDigit": number[-1],
            "accountId": account.number,
            "type": "CONTA_CORRENTE",
            "brandName": "SANTANDER",
        }
        pageable = {"totalPages": "1", "totalRecords": "1", "_moreElements": False}
        return listing(pageable, [row] if page == 1 else [])

    def _workspaces(self, call: Call) -> httpx.Response:
        return json_answer({"_content": [_workspace(self._caller(call))]})

    def _workspace(self, call: Call) -> httpx.Response:
        found = _workspace(self._caller(call))
        if call.segments["workspace_id"] != found["id"]:
            why = f"workspace {shown(call.segments['workspace_id'])} is not the application's, which is {found['id']}"
            return because(self._application_error(404, "Workspace não encontrado", "workspace_id"), why)
        return json_answer(found)


def _position(cursor: str) -> int:
    """Where the list goes on; at its beginning without a cursor that this bank has given."""
    try:
        found = re.fullmatch(r"from:([0-9]+)", base64.urlsafe_b64decode(cursor).decode())
    except ValueError:
        return 0
    return int(found[1]) if found else 0


def _open_finance_row(account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
    """A row with an id, a day of ISO form and a number with its sign; who is on the other side, where that is known."""
    row = {
        "transactionId": entry.bank_id or uuid5(NAMESPACE_URL, f"santander/{account.number}/{entry.serial}").hex,
        "completedAuthorisedPaymentType": "TRANSACAO_EFETIVADA",
        "creditDebitType": "CREDITO" if entry.amount > 0 else "DEBITO",
        "transactionName": KINDS[entry.type, entry.amount > 0],
        "type": entry.type,
        "amount": entry.amount,
        "transactionCurrency": "BRL",
        "transactionDate": entry.date.isoformat(),
    }
    if (party := entry.counterparty) is not None:
        row |= {
            "partieCnpjCpf": party.tax_id,
            "partiePersonType": "PESSOA_NATURAL" if is_person(party.tax_id) else "PESSOA_JURIDICA",
            "partieCompeCode": party.compe,
            "partieBranchCode": party.branch,
            "partieNumber": party.account[:-1],
            "partieCheckDigit": party.account[-1:],
        }
    return row


def _workspace(account: SimulatedAccount) -> dict[str, Any]:
    """The one workspace of an application; payments begin with it."""
    branch, _, number = key_of(account).partition(".")
    return {
        "id": str(uuid5(NAMESPACE_URL, f"santander/{account.number}/workspace")),
        "type": "PAYMENTS",
        "status": "ACTIVE",
        "description": "Pagamentos",
        "mainDebitAccount": {"branch": branch, "number": number},
        "additionalDebitAccounts": [],
        "tags": [],
        "pixPaymentsActive": True,
        "barCodePaymentsActive": True,
        "bankSlipPaymentsActive": True,
    }
