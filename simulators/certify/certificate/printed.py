"""The results of the checks as they are printed while the checks run."""

from functools import partial

from rich.console import Console
from rich.markup import escape

from simulators.certify.certificate.suite import Result

__all__ = ["Printer"]


class Printer:
    """Prints the results as they come. What one mistake makes fall short in several checks is explained once."""

    def __init__(self, console: Console) -> None:
        self._show = partial(console.print, soft_wrap=True)
        self._touched: dict[tuple[str, str], list[str]] = {}
        """By the line of a mistake and what is wrong there, the checks that fall short of it."""

    def result(self, result: Result) -> None:
        """Print one line for the check, then why it falls short and how to repeat it."""
        state = "[yellow]exempt" if result.exempt else "[green]passed" if result.passed else "[red]failed"
        self._show(f"{state}[/]  {result.level:<10} {result.name:<14} {escape(result.what)} ({result.seconds:.1f} s)")
        self._dim("exempt: ", result.exempt)
        wrong = result.diagnosis[0] if result.diagnosis else result.shortfall
        # Without a line, equal words may be of two mistakes.
        touched = self._touched.setdefault((result.place, wrong), []) if result.place else []
        touched.append(result.name)
        if len(touched) > 1:
            self._show(f"  as under {touched[0]}, at {escape(result.place)}")
            self._dim("", result.shortfall)
        else:
            self._explain(result)
        if result.again:
            self._show(f"  to repeat: {escape(result.again)}")

    def mistakes(self) -> None:
        """Print of each mistake that touches several checks where it is and which they are."""
        for (place, _), checks in self._touched.items():
            if len(checks) > 1:
                self._show(f"one mistake, at {escape(place)}, in {len(checks)} checks: {', '.join(checks)}")

    def _explain(self, result: Result) -> None:
        for words in result.diagnosis:
            self._show(f"  [bold]{escape(words)}[/]")
        if result.place:
            self._show(f"  at {escape(result.place)}")
        self._dim("", result.shortfall)
        self._dim("the smallest case that falls short:\n", result.case)
        self._dim("its last reading, requests (>) and answers (<):\n", result.wire)

    def _dim(self, title: str, text: str) -> None:
        if text:
            self._show(escape(title + text), style="dim")
