"""Removes secrets from any text that leaves the gateway or is written down.

Texts come from banks and callers, so the work grows no faster than the text: every pattern is tried at most once in a
run of its own characters, and a text beyond `REDACTED_CHARACTERS` is cut first.
"""

import re

from gateway.limits import REDACTED_CHARACTERS

__all__ = ["redact"]


_HARMLESS = re.compile(
    r"[A-Za-z_/{}-]*|[0-9A-Za-z]{15,}|[0-9]{1,10}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
"""A text in which no pattern below can match: one without digits and separators, one long run of letters and digits, a
short number, a UUID, an instant. Most logged texts are such."""
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL)
_RUN = re.compile(r"[A-Za-z0-9_.-]++")
"""A run of a JWT's characters, taken whole: a search for its end from every beginning would read the rest each time."""
_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}")
_NAMED = re.compile(
    r"(?i)([\"']?\b[a-z_]*(?:token|secret|password|senha|assertion|authorization|ap[ip][-_]?key)\b[\"']?\s*[:=]\s*)"
    r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&}\]]+)"
)
_CNPJ = re.compile(r"\b([0-9A-Z]{2})\.?([0-9A-Z]{3})\.?([0-9A-Z]{3})/?([0-9A-Z]{4})-?(\d{2})\b")
_CPF = re.compile(r"(?<![\w.])(\d{3})\.?(\d{3})\.?(\d{3})-?(\d{2})(?![\w.])")


def redact(text: str) -> str:
    """The text without keys, tokens and passwords, with tax ids cut to their last two digits, and itself cut."""
    if len(text) > REDACTED_CHARACTERS:
        text = text[:REDACTED_CHARACTERS] + "…"
    if _HARMLESS.fullmatch(text):
        return text
    text = _PEM.sub("[pem]", text)
    text = _RUN.sub(_without_jwt, text)
    text = _SCHEME.sub(r"\1 [secret]", text)
    text = _NAMED.sub(r"\1[secret]", text)
    text = _CNPJ.sub(lambda found: f"[cnpj …{found[5]}]" if any(c.isdigit() for c in found[0]) else found[0], text)
    return _CPF.sub(lambda found: f"[cpf …{found[4]}]", text)


def _without_jwt(found: re.Match[str]) -> str:
    """A run of characters without the JWT in it and all that follows it."""
    run = found[0]
    start = run.find("eyJ")
    return run[:start] + "[jwt]" if start >= 0 and "." in run[start:].rstrip(".") else run
