"""The explanation of a check that falls short: the likely mistakes, the line of the adapter, the wire."""

from collections.abc import Sequence

import httpx
from msgspec import Struct

from gateway.errors import BankFailure
from gateway.model import Movement
from simulators.certify.bench import Bench
from simulators.certify.checks.capabilities import CAPABILITIES
from simulators.certify.comparing.diagnosis import misreadings
from simulators.certify.demands import Finding, Shortfall
from simulators.certify.files.places import written_in
from simulators.certify.files.source import Line, field_line, files_of, method_line, raised_at, shown
from simulators.certify.harnesses.conversation import as_text
from simulators.certify.harnesses.pure import Endless, PureHarness

__all__ = ["Explanation", "explain"]

FIELDS = {"entry_id": "bank_id"}
"""The field of a movement that shows a capability, where it has another name."""


class Explanation(Struct, frozen=True):
    """Why a check falls short, as far as it is known."""

    diagnosis: tuple[str, ...] = ()
    """The likely mistakes, most telling first."""
    place: str = ""
    """`file:line` of the adapter, or of the simulated bank where that has broken."""
    wire: str = ""
    """The last reading, as it went over the wire."""


def explain(bench: Bench, error: BaseException) -> Explanation:
    """What is known of an error that a check raised; it is about the harness that was made last."""
    harness = bench.last
    findings = _findings(harness, error)
    line = (error.line if isinstance(error, Shortfall) else None) or raised_at(error, files_of(bench.adapter))
    if line is None and not isinstance(error, Shortfall | BankFailure):
        line = raised_at(error, frozenset(map(str, written_in(bench.bank))))
    if line is None:
        named = [name for name in CAPABILITIES if f"the capability {name} is" in str(error)]
        of_capability = [Finding("", FIELDS.get(name, name)) for name in named]
        line = _line_of([*findings, *of_capability], bench, harness)
    if line is None and isinstance(error, Endless) and harness is not None:
        line = harness.calls[-1].line
    words = [each.words for each in findings]
    if isinstance(error, BankFailure | httpx.HTTPError):
        refused = f"; the simulated bank refuses it: {harness.why}" if harness is not None and harness.why else ""
        words.append(f"the adapter gives no statement where there is one: {error}{refused}")
    return Explanation(
        diagnosis=tuple(words),
        place=shown(line),
        wire=as_text(harness.calls, _credentials(harness)) if harness is not None else "",
    )


def _credentials(harness: PureHarness) -> list[str]:
    credentials = harness.account.credentials
    names = [field.name for field in harness.bank.contract.enrolment.fields]
    return [value for name in names if (value := credentials.get(name, ""))]


def _findings(harness: PureHarness | None, error: BaseException) -> Sequence[Finding]:
    if isinstance(error, Shortfall):
        return error.look()
    if not isinstance(error, BankFailure) or harness is None or harness.period is None:
        return ()
    # An adapter that proves its rows itself fails before anything can be compared: its rows are compared all the same.
    ledger, now = harness.simulated.ledger, harness.clock.now()
    return misreadings(harness.bank, harness.misread(), ledger, harness.period, now, harness.sent)


def _line_of(findings: Sequence[Finding], bench: Bench, harness: PureHarness | None) -> Line | None:
    """The line that the first finding is about."""
    if not findings or harness is None:
        return None
    first = findings[0]
    if not first.sent:
        asking = [asked.line for asked in harness.calls if asked.line is not None]
        return asking[-1] if asking else method_line(bench.adapter, "fetch")
    made = next((line for line in harness.lines if line is not None), method_line(bench.adapter, "normalise"))
    if made is None or first.field not in Movement.__struct_fields__:
        return made
    return field_line(made, first.field)
