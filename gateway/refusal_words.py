"""What the words of a refusal mean, the same at all banks and with any status."""

import re

import httpx

from gateway.limits import REFUSAL_CHARACTERS

__all__ = ["CERTIFICATE_REFUSED", "status_by_words", "tells_nothing"]

_FOUND = r"fo(?:i|ram) (?:encontrad|localizad|retornad)[oa]s?"
_NONE = rf"(?:nenhuma?|sem|n[aã]o (?:h[aá]|houve|existem?|possui|{_FOUND}))"
_OF = r"(?:(?:registros?|dados) de )?"
_ENTRIES = r"(?:lan[cç]amentos?|movimentos?|(?:movimenta|transa)[cç](?:[aã]o|[oõ]es))"
NOTHING = re.compile(
    rf"\b{_NONE} {_OF}{_ENTRIES}\b|\b{_ENTRIES} n[aã]o (?:fo(?:i|ram) )?(?:encontrad|localizad)[oa]s?\b"
    r"|\bno (?:transactions?|movements?|entries)\b",
    re.IGNORECASE,
)
"""Says that no entry was found."""
NOTHING_IN_PERIOD = re.compile(
    rf"\b(?:{_NONE} (?:registros?|resultados?|dados)|no (?:records?|results?|data))\b"
    r".{0,200}\b(?:per[ií]odo|period|datas?|dates?)\b",
    re.IGNORECASE,
)
"""Says that nothing was found for days, whatever it is called."""
NO_ACCOUNT = re.compile(
    r"\b(?:conta|ag[eê]ncia|cooperado|cliente|account)\b.{0,30}"
    r"(?:inexistent|inv[aá]lid|\bn[aã]o (?:existe|(?:foi )?(?:encontrad|localizad|cadastrad))|not found)",
    re.IGNORECASE,
)
"""Says that an account was not found: beside the words above it is not clear which of the two was not found."""
_UNAVAILABLE = r"indispon[ií]ve(?:l|is)"
_FOR_NOW = r"(?:(?:temporaria|momentanea)mente|n(?:o|este) momento)"
_IS = r"(?:est[aá]|est[aã]o|encontra-se)"
DOWN = re.compile(
    rf"\b(?:manuten[cç][aã]o|maintenance|fora do ar|temporariamente suspens[oa]s?|{_UNAVAILABLE} {_FOR_NOW}"
    rf"|{_FOR_NOW},? (?:{_IS} )?{_UNAVAILABLE}|(?:servi[cç]o|sistema)s? (?:{_IS} )?{_UNAVAILABLE}(?! para)"
    r"|indisponibilidade (?:tempor[aá]ria|moment[aâ]nea|d[eo]s? (?:servi[cç]o|sistema)s?)"
    r"|temporarily (?:unavailable|down))\b"
    r'|"error"\s*:\s*"(?:server_error|temporarily_unavailable)"',
    re.IGNORECASE,
)
"""Says that the bank's system is down for now. "Tente mais tarde" alone is not among these words, because refusals of
every kind end with it. OAuth has two codes with this meaning (RFC 6749), which servers send with status 400 too."""

_CALLS = r"de (?:requisi[cç][oõ]es|chamadas|consultas|acessos)"
OVER_QUOTA = re.compile(
    r"\b(?:spike ?arrest|too many requests|throttl(?:ed|ing)|policies\.ratelimit"
    r"|quota ?violation|rate ?limit ?violation|(?:rate limit|quota)\b.{0,20}\b(?:exceed|violat|replenish)\w{0,4}"
    r"|(?:exceed\w{0,3}|out of)\b.{0,20}\bquota|muitas (?:requisi[cç][oõ]es|chamadas|consultas)"
    rf"|limite (?:m[aá]ximo )?{_CALLS}|(?:n[uú]mero|quantidade) m[aá]xim[oa] {_CALLS}|excesso {_CALLS}"
    rf"|[qc]u?ota (?:m[aá]xima )?{_CALLS})\b"
    r'|"error"\s*:\s*"(?:slow_down|too_many_requests)"',
    re.IGNORECASE,
)
"""Says that a quota of calls is used up. API gateways say so with status 403, 500 and 503 too."""

CERTIFICATE_REFUSED = re.compile(r"\bthe ssl certificate error\b", re.IGNORECASE)
"""The words of nginx, in a page with status 400, for a client certificate that it does not accept, as one that is
unknown or revoked: it lets the handshake pass first. A page that says that none was sent is another."""


def status_by_words(text: str) -> int | None:
    """The status that the words of a refusal stand for (429 or 500), whatever status it came with; None for others."""
    if OVER_QUOTA.search(text):
        return httpx.codes.TOO_MANY_REQUESTS
    return httpx.codes.INTERNAL_SERVER_ERROR if DOWN.search(text) else None


def tells_nothing(text: str) -> bool:
    """Whether words say that no entries were found, and cannot mean that no account was found."""
    text = text[:REFUSAL_CHARACTERS]
    return (NOTHING.search(text) or NOTHING_IN_PERIOD.search(text)) is not None and NO_ACCOUNT.search(text) is None
