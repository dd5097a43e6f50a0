"""A folder of labelled texts is read as it is, and what is wrong with it is said with file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from torana.wiring.quality.rows import Row, Span, read


def put(folder: Path, name: str, *lines: object) -> None:
    (folder / name).write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines), "utf-8")


def test_the_sets_that_are_there_are_read_and_other_files_left_alone(tmp_path: Path) -> None:
    put(tmp_path, "README.md", "not JSON")
    put(tmp_path, "toxicity.jsonl", {"id": "1", "text": "a", "label": 1, "more": [1]}, "", {"id": "2", "text": "b"})
    spans = [{"start": 0, "end": 1, "type": "PERSON", "more": 0}]
    put(tmp_path, "pii.jsonl", {"id": "3", "text": "क", "spans": spans, "scope": ["PERSON"]})
    assert read(tmp_path) == {
        "pii": (Row("3", "क", spans=(Span(0, 1, "PERSON"),), scope=("PERSON",)),),
        "toxicity": (Row("1", "a", 1), Row("2", "b", 0)),
    }


def test_further_files_of_a_set_are_read_with_it(tmp_path: Path) -> None:
    put(tmp_path, "secrets.jsonl", {"id": "1", "text": "a", "label": 0})
    put(tmp_path, "secrets.fetched.jsonl", {"id": "2", "text": "b", "label": 1})
    assert [row.id for row in read(tmp_path)["secrets"]] == ["1", "2"]


def test_line_separators_inside_texts_do_not_end_a_line(tmp_path: Path) -> None:
    (tmp_path / "injection.jsonl").write_text('{"id": "1", "text": "a\u2028b\u0085c", "label": 0}\n', "utf-8")
    assert read(tmp_path)["injection"][0].text == "a\u2028b\u0085c"


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("toxicity.jsonl", "{", "toxicity.jsonl, line 2: "),
        ("toxicity.jsonl", {"text": "a", "label": 1}, "line 2: Object missing required field `id`"),
        ("toxicity.jsonl", {"id": "1", "text": "a", "label": 2}, "line 2: label is 0 or 1"),
        ("toxicity.jsonl", {"id": "1", "text": None}, "line 2: Expected `str`"),
        ("pii.jsonl", {"id": "1", "text": "a"}, "pii.jsonl, line 2: spans is missing"),
        (
            "pii.jsonl",
            {"id": "1", "text": "a", "spans": [{"start": 0, "end": 2, "type": "IP"}]},
            "0..2 is not in the text",
        ),
        (
            "pii.jsonl",
            {"id": "1", "text": "a", "spans": [{"start": 0, "end": 0, "type": "IP"}]},
            "0..0 is not in the text",
        ),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, name: str, line: object, said: str) -> None:
    put(tmp_path, name, {"id": "0", "text": "", "label": 0, "spans": []}, line)
    with pytest.raises(ValueError, match=said.replace("..", r"\.\.")):
        read(tmp_path)


def test_a_line_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "toxicity.jsonl").write_bytes(b'{"id": "1", "text": "\xff", "label": 0}')
    with pytest.raises(ValueError, match=r"toxicity.jsonl, line 1: "):
        read(tmp_path)


def test_a_folder_that_is_missing_or_holds_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"none of pii.jsonl, secrets.jsonl"):
        read(tmp_path)
    put(tmp_path, "pii.jsonl", "")
    with pytest.raises(ValueError, match="the file is empty"):
        read(tmp_path)
