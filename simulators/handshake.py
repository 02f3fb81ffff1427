"""Refuses TLS handshakes in process; where the banks are served, TLS itself does it."""

import ssl
from datetime import datetime

import httpx

from contracts.schema import Contract, MutualTLS
from simulators.pki import valid_at
from simulators.reasons import shown as told
from simulators.world import World

__all__ = ["HandshakeRefused", "check_handshake", "refused_handshake", "shows_certificate"]


class HandshakeRefused(httpx.ConnectError):
    """The caller showed no client certificate that the bank accepts."""


def refused_handshake(alert: str, request: httpx.Request) -> HandshakeRefused:
    """A refusal in the form that the caller gets of TLS itself."""
    refused = HandshakeRefused(alert, request=request)
    refused.__cause__ = ssl.SSLError(1, alert)
    return refused


def check_handshake(request: httpx.Request, contract: Contract, world: World) -> None:
    """Refuse the client certificate of a request, or its absence, as the contract has it.

    The extension `client_certificate` of the request has what is shown; `plain` marks the port without TLS, where
    nothing can be shown. `server_name` is the host that the handshake named, which decides whether TLS asks for one.

    Raises:
        HandshakeRefused: the bank would not complete the handshake.
    """
    auth = contract.authentication
    shown = request.extensions.get("client_certificate")
    if auth.mutual_tls is not MutualTLS.NONE and shown and not world.authority.signed(shown):
        raise refused_handshake("tlsv1 alert unknown ca", request)
    if auth.mutual_tls is not MutualTLS.HANDSHAKE or request.extensions.get("plain"):
        return
    hosts = {each.hosts.get(role) for each in contract.environments.values() for role in auth.mutual_tls_hosts}
    if request.url.host not in hosts:
        return
    if not shown:
        named = request.extensions.get("server_name")
        if named is not None and named != request.url.host:
            raise refused_handshake(f"no certificate was asked for, since TLS named the server {told(named)}", request)
        raise refused_handshake("tlsv13 alert certificate required", request)
    if not valid_at(shown, world.now()):
        raise refused_handshake("sslv3 alert certificate expired", request)


def shows_certificate(request: httpx.Request, now: datetime) -> bool:
    """Whether a client certificate is shown to a bank that completes the handshake without one.

    On the port without TLS, where none can be shown, the answer is yes.

    Raises:
        HandshakeRefused: the certificate is not valid now.
    """
    if request.extensions.get("plain"):
        return True
    shown = request.extensions.get("client_certificate")
    if shown and not valid_at(shown, now):
        raise refused_handshake("sslv3 alert certificate expired", request)
    return bool(shown)
