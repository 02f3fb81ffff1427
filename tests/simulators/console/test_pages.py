"""The pages of the console, asked as a browser asks: what they show, what their forms change, what they refuse."""

import json
import re
from datetime import date, timedelta
from html import unescape

import httpx
import pytest
from litestar._parsers import parse_url_encoded_form_data

import contracts
from simulators import faults
from simulators.calendar import bank_holidays, is_business_day
from simulators.console.account_view import consent_address, typed_fields
from simulators.console.journal_view import Chosen, shown_requests
from simulators.console.sentences import in_portuguese
from tests.simulators.console.conftest import NOW

pytestmark = pytest.mark.anyio

BASES = {"": "/console", "outro": "/console/worlds/outro"}
PAGES = ("", "/contas", "/nova-conta", "/nova-conta?banco=inter", "/pedidos", "/falhas", "/relogio", "/api")


def asked(bank, path="/oauth/v2/token", **more):
    host = bank.contract.host("api")
    return httpx.Request("POST", f"https://{host}{path}", extensions={"plain": True}, **more)


@pytest.mark.parametrize("world", BASES)
@pytest.mark.parametrize("page", PAGES)
async def test_each_page_is_about_one_world(client, world, page):
    """Its links stay in it, and its policy lets nothing else in."""
    answer = await client.get(BASES[world] + page)
    assert answer.status_code == 200
    links = set(re.findall(r'(?:href|action)="(/console[^"]*)"', answer.text))
    outside = {"/console/mundo", "/console/worlds"}
    assert all(link.startswith(BASES[world]) for link in links - outside)
    assert world or not any("/worlds/" in link for link in links)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)


async def test_the_root_is_the_start_page(client):
    assert (await client.get("/")).text == (await client.get("/console")).text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/console/nada", 404),
        ("/console/worlds/nenhum", 404),
        ("/console/mundo?nome=nenhum", 404),
        ("/console/contas/inter/404", 404),
        ("/console/contas/nada/1", 404),
        ("/console/contas/inter/404/livro", 404),
        ("/console/pedidos/0-0", 404),
        ("/console/pedidos?banco=nada", 422),
        ("/console/falhas/nada", 404),
        ("/console/nova-conta?banco=nada", 422),
        ("/console/consentimento?endereco=x", 422),
    ],
)
async def test_what_there_is_not(client, path, status):
    """Said on a page and in Portuguese, not in a stack of calls."""
    answer = await client.get(path)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert "there is no" not in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_bank_paths_are_the_banks(client):
    """The console takes no path of a bank, nor of the control API."""
    assert (await client.get("/inter/banking/v2/saldo")).status_code == 401
    assert (await client.get("/consoles")).status_code == 421
    assert (await client.get("/_sim/clock")).json()["now"] == NOW.isoformat()


async def test_the_official_failures(client):
    """All of the catalogue, each with the banks at which it happens and no other."""
    text = unescape((await client.get("/console")).text)
    official = {code: each for code, each in contracts.failures().failures.items() if each.official}
    assert len(official) == 8
    for code, failure in official.items():
        card = text[text.index(f"<h3>{failure.title}</h3>") :].split("</li>")[0]
        listed = (await client.get("/_sim/accounts", params={"scenario": failure.scenario})).json()
        assert set(re.findall(r'option value="(\w+)"', card)) == {each["bank"] for each in listed}
        assert f"<code>{code}</code>" in card


async def test_an_account_is_opened(client, worlds):
    """In its world, with the parameters that were typed; the same name is refused the second time, and stays typed."""
    form = {"banco": "inter", "cenario": "invalid_credentials", "nome": "minha", "entries_per_day": "0,5", "kind": ""}
    answer = await client.post("/console/worlds/outro/nova-conta", data=form)
    assert answer.status_code == 303
    where = answer.headers["location"]
    account = worlds["outro"].world.accounts["inter", where.rpartition("/")[2]]
    assert (account.scenario, account.parameters.entries_per_day) == ("invalid_credentials", 0.5)
    assert worlds.shared.world.account("inter", account.number) is None
    text = unescape((await client.get(where)).text)
    assert all(field.label in text and field.value in text for field in typed_fields(worlds["outro"], account))
    body = json.loads(re.search(r'<pre id="corpo"[^>]*>(.*?)</pre>', text, re.DOTALL)[1])
    assert body == {**worlds["outro"].listing(account)["account"], "credentials": account.form}

    again = await client.post("/console/worlds/outro/nova-conta", data=form)
    assert again.status_code == 409
    assert "name: " in again.text
    assert 'value="minha"' in again.text


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"banco": "inter", "cenario": "password_expired"}, "scenario"),
        ({"banco": "inter", "entries_per_day": "muitos"}, "entries_per_day"),
        ({"banco": "inter", "entries_per_day": "1e9"}, "entries_per_day"),
        ({"banco": "inter", "entries_per_day": "nan"}, "entries_per_day"),
        ({"banco": "inter", "busy_day_entries": "9" * 5000}, "busy_day_entries"),
        ({"banco": "inter", "opened_on": "ontem"}, "opened_on"),
        ({"banco": "inter", "publication": "nunca"}, "publication"),
    ],
)
async def test_an_account_that_cannot_be(client, worlds, form, field):
    before = len(worlds["outro"].world.accounts)
    answer = await client.post("/console/worlds/outro/nova-conta", data=form)
    assert answer.status_code == 422
    assert field in answer.text[answer.text.index('role="alert"') :][:400]
    assert len(worlds["outro"].world.accounts) == before


async def test_fields_are_in_the_order_of_the_form(worlds, opened):
    """At every bank, in every scenario: all that the form demands, and what is left empty."""
    for bank in worlds["outro"].banks.values():
        for scenario in bank.scenarios():
            account = opened(bank.contract.slug, scenario)
            named = [field.name for field in typed_fields(worlds["outro"], account)][3:]
            form = [each.name for each in bank.contract.enrolment.fields]
            assert named == [name for name in form if name in named]
            assert set(named) >= {each.name for each in bank.contract.enrolment.fields if each.required}
            assert set(named) >= set(account.form)


async def test_certificate_and_key_are_files(client, opened):
    account = opened("inter")
    where = f"/console/worlds/outro/contas/inter/{account.number}/arquivos"
    for field, ending in (("certificate", ".crt"), ("private_key", ".key")):
        answer = await client.get(f"{where}/{field}")
        assert answer.text == account.form[field]
        assert f'{ending}"' in answer.headers["content-disposition"]
    for field in ("client_secret", "nada"):
        assert (await client.get(f"{where}/{field}")).status_code == 404


async def test_an_account_changes(client, opened):
    """Into another scenario and to new credentials; a scenario that cannot be is said."""
    account = opened("inter")
    where = f"/console/worlds/outro/contas/inter/{account.number}"
    before = account.form
    assert (await client.post(f"{where}/cenario", data={"cenario": "invalid_account"})).status_code == 303
    assert account.scenario == "invalid_account"
    assert (await client.post(f"{where}/cenario", data={"cenario": "password_expired"})).status_code == 422
    assert account.scenario == "invalid_account"
    assert (await client.post(f"{where}/credenciais")).status_code == 303
    assert account.form["client_secret"] != before["client_secret"]


@pytest.mark.parametrize(
    ("name", "content", "entries"),
    [
        ("livro.csv", "data;valor;descrição\n02/03/2026;-1.234,50;Pão & Cia\n03/03/2026;7,00;PIX\n", 2),
        ("LIVRO.JSON", '[{"date": "2026-03-02", "amount": "5.00", "counterparty": {"name": "Ana"}}]', 1),
    ],
)
async def test_a_ledger_of_one_s_own(client, opened, name, content, entries):
    """A file takes the place of the movements; what the bank does not show of it is said."""
    account = opened("inter")
    where = f"/console/worlds/outro/contas/inter/{account.number}"
    assert f'action="{where}/livro"' in (await client.get(where)).text
    done = await client.post(f"{where}/livro", files={"arquivo": (name, content)})
    assert done.status_code == 200
    assert f"A conta tem agora os {entries} lançamentos" in done.text
    truth = (await client.get(f"{where}/livro?de=2026-03-01&ate=2026-03-15")).text
    assert ("Pão &amp; Cia" in truth) == (entries == 2)


async def test_nothing_of_a_form_is_kept(client, opened):
    """The framework keeps a thousand forms without files that it has read for as long as the process lives."""
    parse_url_encoded_form_data.cache_clear()
    account = f"/console/worlds/outro/contas/inter/{opened('inter').number}"
    for where, status in ((f"{account}/livro", 415), (f"{account}/cenario", 422)):
        answer = await client.post(where, data={"arquivo": "data;valor", "cenario": "x"})
        assert answer.status_code == status, where
    assert parse_url_encoded_form_data.cache_info().currsize == 0


@pytest.mark.parametrize(
    ("files", "status", "words"),
    [
        ({"arquivo": ("livro.txt", "x")}, 422, "deve acabar em"),
        ({"outro": ("livro.csv", "x")}, 422, "escolha um arquivo"),
        ({"arquivo": ("livro.csv", "data;valor\n02/03/2026;x\n")}, 422, "linha 2: amount: deve ser um valor em reais"),
        ({"arquivo": ("livro.csv", " " * 10_000_001)}, 413, "grande demais"),
        ({"arquivo": ("livro.csv", " " * 10_200_000)}, 413, "grande demais"),
    ],
)
async def test_a_file_that_is_no_ledger(client, opened, files, status, words):
    """It is refused with the line and the field; the account keeps what it has."""
    account = opened("inter")
    before = account.ledger
    refused = await client.post(f"/console/worlds/outro/contas/inter/{account.number}/livro", files=files)
    assert refused.status_code == status
    assert words in refused.text
    assert account.ledger is before


async def test_the_journal(client, worlds, opened):
    """Newest first, by filter, with the rule that refused; one page for each request though the clock stands still."""
    simulation = worlds["outro"]
    account = opened("cora")
    for path in ("/cases/a", "/cases/b"):
        simulation.banks["cora"].answer(
            httpx.Request(
                "GET",
                f"https://{simulation.banks['cora'].contract.host('api')}{path}",
                headers={"x-request-id": "req-1"},
                extensions={"plain": True},
            )
        )
    text = (await client.get("/console/worlds/outro/pedidos?banco=cora&recusados=1")).text
    assert text.index("/cases/b") < text.index("/cases/a")
    assert "req-1" in text
    assert "/cases/b" not in (await client.get("/console/pedidos?banco=cora")).text
    assert "/cases/b" not in (await client.get(f"/console/worlds/outro/pedidos?conta={account.number}")).text
    rows = (await client.get("/console/worlds/outro/pedidos/lista?banco=cora")).text
    assert rows in text
    assert "<html" not in rows
    keys = re.findall(r"/pedidos/(\d+-\d+)", rows)
    assert len(keys) == len(set(keys)) >= 2
    one = (await client.get(f"/console/worlds/outro/pedidos/{keys[0]}")).text
    assert "/cases/b" in one
    assert "x-request-id: req-1" in one
    journal = simulation.world.journal
    (shown,) = shown_requests(list(journal.records), Chosen("cora"), journal.secrets, 1)
    assert shown.refused
    assert shown.rule
    assert in_portuguese(shown.rule) in unescape(one)
    assert shown.rule not in unescape(one)


async def test_the_journal_of_a_world_says_where_other_requests_are(client):
    """Whoever shows nothing that a world has issued is in none of them."""
    there = "escolha no alto o mundo de todos"
    assert there in (await client.get("/console/worlds/outro/pedidos")).text
    assert there not in (await client.get("/console/pedidos")).text


async def test_a_secret_is_in_no_page_of_the_journal(client, worlds, opened):
    """An account's secret travels in a token request; the journal's pages mask it."""
    account = opened("inter")
    secret = account.form["client_secret"]
    bank = worlds["outro"].banks["inter"]
    form = {"client_id": account.form["client_id"], "client_secret": secret, "grant_type": "client_credentials"}
    bank.answer(asked(bank, data=form))
    rows = (await client.get("/console/worlds/outro/pedidos?banco=inter")).text
    key = re.search(r"/pedidos/(\d+-\d+)", rows)[1]
    one = (await client.get(f"/console/worlds/outro/pedidos/{key}")).text
    assert "Corpo do pedido" in one
    assert secret not in one + rows


async def test_every_fault_has_a_form(client, worlds):
    """It is injected as the form comes, with each parameter as a field, and stopped again."""
    at = "/console/worlds/outro/falhas"
    for name in faults.names():
        text = (await client.get(f"{at}/{name}")).text
        fields = dict(re.findall(r'<input id="(p-\w+)"[^>]* value="([^"]*)"', text))
        chosen = re.findall(r'<select id="(p-\w+)"', text)
        assert {*fields, *chosen} == {f"p-{each['name']}" for each in faults.parameters(name)}
        form = {each: unescape(value) for each, value in fields.items()}
        assert (await client.post(f"{at}/{name}", data={"banco": "stone", **form})).status_code == 303, name
    active = worlds["outro"].world.faults
    assert [each.fault for each in active if each.bank == "stone" and each.number is None] == list(faults.names())
    assert all(faults.make(each.fault) == each.behaviour for each in active if each.number is None)
    (chosen,) = [each for each in active if each.fault == "latency" and each.number is None]
    assert (await client.post("/console/worlds/outro/parar", data={"id": chosen.id})).status_code == 303
    assert chosen not in worlds["outro"].world.faults
    assert (await client.post("/console/worlds/outro/parar", data={"id": chosen.id})).status_code == 404
    assert (await client.post("/console/worlds/outro/parar")).status_code == 303
    assert not [each for each in worlds["outro"].world.faults if each.number is None]


async def test_a_fault_of_a_scenario_stays(client, worlds, opened):
    """Stopping all faults does not make another account of it."""
    account = opened("cora", "bank_server_error")
    assert (await client.post("/console/worlds/outro/parar")).status_code == 303
    assert account.scenario_faults[0] in {each.id for each in worlds["outro"].world.faults}
    assert (
        await client.post("/console/worlds/outro/parar", data={"id": account.scenario_faults[0]})
    ).status_code == 404


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"banco": "nada"}, "bank"),
        ({"banco": "inter", "conta": "404"}, "number"),
        ({"banco": "inter", "operacao": "pix"}, "operation"),
        ({"banco": "inter", "operacao": "tls"}, "operation"),
        ({"banco": "inter", "every": "0"}, "every"),
        ({"banco": "inter", "probability": "2"}, "probability"),
        ({"banco": "inter", "times": "sempre"}, "times"),
        ({"banco": "inter", "p-status": "99"}, "status"),
        ({"banco": "inter", "p-status": "x"}, "status"),
    ],
)
async def test_a_fault_that_cannot_be(client, worlds, form, field):
    before = list(worlds["outro"].world.faults)
    answer = await client.post("/console/worlds/outro/falhas/status", data=form)
    assert answer.status_code == 422
    assert field in answer.text[answer.text.index('role="alert"') :][:600]
    assert worlds["outro"].world.faults == before


async def test_the_clock(client, worlds):
    """Put and advanced in one world alone; what is wrong is named."""
    at = "/console/worlds/outro/relogio"
    try:
        assert (await client.post(at, data={"agora": "2026-02-17T08:30"})).status_code == 303
        text = (await client.get(at)).text
        assert "17/02/2026 08:30:00" in text
        assert "não é dia útil (Carnaval)" in text
        assert (await client.post(f"{at}/avanco", data={"dias": "1", "horas": "2", "minutos": "0"})).status_code == 303
        now = worlds["outro"].world.now()
        assert (now.day, now.hour, now.minute) == (18, 10, 30)
        assert worlds.shared.world.now() == NOW
        for path, form, field in (
            (at, {"agora": "amanhã"}, "agora"),
            (at, {"agora": "1990-01-01T00:00"}, "now"),
            (f"{at}/avanco", {"dias": "um"}, "dias"),
            (f"{at}/avanco", {"dias": "1e9"}, "days"),
            (f"{at}/avanco", {"dias": "1", "em": "3601"}, "over_seconds"),
            (f"{at}/avanco", {"dias": "1", "em": "5"}, "over_seconds"),  # a clock that stands still
        ):
            answer = await client.post(path, data=form)
            assert answer.status_code == 422, form
            assert field in answer.text[answer.text.index('role="alert"') :][:400]
        assert worlds["outro"].world.now() == now
    finally:
        worlds["outro"].world.clock.put(NOW)


def test_holidays_are_the_days_without_banking():
    """Weekends aside, a day is a business day unless it is named; all have Portuguese names."""
    named = bank_holidays(2026)
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    assert [each for each in days if each.weekday() < 5 and not is_business_day(each)] == sorted(
        each for each in named if each.weekday() < 5
    )
    assert named[date(2026, 4, 21)] == "Tiradentes"
    assert named[date(2026, 6, 4)] == "Corpus Christi"


async def test_worlds_are_made_and_ended(client, worlds):
    made = await client.post("/console/worlds", data={"nome": "passageiro", "limites": "1"})
    assert made.headers["location"] == "/console/worlds/passageiro"
    assert worlds["passageiro"].settings.quotas
    assert not worlds["passageiro"].settings.ready
    taken = await client.post("/console/worlds", data={"nome": "passageiro"})
    assert (taken.status_code, "já há um mundo passageiro" in taken.text) == (409, True)
    wrong = await client.post("/console/worlds", data={"nome": "../x"})
    assert (wrong.status_code, "letras sem acento" in wrong.text) == (422, True)
    chosen = await client.get("/console/mundo?nome=passageiro")
    assert chosen.headers["location"] == "/console/worlds/passageiro"
    assert (await client.post("/console/fim", data={"nome": "passageiro"})).status_code == 303
    assert worlds.names() == ["outro"]
    assert (await client.post("/console/fim", data={"nome": "../clock"})).status_code == 404


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (
            "https://id.btgpactual.com/oauth2/authorize?client_id=a%20b&scope=x",
            "/btg_pactual/oauth2/authorize?client_id=a%20b&scope=x",
        ),
        ("https://id.btgpactual.com/oauth2/token", None),
        ("https://id.example.com/oauth2/authorize?client_id=a", None),
        ("//evil.example/oauth2/authorize", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_the_address_of_a_consent_page(worlds, address, path):
    """Only those of these banks lead anywhere, and only to this port."""
    if path is None:
        with pytest.raises(ValueError, match="não é"):
            consent_address(worlds.shared, address)
    else:
        assert consent_address(worlds.shared, address) == path
