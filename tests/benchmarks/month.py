"""A month of daily imports at every bank in simulated time, and two more months in which nobody reads.

Each day the clock is moved on by a day and every account is read to the day before, from the bank. Then the clock
glides over sixty days, and every account must still read: authorizations that end when nobody renews them were renewed.

    python -m tests.benchmarks.month [--days 30] [--glide 60]
"""

import argparse
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import contracts
from tests.served import processes
from tests.served.test_statements import assert_true

FEW = {"entries_per_day": 4, "busy_day_entries": 0, "quotas": True}
SECONDS_A_DAY = 1.0
"""Of a glide: the gateway looks for what is due once a second."""


def main() -> None:
    """Print what it took, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--glide", type=int, default=60, help="days over which the clock glides afterwards")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        with processes.simulators(state / "banks") as banks, processes.gateway(state, banks) as gateway:
            sys.stdout.write(json.dumps(measured(banks, gateway, chosen.days, chosen.glide)) + "\n")


def measured(banks: processes.Banks, gateway: processes.Gateway, days: int, glide: int) -> dict[str, float]:
    """Seconds of the month and of the glide, and how many statements were read."""
    listed = [banks.new_account(slug, **FEW) for slug in contracts.banks()]
    accounts = [gateway.enrol(each).json()["id"] for each in listed]
    read = 0

    def import_all(pool: ThreadPoolExecutor) -> float:
        """Read every account, and compare it with the truth; seconds of the reading."""
        today = date.fromisoformat(banks.ask("GET", "/clock").json()["now"][:10])
        first, last = (today - timedelta(days=3)).isoformat(), (today - timedelta(days=1)).isoformat()
        headers = {"cache-control": "no-cache"}
        paths = [f"/v1/accounts/{account}/statement?from={first}&to={last}" for account in accounts]
        started = time.monotonic()
        answers = list(pool.map(lambda path: gateway.ask("GET", path, headers=headers), paths))
        seconds = time.monotonic() - started
        for each, answer in zip(listed, answers, strict=True):
            assert answer.status_code == 200, (each["bank"], today, answer.text)
            assert_true(answer.json(), banks.truth(each, first, last))
        return seconds

    with ThreadPoolExecutor(len(accounts)) as pool:
        month = 0.0
        for _ in range(days):
            banks.ask("POST", "/clock/advance", json={"days": 1}).raise_for_status()
            month += import_all(pool)
            read += len(accounts)
        seconds = glide * SECONDS_A_DAY
        banks.ask("POST", "/clock/advance", json={"days": glide, "over_seconds": seconds}).raise_for_status()
        time.sleep(seconds + 1)
        import_all(pool)
    assert banks.ask("GET", "/politeness").json()["polite"]
    return {"statements": read, "month_seconds": round(month, 2), "glide_seconds": seconds}


if __name__ == "__main__":
    main()
