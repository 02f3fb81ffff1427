"""Looks names up in threads of their own, whose number is bounded and which holders share.

The system's resolver cannot be stopped: where nobody answers for a name, its thread stays taken for half a minute, also
when its caller has long gone. The event loop has few threads for all names together (uvloop two), so that the
nameservers of one host could keep everybody from every other host.
"""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from gateway.concurrency.slots import Holder, Slot, Slots

__all__ = ["NameLookUps"]


class NameLookUps:
    """Look-ups under way.

    Args:
        threads: how many there are.
        name: of the wait for a thread (`docs/waits.md`).
        share: how holders share them, as `Slots` has it.
    """

    def __init__(self, threads: int, name: str, share: int = 1) -> None:
        self._threads = ThreadPoolExecutor(threads, name)
        self._slots = Slots(threads, name, share=share)

    async def addresses(self, host: str, port: int, holder: Holder) -> Sequence[str]:
        """The addresses that a name stands for, in the order in which the system would try them.

        Args:
            host: the name.
            port: at which it will be connected to.
            holder: takes the thread, until the look-up has ended.

        Raises:
            OSError: it stands for none.
        """
        slot = await self._slots.take(holder)
        looking_up = self._threads.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        looking_up.add_done_callback(partial(_leave, asyncio.get_running_loop(), slot))
        try:
            return [str(each[4][0]) for each in await asyncio.wrap_future(looking_up)]
        finally:
            del looking_up  # it keeps the error, whose traceback names this call: a circle until garbage is collected

    def empty(self) -> bool:
        """Whether no thread is taken or waited for."""
        return self._slots.empty()


def _leave(loop: asyncio.AbstractEventLoop, slot: Slot, _: object) -> None:
    """Give the slot of a look-up back; the thread calls this."""
    # When the process ends the loop is closed before the last look-up has ended.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(slot.leave)
