"""What has changed in an account's entries, as JSON and read line by line."""

import json
from datetime import date

from msgspec.json import encode
from msgspec.structs import replace

from gateway.render.changes import as_lines, changes_body
from gateway.render.to_json import AccountPart, EntryPart, entry_part
from gateway.storage.statements.kept_values import Page
from tests.gateway.render.cases import statement

ACCOUNT = AccountPart(id="7", bank="inter", compe="077", branch="0001", number="71308969", kind="PJ")
NEW, CHANGED, *_ = statement("plain").entries
PAGE = Page(
    kept=None,
    added=[NEW, replace(NEW, id="b" * 32)],
    changed=[replace(CHANGED, date=date(2026, 3, 10))],
    removed=["c" * 32, "d" * 32, "e" * 32],
    after=None,
    more=True,
)
BODY = changes_body(ACCOUNT, PAGE, "a cursor", None)


def test_a_page_is_told_as_it_is_kept() -> None:
    """Each change stands in its own list; before the first statement there are neither days nor an instant."""
    assert [each.id for each in BODY.added] == [NEW.id, "b" * 32]
    assert BODY.changed == [entry_part(PAGE.changed[0], EntryPart)]
    assert BODY.removed == PAGE.removed
    assert (BODY.period, BODY.fetched_at, BODY.next, BODY.more) == (None, None, "a cursor", True)


def test_lines_say_what_the_json_document_says() -> None:
    """Each change in a line that says which kind it is, and at the end the number of all of them."""
    document = json.loads(encode(BODY))

    first, *records, last = map(json.loads, b"".join(as_lines(BODY)).splitlines())

    assert records == [
        *({"record": "added", **entry} for entry in document.pop("added")),
        *({"record": "changed", **entry} for entry in document.pop("changed")),
        *({"record": "removed", "id": entry_id} for entry_id in document.pop("removed")),
    ]
    assert first == {"record": "changes", **document}
    assert last == {"record": "end", "changes": 6}
