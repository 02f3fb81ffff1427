"""What is odd about BS2: every reading of what is unclear, and proof of identity."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import BankFailure, IncoherentPages
from gateway.model import Account, Credentials, Period, Verdict
from simulators.banks.bs2 import Bs2 as SimulatedBs2
from simulators.certify.cases import NOW, ledgers, periods
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from simulators.world import Parameters
from tests.gateway.connectors.bs2.answers import AUTHORITY, BS2, FIVE, WEEK, pair_of

READINGS = st.fixed_dictionaries(
    {
        "inicio": st.sampled_from(("page_index", "row_offset")),
        "query_zone": st.sampled_from(("utc", "local")),
        "period_end": st.sampled_from(("inclusive", "exclusive")),
        "direction": st.sampled_from(("number", "letter")),
        "empty_list": st.sampled_from(("list", "none")),
    }
)
PATIENT = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@PATIENT
@given(data=st.data(), readings=READINGS)
def test_statement_equals_ledger_in_every_reading(data, readings):
    """Whatever `inicio` counts, `Z` means and an end includes: the statement is the ledger, and proved."""
    pair = pair_of(data.draw(ledgers(SimulatedBs2)), page_size=data.draw(st.sampled_from((1, 2, 3, 100))), **readings)
    period = Period(*data.draw(periods()))

    statement = pair.read(period)

    assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []
    assert statement.proof.verdict is Verdict.PROVED


@PATIENT
@given(data=st.data(), readings=READINGS)
def test_paging_attack_never_gives_a_wrong_list_in_any_reading(data, readings):
    """A lost, repeated or shifted page gives the truth or a failure, whatever `inicio` counts."""
    pair = pair_of(data.draw(ledgers(SimulatedBs2)), page_size=data.draw(st.sampled_from((1, 2, 3, 4))), **readings)
    period = Period(*data.draw(periods()))
    fault = data.draw(st.sampled_from(("lose_page", "repeat_page", "shift_page")))
    parameters = {"page": data.draw(st.integers(0, 3))}
    if fault == "shift_page":
        parameters["by"] = data.draw(st.integers(-4, 4))
    pair.world.inject("bs2", None, "statement", fault, parameters)

    try:
        statement = pair.read(period)
    except IncoherentPages:
        return

    assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []


def account(**credentials):
    values = {"api_key": "k", "api_secret": "s", "refresh_token": "r", "user_agent": "programa-1", **credentials}
    return Account("1", "bs2", "PJ", "0001", "123456", "11222333000181", Credentials(values))


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        ("", "saldo extrato"),
        ("extrato", "extrato"),
        ("pagamento extrato transferencia saldo pix.write", "saldo extrato"),
        ("pagamento", "saldo extrato"),
    ],
)
def test_only_reading_is_asked_for(shown, wanted):
    """Of the scopes the application shows, those that write are left out."""
    request = next(BS2.auth(account(scope=shown)).obtain(None, NOW))

    assert dict(item.split("=") for item in request.content.decode().split("&"))["scope"].replace("+", " ") == wanted


def test_every_request_names_the_program():
    """The code given by the bank goes with token and statement alike."""
    pair = pair_of(FIVE)

    pair.read(WEEK)

    codes = {request.headers["user-agent"] for request in pair.requests}
    assert (len(pair.requests), codes) == (2, {pair.simulated.credentials["user_agent"]})


def test_a_company_that_was_given_no_code_sends_none():
    """Where the bank wants one all the same, it says so with an empty 403."""
    free, strict = pair_of(FIVE, user_agent="ignored"), pair_of(FIVE)
    for pair in (free, strict):
        del pair.account.credentials.values["user_agent"]

    statement = free.read(WEEK)
    with pytest.raises(BankFailure) as refused:
        strict.read(WEEK)

    assert len(statement.entries) == 5
    assert not any("user-agent" in request.headers for request in free.requests)
    assert (refused.value.code, refused.value.at) == ("invalid_credentials", "token")


def test_no_refresh_token_is_sent_twice():
    """With a token for each page, every refresh token is spent once."""
    pair = PureHarness("bs2", NOW, source=FIVE, parameters=Parameters(token_uses=1), page_size=1, authority=AUTHORITY)

    assert len(pair.read(WEEK).entries) == 5

    sent = [request for request in pair.requests if request.url.path.endswith("token")]
    assert (len(sent), len(pair.simulated.memory["spent_refresh_tokens"])) == (5, 5)
    assert "refresh_reuses" not in pair.simulated.memory
