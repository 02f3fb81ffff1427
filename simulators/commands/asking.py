"""Calls of the control API of running simulators."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import rich_click as click

from simulators.commands.exit_codes import Refused, Unreachable

__all__ = ["STATE", "Control", "asks", "control_url", "told", "where_options"]

STATE = Path(".simulators")
VARIABLE = "SIMULATORS_URL"
WITHOUT = f"start `simulators serve`, or name running ones by --url, {VARIABLE} or --state"
SECONDS = 120
"""A new world with ready accounts takes some seconds."""


class Control(NamedTuple):
    """The control API of one world of running simulators."""

    url: str
    """Of the control API, without a slash at the end."""
    world: str = ""
    """Empty for the one that all share."""

    @property
    def address(self) -> str:
        """Of the control API of its world, without a slash at the end."""
        from urllib.parse import quote  # noqa: PLC0415 - --help is instant

        return f"{self.url}/worlds/{quote(self.world, safe='')}" if self.world else self.url

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """What there is; of the query what is not None is asked for."""
        return self.ask("GET", path, query)

    def ask(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """The answer to a call about this world, decoded; None for an empty one.

        Raises:
            Unreachable: nobody answers.
            Refused: the call is refused.
        """
        content = None if body is None else json.dumps(body).encode()
        return self.send(method, path, query, content=content)

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        content: bytes | None = None,
        media_type: str = "application/json",
    ) -> Any:
        """The answer to a call about this world, whose body is there already.

        Raises:
            Unreachable: nobody answers.
            Refused: the call is refused.
        """
        from http.client import HTTPException  # noqa: PLC0415 - --help is instant
        from urllib.error import HTTPError  # noqa: PLC0415 - likewise
        from urllib.parse import urlencode  # noqa: PLC0415 - likewise
        from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request  # noqa: PLC0415 - likewise

        asked = {name: value for name, value in (query or {}).items() if value is not None}
        url = f"{self.address}{path}" + (f"?{urlencode(asked)}" if asked else "")
        # Neither proxies nor redirects: what is asked are simulators, and they are near.
        opener = OpenerDirector()
        opener.add_handler(HTTPHandler())
        opener.add_handler(HTTPSHandler())
        headers = {"Content-Type": media_type} if content is not None else {}
        try:
            request = Request(url, content, headers, method=method)  # noqa: S310 - the opener knows HTTP alone
            answer = opener.open(request, timeout=SECONDS)
            if answer is None:
                raise Unreachable(f"{self.url} is no http:// or https:// address")
            with answer:
                text = answer.read()
        except (HTTPException, HTTPError, OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise Unreachable(f"the simulators at {self.url} do not answer: {reason}; {WITHOUT}") from error
        return told(answer.status, text, url)


def told(status: int, text: bytes, url: str) -> Any:
    """What an answer of the control API holds.

    Raises:
        Refused: it is a refusal.
        Unreachable: it is not an answer of the control API.
    """
    try:
        found = json.loads(text) if text else None
    except ValueError:
        found = text
    if 200 <= status < 300 and not isinstance(found, bytes):
        return found
    if isinstance(found, dict) and found.get("detail"):
        raise Refused(str(found["detail"]))
    raise Unreachable(f"{url} is not the control API of the simulators: status {status}")


def control_url(url: str | None, state: Path) -> str | None:
    """The address of the control API that is named, or that of the simulators of a folder; None for neither."""
    if url:
        plain = url.rstrip("/")
        return plain if plain.count("/") > 2 else f"{plain}/_sim"
    from simulators.serving.state_folder import ready_in  # noqa: PLC0415 - --help is instant

    ready = ready_in(state)
    return None if ready is None else ready["control"]


def where_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name the simulators and the world."""
    for option in (
        click.option("--world", default="", help="The world that is meant; without it the one that all share."),
        click.option(
            "--state",
            default=STATE,
            show_default=True,
            type=click.Path(path_type=Path),
            help="Folder of the simulators, whose ready.json names the address where --url does not.",
        ),
        click.option(
            "--url",
            envvar=VARIABLE,
            show_envvar=True,
            help="Control address of running simulators, such as http://127.0.0.1:9000/_sim.",
        ),
    ):
        command = option(command)
    return command


def asks(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the control API that its options mean, as its first argument."""

    @wraps(command)
    def run(*args: Any, url: str | None, state: Path, world: str, **more: Any) -> Any:
        found = control_url(url, state)
        if found is None:
            raise Unreachable(f"no simulators are known: {WITHOUT}")
        return command(Control(found, world), *args, **more)

    return where_options(run)
