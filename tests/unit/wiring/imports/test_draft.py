"""Texts of a draft are read back as they were; names that cannot stand in a file are known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.wiring.imports.draft import Draft, Names, Ref, quoted, why_no_name
from torana.wiring.references import expand
from torana.wiring.yaml_text import read_yaml


@given(text=st.text())
def test_a_text_is_read_back_as_it_was(text: str) -> None:
    node = read_yaml(f"a: {quoted(text)}\n".encode(), "f").child("a")
    assert node is not None
    assert isinstance(node.value, str)
    assert expand(node.text, {}.get) .text == text  # fmt: skip


@pytest.mark.parametrize("text", ["", " ", "x" * 201, "vault:a#b", "aws-sm:a", "a\nb"])
def test_what_cannot_be_a_name_is_known(text: str) -> None:
    assert why_no_name(text)


def test_equal_providers_are_one_and_others_are_counted() -> None:
    draft = Draft(Names(set()))
    assert [draft.provider("a", {"kind": kind}) for kind in ("x", "y", "x")] == ["a", "a-2", "a"]


def test_only_names_that_stand_in_the_file_are_wanted() -> None:
    draft = Draft(Names(set()))
    draft.names.ref("UNUSED")
    draft.provider("a", {"kind": "x", "credentials": [{"api_key": draft.names.ref("USED")}]})
    assert set(draft.needs()) == {"USED"}
    assert draft.names.invent("secret", "1 wanted") == Ref("KEY_1_WANTED")
