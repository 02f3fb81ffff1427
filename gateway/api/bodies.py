"""Bodies of requests and answers as strict structs, and the one function that decodes a body.

Long because every field says what it means: the OpenAPI document takes these texts.
"""

import json
import re
from collections import Counter
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar, cast

import msgspec
from litestar import Request
from litestar.dto import AbstractDTO
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition
from msgspec import UNSET, Meta, Struct, UnsetType

import contracts
from gateway.api.invalid_bodies import invalid_body
from gateway.api.problems import Actor, Code
from gateway.errors import CallerError
from gateway.limits import BODY_VALUES, EXTERNAL_ID_CHARACTERS
from gateway.model import BRASILIA
from gateway.render.to_json import PeriodBody
from gateway.storage.accounts.records import AccountRecord, Integration, State
from gateway.texts.controls import control_at
from gateway.texts.wordings import CONTROL, TWICE

__all__ = [
    "AccountBody",
    "AccountChange",
    "AccountList",
    "AccountRequest",
    "Description",
    "ExternalId",
    "IntegrationBody",
    "IntegrationRequest",
    "Kind",
    "Short",
    "StrictBody",
    "account_body",
    "decode_body",
    "integration_body",
    "iso_day",
    "local",
    "local_or_none",
]

T = TypeVar("T")

Kind = Literal["PJ", "PF"]
Short = Annotated[str, Meta(max_length=64)]
Description = Annotated[str, Meta(max_length=200)]
ExternalId = Annotated[str, Meta(min_length=1, max_length=EXTERNAL_ID_CHARACTERS)]
Values = Annotated[
    dict[str, Any],
    Meta(
        description="The filled-in form of GET /v1/banks/{slug}: field name to text. Never answered again. In place "
        "of `certificate` and `private_key` there may be `pkcs12`, in base64, with its `pkcs12_password`."
    ),
]


class AccountRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bank account to register."""

    bank: Annotated[Short, Meta(description="Slug of the bank, as in GET /v1/banks.")]
    kind: Annotated[
        Short, Meta(description="PJ (company) or PF (person).", extra_json_schema={"extra": {"enum": ["PJ", "PF"]}})
    ]
    branch: Annotated[
        Short, Meta(description="Branch; leading zeros and a check digit after a hyphen do not count.")
    ] = ""
    number: Annotated[Short, Meta(description="Number with check digit; leading zeros and punctuation are ignored.")]
    holder_tax_id: Annotated[Short, Meta(description="CNPJ (PJ) or CPF (PF) of the holder; punctuation is ignored.")]
    description: Description = ""
    """Your own name for the account."""
    default: Annotated[bool, Meta(description="Makes it the tenant's default account.")] = False
    external_id: Annotated[ExternalId | None, Meta(description="Your own id of the account; unique when given.")] = None
    credentials: Values | None = None

    def __repr__(self) -> str:
        return "AccountRequest()"


class AccountChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The changeable fields of an account. A field that is left out stays as it is."""

    description: Description | UnsetType = UNSET
    """Your own name for the account."""
    default: bool | UnsetType = UNSET
    """True makes it the tenant's default account."""
    external_id: ExternalId | UnsetType | None = UNSET
    """Null takes it away."""


class IntegrationRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credentials with which to enable an integration."""

    credentials: Values

    def __repr__(self) -> str:
        return "IntegrationRequest()"


class FailureBody(Struct, frozen=True, kw_only=True):
    """The last failure of an integration."""

    code: Code
    """Of the catalogue."""
    title: str
    """Portuguese, for the user."""
    remedy: str
    """Portuguese: what to do."""
    actor: Actor
    """Who can mend it."""
    at: str
    """The step that failed: `tls`, `token`, `statement`, `balance`, ..."""
    detail: str
    """English."""
    since: datetime
    """When it was first met."""


class IntegrationBody(Struct, frozen=True, kw_only=True):
    """The state of an integration."""

    state: State
    """How it stands; `needs_action` waits for a person."""
    enabled_at: datetime | None
    """When the bank accepted the credentials."""
    first_import: PeriodBody | None
    """The days of a first import."""
    last_success_at: datetime | None
    """When a statement was last read."""
    last_failure: FailureBody | None
    """Null where none has happened since the last success."""
    failures_in_a_row: int
    """Readings that have failed since the last success."""
    id_version: int
    """The rule of the ids given since it was enabled; statements name the present rule."""
    certificate_expires_at: datetime | None
    """End of the certificate; a warning comes before it."""
    consent_expires_at: datetime | None
    """End of the holder's authorization at the bank."""
    authorization_url: str | None = None
    """Address of the bank's page for the account holder's browser; given once, when the consent flow starts."""
    authorization_expires_at: datetime | None = None
    """The instant until which the consent flow under way may be completed."""


class AccountBody(Struct, frozen=True, kw_only=True):
    """A registered account."""

    id: str
    """Its id here, for all other calls."""
    bank: str
    """Slug of the bank."""
    compe: str | None
    """Null while the package that brings the bank is broken or gone."""
    kind: Kind
    """PJ (company) or PF (person)."""
    branch: str
    """In the bank's one spelling."""
    number: str
    """With check digit, in the bank's one spelling."""
    holder_tax_id: str
    """CNPJ or CPF without punctuation."""
    description: str
    """Your own name for it."""
    default: bool
    """Whether it is the tenant's default account."""
    external_id: str | None
    """The caller's own id of the account."""
    created_at: datetime
    """When it was registered."""
    integration: IntegrationBody
    """How its connection stands."""


class AccountList(Struct, frozen=True, kw_only=True):
    """A part of the tenant's accounts, oldest first."""

    accounts: list[AccountBody]
    """Oldest first."""
    total: int
    """All that fit the filters."""
    limit: int
    """As asked for."""
    offset: int
    """As asked for."""
    next: str | None
    """The cursor of the following part; null at the end of the list."""


class StrictBody(AbstractDTO[Any]):
    """Has Litestar decode the bodies of all routes strictly, by `decode_body`, and describe them as they are."""

    def decode_bytes(self, value: bytes) -> Any:
        """The body as the struct that its handler takes.

        Raises:
            CallerError: it is not one.
        """
        request = cast("Request[Any, Any, Any]", self.asgi_connection)
        taken = cast("FieldDefinition", request.route_handler.parsed_data_field)
        media_type = request.content_type[0].lower()
        if media_type and media_type != "application/json":
            raise CallerError("unsupported_media_type", "the body must be application/json")
        if request.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            raise CallerError("unsupported_media_type", "the body must have no Content-Encoding: none is unpacked")
        return decode_body(value, taken.annotation)

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Do nothing: there is no transfer model."""

    @classmethod
    def create_openapi_schema(
        cls,
        field_definition: FieldDefinition,
        handler_id: str,  # noqa: ARG003 - part of the interface
        schema_creator: Any,
    ) -> Reference | Schema:
        """The struct's own schema."""
        # Without its default, which would become a part of the schema although it is no value of JSON.
        bare = FieldDefinition.from_annotation(field_definition.annotation)
        return cast("Reference | Schema", schema_creator.for_field_definition(bare))

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Any:  # noqa: ARG003 - part of the interface
        """No fields: there is no transfer model."""
        return iter(())

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:  # noqa: ARG003 - part of the interface
        """False: there is no transfer model."""
        return False


def decode_body(raw: bytes, kind: type[T]) -> T:
    """A JSON body as its struct.

    Raises:
        CallerError: `malformed_body` when it is no JSON, `body_too_large` when it has more than `BODY_VALUES`,
            `invalid_request` with every wrong field when it is another struct, or with a field that is there twice.
    """
    # Each value but the first stands behind one of these; a text that has so many of them is no field's.
    if sum(map(raw.count, (b",", b"[", b"{"))) > BODY_VALUES:
        raise CallerError("body_too_large", f"the body has more than {BODY_VALUES} names, lists and other values")
    try:
        decoded = msgspec.json.decode(raw, type=kind)
        _check_names(raw)
    except msgspec.ValidationError as error:
        raise invalid_body(raw, kind, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CallerError("malformed_body", "the body is not well-formed JSON") from error
    # A certificate in the credentials has lines.
    where = control_at(msgspec.to_builtins(decoded), lines=frozenset({"credentials"}))
    if where is not None:
        shown = _shown(where)
        raise CallerError(
            "invalid_request", f"`{shown}` has a control character in it", field=shown, portuguese=CONTROL
        )
    return decoded


def _check_names(raw: bytes) -> None:
    """Refuse JSON with a name twice in one object: a proxy may have read the other one.

    Raises:
        CallerError: `invalid_request`.
        RecursionError: there are too many levels.
    """
    # Numbers stay texts: what they are has been checked.
    json.loads(raw, object_pairs_hook=_object, parse_int=str, parse_float=str)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        shown = _shown(next(name for name, count in counts.items() if count > 1))
        detail = f"`{shown}` is given more than once"
        raise CallerError("invalid_request", detail, field=shown, portuguese=TWICE)
    return found


def _shown(name: str) -> str:
    """The name of a field as it may be repeated in an answer."""
    return name if re.fullmatch(r"[A-Za-z0-9_.]{1,60}", name) else "?"


def account_body(record: AccountRecord, integration: Integration) -> AccountBody:
    """An account in its public shape."""
    return AccountBody(
        id=record.id,
        bank=record.bank,
        compe=contracts.load(record.bank).compe if record.bank in contracts.banks() else None,
        kind=cast("Kind", record.kind),
        branch=record.branch,
        number=record.number,
        holder_tax_id=record.holder_tax_id,
        description=record.description,
        default=record.default,
        external_id=record.external_id,
        created_at=local(record.created_at),
        integration=integration_body(integration),
    )


def integration_body(integration: Integration) -> IntegrationBody:
    """An integration in its public shape, without credentials."""
    period, failure = integration.first_import, integration.last_failure
    last_failure = None
    if failure is not None:
        entry = contracts.failures().failures[failure.code]
        last_failure = FailureBody(
            code=failure.code,
            title=entry.title,
            remedy=entry.remedy,
            actor=cast("Actor", entry.actor),
            at=failure.at,
            detail=failure.detail,
            since=local(failure.since),
        )
    return IntegrationBody(
        state=integration.state,
        enabled_at=local_or_none(integration.enabled_at),
        first_import=PeriodBody(period.first, period.last) if period else None,
        last_success_at=local_or_none(integration.last_success_at),
        last_failure=last_failure,
        failures_in_a_row=integration.failures_in_a_row,
        id_version=integration.id_version,
        certificate_expires_at=local_or_none(integration.certificate_expires_at),
        consent_expires_at=local_or_none(integration.consent_expires_at),
        authorization_url=integration.authorization_page,
        authorization_expires_at=local_or_none(integration.authorization_expires_at),
    )


def local(moment: datetime) -> datetime:
    """The instant in Brasília's time; the database gives it in UTC."""
    return moment.astimezone(BRASILIA)


def local_or_none(moment: datetime | None) -> datetime | None:
    """The instant in Brasília's time, or None where it is not known."""
    return None if moment is None else local(moment)


def iso_day(value: str) -> date:
    """The day of `2026-10-31` and of nothing else.

    Raises:
        ValueError: it is not written so, or there is no such day.
    """
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
        raise ValueError("not YYYY-MM-DD")
    return date.fromisoformat(value)
