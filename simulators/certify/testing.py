"""The acceptance suite as tests: a class whose methods are the checks, for the tests of any bank.

    class TestAsaas(CertifiedBank):
        slug = "asaas"

Any test runner that collects classes runs them; `examples` says how many cases each property gets.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

from gateway.connectors import Connector
from simulators.certify.bench import Bench, Check
from simulators.certify.certificate.suite import certify
from simulators.certify.checks.levels import CHECKS

__all__ = ["CertifiedBank"]


class CertifiedBank:
    """One test for each check of the suite."""

    slug: ClassVar[str]
    adapter: ClassVar[type[Connector[Any]] | None] = None
    """The connector under trial; the bank's own when None."""
    examples: ClassVar[int] = 30


def _test(check: Check) -> Callable[[CertifiedBank], None]:
    def test(self: CertifiedBank) -> None:
        certificate = certify(_bench(self.slug, self.adapter), checks=(check,), examples=self.examples)
        (result,) = certificate.results
        parts = (*result.diagnosis, result.place, result.shortfall, result.case, result.wire, result.again)
        if not result.passed:
            raise AssertionError("\n".join(filter(None, parts)))

    test.__doc__ = check.what
    return test


@cache
def _bench(slug: str, adapter: type[Connector[Any]] | None) -> Bench:
    return Bench(slug, adapter)


for _check in CHECKS:
    setattr(CertifiedBank, f"test_{_check.name}", _test(_check))
