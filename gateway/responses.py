"""Reads the body of a bank's response: its form, its text, and the bank's own code and message of a failure.

Long because all forms of such bodies are read in one place.
"""

import codecs
import html
import re
from collections.abc import Collection, Iterator
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

import httpx
import msgspec
from msgspec import Raw, Struct

from gateway.concurrency.pacing import rest
from gateway.errors import BankError
from gateway.limits import (
    JSON_PART_BYTES,
    REFUSAL_BYTES,
    REFUSAL_CHARACTERS,
    REFUSAL_LEVELS,
    REFUSAL_OBJECTS,
    REFUSAL_TEXTS,
)
from gateway.refusal_words import status_by_words, tells_nothing

__all__ = [
    "NOTHING_STATUSES",
    "Body",
    "Form",
    "found_nothing",
    "in_utf8",
    "own_or_empty",
    "page_error",
    "read",
    "refusal_beside_nothing",
    "refusal_within",
    "tells_passing_cause",
    "text_of",
    "words_beside_nothing",
]

PHRASES = frozenset(status.phrase.lower() for status in HTTPStatus)
"""Names of the HTTP statuses: as a message they add nothing to the status."""
ONE_BYTE = frozenset({"iso-8859-1", "latin-1", "latin1", "iso-8859-15", "windows-1252", "cp1252"})
"""Single-byte character sets for Western European texts."""
SURROGATES = b"\\ud", b"\\uD"
"""How the escape of a surrogate begins."""
HALF = re.compile(
    rb"\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD])[c-fC-F][0-9a-fA-F]{2})"
)
"""The escape of a surrogate without its other half; behind an escaped backslash it is none."""
PAGE = re.compile(
    r"\s*+(?:<\?xml[^>]{0,200}>\s*+)?(?:<!--(?:(?!-->).){0,1000}+-->\s*+){0,5}<(?:!doctype\s{1,9}html"
    r"|html|head|body|title|meta|script|style|h[1-6]|p|div|center|pre|b|strong|span|font|br|hr|table)(?=[\s>/])",
    re.IGNORECASE | re.DOTALL,
)
"""The beginning of a web page, as servers and proxies write it."""
CUT_TEXT = re.compile(rb'[\xc2-\xf4][\x80-\xbf]{0,2} *"')
"""The first bytes of a character of UTF-8 without the others, where a text ends or only blanks follow."""
UNKNOWN = "\ufffd"
"""Stands for a character that is not known."""
CHARSET = re.compile(r'; {0,9}charset="?([a-z0-9-]{1,20})', re.IGNORECASE)
"""The character set in a content type. The library's own search takes the square of the header's length."""
ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})")
BACKSLASH = ord("\\")
_MEMBERS = msgspec.json.Decoder(dict[str, Raw]).decode
_OPENING = (b"[", b"{")

NOTHING_STATUSES = (
    *(httpx.codes.OK, httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND),
    *(httpx.codes.NOT_ACCEPTABLE, httpx.codes.UNPROCESSABLE_ENTITY),
)
"""Statuses with which a bank may say in words that there are no entries."""
ENVELOPES = frozenset({"fault", "error", "errors", "erros", "messages", "mensagens"})
"""Names under which a refusal may hold objects and lists."""
WRAPPERS = frozenset({"data", "dados", "result", "resultado", "response", "resposta", "content", "body"})
"""Names under which a whole answer may stand. Other parts of it may fail alone, as what is only still to be booked."""
ERROR_KEYS = ("error", "errorcode", "codigoerro", "code", "codigo")
"""Names of codes that tell of a failure in an answer with a success status."""
FAILURE_KEYS = frozenset(
    {"error", "errors", "erro", "erros", "fault", "errorcode", "codigoerro", "errormessage", "mensagemerro"}
)
"""Names, without capitals and punctuation, of what a body has only where something failed."""
STATUS_KEYS = frozenset({"status", "statuscode", "httpstatus", "httpcode"})
FAILED_STATUS = re.compile("[45][0-9]{2}")
OUTCOME_KEYS = frozenset({"success", "sucesso"})
NO_FAILURE = frozenset({"", "0", "00", "000", "200", "false", "no", "none", "null", "ok", "s", "success", "sucesso"})
"""Values, in small letters, that say under the name of a failure that there is none."""
SUCCEEDED = re.compile(r"(?<!sem )\b(?:sucesso|success(?:ful(?:ly)?)?)\b", re.IGNORECASE)
"""Says in a message that all went well."""
CODE_KEYS = ("code", "error", "errortitle", "codigo", "type", "typeerror", "tag", "errorcode", "codigoerro")
MESSAGE_KEYS = (
    "errordescription",
    "detail",
    "message",
    "mensagem",
    "descricao",
    "description",
    "title",
    "reason",
    "razao",
    "details",
    "faultstring",
    "messages",
    "mensagens",
    "errors",
    "erros",
)
"""Names without capitals and punctuation, the most specific first."""
DETAIL_KEYS = ("details", "detalhes", "detalhe")
"""Names of texts that stand beside a message and say more than it."""
FIELD_KEYS = ("field", "path", "propriedade", "parametername", "campo")
"""Names of what tells the parameter that is refused."""


class Form(Enum):
    """Who may have written a body, by its syntax."""

    OWN = auto()
    """A JSON object or array, as all of these APIs send."""
    EMPTY = auto()
    FOREIGN = auto()
    """A web page or another text: a proxy on the way may have written it."""


class Body(Struct, frozen=True):
    """The body of a response, as far as it is read."""

    form: Form
    text: str
    """The first `REFUSAL_BYTES` as text."""
    content: Any = None
    """The decoded text, when it is JSON."""

    @property
    def plain(self) -> str:
        """The text with characters that JSON has escaped by their number, so that words are found in both forms."""
        return ESCAPED.sub(lambda found: chr(int(found[1], 16)), self.text)

    def error(self, status: int) -> BankError:
        """The bank's own code and message, from any of the usual shapes."""
        if self.form is not Form.OWN:
            words = self.content if isinstance(self.content, str) else "" if self.content is not None else self.text
            return BankError(status, None, _visible(words[:REFUSAL_CHARACTERS]) or None)
        code = _find(self.content, CODE_KEYS)
        return BankError(status, code, _message(self.content) or _any_words(self.content, but=code))


def read(response: httpx.Response) -> Body:
    """Read the body of a response, as far as it is looked at when it is a failure."""
    text = text_of(response)
    if not text.strip():
        return Body(Form.EMPTY, "")
    if len(response.content) > REFUSAL_BYTES:
        return Body(Form.FOREIGN, text)
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Body(Form.FOREIGN, text)
    return Body(Form.OWN if isinstance(content, dict | list) else Form.FOREIGN, text, content)


def tells_passing_cause(response: httpx.Response) -> bool:
    """Whether a refusal in the API's own form says that the system is down, or that a quota is used up."""
    body = read(response)
    return body.form is Form.OWN and status_by_words(body.plain) is not None


def own_or_empty(response: httpx.Response) -> bool:
    """Whether a response has the API's own form or no body; a web page is neither, whatever its status."""
    return read(response).form is not Form.FOREIGN


def found_nothing(response: httpx.Response) -> bool:
    """Whether an answer to the question for entries says in words that there are none.

    In the API's own form: in a refusal, or in a success that is nothing but messages. An empty answer says nothing.
    """
    status = response.status_code
    if status not in NOTHING_STATUSES or (status == httpx.codes.OK and not _is_flat(response)):
        return False
    body = read(response)
    return body.form is Form.OWN and tells_nothing(body.error(status).message or "")


def refusal_within(response: httpx.Response, known: Collection[str]) -> BankError | None:
    """The code and message of a success that is only a refusal; None where it may be anything else.

    Only then do its words certainly come from the bank and not from account holders.

    Args:
        response: the success.
        known: names of fields of the expected answer; a body that has one of them is no refusal.
    """
    content = read(response).content if len(response.content) <= REFUSAL_BYTES else None
    if not isinstance(content, dict) or not content.keys().isdisjoint(known):
        return None
    if {name.lower() for name, value in content.items() if value and isinstance(value, dict | list)} - ENVELOPES:
        return None
    code, message = _find(content, ERROR_KEYS), _message(content)
    return BankError(response.status_code, code, message) if code or message else None


def refusal_beside_nothing(response: httpx.Response) -> BankError | None:
    """The code and message of a failure that a success tells beside its empty lists; None where it tells none.

    It tells one under a name that only failures have, by a status of HTTP from 400 on, by `success: false`, or in the
    words of a system that is down. Of an answer with entries nothing is read: their texts are no words of the bank.
    """
    content = _without_entries(response)
    for number, part in enumerate(() if content is None else _flat_parts(content)):
        message = _message(part) or ""
        # Deeper, such words may stand in a text about the account.
        tells = _tells_failure(part) or (number == 0 and status_by_words(message) is not None)
        if tells and not tells_nothing(message):
            return BankError(response.status_code, _find(part, CODE_KEYS), message or None)
    return None


def words_beside_nothing(response: httpx.Response) -> bool:
    """Whether a success without entries has a code and a message that nobody knows to be those of a success."""
    content = _without_entries(response)
    if content is None:
        return False
    told = next(_flat_parts(content))
    code, message = _find(told, ERROR_KEYS), _message(told)
    return bool(code and message) and code not in NO_FAILURE and SUCCEEDED.search(message or "") is None


def page_error(response: httpx.Response) -> BankError:
    """The visible text of a web page; of others only the status, as they may hold a holder's texts or a token.

    Another document in XML is no web page: there are banks whose servers write it where nothing asks for JSON.
    """
    body = read(response)
    is_page = body.form is Form.FOREIGN and PAGE.match(body.text) is not None
    return body.error(response.status_code) if is_page else BankError(response.status_code)


def in_utf8(response: httpx.Response) -> bytes:
    """The body in UTF-8 without a byte order mark, converted where it is in the single-byte character set it declares.

    JSON is in UTF-8 whatever is declared (RFC 8259); only a body that is not is read by its declaration. Where a bank
    has cut a text within a character, what is left of it becomes U+FFFD: half of a surrogate pair that is escaped alone
    (section 8.2), or some of the character's bytes. The decoder refuses both, and a single row would withhold the
    statement. Other bytes that are not UTF-8 stay: they may be letters of a character set that nobody has declared.
    """
    content = response.content.removeprefix(codecs.BOM_UTF8)
    if _holds_surrogate(content):
        content = b"".join(HALF.sub(_unknown, part) for part in _parts(content))
    if _is_utf8(content):
        return content
    mended = _without_cut_characters(content)
    found = CHARSET.search(response.headers.get("content-type", ""))
    declared = found[1].lower() if found is not None else ""
    # Letters of one byte each may end a text too, but they do not make whole characters of UTF-8 elsewhere.
    is_utf8 = mended is not None and not mended.replace(UNKNOWN.encode(), b"").isascii()
    if declared in ONE_BYTE and not is_utf8:
        return content.decode(declared, "replace").encode()
    return content if mended is None else mended


def _parts(content: bytes) -> Iterator[bytes]:
    """A body in parts, with a rest after each; neither an escape nor a character goes on behind a part."""
    begin = 0
    while begin < len(content):
        end = content.find(b'"', begin + JSON_PART_BYTES) + 1 or len(content)
        yield content[begin:end]
        begin = end
        rest()


def _holds_surrogate(content: bytes) -> bool:
    """Whether the escape of a surrogate, or what looks like one, stands in a body; there is a rest after each part."""
    for begin in range(0, len(content), JSON_PART_BYTES):
        end = begin + JSON_PART_BYTES
        # One byte is found ten times as fast as three, and most bodies have no escapes.
        first = content.find(b"\\", begin, end)
        if first >= 0 and any(content.find(each, first, end + len(each) - 1) >= 0 for each in SURROGATES):
            return True
        rest()
    return False


def _is_utf8(content: bytes) -> bool:
    """Whether all of a body is UTF-8."""
    if content.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for begin in range(0, len(content), JSON_PART_BYTES):
            decoder.decode(content[begin : begin + JSON_PART_BYTES])
            rest()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _without_cut_characters(content: bytes) -> bytes | None:
    """A body with U+FFFD for characters that are cut where a text ends; None where other bytes are not UTF-8."""
    try:
        return b"".join(part.decode(errors=CUT).encode() for part in _parts(content))
    except UnicodeDecodeError:
        return None


def _end_of_cut_text(error: UnicodeError) -> tuple[str, int]:
    """What the decoder puts for bytes that are no character, and where it goes on.

    Raises:
        UnicodeError: they are not the beginning of one with which a text ends.
    """
    if isinstance(error, UnicodeDecodeError) and CUT_TEXT.match(error.object, error.start):
        return UNKNOWN, error.end
    raise error


CUT = "extrato.cut"
"""The name of that rule, which the decoder knows it by."""
codecs.register_error(CUT, _end_of_cut_text)


def _unknown(half: re.Match[bytes]) -> bytes:
    """What stands for half of a pair; the same bytes where an escaped backslash makes plain characters of them."""
    text, start = half.string, half.start()
    begin = start
    while begin and text[begin - 1] == BACKSLASH:
        begin -= 1
    return half[0] if (start - begin) % 2 else b"\\ufffd"


def text_of(response: httpx.Response) -> str:
    """The text of a response, cut to `REFUSAL_BYTES`. The character set that it declares is not relied on."""
    content = response.content[:REFUSAL_BYTES]
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut = len(response.content) > REFUSAL_BYTES and error.start >= len(content) - 3
        return content[: error.start].decode("utf-8-sig") if cut else content.decode("latin-1")


def _find(body: Any, keys: tuple[str, ...], depth: int = 0, *, but: frozenset[str] = frozenset()) -> str | None:
    """The first of these keys that holds a text or some, here or deeper; texts in `but`, in small letters, are none."""
    if depth > REFUSAL_LEVELS:
        return None
    if isinstance(body, list):
        return next((found for item in body[:REFUSAL_TEXTS] if (found := _find(item, keys, depth + 1, but=but))), None)
    if not isinstance(body, dict):
        return None
    named = {_plain(name): value for name, value in body.items()}
    for key in keys:
        value = named.get(key)
        if isinstance(value, list) and all(isinstance(text, str) for text in value):
            value = " ".join(value[:REFUSAL_TEXTS])
        if isinstance(value, str | int) and value != "" and str(value).strip().lower() not in but:
            return str(value)
    return next((found for value in body.values() if (found := _find(value, keys, depth + 1, but=but))), None)


def _plain(name: str) -> str:
    """A name without capitals and punctuation."""
    return "".join(filter(str.isalnum, name)).lower()


def _is_flat(response: httpx.Response) -> bool:
    """Whether a body is an object that has lists and objects under the names of `ENVELOPES` only.

    Its values are not decoded for this.
    """
    if len(response.content) > REFUSAL_BYTES:
        return False
    try:
        members = _MEMBERS(text_of(response)).items()
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False
    return all(name.lower() in ENVELOPES or not bytes(value).startswith(_OPENING) for name, value in members)


def _without_entries(response: httpx.Response) -> dict[str, Any] | None:
    """The object of a success all of whose lists are empty but those of a refusal; None for any other answer."""
    # What is longer is not read, and counting in it would hold up all callers.
    if response.status_code != httpx.codes.OK or len(response.content) > REFUSAL_BYTES:
        return None
    if response.content.count(b"{") > REFUSAL_OBJECTS:
        return None
    content = read(response).content
    return content if isinstance(content, dict) and not _has_entries(content) else None


def _has_entries(value: Any, depth: int = 0) -> bool:
    if depth > REFUSAL_LEVELS:
        return True
    if isinstance(value, dict):
        return any(_has_entries(each, depth + 1) for name, each in value.items() if _plain(name) not in ENVELOPES)
    return isinstance(value, list) and bool(value)


def _flat_parts(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """An object, and that within its `WRAPPERS`, without what each holds besides plain values and a refusal."""
    yield {
        name: value
        for name, value in content.items()
        if not isinstance(value, dict | list) or _plain(name) in ENVELOPES
    }
    for name, value in content.items():
        if isinstance(value, dict) and _plain(name) in WRAPPERS:
            yield from _flat_parts(value)


def _tells_failure(part: dict[str, Any]) -> bool:
    """Whether an object has a value that only a failure has."""
    for name, value in part.items():
        plain = _plain(name)
        if plain in FAILURE_KEYS and _is_told(value):
            return True
        if plain in STATUS_KEYS and FAILED_STATUS.fullmatch(str(value)):
            return True
        if plain in OUTCOME_KEYS and str(value).lower() in {"false", "n", "nao", "não"}:
            return True
    return False


def _is_told(value: Any) -> bool:
    """Whether a value under the name of a failure is one."""
    if isinstance(value, dict):
        named = {_plain(name): each for name, each in value.items()}
        codes = [str(named[key]).lower() for key in CODE_KEYS if isinstance(named.get(key), str | int)]
        return not (codes and NO_FAILURE.issuperset(codes)) and any(map(_is_told, value.values()))
    if isinstance(value, list):
        return any(map(_is_told, value[:REFUSAL_TEXTS]))
    return value is not None and str(value).strip().lower() not in NO_FAILURE and SUCCEEDED.search(str(value)) is None


def _message(body: Any) -> str | None:
    """The message of a refusal, what stands beside it, and the messages of the objects in its lists; each text once.

    The later ones say more than a general one above them.
    """
    message = _find(body, MESSAGE_KEYS, but=PHRASES) or _find(body, MESSAGE_KEYS)
    texts: list[str] = []
    for more in (message, _find(body, DETAIL_KEYS, but=PHRASES), *_listed(body)):
        if more and len(texts) < REFUSAL_TEXTS and not any(more in text for text in texts):
            texts = [*(text for text in texts if text not in more), more]
    return "; ".join(texts) or None


def _listed(body: Any, depth: int = 0) -> Iterator[str]:
    """The message of each object that stands in a list, here or deeper, behind the parameter that it is about."""
    if depth > REFUSAL_LEVELS or not isinstance(body, dict | list):
        return
    for item in body.values() if isinstance(body, dict) else body[:REFUSAL_TEXTS]:
        if isinstance(body, dict) or not isinstance(item, dict):
            yield from _listed(item, depth + 1)
        elif found := _find(item, MESSAGE_KEYS, depth + 1, but=PHRASES) or _worded(item.get("error")):
            field = _find(item, FIELD_KEYS, depth + 1)
            yield f"{field}: {found}" if field else found


def _worded(value: Any) -> str | None:
    """What stands where a code does, if it is a message: a text of several words."""
    return value if isinstance(value, str) and " " in value.strip() else None


def _any_words(body: Any, *, but: str | None) -> str | None:
    """The first texts of several words, under any name; None when there is none."""
    found: list[str] = []

    def search(value: Any, depth: int) -> None:
        if len(found) >= REFUSAL_TEXTS or depth > REFUSAL_LEVELS:
            return
        if isinstance(value, str) and " " in value.strip() and value != but:
            found.append(value.strip())
        elif isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                search(item, depth + 1)

    search(body, 0)
    return " ".join(found) or None


def _visible(text: str) -> str:
    """The visible part of a text that may be a web page."""
    if "<" not in text:
        return text.strip()
    before, *tags = text.split("<")
    shown, within = [before], ""
    for tag in tags:
        name, _, after = tag.partition(">")
        name = name.split(None, 1)[0].lower() if name.strip() else ""
        if within:
            within = "" if name == f"/{within}" else within
        elif name in {"script", "style"}:
            within = name
        if not within:
            shown.append(after)
    return " ".join(html.unescape(" ".join(shown)).split())
