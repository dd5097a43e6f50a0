"""The ids that answers are found by. What keeps answers apart is also seen in who is given which (``test_cache``)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.line.test_limits import grant
from torana.core.call import Ask, Call, Prompt
from torana.core.trail import Trail
from torana.line.cache_key import MANY, SMALL, Keys

BODY = b'{"messages":[]}'


def prompt(dialect: str = "openai_chat", operation: str = "chat", strict: bool = False) -> Prompt:
    trail = Trail("req", "rcp", 0.0, 0.0)
    trail.strict = strict
    return Prompt(Call(dialect, operation, BODY, (), lambda body: Ask("m"), trail), "m", BODY)


@given(st.lists(st.sampled_from([b"a", b"b", b"c" * (SMALL + 1)]), max_size=6))
def test_what_was_asked_before_changes_no_id(before: list[bytes]) -> None:
    keys, asked, whose = Keys(), prompt(), grant()
    for body in before:
        keys.id_of(whose, asked, body)
    for body in (b"a", b"b", b"c" * (SMALL + 1)):
        assert keys.id_of(whose, asked, body) == Keys().id_of(whose, asked, bytes(bytearray(body)))


def test_the_same_body_has_another_id_under_another_grant_dialect_operation_and_strictness() -> None:
    keys, mine = Keys(), grant()
    theirs = replace(mine, caller=replace(mine.caller, tenant="other"))
    stricter = replace(mine, policy="stricter@2")
    ids = [
        keys.id_of(whose, asked, BODY)
        for _ in range(2)
        for whose in (mine, theirs, stricter)
        for asked in (prompt(), prompt("anthropic_messages"), prompt(operation="embeddings"), prompt(strict=True))
    ]
    assert len(set(ids)) == 12
    assert ids[:12] == ids[12:]


def test_an_equal_grant_that_was_made_anew_gives_the_same_id() -> None:
    keys = Keys()
    assert keys.id_of(grant(), prompt(), BODY) == keys.id_of(replace(grant()), prompt(), BODY)


def test_few_and_only_short_bodies_are_remembered() -> None:
    keys, asked, whose = Keys(), prompt(), grant()
    for number in range(MANY + 100):
        keys.id_of(whose, asked, b"%d" % number)
        keys.id_of(whose, asked, b"%d" % number + b"x" * SMALL)
        assert len(keys._lately) <= MANY
    assert all(len(body) <= SMALL for _, body, _ in keys._lately.values())
