"""Lists of files and batches: the providers' objects as they were last seen."""

from __future__ import annotations

import json

from torana.core.kept import BATCH, FILE, Kept, Wanted
from torana.dialects.kept_lists import listed
from torana.dialects.kept_requests import KeptRequest


def test_a_list_has_the_providers_objects_and_says_what_is_not_known() -> None:
    seen = Kept("t", FILE, "file-1", "k", "p", "c", 1.5, shown=b'{"id":"file-1","extra":1.0}')
    unseen = Kept("t", FILE, "file-2", "k", "p", "c", 2.5, purpose="batch_output")
    page = KeptRequest(Wanted(FILE, "list")).listed([seen, unseen], more=True)
    said = json.loads(page)
    assert b'{"id":"file-1","extra":1.0}' in page
    assert said["data"][1] == {
        "id": "file-2", "object": "file", "created_at": 2, "bytes": None, "filename": "file-2.jsonl",
        "purpose": "batch_output",
    }  # fmt: skip
    assert (said["first_id"], said["last_id"], said["has_more"]) == ("file-1", "file-2", True)


def test_an_empty_list_is_one() -> None:
    said = json.loads(listed(BATCH, [], more=False))
    assert said == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
