"""What the simulated BS2 refuses, and how."""

import base64
from datetime import datetime, timedelta
from decimal import Decimal

import httpx
import msgspec
import pytest

import contracts
from simulators.banks.beyond.bs2 import Bs2
from simulators.clock import BRASILIA, FrozenClock
from simulators.ledger import Fixed, LedgerEntry, Party
from simulators.pki import Authority
from simulators.world import Parameters, World

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
HOST = "https://api.bs2.com"
SANDBOX = "https://apihmz.bancobonsucesso.com.br"
V1 = "/pj/apibanking/forintegration/v1/contascorrentes"
WEEK = {"movimentoInicial": "2026-03-09T00:00:00Z", "movimentoFinal": "2026-03-14T03:00:00Z"}
PARTY = Party("Alfa Comércio Ltda", "11222333000181", "218", "71027866", "Bco BS2 SA", "0001", "986592")


def entry(when, amount, kind="PIX", **fields):
    moment = datetime.fromisoformat(when).replace(tzinfo=BRASILIA)
    return LedgerEntry(booked_at=moment, amount=Decimal(amount), type=kind, **fields)


class BankClient:
    """One account at the bank and a client of it."""

    def __init__(self, *entries, host=HOST, **parameters):
        self.clock = FrozenClock(NOW)
        self.world = World(1, self.clock, Authority())
        self.bank = Bs2(contracts.load("bs2"), self.world)
        self.simulated = self.bank.open_account("12345678", "ok", Parameters(**parameters), Fixed(entries))
        self.keys = self.simulated.credentials
        self.host = host
        self.agent = self.keys["user_agent"]

    def token(self, form=None, headers=None, **more):
        """The answer to a token request; by default one that spends the last refresh token."""
        if form is None:
            form = {
                "grant_type": "refresh_token",
                "refresh_token": self.keys["refresh_token"],
                "scope": "saldo extrato",
                "client_id": self.keys["api_key"],
                "client_secret": self.keys["api_secret"],
            }
        sent = {"user-agent": self.agent, **(headers or {})}
        request = httpx.Request("POST", f"{self.host}/auth/oauth/v2/token", data={**form, **more}, headers=sent)
        return self.bank.answer(request)

    def basic(self, **form):
        """The answer to a token request with the client in the Basic header."""
        credentials = base64.b64encode(f"{self.keys['api_key']}:{self.keys['api_secret']}".encode()).decode()
        return self.token(form, {"authorization": f"Basic {credentials}"})

    def get(self, path=f"{V1}/extrato", token=None, **query):
        """The answer to a read."""
        value = token or self.token().json()["access_token"]
        headers = {"authorization": f"Bearer {value}", "user-agent": self.agent}
        return self.bank.answer(httpx.Request("GET", f"{self.host}{path}", params=query, headers=headers))


# --- tokens


def test_token_answers_are_pretty_printed():
    """Two blanks of indent, CRLF, an opaque UUID, and the next refresh token."""
    client = BankClient()
    first = client.keys["refresh_token"]

    answer = client.token()

    body = answer.json()
    assert answer.text.startswith('{\r\n  "access_token":"')
    assert list(body) == ["access_token", "token_type", "expires_in", "refresh_token", "scope"]
    assert (body["expires_in"], body["scope"]) == (300, "saldo extrato")
    assert body["refresh_token"] == client.keys["refresh_token"] != first


def test_the_sandbox_gives_longer_tokens():
    """420 seconds instead of 300, unless the account says otherwise; no program code is wanted there."""
    client = BankClient(host=SANDBOX)
    client.agent = "Ruby"

    assert client.token().json()["expires_in"] == 420
    assert BankClient(host=SANDBOX, token_seconds=33).token().json()["expires_in"] == 33


def test_a_refresh_token_is_good_for_one_use():
    """The second use is refused and counted, and does no harm to the chain."""
    client = BankClient()
    spent = client.keys["refresh_token"]
    token = client.token().json()["access_token"]

    refused = [client.token(refresh_token=spent) for _ in range(2)]

    assert [answer.status_code for answer in refused] == [400, 400]
    assert refused[0].json()["error"] == "invalid_grant"
    assert client.simulated.memory["refresh_reuses"] == 2
    assert client.get(token=token, **WEEK).status_code == 200
    assert client.token().status_code == 200


def test_a_new_access_token_ends_the_one_before():
    """The older token is refused in plain text at once, long before its time."""
    client = BankClient()
    older = client.token().json()["access_token"]
    newer = client.token().json()["access_token"]

    refused = client.get(token=older, **WEEK)

    assert (refused.status_code, refused.text) == (401, "Invalid token")
    assert refused.headers["content-type"].startswith("text/plain")
    assert client.get(token=newer, **WEEK).status_code == 200


def test_an_access_token_lives_five_minutes():
    """After 300 seconds it is refused."""
    client = BankClient()
    token = client.token().json()["access_token"]
    client.clock.advance(timedelta(seconds=299))
    assert client.get(token=token, **WEEK).status_code == 200

    client.clock.advance(timedelta(seconds=1))

    assert client.get(token=token, **WEEK).text == "Invalid token"


def test_a_spent_token_of_the_sandbox_is_no_reuse_in_production():
    """There it was never known, so that the chain of production stays as it is."""
    client = BankClient(host=SANDBOX)
    spent = client.keys["refresh_token"]
    client.token()
    client.host = HOST

    assert client.token(refresh_token=spent).json()["error"] == "invalid_grant"
    assert client.token().json()["error"] == "invalid_grant"
    assert "refresh_reuses" not in client.simulated.memory


def test_a_refresh_token_lives_two_days():
    """A long weekend without renewal ends the chain; the very first token waits until it is used."""
    client = BankClient()
    client.clock.advance(timedelta(days=30))
    assert client.token().status_code == 200
    client.clock.advance(timedelta(hours=48, seconds=-1))
    assert client.token().status_code == 200

    client.clock.advance(timedelta(hours=48))

    assert client.token().json()["error"] == "invalid_grant"
    assert "refresh_reuses" not in client.simulated.memory


def test_ten_token_calls_a_minute():
    """The eleventh is refused without spending anything; a minute later it passes."""
    client = BankClient()
    answers = [client.token().status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]

    client.clock.advance(timedelta(minutes=1))

    assert client.token().status_code == 200


def test_tokens_that_wear_out_are_not_counted():
    """An account whose tokens last for some calls only may ask for as many as it needs."""
    client = BankClient(token_uses=1)

    assert {client.token().status_code for _ in range(15)} == {200}


def test_the_client_may_be_in_the_header():
    """Basic and form are both accepted."""
    client = BankClient()

    answer = client.basic(grant_type="refresh_token", refresh_token=client.keys["refresh_token"], scope="extrato")

    assert answer.json()["scope"] == "extrato"


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/x-www-form-urlencoded; charset=UTF-8", 200),
        ("Application/X-WWW-Form-Urlencoded ;charset=utf-8", 200),
        ("application/x-www-form-urlencoded-not", 400),
        ("application/json", 400),
        ("", 400),
    ],
)
def test_a_form_is_known_by_its_media_type(media_type, status):
    """Clients write it with or without a character set, in any case (RFC 9110 section 8.3.1)."""
    assert BankClient().token(headers={"content-type": media_type}).status_code == status


def test_without_a_scope_all_are_given():
    """A request without scope gets those of the application."""
    client = BankClient()

    answer = client.basic(grant_type="refresh_token", refresh_token=client.keys["refresh_token"])

    assert answer.json()["scope"] == "saldo extrato"


@pytest.mark.parametrize(
    "change",
    [
        {"client_secret": ""},
        {"client_id": ""},
        {"grant_type": ""},
        {"refresh_token": ""},
        {"grant_type": "password"},
        {"scope": ["saldo", "extrato"]},
    ],
)
def test_missing_or_doubled_parameters(change):
    """Whatever is missing or doubled, the answer is the same 400."""
    answer = BankClient().token(**change)

    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_client", "error_description": "Missing or duplicate parameters"}
    assert answer.text.startswith('{\r\n  "error":"invalid_client"')


@pytest.mark.parametrize("value", ["Basic !!!", "Basic /w==", "Basic a2V5"])
def test_a_broken_basic_header(value):
    """A header that cannot be read proves nobody."""
    assert BankClient().token({"grant_type": "client_credentials"}, {"authorization": value}).status_code == 400


def test_a_wrong_secret():
    """401 with the gateway's own headers, and the connection is closed."""
    answer = BankClient().token(client_secret="wrong")

    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert answer.headers["www-authenticate"] == 'Basic error="Invalid or missing credentials"'
    assert (answer.headers["x-ca-err"], answer.headers["connection"]) == ("3003201", "close")


def test_a_scope_that_was_not_ticked():
    """A wider list, as a client sends it by default, gets a token with what was granted of it; nothing of it, none."""
    client = BankClient()
    wide = "saldo extrato pagamento transferencia boleto cob.write cob.read pix.write pix.read webhook.read aprovacoes"

    assert (
        client.token(scope=wide).json()["scope"] == "saldo extrato cob.write cob.read pix.write pix.read webhook.read"
    )
    assert client.token(scope="pagamento boleto").json()["error"] == "invalid_scope"
    token = client.token(scope=wide).json()["access_token"]
    assert client.get(token=token, **WEEK).status_code == 200


def test_a_wide_list_without_the_statement():
    """The token comes, and the statement without its scope is a 403 without a body."""
    client = BankClient()
    token = client.token(scope="saldo pagamento pix.read").json()["access_token"]

    answer = client.get(token=token, **WEEK)

    assert (answer.status_code, answer.content) == (403, b"")


def test_scopes_of_other_products():
    """Pix is granted when asked for, in the order asked, and opens neither statement nor balance."""
    client = BankClient()
    body = client.basic(grant_type="client_credentials", scope="pix.write pix.read").json()

    assert list(body) == ["access_token", "token_type", "expires_in", "scope"]
    assert body["scope"] == "pix.write pix.read"
    assert client.get(token=body["access_token"], **WEEK).status_code == 403


def test_the_exchange_scope_opens_the_account():
    """As a client in production uses it."""
    client = BankClient()
    token = client.basic(grant_type="client_credentials", scope="pix.cambio.collection.order").json()["access_token"]

    assert client.get(token=token, **WEEK).status_code == 200
    assert client.get(f"{V1.replace('v1', 'v2')}/saldo", token=token).status_code == 200


def test_an_unknown_refresh_token_is_no_reuse():
    """A value the bank never gave is refused, but not counted."""
    client = BankClient()

    assert client.token(refresh_token="unknown").json()["error"] == "invalid_grant"
    assert "refresh_reuses" not in client.simulated.memory


def test_unknown_grants():
    """The journey in the browser is not played."""
    assert BankClient().token(grant_type="authorization_code").json()["error"] == "unsupported_grant_type"


def test_client_credentials_bring_no_refresh_token():
    """The token reads the statement; the chain of refresh tokens stays where it is."""
    client = BankClient()
    chain = client.keys["refresh_token"]

    body = client.basic(grant_type="client_credentials", scope="saldo extrato").json()

    assert "refresh_token" not in body
    assert client.get(token=body["access_token"], **WEEK).status_code == 200
    assert client.keys["refresh_token"] == chain


def test_the_legacy_flow():
    """User and password once, then a refresh token that lives ten minutes."""
    client = BankClient()
    user = {"username": client.simulated.number, "password": client.keys["api_secret"]}

    body = client.basic(grant_type="password", scope="forintegration", **user).json()

    assert body["scope"] == "forintegration"
    assert client.get(token=body["access_token"], **WEEK).status_code == 200
    renew = {"grant_type": "refresh_token", "scope": "forintegration"}
    client.clock.advance(timedelta(minutes=9))
    again = client.basic(refresh_token=body["refresh_token"], **renew)
    assert again.status_code == 200
    client.clock.advance(timedelta(minutes=10))
    assert client.basic(refresh_token=again.json()["refresh_token"], **renew).json()["error"] == "invalid_grant"


def test_a_wrong_password():
    """A wrong user is refused as a grant."""
    answer = BankClient().basic(grant_type="password", scope="forintegration", username="x", password="y")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(("reading", "status"), [("forbidden", 403), ("ignored", 200)])
def test_the_program_must_name_itself(reading, status):
    """In production a wrong code is refused with an empty body, by the token server as by the statement."""
    client = BankClient(readings={"user_agent": reading})
    token = client.token().json()["access_token"]
    client.agent = "python-httpx/0.28"

    read, renewed = client.get(token=token, **WEEK), client.token()

    assert (read.status_code, renewed.status_code) == (status, status)
    assert (read.content == b"") is (renewed.content == b"") is (status == 403)


# --- statement


def test_a_row_on_the_wire():
    """Sign in a number, zeros lost, whole reais without decimals, sequence after the day, null for the other side."""
    client = BankClient(
        entry("2026-03-10T22:30:00.500", "275.00", counterparty=PARTY),
        entry("2026-03-11T10:00:00", "-0.50", counterparty=PARTY),
        entry("2026-03-11T11:00:00", "-59.90", "TARIFA_SERVICOS_AVULSOS", counterparty=PARTY, document="77"),
    )

    answer = client.get(**WEEK)

    fee, sent, received = answer.json()["movimentacoes"]
    assert b'"valor":275,' in answer.content
    assert b'"inicial":0.00,"final":214.60,"bloqueado":{"por24Horas":0.0,' in answer.content
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    assert received["movimentadoEm"] == "2026-03-10T22:30:00.500"
    assert received["protocolo"] == "2180001001234567820260310500001"
    assert received["remetente"] == {
        "nome": "Alfa Comércio Ltda",
        "documento": "11222333000181",
        "nomeBanco": "Bco BS2 SA",
        "banco": 218,
        "agencia": 1,
        "conta": 986592,
    }
    assert (received["favorecido"], sent["remetente"]) == (None, None)
    assert (received["tipoMovimentacao"], sent["tipoMovimentacao"]) == (2, 1)
    assert [each["tipoCategoria"] for each in (received, sent, fee)] == [16, 17, 20]
    assert received["pix"]["endToEndId"].startswith("E71027866202603110130")
    assert (fee["remetente"], fee["favorecido"], fee["pix"]) == (None, None, {"endToEndId": None})
    assert (fee["documento"], sent["documento"]) == ("77", "0")


@pytest.mark.parametrize(
    ("reading", "places"), [("page_index", [["c", "b"], ["a"], []]), ("row_offset", [["c", "b"], ["b", "a"], ["a"]])]
)
def test_what_inicio_counts(reading, places):
    """Pages, as recorded, or rows; place, size and total are repeated either way."""
    rows = [entry(f"2026-03-10T1{hour}:00", "1", description=text) for hour, text in enumerate("abc")]
    client = BankClient(*rows, readings={"inicio": reading})

    answers = [client.get(inicio=place, limite=2, **WEEK).json() for place in range(3)]

    assert [[row["descricao"] for row in each["movimentacoes"]] for each in answers] == places
    assert [(each["inicio"], each["limite"], each["total"]) for each in answers] == [(n, 2, 3) for n in range(3)]


def test_defaults_of_place_and_size():
    """Without both, the first hundred rows."""
    client = BankClient(*(entry("2026-03-10T10:00", "1") for _ in range(101)))

    body = client.get(**WEEK).json()

    assert (body["inicio"], body["limite"], body["total"], len(body["movimentacoes"])) == (0, 100, 101, 100)


@pytest.mark.parametrize(
    ("zone", "first", "last", "seen"),
    [
        ("utc", "2026-03-10T00:00:00Z", "2026-03-10T23:59:59Z", ["noon", "nine in the evening before"]),
        ("local", "2026-03-10T00:00:00Z", "2026-03-10T23:59:59Z", ["nine in the evening", "noon"]),
        ("utc", "2026-03-10T00:00:00-03:00", "2026-03-10T23:59:59-03:00", ["nine in the evening", "noon"]),
        ("utc", "2026-03-10T00:00:00", "2026-03-10T23:59:59", ["nine in the evening", "noon"]),
        ("utc", "2026-03-10", "2026-03-10", ["nine in the evening", "noon"]),
    ],
)
def test_z_moves_the_window(zone, first, last, seen):
    """A caller who writes local midnight with Z loses the evening and gets the one before."""
    client = BankClient(
        entry("2026-03-09T21:00", "1", description="nine in the evening before"),
        entry("2026-03-10T12:00", "1", description="noon"),
        entry("2026-03-10T21:00", "1", description="nine in the evening"),
        readings={"query_zone": zone},
    )

    body = client.get(movimentoInicial=first, movimentoFinal=last).json()

    assert [row["descricao"] for row in body["movimentacoes"]] == seen
    assert body["saldo"]["inicial"] == (0 if "before" in seen[-1] else 1)


@pytest.mark.parametrize(("reading", "count"), [("inclusive", 1), ("exclusive", 0)])
def test_whether_the_end_is_included(reading, count):
    """A row booked in the very last instant."""
    client = BankClient(entry("2026-03-10T12:00", "1"), readings={"period_end": reading})

    body = client.get(movimentoInicial="2026-03-10T00:00:00Z", movimentoFinal="2026-03-10T15:00:00Z").json()

    assert body["total"] == count


def test_an_empty_period_keeps_its_balances():
    """No rows, a total of 0, and the balance of the moment twice."""
    client = BankClient(entry("2026-03-01T12:00", "7.00"), entry("2026-03-09T01:00", "1.00"))

    body = client.get(movimentoInicial="2026-03-09T12:00:00Z", movimentoFinal="2026-03-09T13:00:00Z").json()

    assert (body["movimentacoes"], body["total"]) == ([], 0)
    assert (body["saldo"]["inicial"], body["saldo"]["final"]) == (8, 8)


@pytest.mark.parametrize(("reading", "total"), [("rows_missing", 1), ("period_missing", 0)])
def test_emptiness_by_mistake(reading, total):
    """The first answer is empty, the second is not."""
    client = BankClient(entry("2026-03-10T12:00", "1"), readings={"empty_answers": reading})

    false, true = client.get(**WEEK).json(), client.get(**WEEK).json()

    assert (false["movimentacoes"], false["total"], false["saldo"]) == ([], total, true["saldo"])
    assert (len(true["movimentacoes"]), true["total"]) == (1, 1)


def test_a_list_that_is_null():
    """In the other reading a list without rows is null, and one with rows is a list."""
    client = BankClient(entry("2026-03-10T12:00", "1"), readings={"empty_list": "none"})

    pages = [client.get(**WEEK, inicio=str(number)).json()["movimentacoes"] for number in (0, 1)]

    assert (len(pages[0]), pages[1]) == (1, None)


@pytest.mark.parametrize(
    ("query", "tag"),
    [
        ({**WEEK, "limite": "101"}, "Limite"),
        ({**WEEK, "limite": "0"}, "Limite"),
        ({**WEEK, "inicio": "-1"}, "Inicio"),
        ({**WEEK, "inicio": "x"}, "Inicio"),
        ({"movimentoInicial": "2026-03-09"}, "MovimentoFinal"),
        ({**WEEK, "movimentoInicial": "09/03/2026"}, "MovimentoInicial"),
        ({**WEEK, "movimentoInicial": "20260309"}, "MovimentoInicial"),
        ({**WEEK, "movimentoInicial": "2026-03-09T00"}, "MovimentoInicial"),
        ({**WEEK, "movimentoInicial": "2026-03-15"}, "MovimentoInicial"),
    ],
)
def test_violations_come_as_an_array(query, tag):
    """Pages above 100 rows, unreadable numbers and dates, and a period that ends before it begins."""
    answer = BankClient().get(**query)

    assert answer.status_code == 400
    assert [violation["tag"] for violation in answer.json()] == [tag]


@pytest.mark.parametrize(
    ("last", "status"),
    [("2026-03-04T00:00:00-03:00", 200), ("2026-03-03", 200), ("2026-03-04T00:00:01-03:00", 400), ("2026-03-04", 400)],
)
def test_a_period_has_31_days_at_most(last, status):
    """A longer one is refused without naming a field."""
    answer = BankClient().get(movimentoInicial="2026-02-01T00:00:00-03:00", movimentoFinal=last)

    assert answer.status_code == status
    assert status == 200 or [violation["tag"] for violation in answer.json()] == [None]


def test_letters_for_credit_and_debit():
    """In the other reading the direction is a letter."""
    client = BankClient(
        entry("2026-03-10T10:00", "2"), entry("2026-03-10T11:00", "-1"), readings={"direction": "letter"}
    )

    assert [row["tipoMovimentacao"] for row in client.get(**WEEK).json()["movimentacoes"]] == ["D", "C"]


@pytest.mark.parametrize(("reading", "status"), [("thirty_days", 200), ("refused", 400)])
def test_a_question_without_dates(reading, status):
    """The last thirty days up to this moment, or a violation."""
    moments = "2026-02-16T09:59", "2026-02-16T10:01", "2026-03-18T10:00"
    rows = (entry(moment, str(amount)) for amount, moment in enumerate(moments, start=1))
    client = BankClient(*rows, readings={"no_dates": reading})

    answer = client.get()

    assert answer.status_code == status
    if status == 200:
        assert {row["valor"] for row in answer.json()["movimentacoes"]} == {2, 3}


def test_a_token_without_the_scope():
    """Balance alone does not open the statement: 403 without a body."""
    client = BankClient()
    token = client.token(scope="saldo").json()["access_token"]

    answer = client.get(token=token, **WEEK)

    assert (answer.status_code, answer.content) == (403, b"")


def test_the_second_version_has_the_same_shape():
    """v2 answers like v1, dates included."""
    client = BankClient(entry("2026-03-10T12:00", "1"))
    path = V1.replace("v1", "v2")

    first = client.get(movimentoInicial="2026-03-10", movimentoFinal="2026-03-10").json()
    second = client.get(f"{path}/extrato", movimentoInicial="2026-03-10", movimentoFinal="2026-03-10").json()

    assert first == second
    assert client.get(f"{path}/saldo").json() == {"Valor": 1.0, "valorBloqueado": 0.0}


@pytest.mark.parametrize(("query", "balance"), [({}, b"3.00"), ({"dataReferencia": "2026-03-10"}, b"1.00")])
def test_the_balance(query, balance):
    """Now, or at the end of a day."""
    client = BankClient(entry("2026-03-10T12:00", "1.00"), entry("2026-03-11T12:00", "2.00"))

    answer = client.get(f"{V1}/saldo", **query)

    assert answer.content == b'{"Valor":' + balance + b',"valorBloqueado":0.0}'


def test_the_legacy_balance():
    """Under its own path, with the legacy token."""
    client = BankClient(entry("2026-03-10T12:00", "1.00"))
    user = {"username": client.simulated.number, "password": client.keys["api_secret"]}
    token = client.basic(grant_type="password", scope="forintegration", **user).json()["access_token"]

    answer = client.get("/pj/forintegration/banking/v1/contascorrentes/principal/saldo", token=token)

    assert answer.json() == {"Valor": 1.0, "valorBloqueado": 0.0}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/pix/direto/forintegration/v1/pagamentos/chave", 201),
        ("/pj/apibanking/forintegration/v1/pagamentos", 200),
        ("/pj/apibanking/forintegration/v1/transferencias/simplificado", 200),
    ],
)
def test_payments_are_answered_and_recorded(path, status):
    """Whoever starts a payment gets the bank's answer and is found out."""
    client = BankClient()

    answer = client.bank.answer(httpx.Request("POST", f"{HOST}{path}"))

    assert answer.status_code == status
    assert client.world.journal.of("bs2")[-1].write


def test_numbers_of_parties_that_are_unknown_are_zero():
    """A party of which only the name is known has zeros for bank, branch and account."""
    client = BankClient(entry("2026-03-10T12:00", "1", counterparty=Party("Alfa", "11222333000181")))

    (row,) = msgspec.json.decode(client.get(**WEEK).content)["movimentacoes"]

    assert (row["remetente"]["banco"], row["remetente"]["agencia"], row["remetente"]["conta"]) == (0, 0, 0)
