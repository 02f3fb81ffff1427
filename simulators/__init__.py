"""Simulated banks: ledgers and a clock behind the wire format of each bank."""
