"""All that is hostile at once, in a process of its own: `python -m tests.served.fire`.

Standard input: one line of JSON, a `Plan`; an empty line when it shall stop. Standard output: one line when everything
is under way, and at the end one line of JSON: for each kind of attack what was answered, a `Tally`.

- `stalled`: statements of accounts at which the bank never answers; in each wave, each is asked for by one caller that
  waits until the next wave and by one that hangs up at once.
- `flooded`, `spoiled`: statements of accounts at which the bank answers far too much, or anything but a statement; as
  soon as one is answered, the next is asked for.
- `keys`: registrations with private keys that are hard to compute with.
- `paths`: addresses that are hard to redact.
- `slow`: clients that begin a request and never end it, and come back when their connection has been ended.
"""

import asyncio
import contextlib
import itertools
import sys
from collections import defaultdict

import msgspec
import rich_click as click
from msgspec import Struct

from tests.served.answers import Question, Tally, ask, request

WAVE_SECONDS = 10.0
PAUSE = 0.1
"""Seconds between two requests of one attack that the gateway can refuse without a bank."""
PATHS = ("/" + "eyJ-" * 5000, "/v1/accounts/" + "eyJhbGci." * 3000, "/" + "eyJ-" * 12_000)
"""The last one is longer than an address may be."""
BEGINNINGS = ("", "G", "GET /v1/banks HTTP/1.1\r\nhost: a\r\nx: ")
UPLOAD = (
    "POST /v1/accounts HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\n"
    "content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{"
)


class Plan(Struct, kw_only=True):
    """The accounts that are attacked, and the attack."""

    url: str
    key: str
    """Of the hostile tenant."""
    stalled: list[Question]
    flooded: list[Question]
    spoiled: list[Question]
    keys: list[str]
    """Bodies of registrations."""
    slow_clients: int


class Fire:
    """The attacks of a plan.

    Args:
        plan: the plan.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally.empty)

    async def burn(self) -> None:
        """Attack, until cancelled."""
        plan = self._plan
        bodies = [request(plan.url, "/v1/accounts", plan.key, body.encode()) for body in plan.keys]
        paths = [request(plan.url, path, key) for path in PATHS for key in ("", plan.key)]
        async with asyncio.TaskGroup() as attacks:
            attacks.create_task(self._waves())
            for name in ("flooded", "spoiled"):
                for question in getattr(plan, name):
                    attacks.create_task(self._again(name, question))
            bodies and attacks.create_task(self._in_turn("keys", bodies))
            attacks.create_task(self._in_turn("paths", paths))
            for number in range(plan.slow_clients):
                beginning = UPLOAD.format(key=plan.key) if number % 20 == 0 else BEGINNINGS[number % 3]
                attacks.create_task(self._slowly(beginning.encode()))

    async def _waves(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WAVE_SECONDS), asyncio.TaskGroup() as wave:
                    for question in self._plan.stalled:
                        wave.create_task(self._question("stalled", question))
                        wave.create_task(self._hang_up(question))
                    wave.create_task(asyncio.sleep(WAVE_SECONDS))

    async def _hang_up(self, question: Question) -> None:
        host, _, port = self._plan.url.removeprefix("http://").partition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(request(self._plan.url, question.path, self._plan.key))
        await writer.drain()
        writer.close()

    async def _again(self, name: str, question: Question) -> None:
        while True:
            await self._question(name, question)
            await asyncio.sleep(PAUSE)

    async def _question(self, name: str, question: Question) -> None:
        answer = await ask(self._plan.url, request(self._plan.url, question.path, self._plan.key))
        self.tallies[name].look(answer, question.truth)

    async def _in_turn(self, name: str, requests: list[bytes]) -> None:
        for each in itertools.cycle(requests):
            self.tallies[name].look(await ask(self._plan.url, each))
            await asyncio.sleep(PAUSE)

    async def _slowly(self, beginning: bytes) -> None:
        while True:
            self.tallies["slow"].look(await ask(self._plan.url, beginning))
            await asyncio.sleep(PAUSE)


async def main() -> None:
    """Attack from the first line to the second."""
    fire = Fire(msgspec.json.decode(await _line(), type=Plan))
    burning = asyncio.create_task(fire.burn())
    click.echo("burning")
    ended = asyncio.create_task(_line())
    await asyncio.wait([burning, ended], return_when=asyncio.FIRST_COMPLETED)
    if burning.done():
        # An attack has failed by itself, and that is no result.
        burning.result()
    burning.cancel()
    await asyncio.wait([burning])
    click.echo(msgspec.json.encode(fire.tallies).decode())


async def _line() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(main())
