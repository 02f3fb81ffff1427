"""The list never ends: the same page again and again."""

from typing import Annotated, ClassVar

from msgspec import Meta

from simulators.faults.fault import Fault

__all__ = ["CursorLoop"]


class CursorLoop(Fault, frozen=True):
    """Shows page `page`, counted from 0, in place of all after it, and says that more follows."""

    title: ClassVar = "The same page comes again and again, and more is said to follow"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    page: Annotated[int, Meta(ge=0)] = 0

    def cut(self, start: int, size: int) -> int:
        """No page after the repeated one is reached."""
        return min(start, self.page * size)

    def follows(self, more: bool) -> bool:  # noqa: FBT001 - what is known of the list, not a mode
        """Always."""
        return True
