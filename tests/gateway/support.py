"""Common parts of the gateway's tests: a fake line that answers like Inter, forms, certificates."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import httpx
from cryptography import x509
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.errors import BankFailure
from gateway.model import BRASILIA, Account
from simulators.world import Parameters

NOW = datetime(2026, 3, 16, 10, 0, tzinfo=BRASILIA)
VAULT_KEY = Fernet.generate_key().decode()
SECRET = "CANARY-client-secret-5f2c"
ACCESS = "CANARY-access-token-77aa"
CNPJ = "11222333000181"
YOUNG = Parameters(opened_days_ago=60, entries_per_day=2, busy_day_entries=0)
"""A simulated account with few movements: what reads it may ask for weeks, and a year of them takes long to make."""


@cache
def certificate(days: int = 300) -> tuple[str, str]:
    """A self-signed certificate that expires `days` after NOW, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CANARY holder")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW.astimezone(UTC) - timedelta(days=400))
        .not_valid_after(NOW.astimezone(UTC) + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return built.public_bytes(Encoding.PEM).decode(), private


def credentials(**changed: str) -> dict[str, str]:
    """A valid credential form for Inter."""
    pem, key = certificate()
    return {"client_id": "a-client-id", "client_secret": SECRET, "certificate": pem, "private_key": key} | changed


def registration(**changed: object) -> dict[str, object]:
    """A valid body of POST /v1/accounts."""
    body: dict[str, object] = {
        "bank": "inter",
        "kind": "PJ",
        "branch": "0001",
        "number": "1234567-8",
        "holder_tax_id": "11.222.333/0001-81",
        "description": "Conta principal",
    }
    return body | changed


class FakeInter:
    """A line that answers like Inter for one account with one Pix of 10.00 a day."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.token_requests = 0
        self.accepted_secrets = {SECRET}
        self.failure: BankFailure | Exception | None = None
        self.answer: Callable[[httpx.Request], httpx.Response | None] = lambda request: None
        self.closed = False

    async def send(
        self, request: httpx.Request, *, account: Account, certificate: tuple[str, str] | None
    ) -> httpx.Response:
        operation = request.extensions["operation"]
        self.requests.append(operation)
        if self.failure is not None:
            raise self.failure
        if (scripted := self.answer(request)) is not None:
            return scripted
        if operation == "token":
            self.token_requests += 1
            form = parse_qs(request.content.decode())
            if form["client_secret"][0] not in self.accepted_secrets:
                refusal = {"error": "invalid_client", "error_description": f"bad secret {form['client_secret'][0]}"}
                return httpx.Response(401, json=refusal)
            return httpx.Response(200, json={"access_token": f"{ACCESS}-{self.token_requests}", "expires_in": 3600})
        if operation == "balance":
            day = request.url.params.get("dataSaldo", NOW.date().isoformat())
            days = (datetime.fromisoformat(day).date() - NOW.date()).days + 1000
            return httpx.Response(200, text=json.dumps({"disponivel": float(Decimal(days * 10))}))
        return httpx.Response(200, json=self._page(request.url.params))

    @staticmethod
    def _page(params: httpx.QueryParams) -> dict[str, object]:
        first = datetime.fromisoformat(params["dataInicio"]).date()
        last = datetime.fromisoformat(params["dataFim"]).date()
        days = [last - timedelta(days=n) for n in range((last - first).days + 1)]
        rows = [
            {
                "idTransacao": f"tx-{day}",
                "dataInclusao": f"{day} 15:02:11.000",
                "dataTransacao": day.isoformat(),
                "tipoTransacao": "PIX",
                "tipoOperacao": "C",
                "valor": "10.0",
                "titulo": "Pix recebido",
                "descricao": "PADARIA MODELO",
                "detalhes": {"nomePagador": "PADARIA MODELO LTDA", "cpfCnpjPagador": "99888777000100"},
            }
            for day in days
        ]
        return {"totalPaginas": 1, "totalElementos": len(rows), "ultimaPagina": True, "transacoes": rows}

    async def aclose(self) -> None:
        self.closed = True


async def enabled(client: Any, **changed: object) -> str:
    """Register an account with credentials; give its id."""
    answer = await client.post("/v1/accounts", json=registration(credentials=credentials(), **changed))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
