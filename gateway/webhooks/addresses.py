"""Which addresses webhooks may have, so that no tenant reaches what only the gateway can reach.

A name is looked up once for each attempt. Every address that it stands for must be allowed, and connections go to these
addresses only, so that it does not help to change the name's addresses afterwards.
"""

from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from gateway.concurrency.names import NameLookUps
from gateway.concurrency.shares import TENANT
from gateway.concurrency.slots import Holder
from gateway.errors import CallerError
from gateway.limits import WEBHOOK_ADDRESSES, WEBHOOK_LOOK_UPS_AT_ONCE, WEBHOOK_URL_CHARACTERS
from gateway.texts.controls import has_control

__all__ = ["Networks", "Resolver", "check_url", "is_allowed", "resolved", "system_resolver"]

Networks: TypeAlias = Sequence[IPv4Network | IPv6Network]
"""Networks that the operator allows although they are not public."""
Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses that a name stands for; raises OSError where it stands for none."""
NOT_PUBLIC: Networks = tuple(
    ip_network(each)
    for each in ("fec0::/10", "3fff::/20", "192.88.99.0/24", "192.0.0.0/24", "168.63.129.16/32", "64:ff9b:1::/48")
)
"""Networks that are not for the public although some tables of the Internet call them global: site-local addresses
(RFC 3879), documentation (RFC 9637), relays (RFC 7526), protocol assignments (RFC 6890), the host of a cloud, and local
translation (RFC 8215)."""
NAMES = NameLookUps(WEBHOOK_LOOK_UPS_AT_ONCE, "webhook-names")
"""Look-ups of receivers' names."""
TRANSLATED = ip_network("64:ff9b::/96")
"""IPv6 addresses that a network translates into IPv4 (RFC 6052)."""
WRITTEN = f"Use de 1 a {WEBHOOK_URL_CHARACTERS} caracteres, sem espaços."


def check_url(url: str, allowed: Networks) -> None:
    """Check an address as far as that is possible without looking its name up.

    Raises:
        CallerError: `invalid_request` about the field `url`.
    """
    if not url or len(url) > WEBHOOK_URL_CHARACTERS or has_control(url) or " " in url:
        raise _refused(
            f"has 1 to {WEBHOOK_URL_CHARACTERS} characters, and neither blanks nor control characters", WRITTEN
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _refused("is not an address", "Isto não é um endereço.") from None
    if not host or not host.isascii():
        raise _refused(
            "names a host in ASCII, an international name as `xn--…`",
            "O host deve ser ASCII; um nome internacional, na forma `xn--…`.",
        )
    if parts.scheme not in {"https", "http"} or port == 0:
        raise _refused("begins with https:// and names a host", "O endereço deve começar com https:// e ter um host.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused(
            "has neither a user's name, nor a password, nor a fragment",
            "O endereço não pode ter usuário, senha nem fragmento.",
        )
    if parts.scheme == "http" and not allowed:
        raise _refused("begins with https://", "O endereço deve começar com https://.")
    literal = _literal(host)
    if literal is not None and not is_allowed(literal, allowed, secure=parts.scheme == "https"):
        raise _refused("is not a public address", "O endereço deve ser público.")


async def resolved(parts: SplitResult, allowed: Networks, resolver: Resolver) -> Sequence[str]:
    """The addresses to connect to, one after the other until one answers, each once; at most `WEBHOOK_ADDRESSES`.

    Raises:
        PermissionError: the name stands for an address that may not be called.
        OSError: the name stands for none.
    """
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    literal = _literal(host)
    found = [str(literal)] if literal is not None else list(await resolver(host, port))
    if not found:
        raise OSError("the name stands for no address")
    for each in found:
        if not is_allowed(ip_address(each.partition("%")[0]), allowed, secure=parts.scheme == "https"):
            raise PermissionError("the name stands for an address that is not public")
    return list(dict.fromkeys(found))[:WEBHOOK_ADDRESSES]


def is_allowed(address: IPv4Address | IPv6Address, allowed: Networks, *, secure: bool) -> bool:
    """Whether an address may be called: it is public, or the operator allows it. Without TLS only the latter."""
    inner = _inner(address)
    if any(inner in network for network in allowed):
        return True
    if any(each in network for each in (address, inner) for network in NOT_PUBLIC):
        return False
    return secure and inner.is_global and not inner.is_multicast and not inner.is_reserved


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The address that is reached in the end, where one is written inside another."""
    if isinstance(address, IPv4Address):
        return address
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None) or address


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is written as; None where it is a name.

    Raises:
        CallerError: it is a number in another writing, which some systems read as an address.
    """
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        if last.isdecimal() or last.lower().startswith("0x"):
            raise _refused(
                "has a host that is neither a name nor an address", "O host não é um nome nem um endereço."
            ) from None
        return None


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses by the system's resolver; the look-ups of one tenant take half of the threads at most.

    The tenant chooses the name, and with it how long the look-up takes.
    """
    return await NAMES.addresses(host, port, Holder(TENANT.get()))


def _refused(rule: str, portuguese: str) -> CallerError:
    return CallerError("invalid_request", f"`url` {rule}", field="url", portuguese=portuguese)
