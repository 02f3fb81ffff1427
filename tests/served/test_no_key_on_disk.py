"""A gateway that is killed while accounts are enrolled leaves no private key behind."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.served import processes

ENROLMENTS = 20
BANKS = ("cora", "inter", "sicoob", "sicredi")


class Watched:
    """Whatever appears in a folder, for as long as it is looked at."""

    def __init__(self, folder):
        self.seen = set()
        self._folder = folder
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self):
        while not self._ended.is_set():
            self.seen.update(path.name for path in self._folder.iterdir())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()


def test_killed_during_twenty_enrolments(banks, tmp_path, monkeypatch):
    """Nothing is in the folder of temporary files at any moment, and no file anywhere holds a key in the open."""
    temporary, state = tmp_path / "temporary", tmp_path / "state"
    temporary.mkdir()
    state.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    listed = [banks.new_account(BANKS[number % len(BANKS)]) for number in range(ENROLMENTS)]

    def enrol(gateway, each):
        try:
            return gateway.enrol(each).status_code
        except httpx.TransportError:
            return None

    with processes.gateway(state, banks) as gateway, Watched(temporary) as watched:
        with ThreadPoolExecutor(ENROLMENTS) as callers:
            answers = [callers.submit(enrol, gateway, each) for each in listed]
            while not any(answer.done() for answer in answers):
                pass
            gateway.process.kill()
            gateway.process.wait(timeout=20)
        statuses = [answer.result() for answer in answers]

    assert 201 in statuses
    assert None in statuses
    assert watched.seen == set()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
