"""The worlds of one process: the one that all callers share, and isolated ones with a name.

A world has its own clock, accounts, faults, journal and politeness. At the banks a caller is recognised by what was
issued to it; whoever carries nothing that a named world issued is in the shared one.
"""

import re
from collections.abc import Callable
from pathlib import Path

import httpx

from simulators.accounts.kept import KeptAccounts
from simulators.clock import Clock, RunningClock
from simulators.pki import Authority
from simulators.simulation import Simulation
from simulators.texts.files import content_of
from simulators.worlds.recognition import marks
from simulators.worlds.snapshot import LARGEST_SNAPSHOT_BYTES, SnapshotError, read_snapshot

__all__ = ["MOST_WORLDS", "NAME", "WorldError", "WorldTakenError", "Worlds"]

MOST_WORLDS = 256
"""Named ones at a time. One without ready accounts takes some 100 kB."""
NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Of an isolated world."""


class WorldError(ValueError):
    """A world cannot be made or found; the text says why."""


class WorldTakenError(WorldError):
    """There is a world of that name already."""


class Worlds:
    """All simulations of a process.

    Args:
        seed: makes them unlike those of another process.
        state: folder in which opened accounts outlive the process; None where they need not.
        clock: makes the clock of each world; one that runs when None.
        quotas: whether the banks of the shared world refuse calls beyond their documented limits.
    """

    def __init__(
        self,
        seed: int = 1,
        state: Path | None = None,
        clock: Callable[[], Clock] | None = None,
        *,
        quotas: bool = False,
    ) -> None:
        self.seed = seed
        self.authority = Authority(seed)
        # Whatever was issued under another seed would be refused here.
        self._state = state / f"seed-{seed}" if state is not None else None
        self._clock = clock or RunningClock
        self._named: dict[str, Simulation] = {}
        self.shared = self.made("", quotas=quotas, ready=True)
        for file in sorted(self._state.glob("worlds/*.jsonl")) if self._state is not None else ():
            kept = KeptAccounts(file).settings()
            self._named[file.stem] = self.made(file.stem, quotas=kept.quotas, ready=kept.ready)

    def __getitem__(self, name: str) -> Simulation:
        """The simulation of that name; the shared one for no name.

        Raises:
            WorldError: there is none.
        """
        if not name:
            return self.shared
        found = self._named.get(name)
        if found is None:
            raise WorldError(f"there is no world {name!r}")
        return found

    def names(self) -> list[str]:
        """The names of the isolated worlds, in alphabetical order."""
        return sorted(self._named)

    def check_new(self, name: str) -> None:
        """Refuse a name that no new world can have.

        Raises:
            WorldError: it is no name, or taken, or there are too many worlds.
        """
        if NAME.fullmatch(name) is None:
            raise WorldError("name: one to 64 letters, digits and . _ -, beginning with a letter or digit")
        if name in self._named:
            raise WorldTakenError(f"name: there is a world {name!r} already")
        if len(self._named) >= MOST_WORLDS:
            raise WorldError(f"name: there are {MOST_WORLDS} worlds, and no more at a time")

    def made(self, name: str, *, quotas: bool, ready: bool) -> Simulation:
        """A new world that is not entered yet; see `enter`. It may be made in a thread of its own.

        Args:
            name: one that passes `check_new`; empty for the world that all share.
            quotas: whether its banks refuse calls beyond their documented limits.
            ready: whether it has the ready account of each scenario; without them it is there at once.
        """
        kept = None
        if self._state is not None:
            kept = KeptAccounts(self._state / "worlds" / f"{name}.jsonl" if name else self._state / "accounts.jsonl")
        return Simulation(self.seed, self._clock, self.authority, name=name, quotas=quotas, ready=ready, kept=kept)

    def enter(self, simulation: Simulation) -> None:
        """Let a world be found by its name.

        Raises:
            WorldError: the name was taken meanwhile.
        """
        self.check_new(simulation.world.name)
        simulation.keep_settings()
        self._named[simulation.world.name] = simulation

    def load(self, file: Path) -> None:
        """Let a world become what a snapshot shows; one of another name than the shared one is made if need be.

        Raises:
            SnapshotError: it cannot be restored here.
            WorldError: there can be no world of its name.
            OSError: the file cannot be read.
        """
        try:
            content = content_of(file, LARGEST_SNAPSHOT_BYTES)
        except ValueError as error:
            raise SnapshotError(str(error)) from error
        found = read_snapshot(content)
        if found.world and found.world not in self._named:
            self.check_new(found.world)
            made = self.made(found.world, quotas=found.settings.quotas, ready=False)
            made.restore(found)
            self.enter(made)
        else:
            self[found.world].restore(found)

    def end(self, name: str) -> None:
        """Let a named world be no more.

        Raises:
            WorldError: there is none.
        """
        self[name].forget()
        del self._named[name]

    def of(self, request: httpx.Request) -> Simulation:
        """The world to which the caller of a bank belongs."""
        if self._named:
            for mark in marks(request):
                for simulation in self._named.values():
                    if mark in simulation.world.issued:
                        return simulation
        return self.shared
