"""Makes the account pages: which values stand on which of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import asdict

import contracts
from gateway.accounts.recording.stored import Answer
from gateway.api.bodies import AccountBody
from gateway.errors import GatewayError
from gateway.limits import PANEL_ENTRIES
from gateway.model import Period
from gateway.pages.accounts import words
from gateway.pages.accounts.shown import Drawn, Site, account_of, entry_of, failure_of, statement_of
from gateway.pages.shared import Page, csp, environment, headers_of_one, style_source
from gateway.pages.words import day, instant
from gateway.storage.imports.states import AccountState

__all__ = ["Chosen", "account_page", "headers", "list_page", "problem_page", "sign_in_page", "statement_page"]

TEMPLATES = Path(__file__).parent / "templates"


class Chosen(Struct, frozen=True, kw_only=True):
    """What was asked of the list, as it was typed; empty for anything."""

    banco: str = ""
    estado: str = ""
    titular: str = ""
    codigo: str = ""

    @property
    def given(self) -> dict[str, str]:
        """What is not empty, by its name in the address."""
        return {name: value for name, value in asdict(self).items() if value}


def headers() -> dict[str, str]:
    """The headers of all these pages: nothing is kept, framed, run or loaded, and forms go to the gateway alone."""
    return headers_of_one(csp(style_src=style_source(), form_action="'self'")) | {
        # Under the policy of other pages browsers would not say which page has sent a form.
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }


def sign_in_page(site: Site, said: str = "", *, status: int = 200) -> Page:
    """The form that asks for a key."""
    return _page("sign_in.html", site, status, said=said)


def problem_page(site: Site, failure: GatewayError, request_id: str) -> Page:
    """A failure in words, with what to do."""
    return _page("problem.html", site, failure.status, failure=failure_of(site, failure), request_id=request_id)


def list_page(
    site: Site,
    chosen: Chosen,
    accounts: Sequence[AccountBody],
    imports: Mapping[str, AccountState],
    *,
    total: int,
    cursor: str,
    following: str | None,
) -> Page:
    """A part of the accounts."""
    goes_on = f"{site.path}?{urlencode(chosen.given | {'cursor': following})}" if following is not None else ""
    return _page(
        "list.html",
        site,
        chosen=chosen,
        banks={slug: words.bank_name(slug) for slug in contracts.banks()},
        states={state.value: name for state, name in words.STATES.items()},
        accounts=[account_of(site, body, imports.get(body.id)) for body in accounts],
        total=total,
        is_first=not cursor,
        first=f"{site.path}?{urlencode(chosen.given)}",
        goes_on=goes_on,
    )


def account_page(site: Site, body: AccountBody, found: AccountState | None) -> Page:
    """One account with its integration and its import."""
    integration = body.integration
    first = integration.first_import
    return _page(
        "account.html",
        site,
        account=account_of(site, body, found),
        facts={
            "Habilitada em": instant(integration.enabled_at),
            "Última leitura com sucesso": instant(integration.last_success_at),
            "Falhas seguidas": str(integration.failures_in_a_row),
            "Primeira importação": f"De {day(first.first)} a {day(first.last)}" if first is not None else "",
            "Certificado vence em": instant(integration.certificate_expires_at),
            "Autorização do titular termina em": instant(integration.consent_expires_at),
            "Registrada em": instant(body.created_at),
        },
        tried={
            "Tentativas de hoje": str(found.attempts),
            "Última tentativa": instant(found.attempted_at),
            "Resultado": "Concluída" if found.outcome == "done" else words.title_of(found.outcome or ""),
        }
        if found is not None
        else {},
    )


def statement_page(
    site: Site,
    body: AccountBody,
    period: Period,
    answer: Answer | None,
    shown: Drawn | None,
    failure: GatewayError | None,
) -> Page:
    """The statement of a period, or the form that asks for one where there is none."""
    statement = answer.statement if answer is not None else None
    return _page(
        "statement.html",
        site,
        failure.status if failure is not None else 200,
        account=account_of(site, body, None),
        period=period,
        statement=statement_of(site, statement) if statement is not None else None,
        is_stored=answer is not None and answer.is_stored,
        failure=failure_of(site, failure) if failure is not None else None,
        entries=[entry_of(each, period) for each in shown.entries] if shown is not None else [],
        shown=shown,
        part=_parts(site, body.id, period),
        per_part=PANEL_ENTRIES,
    )


def _parts(site: Site, account_id: str, period: Period) -> str:
    asked = urlencode({"de": period.first.isoformat(), "ate": period.last.isoformat()})
    return f"{site.path}/contas/{account_id}/extrato?{asked}&parte="


def _page(template: str, site: Site, status: int = 200, **values: Any) -> Page:
    return Page(environment(TEMPLATES).get_template(template).render(site=site, **values).encode(), status)
