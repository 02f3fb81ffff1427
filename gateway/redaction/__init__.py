"""Removes secrets from texts.

redact  secrets of any kind, by their form, from any text
quoted  our own secrets, by their value, from a text of a bank, in whichever encoding the bank quotes them

Every text that leaves the gateway or is logged goes through them.
"""
