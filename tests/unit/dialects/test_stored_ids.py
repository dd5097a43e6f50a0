"""What names a thing that the provider keeps is refused, however it is written; what only looks like it is not."""

from __future__ import annotations

import json

import pytest

from torana.core.errors import GatewayError
from torana.dialects.stored_ids import refuse_stored


def chat(part: object) -> bytes:
    return json.dumps({"model": "m", "messages": [{"role": "user", "content": [part]}]}).encode()


@pytest.mark.parametrize(
    "body",
    [
        chat({"type": "file", "file": {"file_id": "file-1"}}),
        chat({"type": "file", "file": {"file_id": "file-1"}}).replace(b"file_id", b"file\\u005Fid"),
        chat({"type": "file", "file": {"file_id": "file-1"}}).replace(b"file_id", b"\\u0066ile_id"),
        b'{"messages":[{"content":[{"file":{"file_id":null,"file_id":"file-1"}}]}]}',
        b'{"input":[{"role":"user","content":[{"type":"input_file","file_id":"file-1"}]}]}',
        b'{"input":[{"type":"item_reference","id":"msg_1"}]}',
        b'{"input":"x","tools":[{"type":"file_search","vector_store_ids":["vs_1"]}]}',
        b'{"input":"x","tools":[{"type":"code_interpreter","container":"cntr_1"}]}',
        b'{"input":"x","tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["file-1"]}}]}',
    ],
)
def test_what_is_kept_at_the_provider_cannot_be_named(body: bytes) -> None:
    with pytest.raises(GatewayError) as refused:
        refuse_stored(body)
    assert refused.value.code == "REQUEST_INVALID"
    assert "file-1" not in refused.value.message


@pytest.mark.parametrize(
    "body",
    [
        chat({"type": "text", "text": "what is a file_id?"}),
        chat({"type": "file", "file": {"file_data": "data:…", "file_id": None}}),
        b'{"messages":[],"metadata":{"file_id":"mine"}}',
        b'{"messages":[],"tools":[{"function":{"parameters":{"properties":{"file_id":{"type":"string"}}}}}]}',
        b'{"input":"x","tools":[{"type":"code_interpreter","container":{"type":"auto"}}]}',
        b"no JSON with file_id in it",
        b'["file_id"]',
    ],
)
def test_what_only_looks_like_it_goes_on(body: bytes) -> None:
    refuse_stored(body)
