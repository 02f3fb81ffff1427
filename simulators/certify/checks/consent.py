"""What is demanded where an account holder consents on a page of the bank, whichever way that ends.

The holder's browser is played here: it opens the page that the adapter names, presses one of the two buttons, and is
sent back. What the gateway does then, it does with the adapter: it redeems the code, and renews the token from then on.
"""

import re
from collections.abc import Mapping
from datetime import timedelta

import httpx
from msgspec.structs import replace

from contracts.schema import Grant
from gateway.auth.authorization_code import CODE, REDIRECT_URI, VERIFIER, AuthorizationCode
from gateway.errors import BankFailure
from gateway.flow import Token, converse
from gateway.model import Account, Credentials
from simulators.certify.bench import CALM, Bench
from simulators.certify.demands import Shortfall, demand, saying_when
from simulators.certify.harnesses.account import account_of
from simulators.certify.harnesses.pure import PureHarness
from simulators.consent import APPROVE, DENY
from simulators.reasons import why_of

__all__ = ["plays_consent"]

BACK = "https://gateway.example/v1/authorizations/callback"
STATES = ("state-of-one_-7f3a", "state-of-two_-19c4")
"""Of two browsers at a time."""
VERIFIERS = ("verifier-of-one-0123456789-0123456789-012345", "verifier-of-two-0123456789-0123456789-012345")
OTHER_NUMBER = "87654321"
COMPANY = re.compile(r'name="company" value="([^"]+)"')
CODE_LIFE = timedelta(minutes=10)
"""How long a code is good at most (RFC 6749 section 4.1.2)."""
RENEWALS = 3
DAYS = 10
INCOMPLETE, EXPIRED = "authorization_incomplete", "consent_expired"


def plays_consent(bench: Bench) -> None:
    """A consent is read by; a refusal, a code that is not good and a consent that has ended are their failures."""
    if bench.contract.authentication.grant is not Grant.AUTHORIZATION_CODE:
        return
    _names_its_page(bench)
    _takes_a_refusal(bench)
    _keeps_browsers_apart(bench)
    _redeems_once(bench)
    _redeems_in_time(bench)
    _renews_and_ends(bench)


def _names_its_page(bench: Bench) -> None:
    """Before a consent: a page of the right environment, which asks for the read scopes, and no request."""
    harness = bench.harness(parameters=CALM)
    wanted = set(bench.contract.authentication.scopes)
    for name, environment in bench.contract.environments.items():
        page = httpx.URL(_asking(harness, replace(harness.account, environment=name)).page(BACK, STATES[0]))
        hosts = environment.hosts.values()
        demand(page.host in hosts, f"in {name} the page is at {page.host}, it should be at {' or '.join(hosts)}")
        asked = set(page.params.get("scope", "").split())
        what = f"the page is asked for the scopes {sorted(asked)}, authentication.scopes has {sorted(wanted)}"
        demand(asked == wanted, what)
    _demand_refused(harness, _asking(harness, harness.account), None, INCOMPLETE, "before anybody has consented")
    demand(not harness.requests, "before anybody has consented, the adapter asks the bank for a token")


def _takes_a_refusal(bench: Bench) -> None:
    harness = bench.harness(parameters=CALM)
    brought = _brought(harness, _asking(harness, harness.account).page(BACK, STATES[0]), DENY)
    wrong = f"a holder who refuses is sent back with {_named(brought)}"
    demand(CODE not in brought, f"{wrong}: no code may be given")
    demand(brought.get("error") == "access_denied", f"{wrong}: `error` has to be access_denied (RFC 6749, 4.1.2.1)")
    demand(brought.get("state") == STATES[0], f"{wrong}: `state` has to come back as the page was given it")


def _keeps_browsers_apart(bench: Bench) -> None:
    """Two flows at a time: each browser brings its own state back, and a code is good for its own account alone."""
    harness = bench.harness(parameters=CALM)
    other = account_of(harness.bank.open_account(OTHER_NUMBER, "ok", CALM))
    accounts = (harness.account, other)
    pages = [
        _asking(harness, account, verifier).page(BACK, state)
        for account, state, verifier in zip(accounts, STATES, VERIFIERS, strict=True)
    ]
    brought = [_brought(harness, page, APPROVE) for page in pages]
    for came, state in zip(brought, STATES, strict=True):
        what = f"the page was given the state {state}, and the browser brings {came.get('state')!r} back"
        demand(came.get("state") == state, f"{what}: the gateway knows an account by nothing else")
    harness.account = other  # Whose certificate is shown, where the bank wants one.
    foreign = _asking(harness, other, VERIFIERS[0], _code_of(brought[0]))
    _demand_refused(harness, foreign, None, INCOMPLETE, "with the code that another account's holder has given")


def _redeems_once(bench: Bench) -> None:
    harness, auth = _consented(bench)
    _demand_token(harness, auth, "with the code of a consent")
    _demand_refused(harness, auth, None, INCOMPLETE, "with a code that was used before")
    if bench.contract.authorization is None or not bench.contract.authorization.challenge:
        return
    page = _asking(harness, harness.account).page(BACK, STATES[0])
    what = "authorization.challenge is there, but the page's address has no code_challenge: `page` has to add it"
    demand("code_challenge" in httpx.URL(page).params, what)
    harness, auth = _consented(bench, redeems_with=VERIFIERS[1])
    _demand_refused(harness, auth, None, INCOMPLETE, "with another code_verifier than the page's challenge")


def _redeems_in_time(bench: Bench) -> None:
    harness, auth = _consented(bench)
    harness.clock.advance(CODE_LIFE)
    _demand_refused(harness, auth, None, INCOMPLETE, f"with a code that is {CODE_LIFE.seconds // 60} minutes old")


def _renews_and_ends(bench: Bench) -> None:
    """From the code on, one renewal after the other is read by, until the consent has ended."""
    harness, auth = _consented(bench)
    demand(auth.rotates, "`rotates` of the authentication has to be true: or a new refresh token may be lost")
    chain = [_demand_token(harness, auth, "with the code of a consent")]
    for number in range(1, RENEWALS + 1):
        harness.token = chain[-1]
        when = f"after {number - 1} renewals of a consent's token"
        try:
            with saying_when(when):
                bench.read_true(harness, bench.last_days(DAYS, harness.clock.now()))
        except BankFailure as failure:
            raise Shortfall(f"{when}, there is no statement: {failure.code}, {failure.detail}") from failure
        harness.clock.advance(harness.bank.token_life(harness.simulated) + timedelta(seconds=1))
        chain.append(_demand_token(harness, auth, f"at renewal {number}", chain[-1]))
    if chain[-1].refresh != chain[-2].refresh:
        _demand_refused(harness, auth, chain[-2], EXPIRED, "with a refresh token that was replaced")
    if life := bench.contract.authentication.refresh_token_seconds:
        harness, auth = _consented(bench)
        last = _demand_token(harness, auth, "with the code of a consent")
        harness.clock.advance(timedelta(seconds=life + 1))
        _demand_refused(harness, auth, last, EXPIRED, f"{life} seconds after a consent, as long as it lasts")


# --- the gateway's part


def _asking(
    harness: PureHarness, account: Account, verifier: str = VERIFIERS[0], more: Mapping[str, str] | None = None
) -> AuthorizationCode:
    """The authentication of an account whose holder has not consented yet, or, with a code, just has.

    Raises:
        Shortfall: the gateway would not start a consent with it.
    """
    typed = {name: value for name, value in account.credentials.values.items() if name != "refresh_token"}
    described = harness.bank.contract.authorization
    if described is None:
        raise Shortfall("with the grant authorization_code, `authorization` of bank.yaml has to say where the page is")
    proof = {VERIFIER: verifier} if described.challenge else {}
    auth = harness.connector.auth(replace(account, credentials=Credentials({**typed, **proof, **(more or {})})))
    if not isinstance(auth, AuthorizationCode):
        needed = "gateway.auth.authorization_code.AuthorizationCode, or what derives from it"
        raise Shortfall(f"`auth` gives {type(auth).__name__}: the gateway starts a consent only with {needed}")
    what = "credentials without a code and a refresh token are called authorised, so that no consent would be started"
    demand(bool(more) or not auth.authorised, what)
    return auth


def _consented(bench: Bench, redeems_with: str = VERIFIERS[0]) -> tuple[PureHarness, AuthorizationCode]:
    """An account whose holder has just consented."""
    harness = bench.harness(parameters=CALM)
    brought = _brought(harness, _asking(harness, harness.account).page(BACK, STATES[0]), APPROVE)
    return harness, _asking(harness, harness.account, redeems_with, _code_of(brought))


def _code_of(brought: Mapping[str, str]) -> dict[str, str]:
    """What the gateway adds to the credentials of an account whose holder has consented."""
    what = f"a holder who consents is sent back with {_named(brought)}: a code has to come, and no error"
    demand(bool(brought.get(CODE)) and "error" not in brought, what)
    return {CODE: brought[CODE], REDIRECT_URI: BACK}


def _demand_token(harness: PureHarness, auth: AuthorizationCode, when: str, previous: Token | None = None) -> Token:
    try:
        _, token = converse(auth.obtain(previous, harness.clock.now()), harness.answer)
    except BankFailure as failure:
        raise Shortfall(f"{when}, there is no token: {failure.code}, {failure.detail}{_reason(harness)}") from failure
    demand(bool(token.refresh), f"{when}, the token has no refresh token, so that it could not be renewed")
    return token


def _demand_refused(
    harness: PureHarness, auth: AuthorizationCode, previous: Token | None, wanted: str, when: str
) -> None:
    try:
        converse(auth.obtain(previous, harness.clock.now()), harness.answer)
    except BankFailure as failure:
        hint = "the bank's refusal has to be a symptom `consent_expired` at: [token], which a code makes incomplete"
        what = f"{when}, the failure is {failure.code}, it should be {wanted}; {hint}{_reason(harness)}"
        if failure.code != wanted:
            raise Shortfall(what) from failure
    else:
        raise Shortfall(f"{when}, the simulated bank gives a token, it should refuse")


def _reason(harness: PureHarness) -> str:
    """Why the simulated bank has refused the last call, if it did."""
    return f" (the simulated bank: {harness.why})" if harness.why else ""


# --- the holder's part


def _brought(harness: PureHarness, page: str, decision: str) -> dict[str, str]:
    """What a browser brings back after its user has pressed a button.

    Raises:
        Shortfall: the bank shows no page, or sends the browser nowhere.
    """
    shown = _browse(harness, httpx.Request("GET", page))
    what = f"the page that the adapter names is answered with {shown.status_code}{_told(shown)}; it should be shown"
    demand(shown.status_code == httpx.codes.OK, what)
    company = next(iter(COMPANY.findall(shown.text)), "")
    answer = _browse(harness, httpx.Request("POST", page, data={"decision": decision, "company": company}))
    back = httpx.URL(answer.headers.get("location", ""))
    got = f"gets {answer.status_code}{_told(answer)}"
    what = f"after the button {decision} the browser is not sent to {BACK}, but {got}"
    demand(answer.status_code == httpx.codes.FOUND and str(back.copy_with(query=None)) == BACK, what)
    return dict(back.params)


def _browse(harness: PureHarness, request: httpx.Request) -> httpx.Response:
    """The answer to a browser, which shows no client certificate."""
    try:
        return harness.bank.answer(request)
    except httpx.TransportError as error:
        what = f"a browser cannot open {request.url.host}{request.url.path}: {error}"
        hint = "a browser has no certificate: authorization.host may be none of authentication.mutual_tls_hosts"
        raise Shortfall(f"{what}; {hint}") from error


def _told(response: httpx.Response) -> str:
    why = why_of(response) or httpx.URL(response.headers.get("location", "")).params.get("error", "")
    return f" ({why})" if why else ""


def _named(brought: Mapping[str, str]) -> str:
    """What a browser brings back, in words that hold no code."""
    shown = {name: "..." if name == CODE else value for name, value in brought.items()}
    return ", ".join(f"{name}={value}" for name, value in shown.items()) or "nothing"
