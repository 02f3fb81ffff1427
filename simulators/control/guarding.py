"""Which requests of a browser console and control API answer: those that our own pages send, to this machine.

A page of any other site can make the browser of a tester send a form to a loopback port. The simulators know no
passwords whose absence would stop that, so two things are looked at that no such page can choose: `Sec-Fetch-Site`,
which the browser sets itself, and `Origin`, which stands for it where the connection is not trusted (plain HTTP to
another machine). A program sends neither, and may call; a browser always sends one of them with a form.

A name of a foreign site may be given a loopback address (DNS rebinding); the browser then takes that site's pages for
ours. So the header `Host` must name this machine, or be the address at which the request came in.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException

__all__ = ["LONGEST_QUERY", "headers_of", "is_foreign_form", "is_foreign_host", "is_safe_method", "refuse_foreign"]

LONGEST_QUERY = 8_192
"""Bytes of a query that are looked at; the address of a bank's consent page is pasted into one."""
OF_BROWSERS = frozenset({"sec-fetch-site", "origin"})
"""Headers of which a browser sends one with whatever changes something."""
OWN_SITE = frozenset({"same-origin", "none"})


def is_safe_method(method: str) -> bool:
    """Whether a request of this method changes nothing."""
    return method in {"GET", "HEAD"}


def is_foreign_host(host: str, reached_at: str = "") -> bool:
    """Whether the header `Host` names neither this machine nor the address at which the request came in.

    Args:
        host: the header, with or without a port.
        reached_at: the server's end of the connection, as an address; a name counts for nothing.
    """
    name = _without_port(host).lower()
    if name == "localhost":
        return False
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return True
    return not address.is_loopback and name != reached_at


def is_foreign_form(headers: Mapping[str, str], scheme: str) -> bool:
    """Whether a form was sent by a page that is not of the console."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in OWN_SITE
    origin = headers.get("origin")
    return origin is not None and origin != f"{scheme}://{headers.get('host', '')}"


def refuse_foreign(connection: ASGIConnection[Any, Any, Any, Any], _: object) -> None:
    """Let no page of another site change anything.

    A program may call this machine by any name, such as one in a network of containers. A browser may not.

    Raises:
        PermissionDeniedException: one tries to.
    """
    scope, headers = connection.scope, headers_of(connection.scope)
    if is_safe_method(str(scope.get("method", "GET"))):
        return
    if is_foreign_form(headers, str(scope["scheme"])):
        raise PermissionDeniedException("this was sent by a page of another site")
    server = scope["server"]
    if not headers.keys().isdisjoint(OF_BROWSERS) and is_foreign_host(
        headers.get("host", ""), server[0] if server else ""
    ):
        raise PermissionDeniedException("a browser may call localhost, or the address that the simulators listen at")


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a call by their names in lower case; the last of a name counts."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
