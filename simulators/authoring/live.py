"""One reading of the author's account at its bank, as traffic to make exchanges of."""

import asyncio
from collections.abc import Mapping
from datetime import date
from functools import partial
from pathlib import Path

import msgspec

from simulators.authoring.har import recorded
from simulators.authoring.origin import read_origin, store_refresh_token
from simulators.authoring.writer import Traffic
from simulators.certify.harnesses.live import read_live

__all__ = ["read_now"]


def read_now(slug: str, file: Path, period: tuple[date | None, date | None], environ: Mapping[str, str]) -> Traffic:
    """Read an account's statement.

    Args:
        slug: the bank.
        file: holds account and credentials.
        period: first and last day; None for what is usual.
        environ: variables of the environment, as the gateway takes them.

    Raises:
        OSError: the file cannot be read, or a new refresh token not be written to it.
        ValueError: account, credentials, period or a variable cannot be used, or the bank gave no answer.
    """
    origin = read_origin(file, slug)
    store = partial(store_refresh_token, file)
    reading = asyncio.run(read_live(msgspec.to_builtins(origin), period, environ, store))
    if not reading.calls:
        raise ValueError(f"the bank has given no answer: {reading.failure}")
    calls = [recorded(call.at, call.request, call.response) for call in reading.calls]
    return Traffic(
        calls=calls,
        origin=origin,
        period=reading.period,
        page_size=reading.page_size,
        failure=reading.failure,
        people=reading.people,
    )
