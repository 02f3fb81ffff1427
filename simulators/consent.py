"""The page on which an account holder of a simulated bank authorises, and the codes it gives.

Plain HTML without script: which company, what may be read, two buttons. The form is sent to the address of the page
itself, so that it works behind any host name and below any path.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape

import httpx
from msgspec import Struct

from simulators.world import SimulatedAccount, World

__all__ = ["Challenge", "Consent", "ConsentServer", "html_answer", "sent_back"]

APPROVE, DENY = "approve", "deny"

CODE_LIFE = timedelta(minutes=1)
"""How long a code may be redeemed."""
PAGE = """<!DOCTYPE html>
<html lang="pt-BR">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ font: 1.1rem/1.5 sans-serif; max-width: 36rem; margin: 3rem auto; padding: 0 1rem }}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"""

FORM = """<p>Banco simulado. Uma aplicação pede acesso a dados da empresa.</p>
<form method="post">
<fieldset>
<legend>Empresa</legend>
{companies}
</fieldset>
<h2>Permissões pedidas</h2>
<ul>
{scopes}
</ul>
<p>
<button type="submit" name="decision" value="approve">Autorizar</button>
<button type="submit" name="decision" value="deny">Recusar</button>
</p>
</form>"""


class Challenge(Struct, frozen=True):
    """What the token request of a code is verified by (PKCE, RFC 7636)."""

    value: str
    method: str = "plain"

    def fits(self, verifier: str) -> bool:
        """Whether a verifier belongs to it (section 4.6)."""
        if self.method == "S256":
            digest = hashlib.sha256(verifier.encode()).digest()
            verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return verifier == self.value


class Consent(Struct, frozen=True, kw_only=True):
    """What an account holder has granted."""

    account: SimulatedAccount
    company: str
    """Tax id of the company whose data may be read."""
    scopes: tuple[str, ...]
    redirect_uri: str
    environment: str
    """The one whose page gave the code; it is good in no other."""
    expires_at: datetime
    """Of the code, not of what was granted."""
    challenge: Challenge | None = None


class ConsentServer:
    """The consent page of one bank, and the codes that it gives.

    Args:
        bank: slug.
        world: gives the time and fresh values.
    """

    def __init__(self, bank: str, world: World) -> None:
        self._bank = bank
        self._world = world
        self._codes: dict[str, Consent] = {}

    def page(self, title: str, companies: Mapping[str, str], scopes: Sequence[str]) -> httpx.Response:
        """The page with its form; companies by tax id, the first one is chosen beforehand."""
        choices = [
            f'<p><label><input type="radio" name="company" value="{escape(tax_id)}"{"" if number else " checked"}> '
            f"{escape(name)}, CNPJ {escape(tax_id)}</label></p>"
            for number, (tax_id, name) in enumerate(companies.items())
        ]
        asked = [f"<li>{escape(scope)}</li>" for scope in scopes]
        return html_answer(title, FORM.format(companies="\n".join(choices), scopes="\n".join(asked)))

    def grant(
        self,
        account: SimulatedAccount,
        company: str,
        scopes: Sequence[str],
        redirect_uri: str,
        environment: str,
        challenge: Challenge | None = None,
    ) -> tuple[str, Consent]:
        """Give a new code; the code, and the consent that it stands for."""
        code = self._world.fresh(self._bank, "code")
        consent = Consent(
            account=account,
            company=company,
            scopes=tuple(scopes),
            redirect_uri=redirect_uri,
            environment=environment,
            expires_at=self._world.now() + CODE_LIFE,
            challenge=challenge,
        )
        self._codes[code] = consent
        self._world.issue(code)
        return code, consent

    def challenged(self, code: str) -> bool:
        """Whether there is such a code, and its token request is verified by a challenge."""
        consent = self._codes.get(code)
        return consent is not None and consent.challenge is not None

    def redeem(
        self, code: str, account: SimulatedAccount, redirect_uri: str, environment: str, verifier: str = ""
    ) -> Consent | None:
        """Use up a code; its consent, or None when it is not good for this account, address and verifier.

        In an environment that did not give the code it is unknown, and stays good where it was given.
        """
        if code in self._codes and self._codes[code].environment != environment:
            return None
        consent = self._codes.pop(code, None)
        good = (
            consent is not None
            and consent.account is account
            and consent.redirect_uri == redirect_uri
            and self._world.now() - self._world.clock.hurried() < consent.expires_at
            and (consent.challenge is None or consent.challenge.fits(verifier))
        )
        return consent if good else None


def html_answer(title: str, content: str, status: int = 200) -> httpx.Response:
    """A web page; `content` is HTML already."""
    return httpx.Response(status, html=PAGE.format(title=escape(title), content=content))


def sent_back(redirect_uri: str, answer: Mapping[str, str]) -> httpx.Response:
    """The redirect to the application, with the answer in its query."""
    address = httpx.URL(redirect_uri).copy_merge_params(dict(answer))
    return httpx.Response(302, headers={"location": str(address), "cache-control": "no-store"})
