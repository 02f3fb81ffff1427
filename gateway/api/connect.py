"""Sessions of the connect page, and the addresses that their pages may lead back to and be framed by."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Controller, Request, Response, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from msgspec.structs import asdict

from gateway.accounts.banks import contract_of
from gateway.accounts.connect.content import Typed
from gateway.accounts.enrolment.details import check_external_id
from gateway.api.bodies import Description, ExternalId, Short, local, local_or_none
from gateway.api.documented import Doing, problems
from gateway.api.parts import parts_of
from gateway.api.problems import Code
from gateway.api.requests import MANAGES, key_of, tenant_of
from gateway.errors import CallerError, FieldErrors
from gateway.limits import CONNECT_ADDRESS_CHARACTERS, CONNECT_ADDRESSES
from gateway.storage.connect.sessions import ConnectSession, Purpose
from gateway.storage.connect.settings import ConnectSettings
from gateway.texts.wordings import MISSING

__all__ = ["ConnectSessionController", "ConnectSettingsController"]

MAKING = problems(Doing.TAKES_BODY, Doing.READS_STORED, Doing.NAMES_CONNECT_SESSION, Doing.REGISTERS)
READING = problems(Doing.READS_STORED, Doing.NAMES_CONNECT_SESSION)

Address = Annotated[str, Meta(max_length=CONNECT_ADDRESS_CHARACTERS)]
Addresses = Annotated[list[Address], Meta(max_length=CONNECT_ADDRESSES)]
For = Literal["new", "enable", "repair"]
Outcome = Literal["enabled", "cancelled", "expired"]


class PrefilledAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of the account to register; the person sees it and may change it, but for `external_id`."""

    bank: Annotated[Short, Meta(description="Slug of the bank; the page then begins with the account.")] = ""
    kind: Literal["", "PJ", "PF"] = ""
    branch: Short = ""
    number: Short = ""
    holder_tax_id: Short = ""
    description: Description = ""
    default: bool = False
    external_id: ExternalId | None = None

    def __repr__(self) -> str:
        return "PrefilledAccount()"


class ConnectSessionRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A use of the connect page."""

    purpose: Annotated[
        For,
        Meta(
            description="`new`: register and enable an account. `enable`: enable one that is registered, with all "
            "credentials. `repair`: mend an enabled one; what is not typed anew stays as it is stored."
        ),
    ] = "new"
    account_id: Annotated[Short | None, Meta(description="Needed unless the account is new.")] = None
    account: Annotated[PrefilledAccount | None, Meta(description="Only for a new account.")] = None
    return_to: Annotated[
        Address | None,
        Meta(
            description="Where the page leads back to: one of `return_addresses`, perhaps with a query. "
            "`connect_session` and `result` are added to it."
        ),
    ] = None

    def __repr__(self) -> str:
        return "ConnectSessionRequest()"


class ConnectSessionBody(Struct, frozen=True, kw_only=True):
    """A use of the connect page."""

    id: str
    """Comes back to `return_to` as `connect_session`."""
    url: str | None
    """Address for one window or frame, good for one look. Given only when the session is made."""
    purpose: For
    """As asked for."""
    account_id: str | None
    """Of a new account, once it is registered."""
    result: Outcome | None
    """Null while the page can be used."""
    last_failure: Code | None
    """The code of the failure that the person was shown last; null after a success."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime
    """When the page ends by itself."""
    ended_at: datetime | None
    """Null while the page can be used."""

    def __repr__(self) -> str:
        return f"ConnectSessionBody({self.id!r})"


class ConnectSettingsRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The addresses that connect pages have to do with; all others are refused."""

    return_addresses: Annotated[
        Addresses, Meta(description="Where pages may lead back to: https, no query. http only for loopback.")
    ] = []
    frame_ancestors: Annotated[
        Addresses, Meta(description="Origins whose pages may frame them, such as https://erp.example.com.")
    ] = []


class ConnectSettingsBody(Struct, frozen=True, kw_only=True):
    """The addresses that connect pages have to do with."""

    return_addresses: list[str]
    """Where pages may lead back to."""
    frame_ancestors: list[str]
    """Origins whose pages may frame them."""


class ConnectSessionController(Controller):
    """A page on which a person connects an account."""

    path = "/connect-sessions"
    tags = ("Connect page",)

    @post(responses=MAKING, opt=MANAGES, summary="Make a session of the connect page")
    async def make(
        self, request: Request[Any, Any, Any], data: JSONBody[ConnectSessionRequest]
    ) -> Response[ConnectSessionBody]:
        """Get the address of a page on which the account's holder connects, enables or repairs an account.

        Open it in a window or a frame within 30 minutes; it is good for one look. The page leads the person to the
        result and back to `return_to`.
        """
        _check(data)
        known = data.account or PrefilledAccount()
        with _within("account"):  # no field of the page has it, so that the person could not mend it
            await parts_of(request).registered.check_own_id(tenant_of(request), known.external_id)
        made = await parts_of(request).connect_sessions.make(
            tenant_of(request),
            key_of(request).prefix,
            purpose=Purpose(data.purpose),
            account_id=data.account_id,
            typed=Typed(**asdict(known)),
            return_to=data.return_to,
        )
        headers = {"Location": f"/v1/connect-sessions/{made.session.id}"}
        return Response(_body(request, made.session, url=made.url), status_code=201, headers=headers)

    @get("/{session_id:str}", responses=READING, opt=MANAGES, summary="Read a session of the connect page")
    async def read(self, request: Request[Any, Any, Any], session_id: FromPath[str]) -> ConnectSessionBody:
        """How a session stands, until a day after its end."""
        return _body(request, await parts_of(request).connect_sessions.one(tenant_of(request), session_id))


class ConnectSettingsController(Controller):
    """Where connect pages may lead back to, and what may frame them."""

    path = "/connect-settings"
    tags = ("Connect page",)

    @get(responses=problems(), opt=MANAGES, summary="Read the settings of the connect page")
    async def read(self, request: Request[Any, Any, Any]) -> ConnectSettingsBody:
        """The tenant's lists; empty unless they were set."""
        return _settings(await parts_of(request).connect_sessions.settings(tenant_of(request)))

    @put(responses=problems(Doing.TAKES_BODY), opt=MANAGES, summary="Replace the settings of the connect page")
    async def replace(
        self, request: Request[Any, Any, Any], data: JSONBody[ConnectSettingsRequest]
    ) -> ConnectSettingsBody:
        """Replace both lists. Pages that are open already follow the new ones too."""
        connect = parts_of(request).connect_sessions
        settings = await connect.configure(tenant_of(request), data.return_addresses, data.frame_ancestors)
        return _settings(settings)


def _check(data: ConnectSessionRequest) -> None:
    """Check what belongs together in a request.

    Raises:
        CallerError: a field is missing, or does not belong there; names all that are.
    """
    errors, is_new = FieldErrors(), data.purpose == "new"
    with errors.collected():
        if is_new and data.account_id is not None:
            detail = "`account_id` is not for a new account, which `purpose` makes where it is not given"
            portuguese = "Deixe fora: uma conta nova ainda não tem este campo."
            raise CallerError("invalid_request", detail, field="account_id", portuguese=portuguese)
        if not is_new and not data.account_id:
            raise CallerError("invalid_request", "`account_id` is missing", field="account_id", portuguese=MISSING)
    with errors.collected():
        if not is_new and data.account is not None:
            portuguese = "Só vale para uma conta nova."
            detail = "`account` is only for a new account"
            raise CallerError("invalid_request", detail, field="account", portuguese=portuguese)
    if data.account is not None:
        with errors.collected(), _within("account"):
            if data.account.bank:
                contract_of(data.account.bank)
        with errors.collected(), _within("account"):
            check_external_id(data.account.external_id)
    errors.check()


@contextmanager
def _within(name: str) -> Iterator[None]:
    """Let an error name its field by the whole path: it lies in an object of the request."""
    try:
        yield
    except CallerError as error:
        if error.field is None:
            raise
        path = f"{name}.{error.field}"
        detail = error.detail.replace(f"`{error.field}`", f"`{path}`")
        portuguese = error.errors[0].detail
        raise CallerError(
            error.code, detail, field=path, bank=error.bank, portuguese=portuguese, account_id=error.account_id
        ) from error


def _body(request: Request[Any, Any, Any], session: ConnectSession, *, url: str | None = None) -> ConnectSessionBody:
    result: Any = session.result.value if session.result is not None else None
    if result is None and parts_of(request).connect_sessions.has_expired(session):
        result = "expired"
    return ConnectSessionBody(
        id=session.id,
        url=url,
        purpose=session.purpose.value,
        account_id=session.account_id,
        result=result,
        last_failure=session.failure,
        created_at=local(session.created_at),
        expires_at=local(session.expires_at),
        ended_at=local_or_none(session.ended_at),
    )


def _settings(settings: ConnectSettings) -> ConnectSettingsBody:
    return ConnectSettingsBody(
        return_addresses=list(settings.return_addresses), frame_ancestors=list(settings.frame_ancestors)
    )
