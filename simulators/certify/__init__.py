"""The two sides put together: a connector against its simulated bank, and what must come of it.

Only this package and the tests see both sides.
"""
