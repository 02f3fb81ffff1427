"""Two windows that are each proved, and a row that the bank adds between them."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select, update

from gateway.errors import BankFailure
from gateway.limits import RESTATEMENT_SHOWN_FOR
from gateway.model import BRASILIA
from gateway.storage.engine.database import Database
from gateway.storage.management.vault_rotation import rotate_vault
from gateway.storage.statements.tables import DAY_BALANCES
from tests.clocks import FixedClock
from tests.gateway.support import FakeInter, enabled

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
OPENING = Decimal(1000)
FEBRUARY = datetime(2026, 2, 2, 10, tzinfo=BRASILIA)
"""A Monday."""
LATE = {"2026-01-15": "-77.77"}


class Ledger:
    """A bank with these rows, each with a day and an amount; its balances follow from them."""

    def __init__(self, rows: dict[str, str], clock: FixedClock) -> None:
        self.rows = dict(rows)
        self.fewer: set[str] = set()
        """Days whose rows are left out although the balances count them."""
        self.split: set[str] = set()
        """Days whose row comes as two of the same sum."""
        self._clock = clock

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        operation, asked = request.extensions["operation"], request.url.params
        if operation == "balance":
            day = asked.get("dataSaldo", self._clock.now().date().isoformat())
            found = OPENING + sum(Decimal(amount) for when, amount in self.rows.items() if when <= day)
            return httpx.Response(200, text=json.dumps({"disponivel": float(found)}))
        if operation != "statement":
            return None
        days = sorted(day for day in self.rows if asked["dataInicio"] <= day <= asked["dataFim"])
        rows = [row for day in reversed(days) if day not in self.fewer for row in self._rows(day)]
        return httpx.Response(
            200, json={"totalPaginas": 1, "totalElementos": len(rows), "ultimaPagina": True, "transacoes": rows}
        )

    def _rows(self, day: str) -> list[dict[str, object]]:
        amount = Decimal(self.rows[day])
        parts = [amount - 1, Decimal(1)] if day in self.split else [amount]
        return [self._row(day, part) for part in parts]

    def _row(self, day: str, amount: Decimal) -> dict[str, object]:
        return {
            "idTransacao": f"tx-{day}-{amount}",
            "dataInclusao": f"{day} 15:02:11.000",
            "dataTransacao": day,
            "tipoTransacao": "PIX",
            "tipoOperacao": "D" if amount < 0 else "C",
            "valor": str(abs(amount)),
            "titulo": "Pix",
            "descricao": "PADARIA MODELO",
            "detalhes": {},
        }


@pytest.fixture
async def ledger(bank: FakeInter, clock: FixedClock) -> Ledger:
    """The rows of January."""
    clock.moment = FEBRUARY
    bank.answer = ledger = Ledger({"2026-01-18": "10", "2026-01-25": "20", "2026-01-29": "30"}, clock)
    return ledger


async def statement(client: Client, account: str, first: str, last: str) -> dict[str, object]:
    answer = await client.get(f"/v1/accounts/{account}/statement", params={"from": first, "to": last})
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def warned(found: dict[str, object]) -> dict[str, list[str]]:
    """The days of each warning, but for that of a quiet window."""
    assert isinstance(found["warnings"], list)
    return {
        warning["code"]: warning.get("days", [])
        for warning in found["warnings"]
        if warning["code"] != "empty_statement"
    }


async def test_a_row_that_is_added_before_a_window_is_named(client: Client, ledger: Ledger, clock: FixedClock) -> None:
    """Both windows are proved; the day is named for some days, also in statements that begin later."""
    account = await enabled(client)
    first = await statement(client, account, "2026-01-01", "2026-01-31")
    assert (first["closing_balance"], warned(first)) == ("1060.00", {})

    ledger.rows |= LATE
    for days in (0, 1):
        clock.moment = FEBRUARY + timedelta(days=days)
        found = await statement(client, account, "2026-01-22", "2026-02-01")
        assert (found["opening_balance"], found["proof"]["verdict"]) == ("932.23", "proved")  # type: ignore[index]
        assert warned(found) == {"balance_discontinuity": ["2026-01-15"]}
    again = await statement(client, account, "2026-01-15", "2026-01-15")

    assert warned(again) == {"statement_restated": ["2026-01-15"]}
    # Another reader may not have seen that.
    named = {"balance_discontinuity": ["2026-01-15"]}
    assert warned(await statement(client, account, "2026-01-22", "2026-02-02")) == named


async def test_a_change_that_another_reader_has_met_is_named_to_one_of_later_days(
    client: Client, ledger: Ledger, clock: FixedClock
) -> None:
    """For some days, also where nobody has met a gap: two ERPs, or the daily import beside one, read for themselves."""
    account = await enabled(client)
    await statement(client, account, "2026-01-01", "2026-01-31")
    ledger.rows |= LATE
    wide = warned(await statement(client, account, "2026-01-01", "2026-01-31"))
    assert wide == {"statement_restated": ["2026-01-15"]}

    named = {"balance_discontinuity": ["2026-01-15"]}
    assert warned(await statement(client, account, "2026-01-22", "2026-01-31")) == named
    clock.moment += RESTATEMENT_SHOWN_FOR
    assert warned(await statement(client, account, "2026-01-22", "2026-01-31")) == {}


async def test_another_reader_may_meet_rows_that_have_changed_with_the_same_sum(
    client: Client, ledger: Ledger, clock: FixedClock
) -> None:
    """No balance tells of them, so that one who reads later days alone learns of it from what the other has met."""
    account = await enabled(client)
    await statement(client, account, "2026-01-01", "2026-01-31")
    ledger.split.add("2026-01-18")
    await statement(client, account, "2026-01-01", "2026-01-31")

    named = {"balance_discontinuity": ["2026-01-18"]}
    assert warned(await statement(client, account, "2026-01-22", "2026-01-31")) == named
    clock.moment += RESTATEMENT_SHOWN_FOR
    assert warned(await statement(client, account, "2026-01-22", "2026-01-31")) == {}


async def test_reading_back_names_rows_that_have_changed_with_the_same_sum(client: Client, ledger: Ledger) -> None:
    """They are met beside a difference of balances, and would be taken for known from then on."""
    account = await enabled(client)
    await statement(client, account, "2026-01-01", "2026-01-31")
    ledger.split.add("2026-01-18")
    ledger.rows |= LATE

    named = {"balance_discontinuity": ["2026-01-15", "2026-01-18"]}
    assert warned(await statement(client, account, "2026-01-22", "2026-01-31")) == named
    assert warned(await statement(client, account, "2026-01-20", "2026-01-31")) == named


async def test_a_day_that_is_not_asked_for_is_named_for_some_days(
    client: Client, ledger: Ledger, clock: FixedClock
) -> None:
    """Whatever window comes next."""
    account = await enabled(client)
    await statement(client, account, "2026-01-01", "2026-01-31")
    ledger.rows |= LATE
    await statement(client, account, "2026-01-22", "2026-02-01")

    clock.moment += RESTATEMENT_SHOWN_FOR - timedelta(seconds=1)
    assert "balance_discontinuity" in warned(await statement(client, account, "2026-02-01", "2026-02-04"))
    clock.moment += timedelta(seconds=1)
    assert warned(await statement(client, account, "2026-02-01", "2026-02-04")) == {}


async def test_a_stored_statement_ends_where_the_days_before_it_close_otherwise(client: Client, ledger: Ledger) -> None:
    """Nobody was given these days before: nothing names them, and the stored balances would not follow from theirs."""
    account, days = await enabled(client), {"from": "2026-01-22", "to": "2026-01-31"}
    await statement(client, account, *days.values())
    ledger.rows |= LATE
    before = await statement(client, account, "2026-01-01", "2026-01-21")

    answer = await client.get(
        f"/v1/accounts/{account}/statement", params=days, headers={"Cache-Control": "max-age=3600"}
    )

    assert answer.json()["opening_balance"] == before["closing_balance"] == "932.23"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"2026-01-21": "5"}, ["2026-01-21"]),
        ({"2026-01-01": "5"}, ["2026-01-01"]),
        ({"2026-01-18": "10.01"}, ["2026-01-18"]),
        ({"2026-01-15": "-1", "2026-01-20": "2"}, ["2026-01-15", "2026-01-20"]),
        ({"2026-01-18": "0"}, ["2026-01-18"]),
        ({"2026-01-25": "21"}, []),
        ({"2026-01-15": "-1", "2026-01-16": "1"}, []),
    ],
)
async def test_the_days_on_which_the_difference_arose(
    client: Client, ledger: Ledger, change: dict[str, str], named: list[str]
) -> None:
    """Near or far, added, corrected or taken back; a change within the window is no discontinuity."""
    account = await enabled(client)
    await statement(client, account, "2026-01-01", "2026-01-31")

    ledger.rows |= change

    found = warned(await statement(client, account, "2026-01-22", "2026-01-31"))
    assert found.get("balance_discontinuity", []) == named


async def test_a_difference_that_is_not_found_is_reported(
    client: Client, ledger: Ledger, clock: FixedClock, bank: FakeInter
) -> None:
    """It lies further back than is looked: the day before is named, and the bank is not asked again and again."""
    account = await enabled(client)
    clock.moment = datetime(2026, 6, 1, 10, tzinfo=BRASILIA)
    await statement(client, account, "2026-01-01", "2026-05-31")
    ledger.rows |= LATE

    found = await statement(client, account, "2026-05-20", "2026-05-31")
    assert warned(found) == {"balance_discontinuity": ["2026-05-19"]}
    asked = len(bank.requests)
    assert warned(await statement(client, account, "2026-05-20", "2026-05-31")) == {
        "balance_discontinuity": ["2026-05-19"]
    }
    assert len(bank.requests) - asked <= 3


async def test_a_bank_that_fails_meanwhile_is_asked_again_with_the_next_statement(
    client: Client, ledger: Ledger, bank: FakeInter
) -> None:
    """The first statement names the day before it; the next one finds the changed day."""
    account = await enabled(client)
    await statement(client, account, "2026-01-01", "2026-01-31")
    ledger.rows |= LATE

    def failing(request: httpx.Request) -> httpx.Response | None:
        if request.url.params.get("dataInicio", "2026-01-22") < "2026-01-22":
            raise BankFailure("bank_unavailable", bank="inter", at="statement", detail="away")
        return ledger(request)

    bank.answer = failing
    assert warned(await statement(client, account, "2026-01-22", "2026-02-01")) == {
        "balance_discontinuity": ["2026-01-21"]
    }
    bank.answer = ledger
    assert warned(await statement(client, account, "2026-01-22", "2026-02-01")) == {
        "balance_discontinuity": ["2026-01-15"]
    }


async def test_balances_are_stored_sealed_and_outlive_a_new_key(client: Client, ledger: Ledger, app: Litestar) -> None:
    """A balance that cannot be decrypted is ignored, and costs no statement."""
    account = await enabled(client)
    await statement(client, account, "2026-01-01", "2026-01-31")
    database: Database = app.state["parts"].database
    with database.engine.connect() as connection:
        rows = {row.day: row.sealed for row in connection.execute(select(DAY_BALANCES))}
    assert (len(rows), max(rows)) == (31, date(2026, 1, 31))
    assert not any("10" in sealed and "1060" in sealed for sealed in rows.values())

    assert await rotate_vault(app.state["parts"].database, app.state["parts"].vault) == (2, [])
    with database.engine.connect() as connection:
        anew = {row.day: row.sealed for row in connection.execute(select(DAY_BALANCES))}
    assert anew.keys() == rows.keys()
    assert not set(anew.values()) & set(rows.values())
    ledger.rows |= LATE
    with database.engine.begin() as connection:
        connection.execute(update(DAY_BALANCES).where(DAY_BALANCES.c.day == date(2026, 1, 22)).values(sealed="x"))
    assert warned(await statement(client, account, "2026-01-23", "2026-01-31")) == {}
    assert warned(await statement(client, account, "2026-01-21", "2026-01-31")) == {
        "balance_discontinuity": ["2026-01-15"]
    }


async def test_a_statement_that_is_disproved_goes_on_from_what_was_proved(client: Client, ledger: Ledger) -> None:
    """It is complete as far as its period was proved before, without a gap; nothing of it is kept."""
    account = await enabled(client)
    await statement(client, account, "2026-01-05", "2026-01-20")
    ledger.fewer = {"2026-01-25"}

    found = await statement(client, account, "2026-01-10", "2026-01-31")
    before = await statement(client, account, "2026-01-01", "2026-01-31")

    assert found["proof"]["verdict"] == before["proof"]["verdict"] == "disproved"  # type: ignore[index]
    assert (found["complete_through"], before["complete_through"]) == ("2026-01-20", "2025-12-31")
    details = {w["code"]: w["detail"] for w in found["warnings"]}  # type: ignore[attr-defined]
    assert details["statement_not_ready"] == "complete through 2026-01-20, asked through 2026-01-31"
    ledger.fewer = set()
    assert warned(await statement(client, account, "2026-01-26", "2026-01-31")) == {}


async def test_days_that_are_not_final_are_not_kept(client: Client, ledger: Ledger, clock: FixedClock) -> None:
    """Today's row may go again without a word."""
    account = await enabled(client)
    ledger.rows["2026-02-02"] = "5"
    await statement(client, account, "2026-01-20", "2026-02-02")
    del ledger.rows["2026-02-02"]
    clock.moment += timedelta(days=1)

    assert warned(await statement(client, account, "2026-02-03", "2026-02-03"))["statement_not_ready"] == []
    assert "balance_discontinuity" not in warned(await statement(client, account, "2026-02-03", "2026-02-03"))
