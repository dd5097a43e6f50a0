"""Addresses and pools of keys as Settings say them: one place, one behaviour for every plug-in."""

from __future__ import annotations

import pytest

from torana.core.secret import Secret
from torana.providers.gemini import Settings
from torana.upstream.pooled import COMMON, address, in_turn, keyed, mark_of, pooled
from torana.upstream.reach import Credential


def keys(rotation: object, times: int) -> list[str]:
    return [dict(rotation.take()[1]).get("x-key", "") for _ in range(times)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("given", "made"), [
    ("https://host.test/v1/", "https://host.test/v1"), ("http://host.test", "http://host.test"),
])  # fmt: skip
def test_an_address_loses_the_slash_at_its_end(given: str, made: str) -> None:
    assert address(given) == made


@pytest.mark.parametrize(
    "given", ["", "host.test", "ftp://host.test", "https://", "https://h.test?a=1", "https://h.test#a"]
)
def test_what_is_no_address_is_refused_under_the_settings_name(given: str) -> None:
    with pytest.raises(ValueError, match="^authority: expected"):
        address(given, "authority")


def test_keys_take_turns_by_weight_and_the_single_one_is_the_last() -> None:
    pool = (Credential(api_key=Secret("a"), weight=2), Credential(api_key=Secret("")))
    rotation = pooled(Settings(credentials=pool, api_key=Secret("b")), keyed("x-key"))
    assert sorted(keys(rotation, 3)) == ["a", "a", "b"]
    assert [rotation.take()[0] for _ in range(3)].count(0) == 2


def test_a_key_that_is_needed_and_not_there_is_said() -> None:
    with pytest.raises(ValueError, match="^credentials: this provider needs an api_key$"):
        pooled(Settings(), keyed("x-key"))


def test_without_a_key_that_is_not_needed_the_common_headers_go() -> None:
    assert pooled(Settings(needs_key=False), keyed("x-key")).take() == (0, COMMON)


def test_a_key_is_dressed_behind_its_prefix() -> None:
    assert keyed("authorization", "Bearer ")(Secret("k"))[-1] == ("authorization", "Bearer k")


def test_what_is_in_turn_needs_no_bare_one() -> None:
    def never() -> str:
        raise AssertionError("made for nothing")

    assert in_turn([("a", 1)], never, needed="it").take() == (0, "a")
    with pytest.raises(ValueError, match="needs a lamp"):
        in_turn([], never, needed="a lamp")


def test_keys_are_known_again_by_marks_that_do_not_show_them() -> None:
    one, two = mark_of(Secret("sk-one")), mark_of(Secret("sk-two"))
    assert one == mark_of(Secret("sk-one")) != two
    assert "sk" not in one and len(one) == 16
