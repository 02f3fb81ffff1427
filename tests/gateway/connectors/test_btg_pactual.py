"""What is odd about BTG Pactual."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec
import pytest

import contracts
from contracts.fact import Evidence
from gateway.connectors.btg_pactual import BtgPactual, Listed, StatementPage
from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import OPTIONAL, converse
from gateway.judgement import failure_of
from gateway.model import (
    BRASILIA,
    Account,
    AvailableBalance,
    Counterparty,
    Credentials,
    Period,
    TransactionType,
    Verdict,
)
from simulators.certify.pure_harness import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.world import Parameters

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
BTG = BtgPactual(contracts.load("btg_pactual"))
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))
ACCOUNT = Account(
    id="a",
    bank="btg_pactual",
    kind="PJ",
    branch="0050",
    number="1234567",
    holder_tax_id="11222333000181",
    credentials=Credentials({"client_id": "a", "client_secret": "b", "account_id": "given"}),
)
PATH = "/11222333000181/banking/accounts/given/statements"
OPEN = Account(**{**msgspec.structs.asdict(ACCOUNT), "credentials": Credentials({})})


def read(*rows, day="2026-03-10"):
    """The movements of a day's rows as the bank writes them."""
    body = msgspec.json.encode({"data": {"dailyMovements": [{"date": day, "movements": list(rows)}]}})
    return list(BTG.movements(msgspec.json.decode(body, type=StatementPage)))


def row(**fields):
    return {"amount": 1.5, "type": "credit", **fields}


def days(*listed, link=None):
    """An answer with these days, each with one row."""
    body = {"data": {"dailyMovements": [{"date": day, "movements": [row()]} for day in listed]}}
    return httpx.Response(200, json=body | ({"links": {"next": link}} if link else {}))


def in_turn(*answers):
    """Give one answer after the other; none to what the connector can do without."""
    left = iter(answers)
    return lambda request: httpx.Response(404) if request.extensions.get(OPTIONAL) else next(left)


def fetch(*answers, account=ACCOUNT):
    """The pages of a conversation with these answers, and what was asked."""
    asked, answer = [], in_turn(*answers)

    def noted(request):
        asked.append(request)
        return answer(request)

    pages, _ = converse(BTG.reading(account, WEEK, NOW.date()), noted)
    return pages, [request for request in asked if not request.extensions.get(OPTIONAL)]


@pytest.mark.parametrize(
    ("fields", "amount"),
    [
        ({"amount": 49, "type": "debit"}, "-49"),
        ({"amount": 1250.4}, "1250.4"),
        *(({"amount": written}, "1250.40") for written in ("1250.40", "1250,40", "1.250,40")),
        ({"amount": {"amount": "1.250,40"}}, "1250.40"),
        ({"amount": -3.1, "type": "debit"}, "-3.1"),
        ({"amount": {"amount": 2, "currency": "BRL"}, "type": "DEBIT "}, "-2"),
        ({"amount": {"amount": 2}}, "2"),
        *(({"amount": {"amount": 2, "currency": currency}}, "2") for currency in ("brl", "BRL ", "R$", "", None)),
        ({"amount": 0, "type": "debit"}, "0"),
    ],
)
def test_amounts_are_short_and_have_their_sign_from_the_type(fields, amount):
    """Whole reais have no decimals; an object may stand in place of a number; zero is a movement too."""
    assert read(row(**fields))[0].amount == Decimal(amount)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": -1},
        {"type": "transfer"},
        {"type": ""},
        {"amount": 1e300},
        {"amount": {"amount": 1, "currency": "USD"}},
        {"amount": {"amount": 1, "currency": 986}},
        {"amount": None},
        {"amount": ""},
        {"amount": "1.555"},
        {"amount": 1.555},
        {"amount": "1,250.40"},
    ],
)
def test_what_cannot_be_read_is_a_failure(wrong):
    """No row is dropped or guessed: a credit with a minus sign, an unknown direction, another currency."""
    with pytest.raises(BankFailure) as caught:
        read(row(**wrong))

    assert caught.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("missing", ["amount", "type"])
def test_a_row_needs_amount_and_type(missing):
    """Without them there is no entry."""
    broken = row()
    del broken[missing]

    with pytest.raises(msgspec.ValidationError):
        read(broken)


def test_the_day_is_the_groups():
    """An hour of the evening before stays what it is, and does not move the entry."""
    movement = read(row(dateHour="2026-03-09T23:59:58"), day="2026-03-10T00:00:00-03:00")[0]

    assert movement.date == date(2026, 3, 10)
    assert movement.booked_at == datetime(2026, 3, 9, 23, 59, 58, tzinfo=BRASILIA)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Pix recebido - ALFA", TransactionType.PIX),
        ("PIX ENVIADO", TransactionType.PIX),
        ("Devolução do pix enviado para ANA", TransactionType.PIX),
        ("Devolucao de Pix", TransactionType.PIX),
        ("Devolução de venda", TransactionType.OUTROS),
        ("TED recebida", TransactionType.TED),
        ("Pagamento de boleto", TransactionType.BOLETO),
        ("Liquidacao de boleto 12", TransactionType.BOLETO),
        ("Tarifa de manutencao", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("Pixel Ltda", TransactionType.OUTROS),
        ("Compra com Pix", TransactionType.OUTROS),
        ("Boleto pago por ALFA LTDA", TransactionType.BOLETO),
        ("Pagamento de conta / tributo - DARF", TransactionType.CONVENIO_ARRECADACAO),
        ("Rendimento líquido", TransactionType.RENDIMENTO_APLIC_FINANCEIRA),
        ("COMPRA NO CARTAO", TransactionType.CARTAO),
        (None, TransactionType.OUTROS),
    ],
)
def test_the_kind_is_told_by_the_first_words(text, kind):
    """Only by those; the direction never is."""
    movement = read(row(description=text, type="debit"))[0]

    assert (movement.type, movement.amount) == (kind, Decimal("-1.5"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Pix enviado para Ana Sá de Teste", "Ana Sá de Teste"),
        ("Devolução do pix enviado para ANA SÁ DE TESTE ", "ANA SÁ DE TESTE"),
        ("Pix recebido de ALFA LTDA", "ALFA LTDA"),
        ("DEVOLUCAO DO PIX RECEBIDO DE ALFA LTDA", "ALFA LTDA"),
        ("TED recebida de ALFA LTDA", "ALFA LTDA"),
        ("Ted enviado para ALFA LTDA", "ALFA LTDA"),
        ("Devolução da TED enviada para ALFA LTDA", "ALFA LTDA"),
        ("Pagamento de boleto enviado para ALFA LTDA", "ALFA LTDA"),
        ("Boleto pago por ALFA LTDA", "ALFA LTDA"),
        ("Pix enviado para ", None),
        ("Pix enviado", None),
        ("Pagamento de boleto", None),
        ("Pix recebido - ALFA", None),
        ("Tarifa de Pix enviado para Ana", None),
        (None, None),
    ],
)
def test_a_text_names_the_other_party(text, name):
    """In the forms that were seen; no other text names anybody."""
    movement = read(row(description=text, type="debit"))[0]

    assert movement.counterparty == (Counterparty(name=name) if name else None)


def test_an_id_nobody_knows_is_not_taken():
    """Entries keep their identity when ids appear one day."""
    assert read(row(transactionId="x", id="y")) == read(row())


@pytest.mark.parametrize(
    ("listed", "same"),
    [
        ({"accountId": "x", "bankCode": "208", "branchCode": "50", "number": "001234567"}, True),
        ({"accountId": "x", "bankCode": 208, "branchCode": 50, "number": 1234567}, True),
        ({"accountId": "11222333000181-208-50-001234567"}, True),
        ({"accountId": "x", "bankCode": "30306294", "branchCode": "0050-1", "number": "123456-7"}, True),
        ({"accountId": "x", "bankCode": 208.0, "branchCode": 50.0, "number": 1234567.0}, True),
        ({"accountId": "11222333000181-208-50-001234567", "bankCode": "BTG Pactual", "number": None}, True),
        ({"accountId": "11222333000181-208-50-001234567", "bankCode": "341"}, False),
        ({"accountId": "11222333000181-208-51-001234567"}, False),
        ({"accountId": "opaque", "branchCode": "50", "number": "1234567"}, False),
        ({"accountId": "x", "bankCode": "208", "branchCode": "50", "number": "1234568"}, False),
    ],
)
def test_accounts_are_compared_without_zeros(listed, same):
    """Bank, branch and number must agree; what the list leaves out is read from the id."""
    assert msgspec.convert(listed, Listed).is_account("0050", "1234567") is same


def test_the_list_is_asked_only_for_an_unknown_id():
    """An account id that was typed in is used as it is."""
    assert [r.url.path for r in fetch(days())[1]] == ["/11222333000181/banking/accounts/given/statements"]

    listed = [{"data": [{"accountId": "1-208-50-1234567"}]}, {"accountId": "1-208-50-7"}]
    _, asked = fetch(httpx.Response(200, json=listed), days(), account=OPEN)
    assert [r.url.path for r in asked] == [
        "/11222333000181/banking/accounts",
        "/11222333000181/banking/accounts/1-208-50-1234567/statements",
    ]


@pytest.mark.parametrize("account_id", ["31/12/9999", "..", "a?b", "a#b", "a b", "é"])
def test_an_id_that_is_no_segment_of_a_path_is_a_failure_of_the_bank(account_id):
    """It is not sent, and no defect of the gateway."""
    listed = {"accountId": account_id, "bankCode": "208", "branchCode": "50", "number": "1234567"}
    with pytest.raises(BankFailure) as raised:
        fetch(httpx.Response(200, json=[listed]), account=OPEN)
    assert raised.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    "listed",
    [
        {"data": {"accountId": "1-208-50-1234567"}},
        {"accounts": [{"accountId": "1-208-50-1234567"}]},
        [{"accountId": None, "bankCode": "208"}, {"accountId": "1-208-50-1234567"}],
        {"data": {"data": [{"accountId": "1-208-50-1234567", "number": 1234567}]}},
    ],
)
def test_lists_in_other_envelopes(listed):
    """One account in place of a list, another name of the list, and an account without an id beside the others."""
    _, asked = fetch(httpx.Response(200, json=listed), days(), account=OPEN)

    assert asked[-1].url.path.endswith("/accounts/1-208-50-1234567/statements")


def test_an_id_that_is_a_number():
    """It is written into the address as it came."""
    listed = [{"accountId": 77, "bankCode": "208", "branchCode": "50", "number": "1234567"}]

    _, asked = fetch(httpx.Response(200, json=listed), days(), account=OPEN)

    assert asked[-1].url.path.endswith("/accounts/77/statements")


@pytest.mark.parametrize("listed", [{}, [{"number": "1"}], [{"data": [{}]}], {"data": None}, ["x"]])
def test_a_list_that_is_none_is_unexpected(listed):
    """It is not taken for a list without the account."""
    with pytest.raises(BankFailure) as caught:
        fetch(httpx.Response(200, json=listed), account=OPEN)

    assert (caught.value.code, caught.value.at) == ("unexpected_bank_response", "accounts")


def test_an_account_listed_under_two_ids():
    """Which of the two is not guessed; the same one twice is one."""
    one, other = {"accountId": "1-208-50-1234567"}, {"accountId": "2-208-50-1234567"}

    with pytest.raises(BankFailure, match="two ids"):
        fetch(httpx.Response(200, json=[one, other]), account=OPEN)
    assert fetch(httpx.Response(200, json=[one, one]), days(), account=OPEN)


ONE = {"date": "2026-03-10", "movements": [row()]}


@pytest.mark.parametrize(
    ("data", "count"),
    [
        ([], 0),
        ([{"dailyMovements": [ONE]}], 1),
        ([{"dailyMovements": [ONE]}, {"dailyMovements": [ONE | {"date": "2026-03-11"}]}], 2),
        ([ONE], 1),
        (ONE, 1),
        ({"dailyMovements": ONE}, 1),
        ({"dailyMovements": [ONE | {"movements": row()}]}, 1),
        ({"dailyMovements": None}, 0),
        ({"dailyMovements": [{"date": "2026-03-10", "balance": 1}]}, 0),
        ({"accountNumber": 1, "balance": {"final": 1}}, 0),
    ],
)
def test_the_days_in_other_envelopes(data, count):
    """The bank's other lists stand in `data` themselves; one day or one row may stand in place of a list."""
    amounts, _ = balances_of(httpx.Response(200, json={"data": data}))

    assert len(amounts) == count


@pytest.mark.parametrize(
    "data",
    [
        {"transactions": [row()]},
        {"data": {"dailyMovements": [ONE]}},
        {"statement": {"account": {"days": {"items": [ONE]}}}},
        {"dailyMovements": [{"date": "2026-03-10", "entries": [row()]}]},
        {"dailyMovements": [{"date": "2026-03-10", "entries": {"items": [row()]}}]},
        [row(date="2026-03-10")],
        [{}],
        [{"balance": 1}],
        None,
        "x",
        [[]],
    ],
)
def test_a_list_that_is_not_of_days_is_no_empty_period(data):
    """What stands in their place is not passed over."""
    with pytest.raises(BankFailure) as caught:
        fetch(httpx.Response(200, json={"data": data}))

    assert caught.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    "links",
    [
        {"next": {"href": "?pageNumber=2"}},
        [{"rel": "self", "href": "?"}, {"rel": "next", "href": "?pageNumber=2"}],
        {"previous": None, "next": " ?pageNumber=2 "},
    ],
)
def test_links_in_other_forms(links):
    """They are followed; nothing that leads on is passed over."""
    first = httpx.Response(200, json={"data": {"dailyMovements": [ONE]}, "links": links})

    pages, asked = fetch(first, days("2026-03-11"))

    assert (len(pages), asked[-1].url.params["pageNumber"]) == (2, "2")


@pytest.mark.parametrize(
    "links", [None, {}, [], {"next": None}, {"next": ""}, {"next": {"href": None}}, [{"rel": "self"}]]
)
def test_links_that_lead_nowhere_end_the_list(links):
    """In whatever form."""
    assert len(fetch(httpx.Response(200, json={"data": {"dailyMovements": [ONE]}, "links": links}))[0]) == 1


def test_a_link_that_is_none():
    """What should lead on and cannot be followed is no end."""
    with pytest.raises(BankFailure, match="no text"):
        fetch(httpx.Response(200, json={"data": {"dailyMovements": [ONE]}, "links": {"next": 2}}))


@pytest.mark.parametrize("listed", [("2026-03-08",), ("2026-03-14",), ("2026-03-10", "2026-03-14")])
def test_days_must_be_those_asked_for(listed):
    """Another day is no statement."""
    with pytest.raises(IncoherentPages):
        fetch(days(*listed))


def grouped(*groups, link=None):
    """An answer with groups of rows, each with its day."""
    listed = [{"date": day, "movements": [row(**each) for each in rows]} for day, *rows in groups]
    body = {"data": {"dailyMovements": listed}}
    return httpx.Response(200, json=body | ({"links": {"next": link}} if link else {}))


def balances_of(*answers):
    """The entries' amounts of a conversation, and what contradicts them."""
    pages, balances = converse(BTG.reading(ACCOUNT, WEEK, NOW.date()), in_turn(*answers))
    return [movement.amount for page in pages for movement in BTG.movements(page)], balances.contradictions


@pytest.mark.parametrize(
    ("answers", "count", "doubts"),
    [
        ([grouped(("2026-03-10", {"amount": 1}), ("2026-03-10T00:00:00", {"amount": 2}))], 2, 0),
        ([grouped(("2026-03-10", {"amount": 1}), ("2026-03-11", {}), ("2026-03-10", {"amount": 2}))], 3, 0),
        ([grouped(("2026-03-10", {}, {}), ("2026-03-10",))], 2, 0),
        ([grouped(("2026-03-10", {"id": "a"}), ("2026-03-10", {"id": "b"}))], 2, 0),
        ([grouped(("2026-03-10", {}), ("2026-03-10", {}))], 2, 1),
        ([grouped(("2026-03-10", {"id": "a"}), ("2026-03-10", {"id": "a"}))], 2, 1),
        ([grouped(("2026-03-10", {}), link="?p=2"), grouped(("2026-03-10", {}))], 2, 1),
        ([grouped(("2026-03-10", {"id": "a"}), link="?p=2"), grouped(("2026-03-10", {"id": "b"}))], 2, 0),
        (
            [
                grouped(("2026-03-10", {"amount": 1}), ("2026-03-11", {}), link="?p=2"),
                grouped(("2026-03-12", {}), ("2026-03-10", {"amount": 2})),
            ],
            4,
            0,
        ),
    ],
)
def test_groups_of_a_day_are_joined(answers, count, doubts):
    """Only what is equal in two of them may be one row that came twice: it is given, and nothing is proved."""
    amounts, contradictions = balances_of(*answers)

    assert len(amounts) == count
    assert [each.evidence for each in contradictions] == [Evidence.ASSUMED] * doubts


def test_a_page_that_comes_again_is_noticed():
    """Rows of an earlier page are no new ones."""
    first, second = ("2026-03-10", {}), ("2026-03-11", {})

    for begins in ("2026-03-11", "2026-03-12"):
        with pytest.raises(IncoherentPages, match="twice"):
            fetch(grouped(first, second, link="?p=2"), grouped((begins, {"amount": 9}), first))
    with pytest.raises(IncoherentPages, match="twice"):
        fetch(grouped(first, link="?p=2"), grouped(("2026-03-10", {"amount": 9}), link="?p=3"), grouped(first))


def test_a_day_that_cannot_be_read():
    """It is told as a failure before anything is handed over."""
    with pytest.raises(BankFailure, match="cannot be read"):
        fetch(days("10/03/2026"))


def test_links_are_followed_within_the_same_question():
    """Both dates are asked again; a page may end within a day."""
    pages, asked = fetch(
        days("2026-03-09", "2026-03-10", link="?pageNumber=2"),
        days("2026-03-10", link="https://api.empresas.btgpactual.com" + PATH + "?pageNumber=3&startDate=2026-03-09"),
        days("2026-03-12"),
    )

    assert len(pages) == 3
    assert [dict(r.url.params).get("pageNumber") for r in asked] == [None, "2", "3"]
    assert {(r.url.params["startDate"], r.url.params["endDate"]) for r in asked} == {("2026-03-09", "2026-03-13")}


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example" + PATH + "?pageNumber=2",
        "/11222333000181/banking/accounts/other/statements?pageNumber=2",
        "?startDate=2026-03-10",
        "https://api.empresas.btgpactual.com:port/",
    ],
)
def test_links_that_lead_elsewhere(link):
    """To another host, another account, other days, or nowhere at all."""
    with pytest.raises(BankFailure) as caught:
        fetch(days("2026-03-10", link=link), days("2026-03-11"))

    assert caught.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    "answers",
    [
        (days("2026-03-10", link="?pageNumber=2"), days("2026-03-11", link="?pageNumber=2")),
        (days(link="?pageNumber=2"),),
        (days("2026-03-10", link="?pageNumber=2"), days("2026-03-09", link="?pageNumber=3"), days("2026-03-10")),
    ],
)
def test_links_that_lead_round(answers):
    """Back to a page that was read, on from an empty page, back to a day that is over."""
    with pytest.raises(IncoherentPages):
        fetch(*answers)


def test_the_present_balance_proves_nothing():
    """A period that ends today is not proved either; the balance is asked for last, and told with its instant."""
    pair = PureHarness("btg_pactual", NOW)

    statement = pair.read(Period(date(2026, 3, 17), NOW.date()))

    assert [r.extensions["operation"] for r in pair.requests] == ["token", "accounts", "statement", "balance"]
    assert statement.proof.verdict is Verdict.NOT_PROVABLE
    assert "available balance" in statement.proof.reason
    assert (statement.opening_balance, statement.closing_balance) == (None, None)
    assert statement.available_balance == AvailableBalance(pair.simulated.ledger.balance_at(NOW), NOW)


def available(answer, account_id="given"):
    """What is made of an answer about the present balance, given as JSON or as a response."""
    response = answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)
    replies = iter([days("2026-03-10"), response])
    _, balances = converse(BTG.reading(ACCOUNT, WEEK, NOW.date()), lambda _: next(replies))
    return balances.available


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        ({"available": {"amount": 1111.5, "currency": "BRL"}}, "1111.5"),
        ({"accountId": "given", "available": {"amount": "-3.10", "currency": "R$"}}, "-3.1"),
        ({"accountId": None, "available": 7, "blocked": {"amount": 9}}, "7"),
        ({"data": {"accountId": "given", "available": {"amount": 2}}}, "2"),
        ([{"accountId": "other", "available": {"amount": 1}}, {"accountId": "given", "available": {"amount": 2}}], "2"),
        ({"data": [{"data": [{"accountId": "given", "available": {"amount": 2, "currency": None}}]}]}, "2"),
    ],
)
def test_the_available_amount_is_read_in_the_forms_of_the_other_calls(sent, amount):
    """In an object or bare, in an envelope or without; what is blocked is not added."""
    assert available(sent) == Decimal(amount)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        [],
        {"data": None},
        {"available": None},
        {"available": "R$ 5"},
        {"available": {"amount": 1e300}},
        {"available": {"amount": 1, "currency": "USD"}},
        {"accountId": "other", "available": {"amount": 1}},
        [{"available": 1}, {"available": 2}],
        httpx.Response(200, text="<html>"),
        httpx.Response(200),
        httpx.Response(302, headers={"location": "/"}),
        *(httpx.Response(status, json={}) for status in (400, 401, 403, 404, 429, 500, 503)),
    ],
)
def test_what_is_no_balance_of_the_account_withholds_nothing(sent):
    """The statement is given without it."""
    assert available(sent) is None


@pytest.mark.parametrize(
    "readings",
    [{name: other} for name, reading in contracts.load("btg_pactual").readings.items() for other in reading.others],
)
def test_every_reading_gives_the_same_statement(readings):
    """Whichever form the bank turns out to have."""
    one = LedgerEntry(
        booked_at=datetime(2026, 3, 11, 9, tzinfo=BRASILIA),
        amount=Decimal("10.00"),
        type="PIX",
        description="Pix recebido",
    )
    source = Fixed([one, one, msgspec.structs.replace(one, booked_at=datetime(2026, 3, 12, 9, tzinfo=BRASILIA))])
    for period in (WEEK, Period(date(2026, 3, 1), date(2026, 3, 2))):
        expected = PureHarness("btg_pactual", NOW, source=source).read(period)
        parameters = Parameters(readings=readings, page_size=1, token_uses=2)
        found = PureHarness("btg_pactual", NOW, source=source, parameters=parameters).read(period)
        assert list(map(common, found.entries)) == list(map(common, expected.entries))


def common(entry):
    """What every form of a row tells of an entry: all but the end-to-end id."""
    return msgspec.structs.replace(entry, end_to_end_id=None)


# --- nothing that the bank says is dropped


def test_every_text_is_found_in_the_entry():
    """Each text of a full row; `id` alone is none, for nobody has seen it kept."""
    sent = {
        "description": "umtexto",
        "descriptionDetails": "detalhe",
        "category": {"name": "CATEGORIA", "id": "codigo", "more": [{"name": "outra"}]},
        "endToEndId": "E-de-outra-forma",
    }

    (movement,) = read(row(id="x", **sent))

    for text in ("umtexto", "detalhe", "CATEGORIA", "codigo", "outra", "E-de-outra-forma"):
        assert text in movement.description


def test_receivables_of_two_brands():
    """What differs only in the details is two entries that differ; the acquirer is the other party."""
    category = {"name": "CARD_RECEIVABLES"}
    rows = [
        row(category=category, descriptionDetails=f"ADQUIRENTE S.A. - {brand} | CNPJ: 11.222.333/0001-81")
        for brand in ("VisaCredit", "EloDebit")
    ]

    visa, elo = read(*rows)

    assert visa.description != elo.description
    assert visa.type == elo.type == TransactionType.CARTAO
    assert visa.counterparty == elo.counterparty == Counterparty(name="ADQUIRENTE S.A.", tax_id="11222333000181")


@pytest.mark.parametrize("details", ["ADQUIRENTE", "- Visa | CNPJ: 1", "Visa | CNPJ: 11222333000181", 7, {}, ["A - B"]])
def test_details_of_another_form_name_nobody(details):
    """They are told all the same, where they are texts."""
    assert read(row(descriptionDetails=details))[0].counterparty is None


def test_the_end_to_end_id_of_a_pix():
    """Of a Pix, and of its return."""
    for one in ("E30306294202603101214abcdefghijk", "D30306294202603101214abcdefghijk"):
        movement = read(row(description="Pix recebido", endToEndId=one))[0]

        assert (movement.end_to_end_id, movement.description) == (one, "Pix recebido")


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        ("CREDIT", "1.5"),
        ("Crédito", "1.5"),
        ("Entrada", "1.5"),
        ("CRDT", "1.5"),
        ("dbit", "-1.5"),
        ("Debit", "-1.5"),
        ("D", "-1.5"),
        ("SAÍDA ", "-1.5"),
    ],
)
def test_the_direction_in_other_spellings(sent, amount):
    """Compared without case and accents."""
    assert read(row(type=sent))[0].amount == Decimal(amount)


def test_a_text_with_three_decimals_is_no_amount():
    """It may be a thousand and a half."""
    with pytest.raises(BankFailure):
        read(row(amount="1.555"))


@pytest.mark.parametrize(
    ("text", "doubts"),
    [
        ("SALDO ANTERIOR", 1),
        ("Saldo do dia", 1),
        ("Saldo de venda 12", 0),
        ("Saldo anterior FGTS", 0),
        (None, 0),
        (7, 0),
    ],
)
def test_a_row_that_is_called_a_balance_is_noticed(text, doubts):
    """It may be one, and no balance would tell: it is given, not final. What only begins so is a movement."""
    amounts, contradictions = balances_of(grouped(("2026-03-10", {"description": text})))

    assert len(amounts) == 1
    assert [each.evidence for each in contradictions] == [Evidence.ASSUMED] * doubts


def test_texts_that_came_as_something_else():
    """Numbers, objects and lists are told like any other; a blank instant is none."""
    assert read(row(description=12))[0].description == "12"
    assert read(row(description={"title": "Pix", "parts": ["A", "B"]}))[0].description == "Pix A B"
    assert read(row(description=1.5, category=7, endToEndId=99.0))[0].description == "1.5 - 7 - 99"
    assert read(row(dateHour=" "))[0].booked_at is None


@pytest.mark.parametrize("sent", ["yesterday", "10/03/2026 09:14", 1773154800000, {"at": "noon"}, ["noon"]])
def test_an_instant_that_cannot_be_read_withholds_nothing(sent):
    """The day is the group's: what stands in place of an instant is told, and tells rows apart."""
    movement = read(row(description="Pix", dateHour=sent))[0]

    assert movement.date == date(2026, 3, 10)
    assert movement.booked_at is None
    assert movement.description != "Pix"
    assert movement.content != read(row(description="Pix"))[0].content


def test_an_instant_in_a_list_of_one():
    """It is read as if it stood alone."""
    listed, alone = read(row(dateHour=["2026-03-10T09:14:22"]), row(dateHour="2026-03-10T09:14:22"))

    assert listed == alone


def test_a_day_in_place_of_an_instant():
    """It is none, for it would be midnight; an id that was made of it stays."""
    movement, at_midnight = read(row(dateHour="2026-03-10"), row(dateHour="2026-03-10T00:00:00"))

    assert (movement.booked_at, movement.description) == (None, "")
    assert movement.content == at_midnight.content


def test_numbers_of_a_movement_are_told():
    """The model of a client has a reference of the payer and three numbers; none is part of the entry's identity."""
    details = {
        "originId": "ab-1",
        "barcode": "34191790010104351004791020150008291070026000",
        "ourNumber": 109,
        "x": None,
    }
    movement, plain = read(row(description="Boleto", txId="ped0001", details=details), row(description="Boleto"))

    assert movement.description == (
        "Boleto - ped0001 - ab-1 - barcode 34191790010104351004791020150008291070026000 - ourNumber 109"
    )
    assert movement.content == plain.content
    assert read(row(description="Boleto", details="lote 7"))[0].description == "Boleto - lote 7"
    assert read(row(description="Boleto", details=[], txId=0))[0].description == "Boleto"


def test_a_text_with_blanks_before_it_names_the_other_party():
    """Blanks at its beginning say nothing."""
    assert read(row(description="  Pix recebido de ALFA LTDA"))[0].counterparty.name == "ALFA LTDA"


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Please update your registration"},
        {"message": "The mandate failed validation"},
        {"date": "2026-03-10", "message": "Falha"},
    ],
)
def test_words_that_only_contain_the_one_for_a_date(body):
    """They do not send the user to change the period."""
    failure = failure_of(BTG.contract, "statement", httpx.Response(400, json=body))

    assert failure.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    "body", [{"field": "startDate"}, {"errors": {"endDate": "must not be null"}}, {"message": "Invalid date"}]
)
def test_words_for_a_date(body):
    """The request has nothing but its two dates."""
    assert failure_of(BTG.contract, "statement", httpx.Response(400, json=body)).code == "period_out_of_range"
