"""The part of the control API that gives the OpenAPI document of each simulated bank."""

from typing import Any

from litestar import Controller, get
from litestar.params import FromPath

from simulators.control.answers import BankDocument
from simulators.control.bank_document import bank_document
from simulators.control.choices import Simulated, check_known
from simulators.control.document import answers

__all__ = ["BankDocuments"]


class BankDocuments(Controller):
    """The calls of `/_sim/banks/{slug}`."""

    path = "/_sim/banks"

    @get("/{slug:str}/openapi.json", responses={200: answers(BankDocument)})
    async def document(self, simulation: Simulated, slug: FromPath[str]) -> dict[str, Any]:
        """The OpenAPI document of a bank, made of its contract."""
        check_known("bank", slug, simulation.banks, status=404)
        return bank_document(simulation.banks[slug].contract)
