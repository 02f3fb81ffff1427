"""The forms of those banks whose statements are made large: where rows stand, and how a copy of a row is written."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec import Struct

__all__ = ["AMOUNT", "FORMS", "ID", "MILLION", "Form", "rows_of"]

Json = dict[str, Any]

MILLION = 1_000_000
ID = "@ID@"
AMOUNT = "@AMOUNT@"


def _unchanged(page: Json, *numbers: int) -> None:
    """Such a page says nothing of the list."""


class Form(Struct, frozen=True, kw_only=True):
    """The form of a bank's pages."""

    operation: str
    """Part of the address by which statement requests are known."""
    rows: tuple[str | int, ...]
    """Where the rows of a page are."""
    plain: Callable[[Json], Json]
    """A row as a caller of the bank would keep it, with nothing checked: `id`, `date`, `amount`, `description`."""
    copy: Callable[[Json, int], None] | None = None
    """Makes a row that of a copy, one that brings money (1) or takes it (-1), with `ID` and `AMOUNT` to fill in.

    None where a copy would contradict the rows around it: such a statement is large because its ledger is.
    """
    amount: Callable[[int], str] = str
    """Signed centavos as JSON."""
    number: str = ""
    """The parameter with the number of the page; empty where all rows come at once."""
    first: int = 0
    """The number of the first page."""
    size: str = ""
    """The parameter with the number of rows of a page."""
    announce: Callable[[Json, int, int, int], None] = _unchanged
    """Changes what a page says of the list: the rows in it, the number of this page, the number of pages."""
    add: Callable[[Json, int], None] = _unchanged
    """Changes what a page says of sums: so many centavos more have come, and as many more have gone."""

    most: int = MILLION
    """The most entries that are measured."""


def rows_of(form: Form, page: Any) -> list[Json]:
    """The rows of a page."""
    for step in form.rows:
        page = page[step]
    return page


def reais(centavos: int) -> str:
    """An amount without sign."""
    return f"{abs(centavos) // 100}.{abs(centavos) % 100:02}"


def _inter(row: Json, sign: int) -> None:
    row.update(idTransacao=f"{row['idTransacao']}{ID}", tipoOperacao="C" if sign > 0 else "D", valor=AMOUNT)


def _inter_announce(page: Json, rows: int, number: int, pages: int) -> None:
    page.update(totalPaginas=pages, totalElementos=rows, primeiraPagina=number == 0, ultimaPagina=number + 1 == pages)


def _itau(row: Json, sign: int) -> None:
    row.update(id=f"{row['id'][:-8]}{ID}", operation="C" if sign > 0 else "D")
    row["amount"]["value"] = AMOUNT


def _itau_announce(page: Json, rows: int, number: int, pages: int) -> None:
    page["pagination"].update(page=number, total_pages=pages, total_elements=rows)
    if number > 1:
        page["data"][0]["balances"] = []


def _cora(row: Json, sign: int) -> None:
    row.update(id=f"{row['id']}{ID}", type="CREDIT" if sign > 0 else "DEBIT", amount=AMOUNT)


def _cora_add(page: Json, centavos: int) -> None:
    for name in ("creditTotal", "debitTotal"):
        page["aggregations"][name] += centavos


def _sicoob(row: Json, sign: int) -> None:
    row.update(transactionId=f"{row['transactionId']}{ID}", tipo="CREDITO" if sign > 0 else "DEBITO", valor=AMOUNT)


FORMS = {
    "inter": Form(
        operation="/extrato/completo",
        rows=("transacoes",),
        plain=lambda row: {
            "id": row["idTransacao"],
            "date": row["dataTransacao"],
            "amount": Decimal(row["valor"]),
            "description": row["descricao"],
        },
        copy=_inter,
        amount=lambda centavos: f'"{reais(centavos)}"',
        number="pagina",
        size="tamanhoPagina",
        announce=_inter_announce,
    ),
    "itau": Form(
        operation="/statements/",
        rows=("data", 0, "events"),
        plain=lambda row: {
            "id": row.get("id"),
            "date": row["date"]["accounting"],
            "amount": Decimal(row["amount"]["value"]),
            "description": row["literal"]["complete"],
        },
        copy=_itau,
        amount=lambda centavos: f"{'-' * (centavos < 0)}{reais(centavos)}",
        number="page",
        first=1,
        size="page_size",
        announce=_itau_announce,
    ),
    "cora": Form(
        operation="/bank-statement/statement",
        rows=("entries",),
        plain=lambda row: {
            "id": row["id"],
            "date": row["createdAt"],
            "amount": Decimal(row["amount"]).scaleb(-2),
            "description": row["transaction"]["description"],
        },
        copy=_cora,
        amount=lambda centavos: str(abs(centavos)),
        number="page",
        first=1,
        size="perPage",
        add=_cora_add,
    ),
    "sicoob": Form(
        operation="/extrato/",
        rows=("resultado", "transacoes"),
        plain=lambda row: {
            "id": row["transactionId"],
            "date": row["dataLote"],
            "amount": Decimal(row["valor"]),
            "description": row["descInfComplementar"],
        },
        copy=_sicoob,
        amount=lambda centavos: f'"{reais(centavos)}"',
    ),
    "stone": Form(
        operation="/statement",
        rows=("data",),
        plain=lambda row: {
            "id": row["id"],
            "date": row["created_at"],
            "amount": Decimal(row["amount"]).scaleb(-2),
            "description": row.get("description"),
        },
        most=40_000,  # the simulated bank books no more in a month
    ),
}
