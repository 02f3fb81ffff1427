"""Texts, made safe and brought into one form."""
