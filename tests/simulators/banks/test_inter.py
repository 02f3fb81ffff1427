"""What the simulated Inter refuses, and how."""

import base64
from datetime import datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from simulators.bank import HandshakeRefused
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.clock import BRASILIA
from simulators.ledger import Fixed, LedgerEntry
from simulators.world import Parameters

HOST = "https://cdpj.partners.bancointer.com.br"


@pytest.fixture
def harness():
    return PureHarness("inter", NOW)


def ask(harness, path, *, token="", method="GET", certificate=True, **more):
    request = httpx.Request(method, HOST + path, **more)
    if certificate:
        request.extensions["client_certificate"] = harness.simulated.credentials["certificate"]
    if token:
        request.headers["authorization"] = f"Bearer {token}"
    return harness.bank.answer(request)


def token_of(harness, **form):
    held = harness.simulated.credentials
    data = {
        "client_id": held["client_id"],
        "client_secret": held["client_secret"],
        "grant_type": "client_credentials",
        "scope": "extrato.read",
        **form,
    }
    return ask(harness, "/oauth/v2/token", method="POST", data=data)


@pytest.fixture
def token(harness):
    return token_of(harness).json()["access_token"]


@pytest.fixture
def token_of_crowd():
    """An account with more entries in a day than its pages reach, and a token for it."""
    moment = datetime(2026, 3, 10, 12, tzinfo=BRASILIA)
    paid = LedgerEntry(booked_at=moment, amount=Decimal(1), type="PIX")
    crowd = PureHarness("inter", NOW, source=Fixed([paid] * 12_001))
    return crowd, token_of(crowd).json()["access_token"]


@pytest.mark.parametrize(
    "written", ["application/x-www-form-urlencoded", "Application/X-WWW-Form-URLEncoded; charset=UTF-8"]
)
def test_a_form_by_any_writing_of_its_type(harness, written):
    """Names of media types have no case (RFC 9110 section 8.3.1)."""
    held = harness.simulated.credentials
    body = f"scope=extrato.read&grant_type=client_credentials&client_secret={held['client_secret']}"
    body += f"&client_id={held['client_id']}"

    found = ask(harness, "/oauth/v2/token", method="POST", content=body, headers={"content-type": written})

    assert found.status_code == 200


def test_no_certificate_no_handshake(harness):
    """Without a client certificate there is no HTTP at all."""
    with pytest.raises(HandshakeRefused):
        ask(harness, "/banking/v2/saldo", certificate=False)


def test_the_plain_port_has_no_handshake(harness):
    """On the port without TLS no certificate can be shown, and none is asked for."""
    assert ask(harness, "/banking/v2/saldo", certificate=False, extensions={"plain": True}).status_code == 401


@pytest.mark.parametrize("form", [{"client_secret": "no"}, {"client_id": "no"}])
def test_wrong_client(harness, form):
    """Wrong client id or secret get 401."""
    assert token_of(harness, **form).status_code == 401


@pytest.mark.parametrize(
    ("form", "status"),
    [({"grant_type": "password"}, 400), ({"scope": "cartao.read conta.read"}, 401), ({"scope": ""}, 401)],
)
def test_wrong_token_request(harness, form, status):
    """Another grant gets 400, scopes of which the application has none 401."""
    assert token_of(harness, **form).status_code == status


@pytest.mark.parametrize("asked", ["cartao.read extrato.read", "extrato.read cartao.read fatura.read"])
def test_scopes_of_which_the_application_has_some(harness, asked):
    """Its token is good for those, and names them alone."""
    found = token_of(harness, scope=asked)

    assert (found.status_code, found.json()["scope"]) == (200, "extrato.read")


def test_a_token_for_more_than_statements(harness):
    """Clients ask for all scopes they may ever need; without the statement's own the token reads none."""
    asked = "extrato.read saldo.read pagamento-boleto.write cob.read extrato-usend.read"
    wide, other = token_of(harness, scope=asked).json(), token_of(harness, scope="pix.read").json()

    assert wide["scope"] == asked
    assert ask(harness, "/banking/v2/saldo", token=wide["access_token"]).status_code == 200
    assert ask(harness, "/banking/v2/saldo", token=other["access_token"]).status_code == 403


def test_another_applications_certificate(harness):
    """A certificate of another application is refused even with the right secret."""
    other = harness.bank.open_account("87654321")
    held = harness.simulated.credentials
    request = httpx.Request(
        "POST", f"{HOST}/oauth/v2/token", data={"client_id": held["client_id"], "client_secret": held["client_secret"]}
    )
    request.extensions["client_certificate"] = other.credentials["certificate"]

    assert harness.bank.answer(request).status_code == 401


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "dataInicio"),
        ({"dataInicio": "2026-03-01"}, "dataFim"),
        ({"dataInicio": "01/03/2026", "dataFim": "2026-03-02"}, "dataInicio"),
        ({"dataInicio": "2026-03-03", "dataFim": "2026-03-02"}, "dataInicio"),
        ({"dataInicio": "2025-12-01", "dataFim": "2026-03-02"}, "dataFim"),
        ({"dataInicio": "2026-03-03", "dataFim": "2026-03-19"}, "dataFim"),
        ({"dataInicio": "2026-03-01", "dataFim": "2026-03-02", "tamanhoPagina": "10001"}, "tamanhoPagina"),
        ({"dataInicio": "2026-03-01", "dataFim": "2026-03-02", "tamanhoPagina": "0"}, "tamanhoPagina"),
        ({"dataInicio": "2026-03-01", "dataFim": "2026-03-02", "pagina": "-1"}, "pagina"),
        ({"dataInicio": "2026-03-01", "dataFim": "2026-03-02", "tipoOperacao": "CREDITO"}, "tipoOperacao"),
    ],
)
def test_wrong_parameters_are_named(harness, token, query, field):
    """A wrong parameter gets a problem that names it."""
    answer = ask(harness, "/banking/v2/extrato/completo", token=token, params=query)

    assert answer.status_code == 400
    assert [violation["propriedade"] for violation in answer.json()["violacoes"]] == [field]


def test_another_account(harness, token):
    """An account that is not the application's gets 403."""
    assert ask(harness, "/banking/v2/saldo", token=token, headers={"x-conta-corrente": "1"}).status_code == 403


def test_one_page_past_the_end(harness, token):
    """The page after the last is empty, as the bank's SDKs need it."""
    query = {"dataInicio": "2026-03-01", "dataFim": "2026-03-02", "pagina": "99"}

    assert ask(harness, "/banking/v2/extrato/completo", token=token, params=query).json()["transacoes"] == []


@pytest.mark.parametrize("scroll", [{}, {"scrollEnabled": "true"}])
def test_the_filters(harness, token, scroll):
    """Only credits or debits, or one kind of row, in pages and in scrolls; an empty filter is none."""
    query = {"dataInicio": "2026-03-01", "dataFim": "2026-03-17", "tamanhoPagina": "1000", **scroll}

    def rows(**filters):
        params = query | filters
        return ask(harness, "/banking/v2/extrato/completo", token=token, params=params).json()["transacoes"]

    assert {row["tipoOperacao"] for row in rows(tipoOperacao="D")} == {"D"}
    assert {row["tipoTransacao"] for row in rows(tipoTransacao="PIX")} == {"PIX"}
    assert rows(tipoTransacao="SEGURO") == []
    assert len(rows(tipoOperacao="", tipoTransacao="")) > len(rows(tipoOperacao="C"))


def test_names_of_the_details(harness, token):
    """A detail has the documented names of its kind and no others; every value is a text."""
    query = {"dataInicio": "2026-03-01", "dataFim": "2026-03-17", "tamanhoPagina": "1000"}
    rows = ask(harness, "/banking/v2/extrato/completo", token=token, params=query).json()["transacoes"]
    found = {}
    for row in rows:
        found.setdefault((row["tipoTransacao"], row["tipoOperacao"]), set()).update(row.get("detalhes", {}))

    assert not {"agenciaPagador", "contaBancariaPagador"} & found["PIX", "C"]
    assert {"agenciaRecebedor", "contaBancariaRecebedor", "nomeEmpresaRecebedor"} <= found["PIX", "D"]
    assert "bancoRecebedor" in found["TRANSFERENCIA", "D"]
    assert not found["SAQUE", "D"]
    assert all(isinstance(value, str) for row in rows for value in row.get("detalhes", {}).values())


def test_a_token_expires(harness, token):
    """After an hour, or an account's own time, the token is refused without a body."""
    harness.clock.advance(timedelta(seconds=3599))
    assert ask(harness, "/banking/v2/saldo", token=token).status_code == 200
    harness.clock.advance(timedelta(seconds=1))
    refused = ask(harness, "/banking/v2/saldo", token=token)
    assert (refused.status_code, refused.content) == (401, b"")


def test_a_token_of_few_uses():
    """A token may be limited to some uses."""
    harness = PureHarness("inter", NOW, parameters=Parameters(token_uses=1))
    token = token_of(harness).json()["access_token"]

    assert [ask(harness, "/banking/v2/saldo", token=token).status_code for _ in range(2)] == [200, 401]


def test_a_write_is_answered_and_recorded(harness, token):
    """A payment is answered like the bank and stands in the journal as a write."""
    assert ask(harness, "/banking/v2/pix", token=token, method="POST", json={}).status_code == 200
    assert harness.world.journal.records[-1].write


def test_unknown_paths(harness):
    """What the bank does not have gets its problem body."""
    assert ask(harness, "/banking/v3/extrato").json()["title"] == "Não encontrado"


def test_basic_credentials(harness):
    """Client id and secret may come in a Basic header instead of the form; rubbish there is nobody's."""
    held = harness.simulated.credentials
    form = {"grant_type": "client_credentials", "scope": "extrato.read"}
    value = base64.b64encode(f"{held['client_id']}:{held['client_secret']}".encode()).decode()
    statuses = [
        ask(harness, "/oauth/v2/token", method="POST", data=form, headers={"authorization": header}).status_code
        for header in (f"Basic {value}", "Basic ***", "Digest x")
    ]

    assert statuses == [200, 401, 401]


def test_the_basic_statement(harness, token):
    """The basic statement has every movement, oldest first, without ids and pages; it can be exported."""
    query = {"dataInicio": "2026-03-02", "dataFim": "2026-03-16"}
    rows = ask(harness, "/banking/v2/extrato", token=token, params=query).json()["transacoes"]
    whole = ask(harness, "/banking/v2/extrato/completo", token=token, params={**query, "tamanhoPagina": "10000"}).json()
    exported = ask(harness, "/banking/v2/extrato/exportar", token=token, params=query).json()

    assert [row["valor"] for row in rows] == [row["valor"] for row in whole["transacoes"]][::-1]
    assert "idTransacao" not in rows[0]
    texts = [row["descricao"] for row in rows]
    assert any(text.startswith("PIX RECEBIDO - Cp :") for text in texts)
    assert any(text.startswith("PAGAMENTO DE TITULO - ") for text in texts)
    details = [row.get("detalhes", {}) for row in reversed(whole["transacoes"])]
    boletos = {
        text: detail["nossoNumero"] for text, detail in zip(texts, details, strict=True) if "nossoNumero" in detail
    }
    assert boletos
    assert all(text == f"RECEBIMENTO TITULO - 112/{number}" for text, number in boletos.items())
    assert base64.b64decode(exported["pdf"]).startswith(b"%PDF")


@pytest.mark.parametrize("written", ["true", "True", "TRUE"])
def test_a_scroll_by_any_writing_of_true(harness, token, written):
    """Languages write the word in several ways, and a scroll that is not begun looks like a page."""
    query = {"dataInicio": "2026-03-02", "dataFim": "2026-03-16", "scrollEnabled": written}

    assert "hasMore" in ask(harness, "/banking/v2/extrato/completo", token=token, params=query).json()


def test_pages_reach_so_many_rows(token_of_crowd):
    """A page beyond them is refused, where there are more; a scroll gives them all."""
    harness, token = token_of_crowd
    query = {"dataInicio": "2026-03-02", "dataFim": "2026-03-16"}

    def page(**more):
        return ask(harness, "/banking/v2/extrato/completo", token=token, params=query | more)

    last, beyond = page(pagina="3", tamanhoPagina="3000").json(), page(pagina="4", tamanhoPagina="3000")
    scrolled = page(scrollEnabled="true", tamanhoPagina="10000").json()

    assert (last["totalElementos"], last["numeroDeElementos"], last["ultimaPagina"]) == (12_001, 1_000, False)
    assert (beyond.status_code, beyond.json()["violacoes"][0]["propriedade"]) == (400, "pagina")
    assert (scrolled["numeroDeElementos"], scrolled["hasMore"]) == (10_000, True)
    assert page(pagina="5", tamanhoPagina="3000").json()["transacoes"] == []


def test_scrolling(harness, token):
    """A scroll gives every row once in batches, ends by itself, and cannot be gone on with afterwards."""
    query = {"dataInicio": "2026-03-02", "dataFim": "2026-03-16", "tamanhoPagina": "50"}
    batch = ask(harness, "/banking/v2/extrato/completo", token=token, params={**query, "scrollEnabled": "true"}).json()
    scroll, rows = batch["scrollId"], list(batch["transacoes"])
    while batch["hasMore"]:
        more = {**query, "scrollId": scroll}
        batch = ask(harness, "/banking/v2/extrato/completo", token=token, params=more).json()
        rows += batch["transacoes"]
    ended = ask(harness, "/banking/v2/extrato/completo", token=token, params={**query, "scrollId": scroll})

    assert len({row["idTransacao"] for row in rows}) == len(rows) == batch["totalElementos"]
    assert (batch["scrollId"], ended.status_code, ended.json()["typeError"]) == (None, 400, "SCROLL_EXPIRED")


def test_one_scroll_at_a_time(harness, token):
    """A second scroll is refused while one is active; one that rests for more than six minutes has expired."""
    query = {"dataInicio": "2026-03-02", "dataFim": "2026-03-16", "tamanhoPagina": "5"}

    def scroll(**more):
        return ask(harness, "/banking/v2/extrato/completo", token=token, params=query | more)

    first = scroll(scrollEnabled="true").json()["scrollId"]
    again = scroll(scrollEnabled="true")
    harness.clock.advance(timedelta(minutes=6, seconds=1))
    late, anew = scroll(scrollId=first), scroll(scrollEnabled="true")

    assert (again.status_code, again.json()["typeError"]) == (400, "SCROLL_ALREADY_ACTIVE")
    assert (late.status_code, late.json()["typeError"]) == (400, "SCROLL_EXPIRED")
    assert anew.json()["scrollId"] != first


def test_a_scroll_that_rests_for_six_minutes(harness, token):
    """To the second it may still be gone on with, and each batch begins its rest anew."""
    query = {"dataInicio": "2026-03-02", "dataFim": "2026-03-16", "tamanhoPagina": "5"}
    path = "/banking/v2/extrato/completo"
    scroll = ask(harness, path, token=token, params={**query, "scrollEnabled": "true"}).json()["scrollId"]

    for _ in range(2):
        harness.clock.advance(timedelta(minutes=6))
        assert ask(harness, path, token=token, params={**query, "scrollId": scroll}).status_code == 200
