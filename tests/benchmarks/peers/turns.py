"""What the processes of all peers have in common; it is run without this project's environment.

Standard input: one line of JSON that says what there is to do, then a line for each time that it shall be done.
Standard output: a line of JSON for each: processor seconds, seconds, and what the result shows.
"""

import json
import sys
import time
from decimal import Decimal


def order():
    """What there is to do."""
    return json.loads(sys.stdin.readline())


def turns(work, told_of=None):
    """Do a piece of work as often as is wanted, and tell what its result shows; the rows that it gives without more."""
    told_to, sys.stdout = sys.stdout, sys.stderr
    for _ in sys.stdin:
        used, started = time.process_time(), time.perf_counter()
        result = work()
        taken = time.process_time() - used, time.perf_counter() - started
        told = {"processor_s": taken[0], "wall_s": taken[1], **(told_of or rows_told)(result)}
        told_to.write(json.dumps(told) + "\n")
        told_to.flush()


def rows_told(rows):
    """How many rows there are, and what they move."""
    # A library that reads amounts as floating-point numbers has given up exactness before this.
    moved = sum(abs(Decimal(str(row["amount"]["value"]))) for row in rows)
    return {"rows": len(rows), "moved": str(moved)}
