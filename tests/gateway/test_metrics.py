"""Metrics of one process and of several."""

from prometheus_client import Gauge

from gateway import app, metrics
from gateway.limits import WORKER_LIVED_SECONDS, WORKER_LONGEST_PAUSE_SECONDS, WORKER_PAUSE_SECONDS
from gateway.serving.processes import pause_after


def test_every_gauge_says_what_it_is_for_all_processes() -> None:
    """Otherwise each process would give a line of its own, and a sum would be left to whoever reads them."""
    assert app.create_app  # has imported all modules with metrics
    gauges = [each for each in metrics.REGISTRY._collector_to_names if isinstance(each, Gauge)]

    assert {each._multiprocess_mode for each in gauges} <= {"livesum", "livemax", "livemin", "livemostrecent"}
    assert len(gauges) >= 2


def test_pauses_before_a_worker_is_started_again() -> None:
    """They grow while workers end soon after their start, up to the longest; one that has lived begins anew."""
    pauses = [0.0]
    for _ in range(8):
        pauses.append(pause_after(pauses[-1], 0.5))

    assert pauses[1:4] == [WORKER_PAUSE_SECONDS, 2 * WORKER_PAUSE_SECONDS, 4 * WORKER_PAUSE_SECONDS]
    assert pauses[-1] == WORKER_LONGEST_PAUSE_SECONDS
    assert pause_after(pauses[-1], WORKER_LIVED_SECONDS) == WORKER_PAUSE_SECONDS
