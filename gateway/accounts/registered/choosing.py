"""What a caller asks of the list of accounts."""

from datetime import datetime

from msgspec import Struct

from gateway.accounts.enrolment import details
from gateway.accounts.states import expiring
from gateway.storage.accounts.filters import Filter, StateAt
from gateway.storage.accounts.records import State

__all__ = ["ALL", "Chosen"]


class Chosen(Struct, frozen=True, kw_only=True):
    """What the listed accounts have in common, as the caller wrote it; None for anything."""

    holder_tax_id: str | None = None
    """CPF or CNPJ."""
    external_id: str | None = None
    bank: str | None = None
    """Slug, also of a bank that is not installed any more."""
    state: State | None = None
    """As callers see it."""

    def at(self, now: datetime) -> Filter:
        """The filter at an instant.

        Raises:
            CallerError: the tax id is neither a CPF nor a CNPJ.
        """
        return Filter(
            holder_tax_id=details.check_holder("", self.holder_tax_id) if self.holder_tax_id is not None else None,
            external_id=self.external_id.strip() if self.external_id is not None else None,
            bank=self.bank,
            state=StateAt(state=self.state, now=now, read_with=expiring.READ_WITH) if self.state is not None else None,
        )


ALL = Chosen()
