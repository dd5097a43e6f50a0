"""What making a batch asks for, and when a provider says that one is over."""

from __future__ import annotations

import json

import pytest

from torana.core.call import Usage
from torana.core.errors import GatewayError
from torana.core.kept import BATCH, Wanted
from torana.dialects.batches import made, read


def batch(status: str, **more: object) -> bytes:
    return json.dumps({"id": "batch_1", "object": "batch", "status": status, **more}).encode()


def test_making_one_names_its_file_and_endpoint() -> None:
    ask = read(
        b'{"input_file_id":"file-1","endpoint":"/v1/embeddings","completion_window":"24h"}', Wanted(BATCH, "make")
    )
    assert ask.kept is not None
    assert (ask.kept.source, ask.kept.endpoint, ask.max_tokens) == ("file-1", "/v1/embeddings", 0)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"input_file_id":"a"}', b'{"input_file_id":"a","input_file_id":"b","endpoint":"c"}']
)
def test_what_names_none_or_two_is_refused(body: bytes) -> None:
    with pytest.raises(GatewayError):
        read(body, Wanted(BATCH, "make"))


@pytest.mark.parametrize("status", ["validating", "in_progress", "finalizing", "cancelling", "something new"])
def test_what_goes_on_is_not_over(status: str) -> None:
    assert not made(batch(status)).over


@pytest.mark.parametrize("status", ["completed", "failed", "expired", "cancelled"])
def test_what_has_ended_is(status: str) -> None:
    assert made(batch(status)).over


def test_its_files_and_its_usage_are_read() -> None:
    used = {"input_tokens": 9, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 2}}
    found = made(batch("completed", output_file_id="file-o", error_file_id="file-e", usage=used))
    assert (found.outputs, found.usage) == (("file-o", "file-e"), Usage(7, 2, 0, 4))


@pytest.mark.parametrize(
    ("more", "usage"),
    [
        ({"request_counts": {"completed": 0}}, Usage()),
        ({"request_counts": {"completed": 3}, "output_file_id": "f", "usage": {"input_tokens": 0}}, None),
        ({"request_counts": {"completed": 3}, "output_file_id": "f"}, None),
        ({}, None),
    ],
)
def test_usage_is_nothing_only_where_nothing_was_answered_and_unknown_where_nobody_says(
    more: dict[str, object], usage: Usage | None
) -> None:
    assert made(batch("completed", **more)).usage == usage
