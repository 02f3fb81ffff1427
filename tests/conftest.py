"""How thoroughly properties are tried, which tests are slow, and the PostgreSQL that tests share.

`HYPOTHESIS_PROFILE` is `thorough` for many more cases than in a normal run, `quick` for few; `-m "not slow"` leaves out
what takes long.
"""

import gc
import logging
import os

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, event

pytest.register_assert_rewrite(
    *(f"tests.{room}" for room in ("benchmarks", "conformance", "contracts", "exchanges", "gateway", "served", "year")),
    *("tests.browser", "tests.docs", "tests.simulators", "tests.packages", "tests.postgresql"),
)
"""Assertions in helper modules show both sides of a difference, as those in tests do."""

settings.register_profile(
    "normal", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.register_profile("quick", parent=settings.get_profile("normal"), max_examples=5)
settings.register_profile("thorough", parent=settings.get_profile("normal"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "normal"))


def pytest_terminal_summary(terminalreporter):
    """The cells of the grid of faults that were tried, by bank."""
    passed = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    lines = [text for report in passed for name, text in report.user_properties if name == "grid"]
    if lines:
        terminalreporter.section("grid of faults")
        terminalreporter.write_line("\n".join(sorted(lines)))


@pytest.fixture(scope="session")
def postgresql_server():
    """One server for all tests of this process; each makes databases of its own."""
    from tests import postgresql  # noqa: PLC0415 - few tests need it

    with postgresql.running() as server:
        yield server


class CompiledStatements(dict):
    """What SQLAlchemy has made of statements, for all databases of one dialect.

    Each engine remembers its own, and most tests bring a database of their own: without this a fifth of the processor
    time of a test of the application goes to compiling the statements that the tests before it have used. A gateway
    keeps them for as long as it runs, as the tests do now.
    """

    def get(self, key, default=None):
        """The dialect is an object of its engine; only its kind matters."""
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key, compiled):
        super().__setitem__((type(key[0]), *key[1:]), compiled)


COMPILED = CompiledStatements()


@event.listens_for(Engine, "engine_connect")
def _share_statements(connection):
    connection.execution_options(compiled_cache=COMPILED)


@pytest.fixture(autouse=True, scope="module")
def _log_of_before():
    """What the tests of one file do to the log is over with them."""
    root = logging.getLogger()
    before = root.level, [*root.handlers]
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]


gc.disable()

GARBAGE_THRESHOLDS = (20_000, 10, 10)
"""When the garbage collector begins a round, in new objects and in rounds of the younger generation.

With Python's own 700 a quarter of the processor time went to it: each test that makes an application brought on several
rounds, and each of them looked again at what the tests before it had left in memory.
"""


def pytest_collection_finish():
    """Leave all tests out of the rounds of the garbage collector, which looks at them again and again otherwise."""
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    gc.enable()


COSTLY = ("test_guide.py", "test_large_json.py", "test_postgresql.py")
"""Files that try all banks or large documents, and take more than a second for each core."""
LONG = ("conformance", "docs", "served", "browser", "outside", "year", "benchmarks")
"""Folders whose tests may run for minutes on a busy machine."""
WHOLE = ("api", "pages")
"""Folders whose tests go through the whole application."""


def pytest_configure(config):
    """Declare the one marker of our own."""
    config.addinivalue_line("markers", "slow: takes seconds, processes or PostgreSQL; `make test-fast` leaves it out")


def pytest_collection_modifyitems(items):
    """Give the tests of the long folders ten minutes, in place of two; say which tests are slow."""
    for item in items:
        if {*item.path.parts} & {*LONG}:
            item.add_marker(pytest.mark.timeout(600))
            item.add_marker(pytest.mark.slow)
        elif "postgresql" in item.nodeid or {*item.path.parts} & {*WHOLE, *COSTLY}:
            item.add_marker(pytest.mark.slow)
