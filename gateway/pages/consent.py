"""The end of a consent flow: the bank sends the account holder's browser here, without an API key.

The page is for that person: plain HTML in Portuguese, without script and without any parameter of the browser's. A
caller that does not accept HTML gets a failure as a problem, like at every other address.
"""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

import contracts
from gateway.accounts.enrolment.consent import Returned, Unfinished
from gateway.accounts.states.pauses import PausedFailure
from gateway.api.accepting import media_ranges
from gateway.api.documented import Doing, PageOperation, problems
from gateway.api.parameters import refuse_controls
from gateway.api.parts import parts_of
from gateway.api.problems import answer
from gateway.api.requests import note_bank, up_to_date
from gateway.errors import GatewayError
from gateway.pages.connect.returning import come_back
from gateway.pages.shared import SAFE, TEMPLATES, csp, environment, style_source
from gateway.storage.accounts.records import State
from gateway.storage.engine.database import DATABASE_ERRORS, storage_trouble

__all__ = ["authorization_callback"]

HTML = "text/html"
HAPPENED = {
    "unknown": "Este endereço não pertence a nenhuma autorização em andamento. Talvez já tenha sido usado.",
    "expired": "O prazo para concluir a autorização terminou.",
    "denied": "A autorização foi recusada na página do banco.",
    "refused": "O banco encerrou a página sem conceder a autorização.",
    "another_issuer": "A resposta não veio do banco em que a autorização foi iniciada.",
    "not_redeemed": "A autorização foi dada, mas o banco não a confirmou.",
}
REFUSED = "A autorização foi dada, mas o banco não permitiu a consulta do extrato desta conta."
IN_USE = "A autorização foi dada, mas as credenciais já são de outra conta cadastrada. O banco não foi consultado."
PAUSED = "A autorização ainda não foi concluída: a integração com este banco está pausada no momento."
AWAY = "A autorização ainda não foi concluída: o serviço está sem acesso aos seus próprios dados no momento."
AGAIN = "Volte ao seu sistema e inicie a autorização de novo."

ANSWERS = problems(Doing.ASKS_BANK, Doing.READS_STORED, Doing.REGISTERS, keyed=False) | {
    200: ResponseSpec(
        str, generate_examples=False, media_type="text/html", description="The integration is enabled; a page says so."
    )
}


@get(
    "/v1/authorizations/callback",
    security=[{}],
    tags=["Integrations"],
    media_type=HTML,
    responses=ANSWERS,
    operation_class=PageOperation,
    summary="End of a consent flow",
)
async def authorization_callback(
    request: Request[Any, Any, Any],
    code: Annotated[str, QueryParameter(description="What the account holder's consent is redeemed with.")] = "",
    given: Annotated[str, QueryParameter(name="state", description="As sent to the bank's page.")] = "",
    issuer: Annotated[str, QueryParameter(name="iss", description="Who answers (RFC 9207).")] = "",
    error: Annotated[str, QueryParameter(description="Why there is no code (RFC 6749 section 4.1.2.1).")] = "",
) -> Response[Any]:
    """The address to which the bank sends the account holder's browser back. The state is valid once.

    A browser gets a page in Portuguese in every case; a caller that does not accept HTML gets problems.
    """
    refuse_controls(request)
    await up_to_date(request)
    returned = Returned(state=given, code=code, issuer=issuer, error=error)
    try:
        if (page := await come_back(request, returned)) is not None:
            return page
        record, integration = await parts_of(request).authorising.authorise(returned)
        note_bank(request, record.bank)
    except GatewayError as failure:
        return _ended_badly(request, failure)
    except DATABASE_ERRORS as away:
        if (trouble := storage_trouble(away)) is None:
            raise
        return _ended_badly(request, trouble)
    happened = "O banco autorizou a consulta do extrato desta conta."
    if integration.state is State.BANK_FAILING:
        happened += (
            " A primeira consulta ainda não deu certo por falha do banco; a próxima consulta do seu sistema a repete."
        )
    return _page(200, "Autorização concluída", happened, "Pode fechar esta página e voltar ao seu sistema.")


def _ended_badly(request: Request[Any, Any, Any], failure: GatewayError) -> Response[Any]:
    problem = answer(request, failure, _headers())
    if "html" not in (accepted := media_ranges(request)) and "*/*" not in accepted:
        return problem
    entry = contracts.failures().failures[failure.code]
    if isinstance(failure, PausedFailure) or failure.code == "storage_unavailable":
        happened = PAUSED if isinstance(failure, PausedFailure) else AWAY
        page = _page(failure.status, entry.title, happened, entry.remedy)
        page.headers["Retry-After"] = problem.headers["Retry-After"]
        return page
    happened = REFUSED
    if isinstance(failure, Unfinished):
        happened = HAPPENED[failure.reason]
    elif failure.code == "credentials_in_use":
        happened = IN_USE
    return _page(failure.status, entry.title, happened, f"{entry.remedy} {AGAIN}")


def _page(status: int, title: str, happened: str, then: str) -> Response[Any]:
    page = environment(TEMPLATES).get_template("notice.html").render(title=title, said=(happened, then))
    return Response(page, status_code=status, media_type=HTML, headers=_headers())


def _headers() -> dict[str, str]:
    """The headers of such a page: nothing is kept, framed, sent, run or loaded."""
    return {**SAFE, "Cache-Control": "no-store", "Content-Security-Policy": csp(style_src=style_source())}
