"""The requests that every connector makes by the same means."""

import pytest

from tests.gateway.connectors.sicoob.answers import ACCOUNT, SICOOB


@pytest.mark.parametrize("ask", [SICOOB.ask, SICOOB.ask_for_entries])
def test_a_name_without_a_place_is_refused(ask):
    """A mistyped parameter would otherwise be left out of every request, and nobody would notice."""
    with pytest.raises(TypeError, match="statement has no place for or_nothing, querry"):
        next(ask("statement", ACCOUNT, ano="2026", mes="3", querry="", or_nothing="yes"))
