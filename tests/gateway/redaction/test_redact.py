"""Texts are redacted, and a hostile one costs no more than its length."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.limits import REDACTED_CHARACTERS
from gateway.redaction.redact import _HARMLESS, redact

HOSTILE = (
    "eyJ-",
    "eyJ.",
    "-----BEGIN A",
    "-----BEGIN A-----",
    "-----END ",
    "bearer ",
    "basic\t",
    "token_",
    "token = ",
    "token='",
    'secret:"',
    "'token\" ",
    "12.345.",
    "123",
    "AB1",
    " ",
    "a",
    "-",
    "=",
)


def work(text: str) -> float:
    """Processor time of one call, in seconds, the least of several."""

    def once() -> float:
        start = time.process_time()
        for _ in range(5):
            redact(text)
        return time.process_time() - start

    return min(once() for _ in range(5))


@pytest.mark.parametrize("piece", HOSTILE)
def test_twice_the_text_is_no_more_than_twice_the_work(piece: str) -> None:
    """No pattern reads a text twice: eight times the text costs far less than 64 times the time."""
    short, long = (piece * (length // len(piece)) for length in (REDACTED_CHARACTERS // 8, REDACTED_CHARACTERS))

    assert work(long) < 24 * work(short) + 0.05


@given(st.from_regex(_HARMLESS, fullmatch=True))
@example("eyJhbGciOiJIUzI1NiJ9")
@example("-----BEGIN-PRIVATE-KEY-----")
@example("12345678000195AAA")
def test_what_is_passed_over_quickly_holds_nothing(text: str) -> None:
    """A text that is given back at once is one in which no pattern finds anything, as behind a blank."""
    assert redact(text) == text
    assert redact(f" {text}") == f" {text}"


def test_a_text_is_cut() -> None:
    """The text beyond the limit is cut before the search."""
    assert redact("a b" * REDACTED_CHARACTERS) == redact("a b" * (2 * REDACTED_CHARACTERS))
    assert len(redact("a b" * REDACTED_CHARACTERS)) == REDACTED_CHARACTERS + 1


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("got eyJhbGciOi.eyJzdWIi.c2ln here", "got [jwt] here"),
        ("id-eyJhbGciOi.eyJzdWIi", "id-[jwt]"),
        ("eyJ alone. eyJust. Words", "eyJ alone. eyJust. Words"),
        ("Authorization: Bearer abcdef123456", "Authorization: [secret] [secret]"),
        ("x -----BEGIN {}-----\nabc".format("PRIVATE KEY"), "x [pem]"),
        ('{"client_secret": "a b"}', '{"client_secret": [secret]}'),
        ("CPF 123.456.789-09", "CPF [cpf …09]"),
    ],
)
def test_what_is_taken_out(text: str, clean: str) -> None:
    """Tokens, keys, named values and tax ids go; words stay."""
    assert redact(text) == clean
