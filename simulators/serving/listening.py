"""The two sockets of the simulators, and how others reach them."""

import errno
import ipaddress
import socket

__all__ = ["ListenError", "address_of", "is_loopback", "listen", "reached_at"]

BACKLOG = 1024
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where they are reached from the same machine


class ListenError(Exception):
    """An address cannot be listened at; the text names it and says why."""


def address_of(host: str) -> str:
    """The address that a host of the command line means.

    Raises:
        ValueError: it is neither an address nor `localhost`.
    """
    if host.lower() == "localhost":
        return "127.0.0.1"
    plain = host.removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(plain))
    except ValueError as error:
        raise ValueError(f"{host!r} is no address; give one such as 127.0.0.1, ::1, 0.0.0.0, or localhost") from error


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address."""
    return ipaddress.ip_address(address).is_loopback


def reached_at(address: str, port: int) -> str:
    """Host and port at which a listening socket is reached from the same machine."""
    host = WILDCARDS.get(address, address)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen(address: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        address: an IPv4 or IPv6 address.
        port: 0 for a free one.

    Raises:
        ListenError: it is taken, or not this machine's, or not allowed.
    """
    version = ipaddress.ip_address(address).version
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    try:
        # asyncio sends small writes at once (TCP_NODELAY) only where the protocol is named
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise ListenError(f"this machine has no IPv{version}: {error.strerror}") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise ListenError(f"cannot listen at {address}, port {port}: {_reason(error)}") from error
    listening.setblocking(False)
    return listening


def _reason(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "another program does; 0 picks a free port"
        case errno.EADDRNOTAVAIL:
            return "this machine does not have the address"
        case errno.EACCES:
            return "only an administrator may use this port"
        case _:
            return error.strerror or "the system refuses it"
