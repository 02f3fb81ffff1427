"""What each button of the connect page does, and which page a session shows.

Everything that changes something is done by the services of the interface for programs, so that it is checked,
recorded and kept apart by tenant as there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import structlog
from msgspec import Struct
from msgspec.structs import replace

from gateway.accounts.banks import contract_kept, contract_of
from gateway.accounts.connect.content import Content, ShownFailure, Typed, shown_failure, texts_of
from gateway.accounts.connect.enabling import Enabling
from gateway.accounts.connect.sessions import ConnectSessions, Opened
from gateway.accounts.enrolment.enrolling import Enrolment
from gateway.accounts.registered.accounts import RegisteredAccounts
from gateway.accounts.states.bank_health import BankHealths
from gateway.clock import Clock
from gateway.errors import CallerError, GatewayError
from gateway.pages.connect import views
from gateway.pages.connect.forms import Form, credentials_of, short_fields
from gateway.pages.connect.frame import Site
from gateway.pages.connect.shown import described, errors_by_field
from gateway.pages.shared import Page
from gateway.storage.accounts.records import AccountRecord, State
from gateway.storage.connect.sessions import Purpose, Result, Stage

__all__ = ["Steps"]

log = structlog.get_logger("gateway.connect")

INTERRUPTED = ShownFailure(code="gateway_busy")
"""What is shown when a process ended before its work at a bank did."""


class Steps(Struct, frozen=True, kw_only=True):
    """The pages of one application."""

    site: Site
    sessions: ConnectSessions
    enabling: Enabling
    registered: RegisteredAccounts
    enrolment: Enrolment
    health: BankHealths
    clock: Clock

    async def shown(self, opened: Opened) -> Page:  # noqa: PLR0911 - one return for each stage
        """The page of a session as it stands.

        Raises:
            BankNotInstalled: the package that brought the bank is broken or gone.
        """
        if bank := opened.content.typed.bank:
            contract_kept(bank)
        opened = await self.settled(opened)
        session = opened.session
        if session.result is Result.CANCELLED:
            said = "Nada mais será feito nesta página. O que já estava cadastrado continua como estava."
            return await self._made(views.ended_page, "Conexão cancelada", said, opened=opened, result="cancelled")
        if session.result is Result.ENABLED:
            return await self._result(opened)
        if session.stage in {Stage.CHECKING, Stage.READING}:
            if self.sessions.is_working(session):
                ticket = await self.sessions.ticket(session)
                return await self._made(views.progress_page, opened, ticket)
            return await self._form(opened, INTERRUPTED)
        if session.stage is Stage.CONSENT:
            return await self._made(views.consent_page, opened)
        if session.failure is not None and opened.content.failure is not None:
            return await self._form(opened, opened.content.failure)
        if session.purpose is Purpose.REPAIR:
            return await self._form(opened, None)
        return await (self._account(opened) if opened.content.typed.bank else self._banks(opened))

    async def settled(self, opened: Opened) -> Opened:
        """The session with its outcome, also where the process that should have stored the outcome has ended.

        Where the integration is enabled already, the last days are read, as at the end of every consent flow.
        """
        session = opened.session
        waits = session.stage is Stage.CONSENT or (
            session.stage is Stage.READING and not self.sessions.is_working(session)
        )
        if not waits or session.ended_at is not None or session.account_id is None:
            return opened
        try:
            record = await self.registered.account(session.tenant_id, session.account_id)
        except CallerError:
            return opened
        integration = await self.registered.integration(record)
        if integration.state not in {State.ACTIVE, State.BANK_FAILING}:
            return opened
        await self.enabling.show(session, record, integration)
        return await self.sessions.renewed(opened)

    async def done(self, opened: Opened, form: Form) -> Page:
        """Do what a button says, and give the next page. What is not known shows the page as it stands."""
        session = opened.session
        if session.ended_at is not None or self.sessions.is_working(session):
            return await self.shown(opened)
        actions: Mapping[str, Callable[[Opened, Form], Awaitable[Page]]] = {
            "bank": self._to_banks,
            "choose": self._choose,
            "account": self._to_account,
            "describe": self._describe,
            "steps": self._to_steps,
            "form": self._to_form,
            "whole": self._to_whole,
            "enable": self._enable,
            "cancel": self._cancel,
        }
        action = actions.get(form["go"])
        return await (action(opened, form) if action is not None else self.shown(opened))

    async def wrong(self, opened: Opened, form: Form) -> dict[str, str]:
        """What is wrong with the fields of a form that is being filled in, by its names; nothing is stored."""
        try:
            if form["form"] == "conta":
                if opened.session.account_id is None:
                    await self.enrolment.check_account(
                        opened.session.tenant_id, self._typed(opened, form).new_account()
                    )
            else:
                contract = contract_of(opened.content.typed.bank)
                await self.enrolment.check_form(contract.slug, credentials_of(contract, form))
        except CallerError as error:
            return errors_by_field(error)
        return {}

    # Banks

    async def _banks(self, opened: Opened, errors: Mapping[str, str] | None = None) -> Page:
        health = await self.health.all(self.clock.now())
        return await self._made(views.bank_page, opened, health, errors or {})

    async def _to_banks(self, opened: Opened, _form: Form) -> Page:
        return await (self._banks(opened) if opened.session.account_id is None else self._account(opened))

    async def _choose(self, opened: Opened, form: Form) -> Page:
        if opened.session.account_id is not None:
            return await self.shown(opened)
        try:
            contract = contract_of(form["bank"])
        except CallerError as error:
            return await self._banks(opened, errors_by_field(error))
        before = opened.content
        # The fields of another bank's form mean nothing here.
        texts = before.texts if before.typed.bank == contract.slug else {}
        typed = replace(before.typed, bank=contract.slug)
        return await self._account(
            await self.sessions.keep(opened, Content(typed=typed, return_to=before.return_to, texts=texts))
        )

    # The account

    async def _account(self, opened: Opened, errors: Mapping[str, str] | None = None) -> Page:
        return await self._made(views.account_page, opened, errors or {})

    async def _to_account(self, opened: Opened, _form: Form) -> Page:
        return await (self._account(opened) if opened.content.typed.bank else self._banks(opened))

    async def _describe(self, opened: Opened, form: Form) -> Page:
        session, content = opened.session, opened.content
        if not content.typed.bank:
            return await self._banks(opened)
        try:
            typed = self._typed(opened, form)
            # Kept also where it is wrong: the person mends it, and types nothing twice.
            opened = await self.sessions.keep(opened, replace(content, typed=typed))
            if session.account_id is None:
                await self.enrolment.check_account(session.tenant_id, typed.new_account())
            else:
                await self.registered.change(
                    session.tenant_id, session.account_id, description=typed.description, default=typed.default or None
                )
        except CallerError as error:
            errors = errors_by_field(error) or {"number": error.entry.title}
            return await self._account(opened, errors)
        return await self._to_steps(opened, form)

    def _typed(self, opened: Opened, form: Form) -> Typed:
        """The account as the form has it; of a registered one only what can be changed.

        Raises:
            CallerError: a field is too long, or has a control character in it.
        """
        known, fields = opened.content.typed, short_fields(form)
        changed: dict[str, Any] = {"description": fields["description"], "default": form["default"] == "1"}
        if opened.session.account_id is None:
            changed |= fields
        return replace(known, **changed)

    async def _to_steps(self, opened: Opened, form: Form) -> Page:
        if not opened.content.typed.bank:
            return await self._to_account(opened, form)
        return await self._made(views.steps_page, opened)

    # The credentials

    async def _form(
        self, opened: Opened, failure: ShownFailure | None, errors: Mapping[str, str] | None = None
    ) -> Page:
        session, account = opened.session, ""
        if session.account_id is not None:
            record = await self.registered.account(session.tenant_id, session.account_id)
            account = described(record)
            if session.purpose is Purpose.REPAIR and not opened.content.whole:
                if not await self.enrolment.holds_credentials(session.tenant_id, record.id):
                    # They were erased, or a consent flow that failed has taken them along: there is nothing to keep.
                    opened = await self.sessions.keep(opened, replace(opened.content, whole=True))
                if failure is None and not errors:
                    failure = await self._known_failure(record)
        elif not opened.content.typed.number:
            return await self._account(opened)
        wrong = dict(errors or {})
        if failure is not None and failure.fields:
            wrong |= errors_by_field(failure)
            # Wrong fields speak for themselves; a bank's failure has its title besides.
            failure = failure if failure.at else None
        return await self._made(views.form_page, opened, wrong, failure, account)

    async def _known_failure(self, record: AccountRecord) -> ShownFailure | None:
        """Why a registered account cannot be read, as far as that is known."""
        known = (await self.registered.integration(record)).last_failure
        return ShownFailure(code=known.code, bank=record.bank, at=known.at) if known is not None else None

    async def _to_form(self, opened: Opened, _form: Form) -> Page:
        return await self._form(opened, None)

    async def _to_whole(self, opened: Opened, _form: Form) -> Page:
        opened = await self.sessions.keep(opened, replace(opened.content, whole=True, failure=None))
        return await self._form(opened, None)

    async def _enable(self, opened: Opened, form: Form) -> Page:
        session, content = opened.session, opened.content
        if not content.typed.bank:
            return await self._banks(opened)
        contract = contract_of(content.typed.bank)
        given = credentials_of(contract, form)
        try:
            begun = await self.enabling.enable(session, given)
        except GatewayError as error:
            opened = await self.sessions.keep(opened, replace(content, texts=texts_of(contract, given)))
            return await self._form(opened, shown_failure(error))
        opened = await self.sessions.renewed(opened)
        if begun or not self.sessions.is_used_up(opened.session):
            return await self.shown(opened)
        await self.sessions.end(session, Result.CANCELLED)
        return await self._made(
            views.ended_page,
            "Tentativas demais",
            "Para que o banco não bloqueie o usuário, esta página não tenta mais.",
            "Confira os dados no site do banco e abra a página de novo no seu sistema.",
            opened=opened,
            result="cancelled",
        )

    async def _cancel(self, opened: Opened, _form: Form) -> Page:
        await self.sessions.end(opened.session, Result.CANCELLED)
        return await self.shown(await self.sessions.renewed(opened))

    # The end

    async def _result(self, opened: Opened) -> Page:
        session = opened.session
        try:
            record: AccountRecord = await self.registered.account(session.tenant_id, session.account_id or "")
        except CallerError:
            said = "A conta foi removida depois de conectada."
            return await self._made(views.ended_page, "Conta removida", said, opened=opened, result="enabled")
        integration = await self.registered.integration(record)
        return await self._made(views.result_page, opened, record, integration, self.clock.now())

    async def _made(self, make: Callable[..., Page], *values: Any, **named: Any) -> Page:
        """A page, made in a thread: the first one loads all templates and contracts."""
        return await asyncio.to_thread(partial(make, self.site, *values, **named))
