"""Opens a PKCS#12 (.pfx, .p12) that a form holds in the place of certificate and private key.

It comes as base64 in the field `pkcs12`, or in that of the certificate, with its password in `pkcs12_password`. The
form goes on with certificate and key only; bundle and password are never stored.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

import contracts
from contracts.schema import Contract
from gateway.certificates.pem import pkcs12_in
from gateway.concurrency.shares import TENANT
from gateway.concurrency.slots import Holder, Slots
from gateway.errors import CallerError
from gateway.limits import PKCS12_CHARACTERS, PKCS12_PROCESSES, PKCS12_PROCESSOR_SECONDS, PKCS12_SECONDS

__all__ = ["Bundles", "Opened", "accepts_pkcs12", "refusal"]

BUNDLE, PASSWORD = "pkcs12", "pkcs12_password"
CHILD = Path(__file__).with_name("pkcs12_child.py")

ERRORS = {
    "password": (PASSWORD, "does not open the PKCS#12", "A senha não abre o arquivo PKCS#12."),
    "unreadable": (BUNDLE, "cannot be read", "Isto não é um arquivo PKCS#12 (.pfx ou .p12) que se possa ler."),
    "incomplete": (BUNDLE, "lacks the certificate or its private key", "Falta o certificado ou a chave no PKCS#12."),
    "twice": (BUNDLE, "comes beside a private key", "Informe o PKCS#12 ou os dois arquivos, não ambos."),
    "no_text": (BUNDLE, "and its password must be texts", "O PKCS#12 e a senha dele são textos."),
}


class Opened(Struct, frozen=True):
    """A filled-in form in which certificate and key stand in the place of a PKCS#12. Its text shows nothing."""

    values: Mapping[str, Any]
    refused: str = ""
    """Why the PKCS#12 gave no certificate and key; empty where it did. Not the error itself: what is raised while
    others still hold it lives until garbage is collected."""

    def __repr__(self) -> str:
        return "Opened()"


class _Parts(Struct, frozen=True):
    """The output of the child process that opens a bundle."""

    error: str = ""
    certificates: list[str] = field(default_factory=list)
    private_key: str = ""


def accepts_pkcs12(contract: Contract) -> bool:
    """Whether the form has a certificate with its key."""
    return contract.enrolment.certificate_pair is not None


class Bundles:
    """Opens a few bundles at a time, at most half of them for one tenant.

    Args:
        processor_seconds: what each may take of a processor, in whole seconds.
    """

    def __init__(self, processor_seconds: int = PKCS12_PROCESSOR_SECONDS) -> None:
        self._processor_seconds = processor_seconds
        self._processes = Slots(PKCS12_PROCESSES, "pkcs12", share=1)

    async def opened(self, bank: str, given: Mapping[str, Any]) -> Opened:
        """The form of a bank with its PKCS#12 replaced by certificate and key, if there is one.

        Args:
            bank: as the caller named it.
            given: the form as it was filled in.
        """
        pair = contracts.load(bank).enrolment.certificate_pair if bank in contracts.banks() else None
        if pair is None:
            return Opened(given)
        certificate, key = pair
        bundle, password, field_of_bundle = given.get(BUNDLE), given.get(PASSWORD), BUNDLE
        if bundle in (None, "") and _holds_bundle(given.get(certificate)):
            bundle, field_of_bundle = given[certificate], certificate
        if bundle in (None, ""):
            return Opened(given)
        values = {name: value for name, value in given.items() if name not in {BUNDLE, PASSWORD, field_of_bundle}}
        if not isinstance(bundle, str) or not isinstance(password, str | None) or len(bundle) > PKCS12_CHARACTERS:
            return Opened(values, "no_text")
        if values.get(certificate) or values.get(key):
            return Opened(values, "twice")
        parts = await self._taken_apart(bundle, password or "")
        if parts.error:
            return Opened(values, parts.error)
        return Opened({**values, certificate: "".join(parts.certificates), key: parts.private_key})

    async def _taken_apart(self, bundle: str, password: str) -> _Parts:
        """The contents of a bundle, read by a child process whose work is limited."""
        if (plain := pkcs12_in(bundle)) is None:
            return _Parts("unreadable")
        child_input = msgspec.json.encode({"bundle": plain, "password": password})
        try:
            # A bundle says itself how much work it is, so that those of one tenant leave a process for others.
            async with self._processes.held(Holder(TENANT.get())):
                output = await self._output(child_input)
            return msgspec.json.decode(output, type=_Parts)
        except (TimeoutError, msgspec.DecodeError, msgspec.ValidationError):
            return _Parts("unreadable")

    async def _output(self, child_input: bytes) -> bytes:
        """What a child process answers.

        Raises:
            TimeoutError: nothing in time.
        """
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(CHILD),
            str(self._processor_seconds),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(PKCS12_SECONDS):
                output, _ = await child.communicate(child_input)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        return output


def _holds_bundle(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= PKCS12_CHARACTERS and pkcs12_in(value) is not None


def refusal(why: str) -> CallerError:
    """The error of a form whose PKCS#12 was refused, for a reason that `Opened` has."""
    name, what, portuguese = ERRORS[why]
    return CallerError(
        "invalid_request", f"`credentials.{name}` {what}", field=f"credentials.{name}", portuguese=portuguese
    )
