"""JSON within JSON in arguments that come in pieces is read, and written into, as deep as in bodies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.finders import Cards, Emails
from tests.line.streams import heard, wires
from tests.unit.line.test_guard_stream import ARGUMENTS, Stage, cuts
from torana.core.json_places import DEEPEST
from torana.core.tickets import Rule
from torana.line.guard_escapes import before_escape, deeper, depth_at, nested, unescaped
from torana.line.guard_team import Guard
from torana.line.vault import Tokens, conversation_key

MAIL = "ann.smith@example.org"
GUARDS = {"pii": Guard("pii", Emails()), "cards": Guard("cards", Cards())}
SPEECH = ARGUMENTS[0]
DEPTHS = range(1, DEEPEST)


def within(value: Any, depth: int, spelt: str = "@") -> str:
    """The value in JSON in JSON; its at sign written so in the innermost."""
    said = json.dumps({"to": value, "n": [1]}).replace("@", spelt)
    for _ in range(depth):
        said = json.dumps({"body": said, "x": "\u00e9"})
    return said


def inmost(said: str, depth: int) -> Any:
    for _ in range(depth):
        said = json.loads(said)["body"]
    return json.loads(said)["to"]


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("spelt", ["@", "\\u0040"])
async def test_wherever_a_finding_deep_within_is_cut_no_part_of_it_leaves(depth: int, spelt: str) -> None:
    said = within(f"to {MAIL} now", depth, spelt)
    for pieces in cuts(said):
        sent = b"".join(
            await Stage(GUARDS, Rule("pii", "redact", "output"), dialect=SPEECH.dialect).play(wires(SPEECH, pieces))
        )
        assert inmost(heard(SPEECH, sent), depth) == "to [EMAIL] now", pieces
        assert b"ann.smith" not in sent


@pytest.mark.parametrize("depth", DEPTHS)
async def test_a_number_that_is_replaced_deep_within_becomes_a_text(depth: int) -> None:
    for pieces in cuts(within(4111111111111111, depth)):
        stage = Stage(GUARDS, Rule("cards", "redact", "output"), dialect=SPEECH.dialect)
        sent = b"".join(await stage.play(wires(SPEECH, pieces)))
        assert inmost(heard(SPEECH, sent), depth) == "[CREDIT_CARD]", pieces


@pytest.mark.parametrize("depth", DEPTHS)
async def test_what_a_token_stands_for_is_written_so_that_it_reads_as_it_was(depth: int) -> None:
    value = 'Ann "the\\one" Smith\n\u00e9'
    for size in (1, 3, 1000):
        stage = Stage(GUARDS, Rule("pii", "tokenise"), dialect=SPEECH.dialect)
        place = conversation_key("acme", user="ann")
        tokens = Tokens(place, b"k" * 32)
        token = tokens.token("person", value)
        await stage.vault.keep(place, tokens.new)
        said = within(f"to {token} now", depth)
        pieces = [said[start : start + size] for start in range(0, len(said), size)]
        sent = b"".join(await stage.play(wires(SPEECH, pieces)))
        assert inmost(heard(SPEECH, sent), depth) == f"to {value} now"


def test_what_may_be_json_in_a_text_is_read_as_deep_as_bodies_are_and_other_texts_once() -> None:
    for depth in DEPTHS:
        read = list(deeper(unescaped(within(MAIL, depth, "\\u0040"))))
        assert any(MAIL in one.text for one in read)
        found = next(one for one in read if MAIL in one.text)
        start, end = found.back(found.text.index(MAIL), found.text.index(MAIL) + len(MAIL))
        assert within(MAIL, depth, "\\u0040")[start:end].startswith("ann.smith")
    assert list(deeper(unescaped(json.dumps({"path": "C:\\new\\users"})))) == []
    assert len(list(deeper(unescaped(within(MAIL, 9, "\\u0040"))))) == DEEPEST - 1


@given(st.text(alphabet='ab"\\u\n\u00e9{:', max_size=20), st.integers(0, 3))
def test_a_text_is_never_cut_within_an_escape(text: str, depth: int) -> None:
    said = json.dumps(text)
    for _ in range(depth):
        said = json.dumps(said)
    for place in range(len(said)):
        cut = before_escape(said, place)
        assert 0 <= cut <= place
        assert unescaped(said[:cut]).text + unescaped(said[cut:]).text == unescaped(said).text


def test_the_depth_of_a_place_is_told_by_the_backslashes_before_the_last_quotation_mark() -> None:
    for depth in DEPTHS:
        said = within(MAIL, depth)
        assert depth_at(said, said.index(MAIL)) == depth + 1
    assert (depth_at("", 0), depth_at("a", 1), depth_at('{"a\\\\":', 7)) == (1, 1, 1)


def test_in_a_text_of_its_own_a_new_text_is_written_as_json_writes_it() -> None:
    assert nested('a"b', '{"x": "', 7, quoted=True) == 'a\\"b'
    assert nested('a"b', '{"x": ', 6, quoted=False) == '"a\\"b"'
