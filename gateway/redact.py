"""Removing secrets from any text that leaves the gateway or is written down."""

import re

__all__ = ["redact"]

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL), "[pem]"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"), "[jwt]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 [secret]"),
    (
        re.compile(
            r"(?i)([\"']?\b[a-z_]*(?:token|secret|password|senha|assertion|authorization|ap[ip][-_]?key)\b[\"']?\s*[:=]\s*)"
            r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&}\]]+)"
        ),
        r"\1[secret]",
    ),
)
_CNPJ = re.compile(r"\b([0-9A-Z]{2})\.?([0-9A-Z]{3})\.?([0-9A-Z]{3})/?([0-9A-Z]{4})-?(\d{2})\b")
_CPF = re.compile(r"(?<![\w.])(\d{3})\.?(\d{3})\.?(\d{3})-?(\d{2})(?![\w.])")


def redact(text: str) -> str:
    """The text without keys, tokens and passwords, and with tax ids cut to their last two digits."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    text = _CNPJ.sub(lambda found: f"[cnpj …{found[5]}]" if any(c.isdigit() for c in found[0]) else found[0], text)
    return _CPF.sub(lambda found: f"[cpf …{found[4]}]", text)
