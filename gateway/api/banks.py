"""The catalogue of banks."""

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from litestar import Controller, Request, get
from litestar.params import FromPath
from msgspec import Meta, Struct

import contracts
from contracts.enrolment import CredentialKind
from contracts.schema import Contract
from gateway import connectors
from gateway.accounts.banks import contract_of
from gateway.accounts.states.bank_health import BankHealth
from gateway.api.bodies import Kind, local, local_or_none
from gateway.api.documented import Doing, problems
from gateway.api.parts import parts_of
from gateway.api.problems import Code
from gateway.api.requests import SEES, bank_health, note_bank
from gateway.certificates.pkcs12 import accepts_pkcs12
from gateway.storage.accounts.pauses import Mode, Pause

__all__ = ["BankBody", "BankController", "bank_body"]

Health = Literal["unknown", "up", "failing", "paused"]
"""As in `gateway.accounts.states.bank_health.STATES`."""


class CredentialFieldBody(Struct, frozen=True):
    """One field of the credential form. Label and help are Portuguese."""

    name: str
    """Its name in `credentials`."""
    label: str
    """Portuguese."""
    kind: Annotated[
        CredentialKind,
        Meta(description="`text`, `secret`, `certificate` or `private_key`; the last two are PEM or DER in base64."),
    ]
    secret: bool
    """Whether it has to be hidden while it is typed."""
    required: bool
    """Whether it may be left out."""
    help: str
    """Portuguese: where to find it."""


class LimitsBody(Struct, frozen=True):
    """The bank's limits; null where it names none. The gateway splits longer periods."""

    max_days: int | None
    """Days of one request to the bank."""
    history_days: int | None
    """Days back from today that the bank answers."""
    page_size: int | None
    """Entries of one page."""


class BankHealthBody(Struct, frozen=True):
    """The health of the bank by its last answers to this process."""

    state: Annotated[Health, Meta(description="`unknown`, `up`, `failing`, or `paused` by the operator.")]
    since: datetime | None
    """Since when it is so."""
    last_success_at: datetime | None
    """When the bank last gave a statement."""
    last_failure_at: datetime | None
    """When it last failed."""
    last_failure_code: Code | None
    """Code of the last failure on the bank's side; failures that users must fix are not counted."""


class PauseBody(Struct, frozen=True):
    """The operator's pause of the bank."""

    mode: Annotated[Mode, Meta(description="`new_enrolments_only` leaves enabled integrations alone.")]
    since: datetime
    """When it was paused."""
    until: datetime | None
    """When it ends by itself."""
    reason: str | None
    """The operator's text."""


class BankBody(Struct, frozen=True, kw_only=True):
    """One bank."""

    slug: str
    """Names the bank in all calls."""
    name: str
    """As people know it."""
    compe: str
    """COMPE code, three digits."""
    ispb: str
    """ISPB code, eight digits."""
    product: str
    """The bank's interface that is read."""
    kinds: tuple[Kind, ...]
    """Kinds of accounts that it reads."""
    credential_fields: list[CredentialFieldBody]
    """The form of `credentials`, in order."""
    accepts_pkcs12: bool
    """Whether `pkcs12`, in base64, and `pkcs12_password` may be given in the place of certificate and private key."""
    setup_steps: tuple[str, ...]
    """Portuguese, in order."""
    notices: tuple[str, ...]
    """The bank's conditions for the use of this access, in Portuguese, for the operator."""
    redirect_uri: str | None
    """Address to register with the application at the bank, where the account holder authorises on the bank's page."""
    limits: LimitsBody
    """The gateway keeps them; they bound no request to it."""
    first_import_days: int
    """Days that a first import reaches back."""
    available_by: str
    """Hour in Brasília at which yesterday's entries are expected to be complete."""
    health: BankHealthBody
    """How it answers now."""
    pause: PauseBody | None
    """Null while it is not paused."""


class QuarantinedBody(Struct, frozen=True):
    """A bank of an installed package that is left out because of an error in it."""

    slug: str
    package: str
    file: str
    reason: str


class BankList(Struct, frozen=True):
    """All banks, by slug."""

    banks: list[BankBody]
    quarantined: list[QuarantinedBody]


def _pause_body(pause: Pause) -> PauseBody:
    return PauseBody(pause.mode, local(pause.since), local_or_none(pause.until), pause.reason or None)


def _health_body(health: BankHealth) -> BankHealthBody:
    return BankHealthBody(
        cast("Health", health.state),
        local_or_none(health.since),
        local_or_none(health.last_success_at),
        local_or_none(health.last_failure_at),
        health.last_failure_code,
    )


def bank_body(contract: Contract, health: BankHealth, redirect_uri: str) -> BankBody:
    """A bank in its public shape."""
    return BankBody(
        slug=contract.slug,
        name=contract.name,
        compe=contract.compe,
        ispb=contract.ispb,
        product=contract.product,
        kinds=cast("tuple[Kind, ...]", contract.enrolment.kinds),
        credential_fields=[
            CredentialFieldBody(field.name, field.label, field.kind, field.secret, field.required, field.help)
            for field in contract.enrolment.fields
        ],
        accepts_pkcs12=accepts_pkcs12(contract),
        setup_steps=contract.enrolment.steps,
        notices=contract.enrolment.notices,
        redirect_uri=redirect_uri if contract.authorization is not None else None,
        limits=LimitsBody(
            contract.period.max_days or None, contract.period.history_days or None, contract.paging.max_size or None
        ),
        first_import_days=contract.period.first_import_days,
        available_by=contract.period.available_by,
        health=_health_body(health),
        pause=_pause_body(health.pause) if health.pause else None,
    )


class BankController(Controller):
    """Banks."""

    path = "/banks"
    tags = ("Banks",)

    @get(responses=problems(), opt=SEES, summary="List banks")
    async def list(self, request: Request[Any, Any, Any]) -> BankList:
        """All banks with their credential forms, limits and current health."""
        authorising = parts_of(request).authorising
        health = await bank_health(request)
        return BankList(
            [bank_body(contracts.load(slug), health[slug], authorising.redirect_uri) for slug in health],
            [QuarantinedBody(each.slug, each.package, each.file, each.reason) for each in connectors.quarantined()],
        )

    @get("/{slug:str}", responses=problems(Doing.NAMES_ACCOUNT), opt=SEES, summary="Read a bank")
    async def read(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> BankBody:
        """One bank with its credential form, limits and current health."""
        contract, authorising = contract_of(slug, code="unknown_bank"), parts_of(request).authorising
        note_bank(request, contract.slug)
        return bank_body(contract, (await bank_health(request))[slug], authorising.redirect_uri)
