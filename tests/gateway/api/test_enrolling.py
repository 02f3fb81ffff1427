"""Every bank: an account is what its credentials read, and it has one spelling."""

import asyncio
import base64
import io
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12
from litestar import Litestar

import contracts
from gateway.certificates.pkcs12 import accepts_pkcs12
from gateway.settings import Settings
from gateway.tax_ids import is_cnpj
from tests.clocks import FixedClock
from tests.gateway.api.simulated import SimulatedBanks, body_of

pytestmark = pytest.mark.anyio

every_bank = pytest.mark.parametrize("slug", contracts.banks())
SECOND = timedelta(seconds=1)
ANOTHER_COMPANY = "45997418000153"
NUMBER_TRAVELS_NOT = sorted(
    slug for slug in contracts.banks() if "number" not in contracts.load(slug).enrolment.account_named_by
)
BRANCH_TRAVELS_NOT = ["inter", "sicoob"]


@pytest.fixture
def line() -> SimulatedBanks:
    """A line to all simulated banks."""
    return SimulatedBanks()


@pytest.fixture
def app(
    serve: Callable[..., Litestar], settings: Settings, line: SimulatedBanks, clock: FixedClock, logged: io.StringIO
) -> Litestar:
    """The application over that line."""
    return serve(settings, line, clock)


def another(slug: str, **changed: Any) -> dict[str, Any]:
    """The typed fields of another account of the bank."""
    numbering = contracts.load(slug).enrolment.numbering
    rule = numbering.check_digit if numbering is not None else None
    body = "9988776"
    return {"number": body + (rule.of("0001", body) if rule is not None else "6"), **changed}


async def enrolled(client: httpx.AsyncClient, line: SimulatedBanks, slug: str, **changed: Any) -> httpx.Response:
    return await client.post("/v1/accounts", json=body_of(line.account(slug), **changed))


@every_bank
async def test_an_account_is_enrolled_again_after_it_was_disabled_or_removed(
    client: httpx.AsyncClient, line: SimulatedBanks, slug: str
) -> None:
    """Its own credentials do not count as in use, also when they are given once more."""
    first = await enrolled(client, line, slug)
    assert first.status_code == 201, first.text
    place = f"/v1/accounts/{first.json()['id']}"
    fresh = {"credentials": line.account(slug).form}

    assert (await client.put(f"{place}/integration", json=fresh)).status_code == 200
    await client.delete(f"{place}/integration")
    line.bank(slug).renew_credentials(line.account(slug))
    fresh = {"credentials": line.account(slug).form}
    assert (await client.put(f"{place}/integration", json=fresh)).status_code == 200
    await client.delete(place)
    line.bank(slug).renew_credentials(line.account(slug))
    assert (await enrolled(client, line, slug)).status_code == 201


@pytest.mark.parametrize("slug", NUMBER_TRAVELS_NOT)
@pytest.mark.parametrize("changed", [{}, {"holder_tax_id": ANOTHER_COMPANY}])
async def test_the_same_credentials_enable_one_account(
    client: httpx.AsyncClient, line: SimulatedBanks, slug: str, changed: dict[str, str]
) -> None:
    """Under another number they would read the same rows: 409 names the account, and the bank is not even asked."""
    first = (await enrolled(client, line, slug)).json()
    sent = line.sent.copy()

    again = await enrolled(client, line, slug, **another(slug), **changed)

    assert (again.status_code, again.json()["code"]) == (409, "credentials_in_use")
    assert again.json()["account_id"] == first["id"]
    assert first["id"] in again.json()["detail"]
    assert line.sent == sent
    assert (await client.get("/v1/accounts")).json()["total"] == 1


@pytest.mark.parametrize("slug", BRANCH_TRAVELS_NOT)
async def test_another_branch_makes_no_other_account_where_no_branch_travels(
    client: httpx.AsyncClient, line: SimulatedBanks, slug: str
) -> None:
    """The number is that of the same account."""
    assert (await enrolled(client, line, slug)).status_code == 201

    again = await enrolled(client, line, slug, branch="4321")

    assert (again.status_code, again.json()["code"]) == (409, "credentials_in_use")


BRANCH_MAY_BE_LEFT_OUT = [slug for slug in contracts.banks() if not contracts.load(slug).enrolment.branch_required]


@pytest.mark.parametrize("slug", BRANCH_MAY_BE_LEFT_OUT)
@pytest.mark.parametrize("branches", [("", "0001"), ("1", "")])
async def test_an_account_whose_branch_is_left_out_is_the_same_with_it(
    client: httpx.AsyncClient, line: SimulatedBanks, slug: str, branches: tuple[str, str]
) -> None:
    """Also without credentials: it is not registered a second time, with another id."""
    account = {name: value for name, value in body_of(line.account(slug)).items() if name != "credentials"}
    first, again = [await client.post("/v1/accounts", json=account | {"branch": branch}) for branch in branches]

    assert (first.status_code, again.status_code) == (201, 409), again.text
    assert (again.json()["code"], again.json()["account_id"]) == ("account_exists", first.json()["id"])


async def test_an_account_comes_once_with_its_branch_and_without_it_at_the_same_time(
    client: httpx.AsyncClient, line: SimulatedBanks
) -> None:
    """Of several that are sent at once one is registered, and the others are told so."""
    account = {name: value for name, value in body_of(line.account("pagseguro")).items() if name != "credentials"}
    bodies = [account | {"branch": branch} for branch in ("", "0001", "1") * 2]
    answers = await asyncio.gather(*(client.post("/v1/accounts", json=body) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [201, *[409] * (len(bodies) - 1)]
    assert len((await client.get("/v1/accounts")).json()["accounts"]) == 1


async def test_credentials_are_free_again_when_they_are_erased(
    client: httpx.AsyncClient, line: SimulatedBanks, new_key: Callable[[str], Awaitable[str]]
) -> None:
    """Another account may have them when the first is disabled, and another tenant at any time."""
    first = (await enrolled(client, line, "sicredi")).json()["id"]
    second = body_of(line.account("sicredi"), **another("sicredi"))
    headers = {"Authorization": f"Bearer {await new_key('tenant-b')}"}

    assert (await client.post("/v1/accounts", json=second, headers=headers)).status_code == 201
    await client.delete(f"/v1/accounts/{first}/integration")
    assert (await client.post("/v1/accounts", json=second)).status_code == 201
    own = {"credentials": line.account("sicredi").form}
    taken = await client.put(f"/v1/accounts/{first}/integration", json=own)
    assert (taken.status_code, taken.json()["code"]) == (409, "credentials_in_use")


@pytest.mark.parametrize(
    ("slug", "field", "changed"),
    [
        ("pagseguro", "user", lambda value: f"00{value}"),
        ("stone", "account_id", str.upper),
        ("sicredi", "client_id", lambda value: f" {value} "),
    ],
)
async def test_a_credential_written_in_another_way_is_the_same(
    client: httpx.AsyncClient, line: SimulatedBanks, slug: str, field: str, changed: Callable[[str], str]
) -> None:
    """Letter case, zeros before a number and blanks make no other account."""
    simulated = line.account(slug)
    assert (await enrolled(client, line, slug)).status_code == 201

    form = {**simulated.form, field: changed(simulated.form[field])}
    again = await client.post("/v1/accounts", json=body_of(simulated, **another(slug, credentials=form)))

    assert (again.status_code, again.json()["code"]) == (409, "credentials_in_use")


async def test_of_two_that_come_at_once_one_asks_the_bank(client: httpx.AsyncClient, line: SimulatedBanks) -> None:
    """The other waits for its end, and then the bank need not be asked."""
    bodies = [body_of(line.account("sicredi")), body_of(line.account("sicredi"), **another("sicredi"))]

    answers = await asyncio.gather(*(client.post("/v1/accounts", json=body) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert refused["code"] == "credentials_in_use"
    assert (await client.get("/v1/accounts")).json()["total"] == 1
    assert line.sent["token"] == 1


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"number": "99887766"}, ["number"]),
        ({"holder_tax_id": ANOTHER_COMPANY}, ["holder_tax_id"]),
        ({"number": "99887766", "holder_tax_id": ANOTHER_COMPANY}, ["number", "holder_tax_id"]),
    ],
)
async def test_the_account_that_the_bank_names_is_compared(
    client: httpx.AsyncClient, line: SimulatedBanks, clock: FixedClock, changed: dict[str, str], fields: list[str]
) -> None:
    """Stone gives number and holder: each that differs is named, and the bank's values are not repeated."""
    simulated = line.account("stone")

    refused = await enrolled(client, line, "stone", **changed)

    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["bank"]) == (422, "invalid_account", "stone")
    assert (problem["field"], [error["field"] for error in problem["errors"]]) == (fields[0], fields)
    assert not any(value in refused.text for value in (simulated.number, simulated.holder_tax_id))
    assert (await client.get("/v1/accounts")).json()["total"] == 0
    # A second later, since an assertion is good for one use.
    line.clock.advance(SECOND)
    clock.moment += SECOND
    assert (await enrolled(client, line, "stone", number=f"00{simulated.number}")).status_code == 201


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"number": "99887766"}, "number"),
        ({"branch": "0002"}, "branch"),
        ({"holder_tax_id": ANOTHER_COMPANY}, "holder_tax_id"),
        ({"branch": ""}, None),
    ],
)
async def test_cora_tells_branch_number_and_holder(
    client: httpx.AsyncClient, line: SimulatedBanks, changed: dict[str, str], field: str | None
) -> None:
    """A branch that was not typed is not compared."""
    answer = await enrolled(client, line, "cora", **changed)

    assert answer.status_code == (422 if field else 201)
    assert answer.json().get("field") == field


async def test_another_establishment_of_the_holder_is_the_holder(
    client: httpx.AsyncClient, line: SimulatedBanks
) -> None:
    """The account of a company may be registered under any of its establishments."""
    company = line.account("stone").holder_tax_id[:8]
    branch = next(cnpj for digits in range(100) if is_cnpj(cnpj := f"{company}0002{digits:02d}"))

    assert (await enrolled(client, line, "stone", holder_tax_id=branch)).status_code == 201


async def test_an_account_id_at_btg_is_that_of_the_number(client: httpx.AsyncClient, line: SimulatedBanks) -> None:
    """Where the id is typed in, the number does not travel; the list of accounts tells whose it is."""
    simulated = line.account("btg_pactual")
    account_id = f"{simulated.holder_tax_id}-208-{int(simulated.branch)}-{int(simulated.number):09d}"
    form = {**simulated.form, "account_id": account_id}

    refused = await enrolled(client, line, "btg_pactual", credentials=form, number="123456")

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_account")
    assert refused.json()["field"] == "number"
    line.bank("btg_pactual").renew_credentials(simulated)
    form = {**simulated.form, "account_id": account_id}
    assert (await enrolled(client, line, "btg_pactual", credentials=form)).status_code == 201


@pytest.mark.parametrize(
    ("slug", "branch", "number", "again"),
    [
        ("banco_do_brasil", "1505", "13489", ("1505-1", "0000013489")),
        ("bradesco", "3750", "755575", ("3750-7", "0755575")),
        ("itau", "1500", "123456", ("1500", "00123456")),
        ("santander", "4177", "130045678", ("4177", "000130045678")),
    ],
)
async def test_one_account_is_registered_once_however_it_is_typed(
    client: httpx.AsyncClient, line: SimulatedBanks, slug: str, branch: str, number: str, again: tuple[str, str]
) -> None:
    """The second gets 409 with the account's id, in either order."""
    body = body_of(line.account(slug), branch=branch, number=number, credentials=None)
    first = await client.post("/v1/accounts", json=body)
    assert first.status_code == 201, first.text

    second = await client.post("/v1/accounts", json={**body, "branch": again[0], "number": again[1]})

    assert (second.status_code, second.json()["code"]) == (409, "account_exists")
    assert first.json()["id"] in second.json()["detail"]
    await client.delete(f"/v1/accounts/{first.json()['id']}")
    other = await client.post("/v1/accounts", json={**body, "branch": again[0], "number": again[1]})
    assert (other.json()["id"], other.json()["branch"]) == (first.json()["id"], branch)


async def test_all_errors_are_reported_at_once(client: httpx.AsyncClient, line: SimulatedBanks) -> None:
    """In Portuguese for the person, with the first in the fields that were there before."""
    body = {
        "bank": "bradesco",
        "kind": "PF",
        "branch": "x",
        "number": "755570",
        "holder_tax_id": "11222333000180",
        "credentials": {"client_id": "", "secret": "CANARY", "certificate": "CANARY", "private_key": "CANARY"},
    }

    refused = await client.post("/v1/accounts", json=body)

    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["field"]) == (422, "account_type_not_supported", "kind")
    assert [error["field"] for error in problem["errors"]] == [
        "kind",
        "branch",
        "number",
        "holder_tax_id",
        "credentials.secret",
        "credentials.client_id",
        "credentials.client_secret",
        "credentials.certificate",
        "credentials.private_key",
    ]
    assert "CANARY" not in refused.text
    assert next(e["detail"] for e in problem["errors"] if e["field"] == "number").startswith("O dígito não confere")
    assert not line.sent


WITH_FILES = [slug for slug in contracts.banks() if accepts_pkcs12(contracts.load(slug))]


@pytest.mark.parametrize("slug", WITH_FILES)
async def test_files_pasted_on_one_line_enable_an_account(
    client: httpx.AsyncClient, line: SimulatedBanks, slug: str
) -> None:
    """The bank gets a valid certificate, whatever happened to its lines."""
    simulated = line.account(slug)
    form = {
        **simulated.form,
        "certificate": simulated.form["certificate"].replace("\n", " "),
        "private_key": simulated.form["private_key"].replace("\n", "\\n").strip(),
    }

    assert (await enrolled(client, line, slug, credentials=form)).status_code == 201


async def test_a_pkcs12_enables_an_account(client: httpx.AsyncClient, line: SimulatedBanks) -> None:
    """In the place of the two files; a wrong password is reported together with the other errors."""
    simulated = line.account("santander")
    files = {"certificate": simulated.form["certificate"], "private_key": simulated.form["private_key"]}
    bundle = pkcs12.serialize_key_and_certificates(
        None,
        load_pem_private_key(files["private_key"].encode(), None),  # type: ignore[arg-type]
        x509.load_pem_x509_certificate(files["certificate"].encode()),
        None,
        BestAvailableEncryption(b"CANARY-senha"),
    )
    form = {name: value for name, value in simulated.form.items() if name not in files}
    form |= {"pkcs12": base64.b64encode(bundle).decode(), "pkcs12_password": "CANARY-senha"}

    refused = await enrolled(
        client, line, "santander", number="x", credentials={**form, "pkcs12_password": "CANARY-no"}
    )
    made = await enrolled(client, line, "santander", credentials=form)

    assert [error["field"] for error in refused.json()["errors"]] == ["number", "credentials.pkcs12_password"]
    assert "CANARY" not in refused.text
    assert made.status_code == 201, made.text
    assert made.json()["integration"]["certificate_expires_at"] is not None
    assert (await client.get("/v1/banks/santander")).json()["accepts_pkcs12"] is True
    assert (await client.get("/v1/banks/pagseguro")).json()["accepts_pkcs12"] is False


async def test_an_unknown_bank_hides_nothing_else(client: httpx.AsyncClient) -> None:
    """Fields that do not depend on the bank are checked too."""
    body = {"bank": "x", "kind": "PX", "number": "1", "holder_tax_id": "1"}

    refused = await client.post("/v1/accounts", json=body)

    assert [error["field"] for error in refused.json()["errors"]] == ["bank", "kind", "holder_tax_id"]
