"""Our secrets are found in a bank's text, whatever encoding they are quoted in."""

import gzip
import html
import json
import quopri
import time
import zlib
from base64 import b32encode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.errors import BankError, BankFailure
from gateway.redaction.quoted import LONGEST, SHOWN, _folded, without
from gateway.storage.accounts.remembered import RememberedFailure
from tests.gateway.support import NOW

SECRET = 'S3gr&do "é"/+x?='
CLIENT = "client-1"


def percent(text: str) -> str:
    """Every byte escaped, in capital letters."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def b64(text: str) -> str:
    return b64encode(text.encode()).decode()


def b64url(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "capitals": str.upper,
    "percent": lambda text: quote(text, safe=""),
    "percent small": lambda text: percent(text).lower(),
    "percent capitals": percent,
    "percent twice": lambda text: percent(percent(text)),
    "percent latin": lambda text: quote(text.encode("latin-1"), safe=""),
    "html": html.escape,
    "html decimal": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    "html hexadecimal": lambda text: "".join(f"&#x{ord(sign):x};" for sign in text),
    "html with zeros": lambda text: "".join(f"&#{ord(sign):010};" for sign in text),
    "percent and u": lambda text: "".join(f"%u{ord(sign):04X}" for sign in text),
    "u in braces": lambda text: "".join(f"\\u{{{ord(sign):x}}}" for sign in text),
    "x in braces": lambda text: "".join(f"\\x{{{ord(sign):x}}}" for sign in text),
    "eight digits": lambda text: "".join(f"\\U{ord(sign):08x}" for sign in text),
    "octal": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
    "bytes of Python": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "json": lambda text: json.dumps(text)[1:-1],
    "json numbers": lambda text: "".join(f"\\u{ord(sign):04X}" for sign in text),
    "json twice": lambda text: json.dumps(json.dumps(text)),
    "base64": b64,
    "base64url": b64url,
    "base64 twice": lambda text: b64(b64(text)),
    "base64 behind one sign": lambda text: "x" + b64(text),
    "basic": lambda text: b64(f"{CLIENT}:{text}"),
    "basic behind two signs": lambda text: b64(f"ab:{text}"),
    "basic in percent": lambda text: quote(b64(f"{CLIENT}:{text}"), safe=""),
    "base64 of percent": lambda text: b64(percent(text)),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal capitals": lambda text: text.encode().hex().upper(),
    "hexadecimal with colons": lambda text: text.encode().hex(":"),
    "hexadecimal of C": lambda text: ", ".join(f"0x{byte:02X}" for byte in text.encode()),
    "hexadecimal of UTF-16": lambda text: text.encode("utf-16-le").hex(),
    "base64 of UTF-16": lambda text: b64encode(text.encode("utf-16-be")).decode(),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()).decode(),
    "quoted-printable whole": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "full width": lambda text: "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text),
    "base32": lambda text: b32encode(text.encode()).decode().rstrip("="),
    "base32 small": lambda text: b32encode(text.encode()).decode().lower().rstrip("="),
    "base64 of zlib": lambda text: b64encode(zlib.compress(text.encode())).decode(),
    "base64 of gzip": lambda text: b64encode(gzip.compress(text.encode())).decode(),
    "base64 of deflate": lambda text: b64encode(zlib.compress(text.encode())[2:-4]).decode(),
    "hexadecimal of gzip": lambda text: gzip.compress(text.encode()).hex(),
    "numbers": lambda text: ",".join(str(byte) for byte in text.encode()),
    "numbers of Java": lambda text: ", ".join(str(byte - 256 * (byte > 127)) for byte in text.encode()),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_quoted_secret_is_hidden(encoding: str) -> None:
    """In every encoding the whole secret is removed; the text around it stays."""
    quotation = ENCODINGS[encoding](SECRET)

    assert without(f"valor ({quotation}) recusado", {SECRET, CLIENT}).replace("[secret]=", "[secret]") in {
        "valor ([secret]) recusado",
        "valor ([secret]) recusado".replace("([secret])", '("[secret]")'),
        'valor ("\\"[secret]\\"") recusado',
    }


@pytest.mark.parametrize("written", ["{}", "{:02x}", "0x{:02X}"])
@pytest.mark.parametrize("between", [" ", ", ", ",\n    "])
@pytest.mark.parametrize("behind", [" ", ", ", ",\n]", " (", ""])
def test_a_list_of_bytes_is_hidden_whatever_stands_behind_it(written: str, between: str, behind: str) -> None:
    """A blank, a comma or another line is no part of it; printers of several lines put several between two numbers."""
    numbers = between.join(map(written.format, SECRET.encode()))

    assert without(f"token {numbers}{behind}", {SECRET}) == f"token [secret]{behind}"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("start", [0, 3, 30, 40])
def test_a_part_of_a_long_secret_is_hidden(encoding: str, start: int) -> None:
    """24 characters in a row of a certificate or a key betray it, wherever they begin."""
    key = "-----BEGIN {}-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQ\n".format("PRIVATE KEY")
    quotation = ENCODINGS[encoding](key[start : start + 24])

    shown = without(f"valor ({quotation}) recusado", {key})

    assert "[secret]" in shown
    assert quotation not in shown


def test_another_line_break_or_punctuation_hides_nothing() -> None:
    """A key on one line and a tax id with its points are the same values."""
    assert (
        without("key MIIEvQIBADANBgkqhkiG9w0BAQEFAASC ok", {"MIIEvQIBADAN\nBgkqhkiG9w0BAQEFAASC"}) == "key [secret] ok"
    )
    assert without("CNPJ 11.222.333%2F0001-81.", {"11222333000181"}) == "CNPJ [secret]."


@pytest.mark.parametrize(
    "text",
    [
        "O período informado é inválido: use no máximo 31 dias (código 1234-5).",
        "MENSAGEM+EM/BASE64_OU-QUASE deadbeef 00:11:22:33 %20 &amp; \\u00e9",
        "",
    ],
)
def test_words_stay(text: str) -> None:
    """A text without our values is not changed."""
    assert without(text, {SECRET, CLIENT, "no", "", "x" * 2000}) == text


def test_a_secret_at_the_cut_is_hidden() -> None:
    """A text is cut, and the rest of a secret at the cut is removed too."""
    around = {n for cut in (SHOWN, LONGEST) for n in range(cut - len(percent(SECRET)) - 8, cut + 8)}
    for before in sorted(around | {*range(900, 1300, 8)}):
        # Points look like nothing that is encoded, so that each of these texts is read at once.
        assert "%53%33" not in without("." * before + percent(SECRET) + "." * 2000, {SECRET})
    for before in (SHOWN - 8, LONGEST - 8):
        assert "%53%33" not in without("x" * before + percent(SECRET) + "y" * 2000, {SECRET})


def test_small_letters_are_made_sign_by_sign() -> None:
    """Of whatever sign, alone and beside a letter, behind which some signs have another small letter."""
    signs = [chr(code) for code in range(0x110000)]
    changed = {sign for sign in signs if sign.lower() != sign}
    for sign in changed:
        small = sign.lower() if len(sign.lower()) == 1 else sign
        assert (_folded(f"A{sign}"), _folded(sign)) == (f"a{small}", small)
    others = "".join(sign for sign in signs if sign not in changed)
    assert _folded(others) == others


@given(st.text(max_size=300), st.sets(st.text(max_size=40), max_size=4))
@example("%", {"%%%%"})
@example("\\" * 50, {"\\\\\\\\"})
@example("&#1114112;&#xD800;", {"abcd"})
def test_any_text_is_read(text: str, secrets: set[str]) -> None:
    """No text and no secret is too odd, and no value is left as it is."""
    shown = without(text, secrets).replace("[secret]", "\x00")

    assert not [value for value in secrets if len(value) >= 4 and value in shown]


@pytest.mark.parametrize(
    "piece",
    [
        *("%25", "&amp;", "\\\\", "\\u0025", "QUJD", "4142", "A" * 8 + " ", "a", "=", "&#37;25"),
        *("%u0025", "\\134", "0x5c,", "65,", "1", "-1 ", "1 ", "1   ", "41   "),
        *("=3D", "=\n", "\uff05", "ABCDEFGH", "H4sI", "eJwr"),
    ],
)
def test_the_work_is_bounded(piece: str) -> None:
    """A long text costs no more than one of the length that is read."""

    def work(length: int) -> float:
        text = (piece * length)[:length]
        times = []
        for _ in range(3):
            start = time.process_time()
            without(text, {SECRET, "k" * 3000})
            times.append(time.process_time() - start)
        return min(times)

    assert work(50 * LONGEST) < 4 * work(LONGEST) + 0.05
    assert work(LONGEST) < 16 * work(LONGEST // 4) + 0.05


def test_a_long_secret_that_nothing_quotes_costs_little() -> None:
    """Of a certificate with a long chain not every row of characters is looked at, nor anew for each text."""
    chain = "".join(f"{n:x}Z" for n in range(10_000))
    failure = BankFailure(
        "invalid_credentials", bank="inter", at="token", detail="no", bank_error=BankError(401, "a", "b")
    )

    def seconds(work: Callable[[], object]) -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    every_row = min(seconds(lambda: {chain[n : n + 24] for n in range(len(chain))}) for _ in range(3))
    assert min(seconds(lambda: failure.hide({chain})) for _ in range(3)) < 2 * every_row


def test_what_is_remembered_and_shown_of_a_failure() -> None:
    """Code, message and detail of a failure are clean, also where they are kept for later."""
    quotation = b64(f"{CLIENT}:{SECRET}")
    failure = BankFailure(
        "invalid_credentials",
        bank="inter",
        at="token",
        detail=f"quoted {percent(SECRET)}",
        bank_error=BankError(401, quotation, "x" * 290 + percent(SECRET)),
    )

    failure.hide({SECRET, CLIENT})

    kept = RememberedFailure.of(failure, NOW)
    assert kept.detail == "quoted [secret]"
    assert kept.bank_error is not None
    assert kept.bank_error.code == "[secret]"
    assert kept.bank_error.message == "x" * 290 + "[secret]"
    assert quotation not in f"{failure!r}{failure}{failure.bank_error!r}"
