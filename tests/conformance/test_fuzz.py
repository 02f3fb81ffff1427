"""Any bytes in place of a bank's answer give a statement or a named failure: no other exception, no hang, no flood."""

import gzip
import re
from datetime import date
from functools import cache
from random import Random

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import contracts
from contracts.schema import OperationKind
from gateway.errors import BankFailure
from gateway.flow import OPTIONAL
from gateway.model import Period
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.pki import Authority
from simulators.world import Parameters

AUTHORITY = Authority()
FEW = Parameters(entries_per_day=2, busy_day_entries=0, opened_days_ago=60)
PERIOD = Period(date(2026, 3, 9), date(2026, 3, 13))
EXAMPLES = 60
MOST_CALLS = 400
"""No conversation of a handful of entries needs more, whatever the bank says."""

VALUES = (
    b"null", b"true", b"0", b"-0", b"-1", b"1e400", b"1e-400", b"1E+999999999", b"NaN", b"Infinity", b"9" * 400,
    b"0." + b"1" * 400, b'""', b'" "', b'"\\ud800"', b'"\\u0000"', b'"9999-99-99"', b'"0001-01-01"', b'"31/12/9999"',
    b'"1e5"', '"١٢"'.encode(), b"[]", b"{}", b"[null]", b"[[]]", b"[" * 5000, b'{"a":' * 5000,
)  # fmt: skip
"""What stands in place of a value of the answer."""
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|[{}\[\],:]')

every_bank = pytest.mark.parametrize("slug", contracts.banks())


class Spoiled(PureHarness):
    """A connector and its bank, one of whose answers is spoiled."""

    def __init__(self, slug, call=None, spoil=None):
        super().__init__(slug, NOW, parameters=FEW, page_size=3, authority=AUTHORITY)
        self.call, self.spoil, self.answers = call, spoil, []

    def answer(self, request):
        """The bank's answer, or what became of it."""
        assert len(self.answers) < MOST_CALLS, "the conversation does not end"
        response = super().answer(request)
        if len(self.answers) == self.call and response.is_success:
            response = httpx.Response(response.status_code, headers=response.headers, content=self.spoil(response))
        self.answers.append(response)
        return response


@cache
def answers(slug):
    """What the bank answers when nothing is spoiled."""
    conversation = Spoiled(slug)
    conversation.read(PERIOD)
    return conversation.answers


def calls(slug):
    """How many answers those are."""
    return len(answers(slug))


def outcome(slug, call, spoil):
    """`entries`, the code of the failure, or `refused` when the bank refused what came of the spoiled answer."""
    harness = Spoiled(slug, call, spoil)
    try:
        statement = harness.read(PERIOD)
    except BankFailure as failure:
        return "refused" if any(not answer.is_success for answer in harness.answers[call + 1 :]) else failure.code
    assert all(abs(entry.amount) < 10**17 for entry in statement.entries)
    return "entries"


def allowed(slug):
    """What may come of a spoiled success: entries, an unexpected answer, what the bank says within a 200, a refusal.

    A token or an id that is changed on the way is refused by the bank when it comes back, and an account that is not
    in the bank's list of accounts is reported as such.
    """
    contract = contracts.load(slug)
    named = {symptom.failure for symptom in contract.symptoms if 200 in symptom.status}
    if any(operation.kind is OperationKind.ACCOUNTS for operation in contract.operations.values()):
        named.add("invalid_account")
    return {"entries", "unexpected_bank_response", "refused", *named}


@every_bank
@settings(max_examples=EXAMPLES, deadline=None)
@given(call=st.integers(0, 40), body=st.binary(max_size=200) | st.text(max_size=80).map(str.encode))
def test_arbitrary_bytes(slug, call, body):
    """Bytes without any likeness to an answer."""
    assert outcome(slug, call % calls(slug), lambda response: body) in allowed(slug)


@every_bank
@settings(max_examples=EXAMPLES, deadline=None)
@given(call=st.integers(0, 40), seed=st.integers(0, 2**32), cuts=st.integers(1, 6))
def test_damaged_answers(slug, call, seed, cuts):
    """The bank's own answer with bytes changed, removed, doubled and moved."""

    def damage(response):
        chance, body = Random(seed), bytearray(response.content)  # noqa: S311 - reproducible, not secret
        for _ in range(cuts):
            start = chance.randrange(len(body) + 1)
            end = min(len(body), start + chance.choice((0, 1, 1, 2, 8, 64)))
            piece = bytes(body[start:end])
            body[start:end] = chance.choice((b"", piece * 2, piece[::-1], bytes([chance.randrange(256)]), b'"', b","))
        return bytes(body)

    assert outcome(slug, call % calls(slug), damage) in allowed(slug)


@every_bank
@settings(max_examples=EXAMPLES, deadline=None)
@given(call=st.integers(0, 40), place=st.integers(0, 10**6), value=st.sampled_from(VALUES))
def test_monstrous_values(slug, call, place, value):
    """The bank's own answer with one name, value or sign replaced by something monstrous."""

    def replace(response):
        tokens = list(TOKEN.finditer(response.content))
        if not tokens:
            return value
        found = tokens[place % len(tokens)]
        return response.content[: found.start()] + value + response.content[found.end() :]

    assert outcome(slug, call % calls(slug), replace) in allowed(slug)


@every_bank
def test_packed_rubbish_under_a_success(slug):
    """A body that is still packed is no answer."""
    for call in range(calls(slug)):
        result, answer = outcome(slug, call, lambda response: gzip.compress(response.content)), answers(slug)[call]
        can_do_without = not answer.is_success or answer.request.extensions.get(OPTIONAL, False)
        assert result == "unexpected_bank_response" or (can_do_without and result == "entries")
