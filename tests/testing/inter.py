"""Two calls of Inter, as a client makes them."""

import httpx

__all__ = ["FORM", "TOKEN", "statement", "token"]

BASE = "https://cdpj.partners.bancointer.com.br"
TOKEN = f"{BASE}/oauth/v2/token"
FORM = {"grant_type": "client_credentials", "scope": "extrato.read"}


def token(bank):
    """An access token of a router's account."""
    own = {name: bank.account.credentials[name] for name in ("client_id", "client_secret")}
    return httpx.post(TOKEN, data={**FORM, **own}).raise_for_status().json()["access_token"]


def statement(bank, first="2026-03-01", last="2026-03-17"):
    """The bank's answer to a request for a statement."""
    query = {"dataInicio": first, "dataFim": last, "pagina": 0, "tamanhoPagina": 1000}
    headers = {"authorization": f"Bearer {token(bank)}"}
    return httpx.get(f"{BASE}/banking/v2/extrato/completo", params=query, headers=headers)
