"""The addresses that a tenant allows: where the connect page may lead back to, and which pages may frame it.

They stand in headers and links of a page, so only a narrow form is allowed: https, or http to this machine for
development; a host in ASCII; no user and no fragment.
"""

import re
from collections.abc import Collection
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from gateway.certificates.marked_authorities import is_loopback
from gateway.errors import CallerError
from gateway.limits import CONNECT_ADDRESS_CHARACTERS
from gateway.texts.controls import has_control

__all__ = ["check_ancestor", "check_return_address", "led_back", "may_lead_to"]

HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]", re.ASCII)
PATH = re.compile(r"[!$&'()*+,\-./0-9:;=@A-Z_a-z~%]*", re.ASCII)
RETURNED = ("connect_session", "result")
"""Parameters that the page adds to the address that it leads back to."""
WRITTEN = f"Use de 1 a {CONNECT_ADDRESS_CHARACTERS} caracteres, sem espaços nem aspas."
RESERVED = f"O endereço não pode ter os parâmetros {' e '.join(RETURNED)}."


def check_return_address(address: str) -> str:
    """An address that a page may lead back to, host in lower case. It has no query: a session may bring one.

    Raises:
        CallerError: it is not of that form.
    """
    parts = _parts(address, "return_addresses")
    if parts.query or "?" in address:
        raise _refused(
            "return_addresses",
            "has no query; that of `return_to` may be any",
            "O endereço não pode ter consulta (`?…`); o de `return_to` pode.",
        )
    return urlunsplit(parts)


def check_ancestor(address: str) -> str:
    """The origin of pages that may frame the connect page: scheme, host and port alone.

    Raises:
        CallerError: it is not of that form.
    """
    parts = _parts(address, "frame_ancestors")
    if parts.path not in {"", "/"} or parts.query or "?" in address:
        raise _refused(
            "frame_ancestors",
            "is an origin: scheme, host and port, without a path",
            "Informe só a origem: esquema, host e porta, sem caminho.",
        )
    return f"{parts.scheme}://{parts.netloc}"


def may_lead_to(address: str, allowed: Collection[str]) -> str:
    """`return_to` of a session, when its address without query is one of those that the tenant allows.

    Raises:
        CallerError: it is not.
    """
    parts = _parts(address, "return_to")
    bare = urlunsplit(parts._replace(query=""))
    if bare not in allowed:
        raise _refused(
            "return_to",
            "is none of `return_addresses` in PUT /v1/connect-settings",
            "Este endereço não está entre os `return_addresses` de PUT /v1/connect-settings.",
        )
    if any(name in RETURNED for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise _refused("return_to", f"has none of the parameters {' and '.join(RETURNED)}", RESERVED)
    return urlunsplit(parts)


def led_back(address: str, session_id: str, result: str) -> str:
    """The address to return to, with the session's id and its result, and nothing else of it."""
    parts = urlsplit(address)
    added = urlencode(dict(zip(RETURNED, (session_id, result), strict=True)))
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def _parts(address: str, field: str) -> SplitResult:
    if (
        not address
        or len(address) > CONNECT_ADDRESS_CHARACTERS
        or has_control(address)
        or re.search(r'[\s\\<>"]', address)
    ):
        raise _refused(field, f"has 1 to {CONNECT_ADDRESS_CHARACTERS} characters, without blanks and quotes", WRITTEN)
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise _refused(field, "is not an address", "Isto não é um endereço.") from None
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    if HOST.fullmatch(shown) is None or parts.username is not None or parts.password is not None or port == 0:
        raise _refused(field, "names a host in ASCII, and no user", "O endereço tem um host em ASCII e nenhum usuário.")
    if parts.fragment or "#" in address:
        raise _refused(field, "has no fragment", "O endereço não pode ter fragmento (`#…`).")
    if PATH.fullmatch(parts.path) is None:
        raise _refused(field, "has a path in ASCII", "O caminho do endereço deve ser ASCII.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise _refused(
            field, "begins with https://; http is only for this machine", "O endereço deve começar com https://."
        )
    netloc = shown if port is None else f"{shown}:{port}"
    return parts._replace(netloc=netloc, path=parts.path or "/")


def _refused(field: str, rule: str, portuguese: str) -> CallerError:
    return CallerError("invalid_request", f"an address in `{field}` {rule}", field=field, portuguese=portuguese)
