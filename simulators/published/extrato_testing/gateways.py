"""A gateway over the served banks, as a test sees it."""

import base64
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from extrato_testing.calls import Caller
from extrato_testing.served import BankSimulators
from extrato_testing.serving import ServerError, environment, shared
from extrato_testing.shapes import Account

__all__ = ["ExtratoGateway", "GatewayProblem", "running_gateway"]

KEY_SECONDS = 60


class GatewayProblem(RuntimeError):
    """The gateway answers with a problem.

    Args:
        status: of the answer.
        body: the problem (RFC 9457).
    """

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status = status
        self.body = body
        self.code = str(body.get("code", ""))
        """Its code in the catalogue of failures, such as `invalid_credentials`."""
        super().__init__(f"{status} {self.code}: {body.get('detail') or body.get('title')}")


class ExtratoGateway:
    """A gateway that reads the served banks.

    Args:
        url: its address.
        key: an API key.
    """

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self._caller = Caller(url, {"authorization": f"Bearer {key}"})

    def ask(
        self, method: str, path: str, body: object = None, *, headers: dict[str, str] | None = None, **query: Any
    ) -> Any:
        """The answer to a call as decoded JSON.

        Raises:
            GatewayProblem: it is not a success.
        """
        answer = self._caller.ask(method, path, body, query, headers)
        if answer.status >= 300:
            raise GatewayProblem(answer.status, answer.json() or {})
        return answer.json()

    def enrol(self, account: Account) -> str:
        """Register an account and enable it with its credentials; answers the gateway's id of it.

        Raises:
            GatewayProblem: the gateway or the bank refuses it.
        """
        return str(self.ask("POST", "/v1/accounts", account.registration)["id"])

    def statement(self, account_id: str, first: date, last: date, *, fresh: bool = True) -> dict[str, Any]:
        """The statement from `first` to `last`, both included.

        Args:
            account_id: what `enrol` answered.
            first: first day.
            last: last day.
            fresh: whether the bank is asked in any case; else an earlier answer may do.

        Raises:
            GatewayProblem: there is none.
        """
        headers = {"cache-control": "no-cache"} if fresh else {}
        period = {"from": first.isoformat(), "to": last.isoformat()}
        return dict(self.ask("GET", f"/v1/accounts/{quote(account_id, safe='')}/statement", headers=headers, **period))

    def close(self) -> None:
        """Close the connection."""
        self._caller.close()


@contextlib.contextmanager
def running_gateway(folder: Path, simulators: BankSimulators, control: str) -> Iterator[ExtratoGateway]:
    """A gateway over the served banks, which all processes that name this folder share.

    Args:
        folder: of its state.
        simulators: the banks.
        control: address of the control API whose clock it lives by.

    Raises:
        ServerError: it does not start.
    """

    def prepare(place: Path) -> dict[str, Any]:
        variables = {
            "GATEWAY_DATABASE_URL": f"sqlite:///{place / 'gateway.sqlite'}",
            "GATEWAY_SECRET_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "GATEWAY_CONNECT_TO": simulators.tls,
            "GATEWAY_CA_BUNDLE": str(simulators.ca),
            "GATEWAY_CLOCK_URL": f"{control}/clock",
            "GATEWAY_REQUESTS_PER_MINUTE": "0",  # tests ask as fast as they can
            "GATEWAY_DAILY_IMPORT": "off",  # and the banks see no call but theirs
        }
        return {"environment": variables, "told": {"key": _key(place, variables)}}

    with shared(folder, "gateway", lambda _: ("serve", "--port", "0"), prepare) as ready:
        gateway = ExtratoGateway(ready["url"], ready["key"])
        try:
            yield gateway
        finally:
            gateway.close()


def _key(place: Path, variables: Mapping[str, str]) -> str:
    """A new API key, as the command of the gateway makes it."""
    command = [sys.executable, "-P", "-m", "gateway", "keys", "create", "tests"]
    done = subprocess.run(  # noqa: S603 - our own command
        command, env=environment(variables), cwd=place, capture_output=True, text=True, timeout=KEY_SECONDS, check=False
    )
    if done.returncode:
        raise ServerError(f"no API key can be made:\n{done.stderr[-4000:]}")
    return done.stdout.strip()
