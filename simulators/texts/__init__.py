"""Texts that come from outside and texts for a terminal.

files       the content and the text of a file that somebody gives
controls    the characters that a terminal would obey
"""
