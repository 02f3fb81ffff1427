"""Removes from texts what nobody may read.

redact  secrets of any kind, by their form, from any text
quoted  our own secrets, by their value, from a text of a bank, in whichever encoding the bank quotes them

Whatever leaves the gateway or is written down goes through them.
"""
