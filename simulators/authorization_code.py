"""The authorization code grant (RFC 6749 section 4.1) for simulated banks: the page, the decision, the code.

A bank that has it is a `CodeBank`, whose routes name `authorize` and `decide`, and which grants a token for what
`redeemed` gives. Where they are is in the contract's `authorization`, or in `other_reads` of a bank whose contract has
none. As in `simulators.oauth`, attributes and methods are what banks differ in.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import httpx

from contracts.schema import Operation, OperationKind
from simulators.call import Answered, Call
from simulators.consent import APPROVE, Challenge, Consent, ConsentServer, html_answer, sent_back
from simulators.oauth import OAuthBank
from simulators.reasons import ending, parameter_wrong
from simulators.world import SimulatedAccount

__all__ = ["CodeBank"]


class CodeBank(OAuthBank):
    """A bank on whose page an account holder lets an application read."""

    page_title: ClassVar[str]
    """Of the page on which the holder decides."""
    server: ClassVar[str]
    """The token server's name on the page of an error."""
    no_application: ClassVar[str] = "the application is unknown"
    """The page's text for an unknown client."""
    no_address: ClassVar[str] = "the address to go back to is unknown"
    """The page's text for a client without an address to go back to."""
    denied: ClassVar[Mapping[str, str]] = {"error": "access_denied"}
    """The answer to the application when the holder declines."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.consents = ConsentServer(self.contract.slug, self.world)

    def reads_besides(self) -> Mapping[str, Operation]:
        """Besides, the page of the contract's `authorization`, and its form."""
        page = self.contract.authorization
        if page is None:
            return super().reads_besides()
        pages = {
            name: Operation(
                kind=OperationKind.TOKEN,
                method=method,
                host=page.host,
                path=page.path,
                evidence=page.evidence,
                source=page.source,
            )
            for name, method in (("authorize", "GET"), ("decide", "POST"))
        }
        return {**pages, **super().reads_besides()}

    def authorize(self, call: Call) -> httpx.Response:
        """The page."""
        account, scopes = self.applicant(call), self.asked_scopes(call)
        self.challenge(call)
        return self.consents.page(self.page_title, self.companies(call, account), scopes)

    def decide(self, call: Call) -> httpx.Response:
        """What follows from the holder's decision: back to the application, with a code or without."""
        account, scopes, challenge = self.applicant(call), self.asked_scopes(call), self.challenge(call)
        company = self.chosen_company(call, account)
        if call.form.get("decision") != APPROVE or company not in self.companies(call, account):
            return self.back(call, self.denied)
        back_to = call.query["redirect_uri"]
        code, _ = self.consents.grant(account, company, scopes, back_to, call.environment, challenge)
        return self.back(call, {"code": code})

    def applicant(self, call: Call) -> SimulatedAccount:
        """The account behind the application that sends its user to the page.

        Raises:
            Answered: it is not known here, or does not say where to go back to.
        """
        account = self.application(call.query.get("client_id", ""))
        back_to = call.query.get("redirect_uri", "")
        if account is None:
            why = f"client_id {ending(call.query.get('client_id'))} is unknown here"
            raise Answered(html_answer(self.server, f"<p>{self.no_application}</p>", 400), why)
        if not back_to.startswith(("http://", "https://")):
            why = parameter_wrong("redirect_uri", "must be an address of http or https", back_to or None)
            raise Answered(html_answer(self.server, f"<p>{self.no_address}</p>", 400), why)
        call.account, call.record.account = account, account.number
        call.record.by_holder = True
        return account

    def application(self, client_id: str) -> SimulatedAccount | None:
        """The account whose application has this id, or None."""
        return self.by_credential(client_id=client_id)

    def asked_scopes(self, call: Call) -> Sequence[str]:
        """The scopes that the application asks its user for.

        Raises:
            Answered: there are none, or others than the page grants; or something else than a code is asked for.
        """
        scopes = self.scopes_in(call)
        if call.query.get("response_type") != "code":
            why = parameter_wrong("response_type", "must be code", call.query.get("response_type"))
            raise Answered(self.back(call, {"error": "unsupported_response_type"}), why)
        if not scopes or not set(scopes) <= set(self.page_scopes()):
            why = self.unheld_scopes(scopes, self.page_scopes())
            raise Answered(self.back(call, {"error": "invalid_scope"}), why)
        return scopes

    def challenge(self, call: Call) -> Challenge | None:
        """What the token request is to be verified by (RFC 7636), where the application says so.

        Raises:
            Answered: it does not, or in another way than the contract has.
        """
        value, method = call.query.get("code_challenge", ""), call.query.get("code_challenge_method", "plain")
        wanted = self.contract.authorization.challenge if self.contract.authorization is not None else ""
        if wanted and not (value and method == wanted):
            shown_as = f"{method} {value}" if value else None
            why = parameter_wrong("code_challenge", f"must be there, by the method {wanted}", shown_as)
            raise Answered(self.back(call, {"error": "invalid_request"}), why)
        return Challenge(value, method) if value else None

    def scopes_in(self, call: Call) -> Sequence[str]:
        """The scopes in the address of the page."""
        return call.query.get("scope", "").split()

    def page_scopes(self) -> Sequence[str]:
        """The scopes that the page can grant: those of the contract."""
        return self.contract.authentication.scopes

    def companies(self, call: Call, account: SimulatedAccount) -> Mapping[str, str]:
        """The companies that the user may choose from, names by tax id: the holder."""
        return {account.holder_tax_id: account.holder_name}

    def chosen_company(self, call: Call, account: SimulatedAccount) -> str:
        """The tax id of the company that the user has chosen."""
        return call.form.get("company", "")

    def back(self, call: Call, answer: Mapping[str, str]) -> httpx.Response:
        """The redirect to the application, which gets its `state` back."""
        state = {"state": call.query["state"]} if "state" in call.query else {}
        return sent_back(call.query["redirect_uri"], {**answer, **state})

    def redeemed(self, call: Call, account: SimulatedAccount) -> Consent | None:
        """What the code of a token request stands for; None when it is not good (see `not_redeemed`)."""
        code, back_to = call.form.get("code", ""), call.form.get("redirect_uri", "")
        return self.consents.redeem(code, account, back_to, call.environment, call.form.get("code_verifier", ""))

    def not_redeemed(self, call: Call) -> str:
        """Why no token is given for a code."""
        code = ending(call.form.get("code"))
        return f"code {code} is unknown, used, expired, or not of this client, environment, redirect_uri and verifier"
