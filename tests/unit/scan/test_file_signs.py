"""Signs of files: all that is a file shows one, and prose shows none."""

from __future__ import annotations

import pytest

from torana.scan.file_signs import may_bring_files, may_hold_files

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
