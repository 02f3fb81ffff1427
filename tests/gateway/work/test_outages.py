"""What fails again and again because of the database is told once, and a defect each time."""

import json

from psycopg.errors import LockNotAvailable
from sqlalchemy.exc import OperationalError

from gateway.work.outages import Outage


def lines(logged):
    return [json.loads(line) for line in logged.getvalue().splitlines()]


def locked():
    """As PostgreSQL says it, with a value in its text."""
    return OperationalError("UPDATE x", {}, LockNotAvailable("canceling statement due to lock timeout CANARY"))


def test_an_outage_has_a_line_at_its_beginning_and_one_at_its_end(logged):
    """A look each second would else write a whole trace each second."""
    outage = Outage("things_not_looked_at")
    for _ in range(100):
        outage.met(locked())
    for _ in range(2):
        outage.over()
    outage.met(locked())

    found = lines(logged)
    began, over, again = found
    assert (began["event"], began["level"]) == ("things_not_looked_at", "error")
    assert began["reason"] == "the database cannot be used: another process holds its lock"
    assert (over["event"], over["level"]) == ("things_not_looked_at_is_over", "info")
    assert again["event"] == "things_not_looked_at"
    assert "exception" not in began
    assert "CANARY" not in logged.getvalue()


def test_another_reason_has_a_line_of_its_own(logged):
    """What has to be done is another."""
    outage = Outage("things_not_looked_at")
    for error in (locked(), locked(), OperationalError("x", {}, OSError("no space left on device")), locked()):
        outage.met(error)
    assert [line["reason"].partition(": ")[2] for line in lines(logged)] == [
        "another process holds its lock",
        "there is no room left",
        "another process holds its lock",
    ]


def test_a_defect_has_its_place_each_time(logged):
    """It is no outage."""
    outage = Outage("things_not_looked_at")
    for _ in range(2):
        outage.met(ValueError("CANARY"))
    outage.over()
    assert [[cause["type"] for cause in line["exception"]] for line in lines(logged)] == [["builtins.ValueError"]] * 2
