"""Where files lie in bodies of every dialect, and what a body is like with something else in their place."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core import json_files
from torana.core.json_files import FilePart, as_said, at, content_of, files_in, text_part, tree_of, with_values
from torana.scan.file_signs import may_hold_files

CONTENT = b"name,mail\nAnn,ann@example.org\n"
DATA = base64.b64encode(CONTENT).decode()
URL = f"data:text/csv;base64,{DATA}"


def chat(*parts: Any) -> Any:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}, *parts]}]}


def found(body: Any) -> list[tuple[str, str]]:
    wire = json.dumps(body).encode()
    parts = files_in(tree_of(wire))
    assert not parts or may_hold_files(wire)
    return [(part.kind, part.path) for part in parts]


INLINE: dict[str, tuple[Any, str, Any]] = {
    "chat file": (
        chat({"type": "file", "file": {"filename": "a.csv", "file_data": URL}}),
        "messages[0].content[1].file.file_data", {"type": "text", "text": "T"},
    ),
    "chat picture": (
        chat({"type": "image_url", "image_url": {"url": URL}}), "messages[0].content[1].image_url.url", {"type": "text", "text": "T"},
    ),
    "responses file": (
        {"input": [{"role": "user", "content": [{}, {"type": "input_file", "file_data": DATA}]}]},
        "input[0].content[1].file_data", {"type": "input_text", "text": "T"},
    ),
    "responses picture": (
        {"input": [{"role": "user", "content": [{}, {"type": "input_image", "image_url": URL}]}]},
        "input[0].content[1].image_url", {"type": "input_text", "text": "T"},
    ),
    "messages document": (
        chat({"type": "document", "source": {"type": "base64", "media_type": "text/csv", "data": DATA}}),
        "messages[0].content[1].source.data", {"type": "text", "text": "T"},
    ),
    "gemini": (
        {"contents": [{"parts": [{"text": "hi"}, {"inlineData": {"mimeType": "text/csv", "data": DATA}}]}]},
        "contents[0].parts[1].inlineData.data", {"text": "T"},
    ),
    "converse": (
        {"messages": [{"content": [{"text": "hi"}, {"document": {"format": "csv", "name": "n", "source": {"bytes": DATA}}}]}]},
        "messages[0].content[1].document.source.bytes", {"text": "T"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INLINE)
def test_a_file_is_found_opened_and_its_part_becomes_a_text_of_the_same_dialect(name: str) -> None:
    body, path, instead = INLINE[name]
    wire = json.dumps(body).encode()
    tree = tree_of(wire)
    (part,) = files_in(tree)
    assert (part.kind, part.path) == ("inline", path) and content_of(part) == CONTENT
    place = part.steps[: part.part]
    said = json.loads(with_values(tree, {place: text_part(at(tree, place), "T")}))
    message = (said.get("messages") or said.get("input") or said.get("contents"))[0]
    assert (message.get("content") or message.get("parts"))[1] == instead
    copy = json.loads(with_values(tree, {part.steps: as_said(part, b"other")}))
    (again,) = files_in(tree_of(json.dumps(copy).encode()))
    assert content_of(again) == b"other" and again.path == path


def test_a_file_in_the_result_of_a_tool_is_found() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DATA}}
    body = chat({"type": "tool_result", "tool_use_id": "t", "content": [image]})
    assert found(body) == [("inline", "messages[0].content[1].content[0].source.data")]


def test_files_that_lie_elsewhere_are_told_by_address_and_id() -> None:
    body = chat(
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "document", "source": {"type": "url", "url": "https://example.org/a.pdf"}},
        {"fileData": {"fileUri": "gs://a/b"}},
        {"type": "input_file", "file_url": "https://example.org/b.pdf"},
    )
    assert [kind for kind, _ in found(body)] == ["address", "id", "address", "address", "address"]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "text", "text": URL},
        {"type": "input_audio", "input_audio": {"data": DATA, "format": "wav"}},
        {"type": "redacted_thinking", "data": DATA},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "plain words"}},
        {"type": "tool_use", "id": "t", "name": "n", "input": {"data": "test"}},
        {"type": "function_call", "arguments": {"file_data": "test"}},
    ],
)
def test_texts_sounds_sealed_words_and_arguments_of_tools_are_no_files(part: Any) -> None:
    assert found(chat(part)) == []


def test_a_member_written_with_escapes_is_found_all_the_same() -> None:
    wire = b'{"messages":[{"content":[{"type":"file","file":{"f\\u0069le_d\\u0061ta":"%s"}}]}]}' % DATA.encode()
    assert may_hold_files(wire) and len(files_in(tree_of(wire))) == 1


def test_of_a_member_that_is_there_twice_both_are_found() -> None:
    wire = b'{"content":[{"image_url":{"url":"%s","url":"%s"}}]}' % (URL.encode(), URL.encode())
    assert len(files_in(tree_of(wire))) == 2


@pytest.mark.parametrize(
    ("said", "content"), [(URL, CONTENT), ("data:,a%20b", b"a b"), ("data:text/plain;charset=utf-8;base64,YWI", b"ab")]
)
def test_a_data_url_is_opened_however_it_is_written(said: str, content: bytes) -> None:
    (part,) = files_in(tree_of(json.dumps(chat({"type": "image_url", "image_url": {"url": said}})).encode()))
    assert content_of(part) == content


def opened(said: str) -> bytes | None:
    """As the reader that takes all forms has it; None for what it refuses."""
    bare = "".join(said.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        return None


@given(
    st.text("QUJDab01+/-_= \n!é", max_size=40)
    | st.binary(max_size=40).map(lambda raw: base64.b64encode(raw).decode())
    | st.binary(max_size=40).map(lambda raw: base64.b64encode(raw).decode().rstrip("="))
)
def test_base64_is_opened_the_short_way_as_the_long_way(said: str) -> None:
    part = FilePart("inline", "", (), said, "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_files, "_SLICE", 8)
        try:
            found = content_of(part)
        except ValueError:
            found = None
    assert found == opened(said)


def test_what_is_no_base64_cannot_be_opened() -> None:
    (part,) = files_in(tree_of(json.dumps(chat({"type": "file", "file": {"file_data": "!!!"}})).encode()))
    with pytest.raises(ValueError, match="Base64"):
        content_of(part)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_a_body_in_which_nothing_is_replaced_says_the_same(value: Any) -> None:
    assert json.loads(with_values(tree_of(json.dumps(value).encode()), {})) == value


def test_numbers_stay_as_they_were_written() -> None:
    assert with_values(tree_of(b'{"a":1.50,"b":1e3,"c":[true,null]}'), {}) == b'{"a":1.50,"b":1e3,"c":[true,null]}'
