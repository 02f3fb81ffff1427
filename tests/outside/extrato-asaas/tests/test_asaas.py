"""Asaas: the acceptance suite, one test for each check; then what is odd about this bank."""

from simulators.certify.testing import CertifiedBank


class TestAsaas(CertifiedBank):
    """The extract, by the bank's documentation."""

    slug = "asaas"
