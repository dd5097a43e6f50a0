"""countTokens: contents or a whole request, the model's name in both, answered as it came, never billed."""

from __future__ import annotations

import pytest

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import gemini_count_tokens as dialect

CONTENTS = b'{"contents": [{"parts": [{"text": "x"}]}]}'
WHOLE = b'{ "generateContentRequest": {"model": "models/m", "contents": [1.0]} , "x": 1}'


@pytest.mark.parametrize("body", [CONTENTS, WHOLE])
def test_a_count_is_asked_for_without_output(body: bytes) -> None:
    assert dialect.read_named(body, "m", "countTokens") == Ask(
        "m", max_tokens=0, counted_bytes=0, estimated=dialect.estimated
    )


def test_without_a_path_the_request_may_name_the_model() -> None:
    assert dialect.read(WHOLE) == Ask("m", max_tokens=0, counted_bytes=0, estimated=dialect.estimated)


@pytest.mark.parametrize("body", [b"{}", b'{"contents": []}', WHOLE.replace(b"models/m", b"models/other")])
def test_what_is_no_count_of_this_model_is_refused(body: bytes) -> None:
    with pytest.raises(GatewayError) as caught:
        dialect.read_named(body, "m", "countTokens")
    assert caught.value.code == "REQUEST_INVALID"


def test_the_name_is_changed_where_it_stands() -> None:
    assert dialect.retarget(CONTENTS, Ask("m"), "up", True) is CONTENTS
    assert dialect.retarget(WHOLE, Ask("m"), "m", True) is WHOLE
    changed = b'{ "generateContentRequest": {"model":"models/up","contents":[1.0]} , "x": 1}'
    assert dialect.retarget(WHOLE, Ask("m"), "up", True) == changed


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (CONTENTS, CONTENTS),
        (b'{"model": "models/m", "contents": [1.0]}', b'{"contents":[1.0]}'),
        (b'{"generateContentRequest": null, "contents": [1.0]}', b'{"contents":[1.0]}'),
        (
            b'{"generateContentRequest": {"model": "models/m", "contents": [1.0], "tools": [2.0], "safetySettings": []}}',
            b'{"contents":[1.0],"tools":[2.0]}',
        ),
        (
            b'{"contents": [9], "generateContentRequest": {"contents": [1], "systemInstruction": {"parts": []}}}',
            b'{"contents":[1],"systemInstruction":{"parts": []}}',
        ),
    ],
)
def test_for_vertex_a_whole_request_is_taken_apart(given: bytes, taken: bytes) -> None:
    assert dialect.unwrapped(given) == taken


@pytest.mark.parametrize("raw", [b'{"totalTokens": 14, "new": []}', b"{}"])
def test_the_count_is_its_bytes_and_free(raw: bytes) -> None:
    chunk = dialect.read_answer(raw, Ask("m"))
    assert (chunk.wire, chunk.usage) == (raw, Usage())


@pytest.mark.parametrize("raw", [b"", b"[1]", b'{"totalTokens": "many"}'])
def test_what_is_no_count_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        dialect.read_answer(raw, Ask("m"))


def test_an_error_inside_is_a_fault() -> None:
    with pytest.raises(StatusFault):
        dialect.read_answer(b'{"error": {"code": 500}}', Ask("m"))
