"""The fault that does nothing: the place to start from when writing another."""

from typing import ClassVar

from simulators.faults.fault import Fault

__all__ = ["Noop"]


class Noop(Fault, frozen=True):
    """Lets everything pass."""

    title: ClassVar = "Nothing goes wrong"
    idle: ClassVar = True
    harmless: ClassVar = True
