"""The journal as QA asks for it: filters, details without secrets, archive, verification, bounds."""

import base64
import json
from datetime import datetime
from urllib.parse import quote

import httpx
import pytest

import contracts
from contracts.enrolment import CredentialKind
from gateway.model import Period
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.clock import BRASILIA, FrozenClock
from simulators.journal.har import archive
from simulators.journal.masks import Secrets
from simulators.journal.politeness import politeness
from simulators.journal.records import MOST_DETAIL_BYTES, Journal
from simulators.journal.shown import Choice, selected, shown
from simulators.journal.verify import Expectation, ExpectedCall, verified
from simulators.pki import Authority
from simulators.serving.server import application
from simulators.tokens import MOST_DEAD_TOKENS, TokenState
from simulators.world import Parameters
from simulators.worlds.registry import Worlds

AUTHORITY = Authority()
DAY = NOW.date().replace(day=2)
ISSUED = frozenset({CredentialKind.SECRET, CredentialKind.PRIVATE_KEY})


@pytest.fixture(scope="module")
def worlds():
    return Worlds(clock=lambda: FrozenClock(datetime(2026, 3, 18, 10, tzinfo=BRASILIA)))


@pytest.fixture(scope="module")
def app(worlds):
    """Made once: it keeps nothing but the worlds."""
    return application(worlds)


@pytest.fixture
async def client(worlds, app):
    worlds.shared.reset()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def ask(client, secret="", **headers):
    """A token of the ordinary account of Inter, for which the given secret or its own is shown."""
    account = (await client.get("/_sim/accounts", params={"bank": "inter", "scenario": "ok"})).json()[0]
    held = account["credentials"]
    form = {
        "client_id": held["client_id"],
        "client_secret": secret or held["client_secret"],
        "grant_type": "client_credentials",
        "scope": "extrato.read",
    }
    return held, await client.post("/inter/oauth/v2/token", data=form, headers=headers)


async def listed(client, **parameters):
    return (await client.get("/_sim/requests", params=parameters)).json()


@pytest.mark.anyio
async def test_filters(client):
    """Each filter alone, and old calls as they were."""
    held, _ = await ask(client, **{"x-request-id": "erp-1"})
    await ask(client, secret="not the secret")
    await client.get("/inter/banking/v2/extrat/completo")

    everything = await listed(client)
    assert [each["status"] for each in everything] == [200, 401, 404]
    assert [each["status"] for each in await listed(client, bank="inter", status="4xx")] == [401, 404]
    assert [each["status"] for each in await listed(client, status="401")] == [401]
    assert [each["status"] for each in await listed(client, refused="true")] == [401, 404]
    assert [each["status"] for each in await listed(client, operation="token", limit="1")] == [401]
    assert len(await listed(client, since="2026-03-18T10:00:00-03:00")) == 3
    assert await listed(client, since="2026-03-18T10:00:01") == []
    assert await listed(client, bank="stone") == []
    assert [each["request_id"] for each in everything] == ["erp-1", None, None]
    assert everything[1]["why"] == f"client secret does not belong to client_id …{held['client_id'][-4:]}"
    assert everything[2]["nearest"] == "statement"
    assert "no operation has GET /banking/v2/extrat/completo; GET /banking/v2/extrato/completo" in everything[2]["why"]
    assert all("request_headers" not in each for each in everything)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "20001"}, "limit"),
        ({"status": "9xx"}, "status"),
        ({"since": "yesterday"}, "since"),
        ({"refused": "perhaps"}, "refused"),
        ({"detail": "perhaps"}, "detail"),
        ({"bank": "none"}, "bank"),
        ({"account": "1"}, "account"),
        ({"operation": "statment"}, "operation: no bank has"),
        ({"bank": "inter", "operation": "accounts"}, "operation: inter has no"),
    ],
)
async def test_wrong_filters(client, wrong, named):
    """Each gets 422 that names it."""
    answer = await client.get("/_sim/requests", params=wrong)

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(named)


@pytest.mark.anyio
async def test_detail_and_archive(client):
    """Headers and bodies are there for who asks, without the secret; the archive has what its readers need."""
    held, answer = await ask(client)
    token = answer.json()["access_token"]
    record = (await listed(client, detail="true"))[0]
    har = (await client.get("/_sim/requests.har", params={"bank": "inter"})).json()

    assert f"client_secret=…{held['client_secret'][-4:]}" in record["request_body"]
    assert f'"access_token":"…{token[-4:]}"' in record["answer_body"]
    assert ["content-type", "application/json"] in record["answer_headers"]
    assert record["milliseconds"] >= 0
    [entry] = har["log"]["entries"]
    assert har["log"]["version"] == "1.2"
    assert entry["request"]["url"] == "https://cdpj.partners.bancointer.com.br/oauth/v2/token"
    assert entry["request"]["postData"]["mimeType"].startswith("application/x-www-form-urlencoded")
    assert entry["response"]["status"] == 200
    assert json.loads(entry["response"]["content"]["text"])["token_type"] == "Bearer"


@pytest.mark.anyio
async def test_verify(client):
    """What came is verified; what did not is told with what came close, and why it is not it."""
    await ask(client)
    await ask(client, secret="not the secret")

    async def verify(*calls, **more):
        answer = await client.post("/_sim/verify", json={"bank": "inter", "calls": calls, **more})
        return answer.status_code, answer.json()

    good = {"operation": "token", "status": 200, "times": 1}
    assert await verify(good, {"operation": "token", "status": "4xx"}, in_order=True) == (
        200,
        {"verified": True, "failures": []},
    )
    _, turned = await verify({"operation": "token", "status": 401}, good, in_order=True)
    assert turned["failures"][0]["wanted"] == "1 after token"
    _, missed = await verify({"method": "POST", "path": "/oauth/v2/token", "status": 403})
    assert [each["differs"] for each in missed["failures"][0]["near_misses"]] == [
        "status: wanted 403, got 200",
        "status: wanted 403, got 401",
    ]
    _, never = await verify({"operation": "token", "never": True})
    assert (never["failures"][0]["found"], never["failures"][0]["wanted"]) == (2, "0")
    assert (await verify({"operation": "statement", "never": True}))[1]["verified"]
    for wrong in ({"operation": "none"}, {"status": 200}, {"operation": "token", "times": 1, "at_least": 1}, {"x": 1}):
        assert (await verify(wrong))[0] == 422
    assert (await verify())[0] == 422


@pytest.mark.parametrize("slug", contracts.banks())
def test_no_secret_is_shown(slug):
    """Planted anywhere in any encoding, nothing that was issued comes out of any answer of the journal."""
    harness = PureHarness(slug, NOW, authority=AUTHORITY, parameters=Parameters(busy_day_entries=0))
    harness.read(Period(DAY, DAY))
    contract, simulated, tokens = harness.bank.contract, harness.simulated, harness.bank.tokens
    fields = {field.name for field in contract.enrolment.fields if field.kind in ISSUED}
    fields |= set(contract.authentication.client_fields)
    secrets = {simulated.credentials[name] for name in fields if name in simulated.credentials}
    issued = tokens.issue("production", simulated, ("a",), harness.bank.token_life(simulated))
    secrets |= {issued.value, tokens.bind("refresh-0123456789", "production")}
    request = harness.requests[-1]
    for secret in secrets:
        basic = base64.b64encode(f"someone:{secret}".encode()).decode()
        for content in (f"a={quote(secret)}&b=1", json.dumps({"a": [secret]}), f"text {secret}", basic, quote(basic)):
            host, path = request.url.host, quote(secret, safe="")[:1500]
            url = f"https://{host}/x/{path}?q={quote(secret[:1500])}&b={quote(basic[:1500])}"
            planted = {"authorization": f"Basic {basic}", "x-odd": secret.replace("\n", " "), "x-basic": basic}
            asked = httpx.Request("POST", url, content=content, headers=planted, extensions=request.extensions)
            harness.bank.answer(asked)
    journal = harness.world.journal
    records = list(journal.records)
    calls = [ExpectedCall(method="POST", status=299), ExpectedCall(method="POST", never=True)]
    expected = Expectation(bank=slug, calls=calls)
    texts = [
        json.dumps([shown(each, journal.secrets, detail=True) for each in records]),
        json.dumps(archive(records, journal.secrets)),
        json.dumps(verified(records, expected, journal.secrets)),
    ]

    assert all(len(text) > 1000 for text in texts)
    for secret in secrets:
        inner = secret.strip().splitlines()[1] if "PRIVATE KEY" in secret else secret
        for text in texts:
            assert inner not in text
            assert quote(inner, safe="") not in text
            assert base64.b64encode(f"someone:{secret}".encode()).decode()[8:40] not in text


def test_what_is_no_secret_stays_readable():
    """Names that sound like secrets but are none, errors, days and amounts."""
    harmless = '{"token_type":"Bearer","code":"40002","amount":"12.34","day":"2026-03-02","expires_in":"3600"}'
    secrets = Secrets()
    secrets.add("issued-value-1")

    assert secrets.masked(harmless) == harmless
    assert secrets.masked("grant_type=client_credentials&dataInicio=2026-03-02") == (
        "grant_type=client_credentials&dataInicio=2026-03-02"
    )
    assert secrets.masked("see issued-value-1, please") == "see …ue-1, please"
    assert secrets.masked("code=abcdefghijkl&x=1") == "code=…ijkl&x=1"


def test_memory_stays_flat():
    """Only the newest records keep headers and bodies, by their bytes."""
    journal, now = Journal(), NOW
    request = httpx.Request("POST", "https://bank.example/", content=b"x" * 100_000)
    for _ in range(3_000):
        record = journal.begin(request, now, "bank", None)
        journal.answered(record, httpx.Response(200, content=b"y" * 100_000))
    sizes = [
        each.detail.request.size + each.detail.answer.size if each.detail and each.detail.answer else 0
        for each in journal.records
    ]

    assert sum(sizes) <= MOST_DETAIL_BYTES
    assert sizes[0] == 0
    assert sizes[-1] > 16_000
    assert len(selected(journal.records, Choice(limit=10))) == 10


def test_old_tokens_are_dropped():
    """A bank that issues tokens for years keeps those that are good, and the newest of the others."""
    harness = PureHarness("santander", NOW, authority=AUTHORITY, parameters=Parameters(busy_day_entries=0))
    tokens, account, life = harness.bank.tokens, harness.simulated, harness.bank.token_life(harness.simulated)
    first = tokens.issue("production", account, (), life)
    harness.clock.put(NOW + 2 * life)
    for number in range(2 * MOST_DEAD_TOKENS):
        last = tokens.issue("production", account, (), life, value=f"token-{number:09d}")
        if number == MOST_DEAD_TOKENS:
            harness.clock.put(NOW + 4 * life)
    assert tokens.use(first.value, "production")[0] is TokenState.UNKNOWN
    assert tokens.use("token-000000900", "production")[0] is TokenState.EXPIRED
    assert tokens.use(last.value, "production")[0] is TokenState.VALID


def test_a_refused_handshake_is_recorded():
    """Without method and path, and held against no caller."""
    harness = PureHarness("inter", NOW, authority=AUTHORITY)
    journal = harness.world.journal
    journal.handshake_refused("inter", "cdpj.partners.bancointer.com.br", "no client certificate shown", NOW)
    record = shown(journal.records[-1], journal.secrets)

    assert (record["method"], record["path"], record["status"]) == ("", "", None)
    assert record["why"] == "handshake refused: no client certificate shown"
    assert politeness(journal.of(), {"inter": harness.bank.contract}).unlisted == 0
