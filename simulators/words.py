"""Texts of a row as a reader puts them together."""

import unicodedata

__all__ = ["joined"]


def joined(*texts: str) -> str:
    """The texts with ` - ` between them, without those whose words an earlier one has."""
    kept: list[str] = []
    for text in map(str.strip, texts):
        if text and not any(f" {_words(text)} " in f" {_words(other)} " for other in kept):
            kept.append(text)
    return " - ".join(kept)


def _words(text: str) -> str:
    """The words of a text in capitals, without accents and punctuation."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text).upper() if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in plain).split())
