"""Signs of files: all that is a file shows one, and prose shows none."""

from __future__ import annotations

import pytest

from torana.scan.file_signs import is_without_files, may_bring_files, may_hold_files, text_may_bring_files

PROSE = b'{"messages":[{"role":"user","content":"The quick brown fox \\n says \\u2019hello\\u2019."}],"max_tokens":9}'


@pytest.mark.parametrize(
    "member",
    [
        b'"file_data":"eA=="',
        b'"url":"data:text/csv;base64,eA=="',
        b'"image_url":"https://example.org/a.png"',
        b'"bytes":"eA=="',
        b'"file_id":"file-1"',
        b'"fileUri":"gs://b/a.pdf"',
        b'"\\u0066ile_id":"file-1"',
    ],
)
def test_a_member_that_brings_a_file_shows(member: bytes) -> None:
    assert may_hold_files(PROSE.replace(b'"max_tokens"', member + b',"max_tokens"'))


def test_prose_holds_none() -> None:
    assert not may_hold_files(PROSE)
    assert not may_bring_files(PROSE)


@pytest.mark.parametrize(
    ("answer", "brings"),
    [
        (b'{"data":[{"b64_json":"eA=="}]}', True),
        (b'{"parts":[{"inlineData":{"data":"eA=="}}]}', True),
        (b'{"type":"image_generation_call","result":"eA=="}', True),
        (b'{"content":"![a](data:image/png;base64,eA==)"}', True),
        (b'{"document":{"source":{"bytes":"eA=="}}}', True),
        (b'{"bytes":"eA=="}', False),
        (b'{"source":"a book"}', False),
    ],
)
def test_an_answer_brings_one_where_a_model_made_it(answer: bytes, brings: bool) -> None:
    assert may_bring_files(answer) is brings


@pytest.mark.parametrize(
    ("frame", "text", "brings"),
    [
        (b'{"content":""}', "a word", False),
        (b'{"content":""}', "![a](data:image/png;base64,eA==)", True),
        (b'{"content":""}', "b64", True),
        (b'{"content":""}', "an inline word", True),
        (b'{"content":""}', "64 bits", False),
        (b'{"content":""}', "image_generation_call", True),
    ],
)
def test_a_text_in_a_frame_without_files_shows_them_alone(frame: bytes, text: str, brings: bool) -> None:
    assert is_without_files(frame)
    assert text_may_bring_files(text) is brings
    assert may_bring_files(frame.replace(b'""', b'"' + text.encode() + b'"')) <= brings


@pytest.mark.parametrize("frame", [b'{"b64_json":""}', b'{"source":{"x":""}}', b'{"inlineData":{"data":""}}'])
def test_a_frame_may_bring_files_itself(frame: bytes) -> None:
    assert not is_without_files(frame)
