"""What is odd about Inter."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec
import pytest

import contracts
from gateway.answers import failure_of
from gateway.connectors.inter import Inter, StatementPage
from gateway.errors import BankFailure, IncoherentPages
from gateway.model import BRASILIA, Counterparty, Period, TransactionType
from simulators.certify.pair import Pair
from simulators.ledger import Fixed, LedgerEntry
from simulators.world import Parameters

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
INTER = Inter(contracts.load("inter"))


def read(*rows):
    """The movements of rows as the bank writes them."""
    body = msgspec.json.encode({"transacoes": list(rows)})
    return list(INTER.movements(msgspec.json.decode(body, type=StatementPage)))


def row(**fields):
    return {"dataTransacao": "2026-03-10", "tipoOperacao": "D", "valor": "1.00", **fields}


@pytest.mark.parametrize(
    ("text", "amount"), [("24.9", "-24.9"), ("1000.00", "-1000.00"), ("0.01", "-0.01"), ("7", "-7")]
)
def test_amounts_are_texts(text, amount):
    """An amount is a text with up to two decimals and is read exactly."""
    assert read(row(valor=text))[0].amount == Decimal(amount)


@pytest.mark.parametrize(
    "wrong",
    [
        {"valor": "-1.00"},
        {"valor": "1,00"},
        {"valor": "NaN"},
        {"valor": "1e3"},
        {"tipoOperacao": "X"},
        {"dataTransacao": "10/03/2026"},
        {"dataTransacao": None},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable amount, direction or day fails the statement."""
    with pytest.raises(BankFailure) as failure:
        read(row(**wrong))
    assert failure.value.code == "unexpected_bank_response"


def test_a_row_may_have_only_what_it_needs():
    """Day, direction and amount suffice; unknown kinds are OUTROS."""
    (movement,) = read({"dataEntrada": "2026-03-10", "tipoOperacao": "C", "valor": "1", "tipoTransacao": "SEGURO"})

    assert (movement.date, movement.type, movement.bank_id) == (date(2026, 3, 10), TransactionType.OUTROS, None)


def test_the_holder_is_not_the_counterparty():
    """The tax id of a PAGAMENTO is the account's own; the payee has only a name."""
    detail = {"cpfCnpj": "11222333000181", "nomeDestinatario": "Energia", "detalheDescricao": "x"}

    assert read(row(detalhes=detail))[0].counterparty == Counterparty(name="Energia")


@pytest.mark.parametrize(("operation", "amount"), [("C", 1), ("D", -1), ("d ", -1), ("CREDITO", 1), ("DEBITO", -1)])
def test_the_direction_is_a_letter_or_a_word(operation, amount):
    """Letters in production; a client's tests have words."""
    assert read(row(tipoOperacao=operation))[0].amount == amount


@pytest.mark.parametrize("name", [None, "", " "])
def test_a_bill_without_a_payee_names_its_issuer(name):
    """Where a PAGAMENTO does not tell the payee, the company that issued the bill is the other party."""
    detail = {"nomeDestinatario": name, "empresaEmissora": "Energia Exemplo SA", "cpfCnpj": "11222333000181"}

    assert read(row(detalhes=detail))[0].counterparty == Counterparty(name="Energia Exemplo SA")


def test_a_detail_wrapped_in_its_kind():
    """The portal's sample has the detail under the name of its kind, production has it as it is."""
    detail = {"nomePagador": "Padaria Modelo", "cpfCnpjPagador": "11222333000181", "devolucoes": []}
    plain, wrapped = read(row(tipoOperacao="C", detalhes=detail), row(tipoOperacao="C", detalhes={"pix": detail}))

    assert plain.counterparty == wrapped.counterparty == Counterparty(name="Padaria Modelo", tax_id="11222333000181")


@pytest.mark.parametrize(
    ("at", "status", "told", "code"),
    [
        ("token", 401, "No registered scope value for this client", "statement_access_denied"),
        ("token", 401, "invalid_scope", "statement_access_denied"),
        ("token", 401, "Cliente inválido", "invalid_credentials"),
        ("statement", 401, "requested scope is not registered for this client", "statement_access_denied"),
        ("statement", 401, "", "invalid_credentials"),
    ],
)
def test_a_permission_that_was_not_given_is_no_wrong_password(at, status, told, code):
    """Both get a 401; the words tell which it is."""
    answer = httpx.Response(status, json={"error_title": told})

    assert failure_of(INTER.contract, at, answer).code == code


@pytest.mark.parametrize(
    "detail", [None, [], "texto", {}, {"nomePagador": 7}, {"pix": None}, {"pix": {}, "boleto": {}}]
)
def test_detail_of_any_form(detail):
    """A detail that is no object, or says nothing, names nobody."""
    assert read(row(detalhes=detail, tipoOperacao="C"))[0].counterparty is None


def test_punctuated_tax_ids():
    """Tax ids are read without punctuation, letters kept."""
    detail = {"cpfCnpjPagador": "84.g7v.suo/0001-28", "nomePagador": "X"}

    assert read(row(detalhes=detail, tipoOperacao="C"))[0].counterparty.tax_id == "84G7VSUO000128"


def test_inclusion_is_an_instant_only_with_a_time():
    """A date-time is the instant of booking in Brasília, a plain date is none."""
    with_time, without = read(row(dataInclusao="2026-03-10 15:02:11.417"), row(dataInclusao="2026-03-10"))

    assert with_time.booked_at == datetime(2026, 3, 10, 15, 2, 11, 417_000, tzinfo=BRASILIA)
    assert without.booked_at is None


def ledger(*movements):
    return Fixed(
        [
            LedgerEntry(booked_at=datetime(2026, 3, day, 12, tzinfo=BRASILIA), amount=Decimal(amount), type="PIX")
            for day, amount in movements
        ]
    )


@pytest.mark.parametrize("reading", ["last_business_day", "same_day"])
def test_weekend_entries_are_proved(reading):
    """A period from Sunday to Saturday is proved although the bank has no balance for either day."""
    pair = Pair(
        "inter",
        NOW,
        source=ledger((6, "10"), (7, "1"), (8, "2"), (14, "4"), (16, "8")),
        parameters=Parameters(readings={"balance_on_holiday": reading}),
    )

    found = pair.read(Period(date(2026, 3, 8), date(2026, 3, 14)))

    assert [entry.amount for entry in found.entries] == [2, 4]
    assert (found.opening_balance, found.closing_balance, found.proof.verdict) == (11, 17, "proved")


def test_the_present_balance_closes_a_period_that_ends_today():
    """For today there is only the present balance."""
    pair = Pair("inter", NOW, source=ledger((10, "10"), (17, "1")))

    assert pair.read(Period(date(2026, 3, 17), NOW.date())).closing_balance == 11


def test_a_long_holiday_ends_the_search_for_a_balance():
    """When no day has a balance of its own, the present one is taken."""
    pair = Pair("inter", NOW, source=ledger((10, "10")))
    found = pair.connector._closing(pair.account, date(2026, 3, 2), NOW.date())
    asked = []
    request = next(found)
    while True:
        asked.append(dict(request.url.params))
        body = {"disponivel": 1} if "dataSaldo" not in asked[-1] else {"disponivel": 1, "dataReferencia": "27/02/2026"}
        try:
            request = found.send(httpx.Response(200, json=body))
        except StopIteration as stop:
            assert stop.value.day == NOW.date()
            break
    assert len(asked) == 7


def test_one_announced_row_that_does_not_come():
    """A period that announces one row and shows none is believed only if the balance did not change."""
    pair = Pair("inter", NOW, source=ledger((9, "5"), (10, "10")))
    pair.world.strike("inter", None, "statement", "lose_page", {"page": 0})

    with pytest.raises(IncoherentPages):
        pair.read(Period(date(2026, 3, 10), date(2026, 3, 11)))


def test_no_token_per_request():
    """Many pages cost one token."""
    pair = Pair("inter", NOW, source=ledger(*[(10, "1")] * 20), page_size=1)

    pair.read(Period(date(2026, 3, 9), date(2026, 3, 13)))

    assert sum(request.url.path.endswith("/token") for request in pair.requests) == 1


@pytest.mark.parametrize("day", ["2026-03-06", "31/12/9999", "31/02/2026", "01/01/1970"])
def test_a_balance_that_cannot_be_read(day):
    """A reference date in another form is an unexpected answer, not a guess."""
    flow = INTER._balance(Pair("inter", NOW).account, date(2026, 3, 8))
    next(flow)
    with pytest.raises(BankFailure):
        flow.send(httpx.Response(200, json={"disponivel": 1, "dataReferencia": day}))
