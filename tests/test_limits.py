"""Every number by which the gateway bounds, waits or counts stands on one page, with its unit and its reason."""

import ast
import re
from pathlib import Path

from gateway import limits

ROOT = Path(__file__).parent.parent
GATEWAY = ROOT / "gateway"
PAGE = GATEWAY / "limits.py"
UNITS = ("_SECONDS", "_BYTES", "_CHARACTERS", "_DAYS", "_MINUTES", "_PART")
FORMATS = {
    "certificates/pkcs12_child.py": "a program of its own, which imports nothing of the gateway",
    "calendar.py": "the holidays",
    "commands": "what a command does for its caller",
    "completeness": "what is evidence and what is a loop, beside the rules",
    "connectors": "what one bank sends",
    "entry_ids.py": "the rule of ids",
    "large_json/cursor.py": "steps of an algorithm",
    "certificates/private_keys.py": "forms of keys",
    "render": "what the formats ask for",
    "redaction/quoted.py": "what counts as a secret, beside the rules",
    "statement/spool.py": "the form of a cipher",
    "storage/migrations": "the past",
    "tax_ids.py": "the forms of CPF and CNPJ",
}
"""Files and folders whose numbers are no limits, and why."""
NO_LIMITS = {"MIGRATION_LOCK", "CLIENT_GONE", "MEGABYTE", "MICROSECOND", "DAY"}
"""A key, a status, units."""


def constants(path):
    """The constants of a module that are numbers, or times: their names, and their docstrings."""
    body = ast.parse(path.read_text()).body
    for node, following in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        name, words = node.targets[0].id, {each.id for each in ast.walk(node.value) if isinstance(each, ast.Name)}
        literals = [each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant)]
        is_number = literals and all(type(each) in {int, float} for each in literals)
        if name.isupper() and is_number and (words <= {"timedelta"} or path == PAGE):
            documented = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            yield name, node.value, following.value.value if documented else ""


def test_no_number_stands_elsewhere():
    """What bounds, waits or counts is taken from the page, in every module that has no reason against it."""
    strays = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted(GATEWAY.rglob("*.py"))
        if path != PAGE and not any(str(path.relative_to(GATEWAY)).startswith(each) for each in FORMATS)
        for name, _, _ in constants(path)
        if name not in NO_LIMITS
    ]

    assert strays == []


def test_each_number_of_the_page_is_used():
    """By a module of the gateway: the page lists no unused number."""
    used = {
        alias.name
        for path in GATEWAY.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "gateway.limits"
        for alias in node.names
    }
    text = PAGE.read_text()
    unused = [name for name, _, _ in constants(PAGE) if name not in used and text.count(name) == 1]

    assert unused == []


def test_what_is_no_count_carries_its_unit():
    """A fraction of a second or a number of bytes names its unit; a `timedelta` has one."""
    for name, value, _ in constants(PAGE):
        has_fraction = any(isinstance(each, ast.Constant) and isinstance(each.value, float) for each in ast.walk(value))
        if has_fraction and name != "THREAD_RESTS":
            assert name.endswith(UNITS), name


def test_the_reasons_are_given():
    """Each number has its reason."""
    silent = [name for name, _, reason in constants(PAGE) if not reason]

    assert silent == []


def test_each_wait_stands_in_the_list_of_waits():
    """Each wait of the code is listed there; the way of a statement has five waits at most."""
    text = (ROOT / "docs" / "waits.md").read_text()
    code = "\n".join(path.read_text() for path in GATEWAY.rglob("*.py"))
    waits = set(re.findall(r'(?:\b(?:Slots|NameLookUps)\([^()"]*|\bWorkers\(|\bwaiting\()"([a-z_-]+)"', code))
    way = re.findall(r"^\| [0-9] `(\w+)`", text, re.MULTILINE)

    assert waits <= set(re.findall(r"`([a-z_-]+)`", text))
    assert way == ["processor", "look_up", "client", "bank", "quota"]
    assert set(way) <= waits


def test_the_numbers_of_the_waits_are_those_of_the_limits():
    """Each bound of a wait that the list names is the one that holds."""
    text = " ".join((ROOT / "docs" / "waits.md").read_text().split())
    told = (
        f"| {limits.PROCESSOR_MOST_PART * 100:.0f} % of the time for all tenants together",
        f"one start of a tenant in {limits.PROCESSOR_TICK_SECONDS * 1000:.0f} ms, {limits.PROCESSOR_STARTS_AT_ONCE} at",
        f"| {limits.LOOK_UPS_AT_ONCE} at a time; of one tenant and bank one in",
        f"tenant and bank one in {limits.LOOK_UP_PACE_SECONDS * 1000:.0f} ms; {limits.LOOK_UP_SECONDS:.0f} s |",
        f"| {limits.READINGS_PER_CLIENT} readings with one client, {limits.READINGS_WAITING_PER_CLIENT} waiting;",
        f"| `rate_limited`, `Retry-After: {limits.READINGS_RETRY_AFTER_SECONDS}` |",
        f"| {limits.BANK_CALLS} calls under way at one bank, {limits.BANK_CALLS_WAITING:,} waiting,",
        f"| `bank_unavailable`, `Retry-After: {limits.BANK_CALLS_RETRY_AFTER_SECONDS}` |",
        f"then one begins every {limits.ENTRANCE_TICK_SECONDS * 1000:.0f} ms",
        f"one of {limits.TLS_CONTEXT_THREADS} threads makes the TLS context",
        f"{limits.HANDSHAKES_PER_HOST} connections to a host are opened at a time",
        f"(`handshake`, {limits.HANDSHAKE_WAIT_SECONDS:.0f} s)",
        f"one of {limits.NAME_LOOK_UPS_AT_ONCE} threads, of which",
        f"The answer waits for it for {limits.NOTE_WAIT_SECONDS:.0f} s at most",
        f"{limits.WEBHOOK_LOOK_UPS_AT_ONCE} threads look names of receivers up",
    )
    assert [each for each in told if each not in text] == []
