"""Measurements with real processes on loopback, run by hand: `make bench`, or one: `python -m tests.benchmarks.NAME`.

They print numbers and assert nothing but that results are true: how fast a machine is, is no property of the program.
What is, such as how many calls a bank sees, is tested in `tests.served`. `__main__` lists what `make bench` measures;
beside it stand `stalled_bank` and `under_fire`, with tables of their own.
"""
