"""Measurements with real processes on loopback, run by hand: `python -m tests.benchmarks.stalled_bank` and others.

They print numbers and assert nothing: how fast a machine is, is no property of the program. What is, such as how many
calls a bank sees, is tested in `tests.served`.
"""
