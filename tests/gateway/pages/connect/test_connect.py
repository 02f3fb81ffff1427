"""The connect page from end to end: a person with a browser, the application, and the simulated banks."""

import asyncio
import io
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from litestar import Litestar
from sqlalchemy import select

import contracts
from gateway.accounts.connect import enabling
from gateway.api.parts import PARTS
from gateway.limits import CONNECT_ATTEMPTS
from gateway.storage.engine.database import Database
from gateway.storage.engine.tables import METADATA
from simulators.world import SimulatedAccount
from tests.gateway.api.simulated import SimulatedBanks, body_of
from tests.gateway.audited import records
from tests.gateway.pages.connect.conftest import RETURN
from tests.gateway.pages.connect.person import Person

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[dict[str, Any]]]
MANAGED = {"account.registered", "integration.enabled", "integration.credentials_replaced", "consent.begun"}


def described(simulated: SimulatedAccount) -> dict[str, Any]:
    """What describes an account."""
    names = ("kind", "branch", "number", "holder_tax_id")
    return {name: getattr(simulated, name) for name in names}


async def led_to_form(person: Person, session: Make, simulated: SimulatedAccount, **body: Any) -> dict[str, Any]:
    """Make a session and go as far as the credentials."""
    made = await session(**body)
    await person.open(made["url"])
    assert person.heading == "Escolha o banco"
    await person.press("choose", bank=simulated.bank)
    await person.describe(described(simulated), description="Conta principal")
    assert "Instruções" in person.heading, person.words
    await person.press("form")
    assert "Credenciais" in person.heading
    return made


def everything(database: Database) -> str:
    """All rows of the database, as text."""
    with database.engine.connect() as opened:
        rows = [str(tuple(row)) for table in METADATA.sorted_tables for row in opened.execute(select(table))]
    return "\n".join(rows)


@pytest.mark.parametrize("slug", contracts.banks())
async def test_a_person_enables_an_account_at_every_bank(
    client: httpx.AsyncClient, person: Person, session: Make, line: SimulatedBanks, app: Litestar, slug: str
) -> None:
    """From the choice of the bank to the movements, and back to the system that sent the person."""
    simulated, contract = line.account(slug), contracts.load(slug)
    made = await session(return_to=f"{RETURN}?de=1", account={"external_id": "erp-7"})
    await person.open(made["url"])
    for each in contracts.banks():
        assert contracts.load(each).name in person.words
    assert contract.enrolment.created_by in person.words
    await person.press("choose", bank=slug)
    await person.describe(described(simulated), description="Conta principal", default="1")
    for step in contract.enrolment.steps:
        assert step in person.words, step
    await person.press("form")
    for field in contract.enrolment.fields:
        assert field.label in person.words

    await person.fill_in(simulated.form)

    assert "Integração habilitada" in person.heading, person.words
    assert f'href="{RETURN}?de=1&amp;connect_session={made["id"]}&amp;result=enabled"' in person.answer.text
    assert ("<svg" in person.answer.text) == ("Saldo no fim de cada dia" in person.words)
    ended = (await client.get(f"/v1/connect-sessions/{made['id']}")).json()
    assert (ended["result"], ended["last_failure"]) == ("enabled", None)
    account = (await client.get(f"/v1/accounts/{ended['account_id']}")).json()
    assert (account["integration"]["state"], account["default"]) == ("active", True)
    assert (account["description"], account["external_id"]) == ("Conta principal", "erp-7")
    first = account["integration"]["first_import"]
    shown = ["/".join(reversed(first[end].split("-"))) for end in ("from", "to")]
    assert f"De {shown[0]} a {shown[1]}" in person.words
    assert ("Certificado Vence" in person.words) == (account["integration"]["certificate_expires_at"] is not None)
    statement = await client.get(
        f"/v1/accounts/{account['id']}/statement", params={"from": "2026-02-14", "to": "2026-03-15"}
    )
    newest = statement.json()["entries"][-1]
    amount = f"{abs(float(newest['amount'])):,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")
    assert f"R$ {amount}" in person.words
    # What the page did has the session as its actor.
    done = [each for each in records(app.state["parts"].database) if each.action in MANAGED]
    assert {each.actor for each in done} == {f"connect:{made['id']}"}


async def test_a_pkcs12_is_taken_apart(person: Person, session: Make, line: SimulatedBanks) -> None:
    """Dropped as a file; a wrong password is shown at its field, and nothing of it comes back."""
    simulated = line.account("santander")
    form = dict(simulated.form)
    certificate, key = form.pop("certificate"), form.pop("private_key")
    bundle = pkcs12.serialize_key_and_certificates(
        b"x",
        load_pem_private_key(key.encode(), None),  # type: ignore[arg-type]
        x509.load_pem_x509_certificate(certificate.encode()),
        None,
        BestAvailableEncryption(b"CANARY-senha"),
    )
    await led_to_form(person, session, simulated)

    await person.fill_in(form, {"private_key": bundle}, pkcs12_password="CANARY-no")
    assert person.errors() == {"pkcs12_password": "A senha não abre o arquivo PKCS#12."}
    assert 'href="#c-pkcs12_password"' in person.answer.text
    await person.fill_in(form, {"certificate": bundle}, pkcs12_password="CANARY-senha")
    assert "Integração habilitada" in person.heading
    assert "CANARY" not in "".join(each.text for each in person.seen)


@pytest.mark.parametrize("kind", ["der", "swapped", "one file", "pasted"])
async def test_files_come_as_people_have_them(person: Person, session: Make, line: SimulatedBanks, kind: str) -> None:
    """In DER, on each other's field, both in one file, or as text."""
    simulated = line.account("inter")
    form = dict(simulated.form)
    certificate, key = form.pop("certificate"), form.pop("private_key")
    loaded = load_pem_private_key(key.encode(), None)
    files = {
        "der": {
            "certificate": x509.load_pem_x509_certificate(certificate.encode()).public_bytes(Encoding.DER),
            "private_key": loaded.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        },
        "swapped": {"certificate": key.encode(), "private_key": certificate.encode()},
        "one file": {"certificate": (key + certificate).encode()},
        "pasted": {},
    }[kind]
    await led_to_form(person, session, simulated)

    pasted = {"certificate": certificate, "private_key": key} if kind == "pasted" else {}
    await person.fill_in(form, files, **pasted)

    assert "Integração habilitada" in person.heading, person.errors()


async def test_what_can_be_checked_is_checked_before_the_bank(
    person: Person, session: Make, line: SimulatedBanks
) -> None:
    """Check digits, forms of numbers, a key of another certificate: each at its field, and the bank is not asked."""
    simulated, other = line.account("bradesco"), line.bank("bradesco").open_account("1234560")
    made = await session()
    await person.open(made["url"])
    await person.press("choose", bank="nobank")
    assert person.errors() == {"bank": "Escolha um dos bancos da lista."}
    await person.press("choose", bank="bradesco")
    wrong = simulated.number[:-1] + ("1" if simulated.number[-1] != "1" else "2")
    await person.describe(described(simulated), number=wrong, branch="x", holder_tax_id="11222333000182")
    assert person.errors() == {
        "branch": "A agência não é uma agência de Banco Bradesco.",
        "number": "O dígito não confere com o número da conta: confira os dois.",
        "holder_tax_id": "Isto não é um CNPJ válido.",
    }
    assert f'value="{wrong}"' in person.answer.text
    assert 'role="alert" tabindex="-1" autofocus' in person.answer.text
    await person.describe(described(simulated), description="x" * 201)
    assert list(person.errors()) == ["description"]
    await person.describe(described(simulated))
    await person.press("form")
    await person.fill_in({**simulated.form, "private_key": other.form["private_key"]}, client_secret="")
    assert person.errors() == {
        "client_secret": "Preencha: Client Secret.",
        "private_key": "A chave não é a do certificado.",
    }
    # The text is still there, the rest has to come again.
    assert f'value="{simulated.form["client_id"]}"' in person.answer.text
    assert not line.sent

    # The script asks the same rules, field by field.
    asked = {"session": person.secret, "form": "conta", "kind": "PJ", "branch": "1", "number": wrong}
    found = (await person.client.post("/connect/check", data=asked)).json()["errors"]
    assert found["number"] == "O dígito não confere com o número da conta: confira os dois."
    asked = {"session": person.secret, "form": "credenciais", "c.client_id": "x"}
    found = (await person.client.post("/connect/check", data=asked)).json()["errors"]
    assert found["certificate"].startswith("Preencha")
    assert not line.sent


async def test_secrets_are_nowhere_but_sealed(
    client: httpx.AsyncClient,
    person: Person,
    session: Make,
    line: SimulatedBanks,
    app: Litestar,
    logged: io.StringIO,
) -> None:
    """Neither after a refusal nor after a success: not in a page, an address, the log, or the database."""
    simulated = line.account("inter")
    made = await led_to_form(person, session, simulated)
    form = dict(simulated.form)
    planted = {**form, "client_secret": "CANARY-secret-of-the-form"}

    await person.fill_in(planted)

    assert "Houve uma falha: Alguma das credenciais informadas é inválida" in person.words
    assert "Quem precisa agir" in person.words
    assert "Não insista" in person.words
    assert f'value="{form["client_id"]}"' in person.answer.text
    assert (await client.get("/v1/accounts")).json()["total"] == 0
    assert (await client.get(f"/v1/connect-sessions/{made['id']}")).json()["last_failure"] == "invalid_credentials"
    await person.fill_in(form)
    assert "Integração habilitada" in person.heading

    key_lines = [each for each in form["private_key"].splitlines() if each and "-----" not in each]
    secrets = ["CANARY-secret-of-the-form", form["client_secret"], key_lines[1], person.secret]
    secrets.append(made["url"].rpartition("/")[2])
    places = {
        "pages": "".join(each.text for each in person.seen),
        "addresses": " ".join(str(each.request.url) for each in person.seen[1:]),
        "log": logged.getvalue(),
        "database": everything(app.state["parts"].database),
    }
    for place, text in places.items():
        for secret in secrets:
            # The page's own secret is in its forms, and nowhere else.
            assert (secret in text) == (place == "pages" and secret == person.secret), (place, secret[:8])


async def test_progress_is_shown_and_a_closed_window_stops_nothing(
    client: httpx.AsyncClient,
    person: Person,
    session: Make,
    line: SimulatedBanks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The page renews itself without scripts by addresses that are good once each."""
    simulated, going, send = line.account("inter"), asyncio.Event(), line.send

    async def slowly(request: httpx.Request, **named: Any) -> httpx.Response:
        await going.wait()
        return await send(request, **named)

    monkeypatch.setattr(line, "send", slowly)
    monkeypatch.setattr(enabling, "CONNECT_PATIENCE_SECONDS", 0.05)
    made = await led_to_form(person, session, simulated)
    files = {name: simulated.form[name].encode() for name in ("certificate", "private_key")}
    typed = {f"c__{name}": text for name, text in simulated.form.items() if name not in files}
    await person.press("enable", files, **typed)

    assert "Consultando o banco" in person.heading
    ticket = re.search(r'<noscript><meta http-equiv="refresh" content="3; url=([^"]+)">', person.answer.text)
    assert ticket is not None
    before = person.secret
    await person.open(ticket[1])
    assert "Consultando o banco" in person.heading
    assert person.secret != before
    assert (await person.client.get(ticket[1])).status_code == 410
    # Nothing else is begun meanwhile, whatever is pressed.
    await person.press("enable", files, **typed)
    await person.press("cancel")
    assert "Consultando o banco" in person.heading
    asked = {"session": person.secret}
    assert (await person.client.post("/connect/status", data=asked)).json() == {"stage": "checking"}
    going.set()
    for _ in range(200):
        ended = (await client.get(f"/v1/connect-sessions/{made['id']}")).json()
        if ended["result"] is not None:
            break
        await asyncio.sleep(0.05)
    assert ended["result"] == "enabled"
    assert (await person.client.post("/connect/status", data=asked)).json() == {"stage": "done"}
    assert line.sent["token"] == 1


async def test_an_existing_account_is_enabled(
    client: httpx.AsyncClient, person: Person, session: Make, line: SimulatedBanks
) -> None:
    """Its data stand there; what the registration has settled cannot be changed, the description can."""
    simulated = line.account("stone")
    body = body_of(simulated)
    del body["credentials"]
    account = (await client.post("/v1/accounts", json={**body, "description": "antes"})).json()["id"]
    made = await session(purpose="enable", account_id=account)
    markup = await person.open(made["url"])
    assert "Confira a conta" in person.heading
    assert simulated.number in person.words
    assert "number" not in markup.all("input", "name")
    await person.press("choose", bank="inter")
    assert "Stone" in person.heading
    await person.press("describe", description="depois", number="999")
    await person.press("form")
    await person.fill_in(simulated.form)
    assert "Integração habilitada" in person.heading
    now = (await client.get(f"/v1/accounts/{account}")).json()
    assert (now["integration"]["state"], now["description"], now["number"]) == ("active", "depois", simulated.number)


async def test_an_account_that_is_registered_already_is_not_registered_again(
    client: httpx.AsyncClient, person: Person, session: Make, line: SimulatedBanks
) -> None:
    """The person is told at the number, before the credentials."""
    simulated = line.account("inter")
    await client.post("/v1/accounts", json=body_of(simulated))
    made = await session()
    await person.open(made["url"])
    await person.press("choose", bank="inter")
    await person.describe(described(simulated))
    assert person.errors() == {"number": "Esta conta já está cadastrada."}


async def test_an_own_id_in_use_is_told_to_the_caller_and_not_to_the_person(
    client: httpx.AsyncClient, session: Make, line: SimulatedBanks, new_key: Callable[[str], Awaitable[str]]
) -> None:
    """No field of the page has it, so that a person could only give up. Another tenant's is free."""
    body = {**body_of(line.account("inter")), "external_id": "erp-7"}
    account = (await client.post("/v1/accounts", json=body)).json()["id"]
    known = {"account": {"external_id": " erp-7 "}}
    answer = await client.post("/v1/connect-sessions", json=known)
    assert (answer.status_code, answer.json()["code"]) == (409, "account_exists")
    assert (answer.json()["field"], answer.json()["account_id"]) == ("account.external_id", account)
    await session(purpose="enable", account_id=account)
    client.headers["Authorization"] = f"Bearer {await new_key('tenant-b')}"
    assert (await client.post("/v1/connect-sessions", json=known)).status_code == 201


async def test_a_prefilled_account_begins_with_what_is_known(person: Person, session: Make) -> None:
    """The bank is chosen, the fields are filled in; what is wrong in them is said when they are sent."""
    known = {"bank": "inter", "kind": "PJ", "branch": "0001", "holder_tax_id": "11.222.333/0001-81"}
    made = await session(account={**known, "description": '"><script>x</script>'})
    await person.open(made["url"])
    assert "Descreva a conta: Banco Inter" in person.heading
    assert 'value="11.222.333/0001-81"' in person.answer.text
    assert "<script>x" not in person.answer.text


@pytest.mark.parametrize("slug", ["sicoob", "sicredi", "itau"])
async def test_a_branch_has_the_name_that_people_know(person: Person, session: Make, slug: str) -> None:
    """The branches of some banks are cooperatives, whose numbers have no check digit."""
    made = await session(account={"bank": slug})
    await person.open(made["url"])

    assert ("Cooperativa" in person.words) is (slug != "itau")
    assert ("sem o dígito" in person.words) is (slug == "itau")


async def test_a_person_may_leave(client: httpx.AsyncClient, person: Person, session: Make) -> None:
    """The way back says so, and the page does nothing any more."""
    made = await session()
    await person.open(made["url"])
    await person.press("cancel")
    assert person.heading == "Conexão cancelada"
    assert f"connect_session={made['id']}&amp;result=cancelled" in person.answer.text
    assert (await client.get(f"/v1/connect-sessions/{made['id']}")).json()["result"] == "cancelled"
    await person.press("choose", bank="inter")
    assert person.heading == "Conexão cancelada"


async def test_a_page_gives_up_before_the_bank_blocks_somebody(
    person: Person, session: Make, line: SimulatedBanks, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond so many attempts no bank is asked."""
    monkeypatch.setattr("gateway.accounts.connect.sessions.CONNECT_ATTEMPTS", 2)
    simulated = line.account("pagseguro")
    await led_to_form(person, session, simulated)
    for _ in range(2):
        await person.fill_in({**simulated.form, "token": "wrong-token-wrong"})
        assert "Credenciais" in person.heading
    asked = line.sent.total()
    await person.fill_in(simulated.form)
    assert person.heading == "Tentativas demais"
    assert line.sent.total() == asked
    assert CONNECT_ATTEMPTS > 2


async def test_another_session_gives_no_more_attempts(
    person: Person, session: Make, line: SimulatedBanks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the bank has refused for one account is counted over all of them."""
    monkeypatch.setattr("gateway.accounts.enrolment.verification.NEW_CREDENTIALS_REFUSED", 2)
    simulated = line.account("pagseguro")
    for _ in range(2):
        await led_to_form(person, session, simulated)
        await person.fill_in({**simulated.form, "token": "wrong-token-wrong"})
        assert "Credenciais" in person.heading
    asked = line.sent.total()
    await led_to_form(person, session, simulated)
    await person.fill_in(simulated.form)
    assert "Credenciais recusadas vezes demais" in person.answer.text
    assert line.sent.total() == asked


async def test_attempts_are_counted_where_all_processes_see_them(
    person: Person, session: Make, line: SimulatedBanks, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that has read the session before another one used up its last attempt asks no bank."""
    monkeypatch.setattr("gateway.accounts.connect.sessions.CONNECT_ATTEMPTS", 1)
    simulated = line.account("pagseguro")
    made = await led_to_form(person, session, simulated)
    parts = app.state[PARTS]
    with parts.database.engine.connect() as opened:
        tenant_id = opened.execute(select(METADATA.tables["connect_sessions"].c.tenant_id)).scalar_one()
    known = await parts.connect_sessions.one(tenant_id, made["id"])
    await person.fill_in({**simulated.form, "token": "wrong-token-wrong"})
    assert "Credenciais" in person.heading
    asked = line.sent.total()
    assert asked

    assert not await parts.enabling.enable(known, simulated.form)
    assert line.sent.total() == asked
