"""Santander: QR code demanded."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="bank_communication_failed_qr_code",
    title="Santander: QR code demanded",
    does="The bank demands that the user reads a QR code on a phone.",
    expected="bank_communication_failed",
    refusal="bank_communication_failed.qr_code",
)
