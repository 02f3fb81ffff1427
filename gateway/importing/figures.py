"""The metrics of the daily import. The gauges are those of all processes together, as the last round has found them."""

from prometheus_client import Counter, Gauge, Histogram

from gateway.metrics import REGISTRY

__all__ = ["DONE_BY_BANK", "DUE", "FAILED", "IMPORTS", "LATE", "TIME"]

IMPORTS = Counter(
    "gateway_imports_total",
    "Attempts of daily imports: `done`, or the code of the failure",
    ("bank", "outcome"),
    registry=REGISTRY,
)
TIME = Histogram(
    "gateway_import_seconds",
    "Seconds of one attempt of a daily import",
    ("bank",),
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300),
    registry=REGISTRY,
)


def _by_bank(name: str, what: str) -> Gauge:
    return Gauge(name, what, ("bank",), registry=REGISTRY, multiprocess_mode="livemostrecent")


DUE = _by_bank("gateway_imports_due", "Accounts due today and not tried yet")
DONE_BY_BANK = _by_bank("gateway_imports_done", "Accounts imported today")
FAILED = _by_bank("gateway_imports_failed", "Accounts not imported today whose last attempt has failed")
LATE = _by_bank("gateway_imports_late", "Accounts not imported two hours after the bank's hour")
