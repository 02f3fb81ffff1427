"""The file that holds whose traffic is recorded."""

import json
import re
import stat

import pytest

from simulators.authoring.origin import read_origin, store_refresh_token

ACCOUNT = {
    "bank": "bs2",
    "branch": "0001",
    "number": "4455661",
    "holder_tax_id": "11222333000181",
    "credentials": {"api_key": "key-of-somebody", "refresh_token": "first-one"},
}


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "account.json"
    file.write_text(json.dumps(ACCOUNT))
    file.chmod(0o600)
    return file


def test_the_account_of_a_file_shows_no_value(file):
    """Not in its text, and not in that of what holds it."""
    origin = read_origin(file, "bs2")

    assert origin.credentials == ACCOUNT["credentials"]
    assert origin.account["kind"] == "PJ"
    assert not re.search("key-of|4455661|11222333", f"{origin} {[origin]!r}")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666])
def test_a_file_that_others_can_reach_is_refused(file, mode):
    """Whatever they could do with it; the text says what to do."""
    file.chmod(mode)

    with pytest.raises(ValueError, match=f"mode {mode:04o}.*run chmod 600 {re.escape(str(file))}"):
        read_origin(file, "bs2")


@pytest.mark.parametrize(
    "content",
    [
        "key-of-somebody",
        "[]",
        "{}",
        json.dumps({**ACCOUNT, "number": {"key-of-somebody": 1}}),
        json.dumps({**ACCOUNT, "credentials": "key-of-somebody"}),
        json.dumps({**ACCOUNT, "bank": "inter"}),
    ],
)
def test_what_is_no_account_is_refused_without_a_word_of_it(file, content):
    """A broken file may hold secrets all the same."""
    file.write_text(content)

    with pytest.raises(ValueError, match="account") as caught:
        read_origin(file, "bs2")
    assert "key-of-somebody" not in f"{caught.value}{caught.value.__cause__}"


def test_a_refresh_token_takes_the_place_of_the_one_before(file):
    """All else stays, as does who can read it; nothing is left beside the file."""
    store_refresh_token(file, "second-one")

    assert json.loads(file.read_text()) == {
        **ACCOUNT,
        "credentials": {**ACCOUNT["credentials"], "refresh_token": "second-one"},
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_refresh_token_that_cannot_be_written_leaves_the_file_as_it_was(file, monkeypatch):
    """The disk is full, say."""
    monkeypatch.setattr("os.fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))

    with pytest.raises(OSError, match="No space"):
        store_refresh_token(file, "second-one")
    assert json.loads(file.read_text()) == ACCOUNT
    assert list(file.parent.iterdir()) == [file]
