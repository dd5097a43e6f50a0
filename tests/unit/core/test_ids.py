"""Ids are unique, sort by time, and a caller's own are taken only when they are sane."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.ids import id_maker, made_at, new_secret_text, sane_request_id
from torana.testing.clock import FakeClock


def test_ids_of_one_moment_differ() -> None:
    new_id = id_maker("req_", FakeClock().now)
    assert len({new_id() for _ in range(20_000)}) == 20_000


def test_an_id_tells_when_it_was_made_and_one_of_somebody_else_does_not() -> None:
    clock = FakeClock()
    assert made_at(id_maker("req_", clock.now)()) == pytest.approx(clock.now(), abs=0.001)
    assert [made_at(one) for one in ("", "req_", "mine", "req_01a2", "REQ_" + "0" * 28, "req_" + "g" * 28)] == [
        None
    ] * 6


def test_makers_do_not_repeat_each_other() -> None:
    clock = FakeClock()
    assert id_maker("", clock.now)() != id_maker("", clock.now)()


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=20))
def test_ids_sort_by_the_millisecond_they_were_made_in(waits: list[float]) -> None:
    clock = FakeClock()
    new_id = id_maker("req_", clock.now)
    made = [new_id()]
    for wait in waits:
        clock.advance(wait + 0.001)
        made.append(new_id())
    assert made == sorted(made)


def test_an_id_is_its_prefix_and_twenty_eight_hex_and_a_sane_request_id() -> None:
    made = id_maker("req_", FakeClock().now)()
    assert re.fullmatch(r"req_[0-9a-f]{28}", made)
    assert sane_request_id(made)


def test_secret_texts_are_long_and_differ() -> None:
    made = {new_secret_text("sk-") for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"sk-[A-Za-z0-9_-]{32}", one) for one in made)


@pytest.mark.parametrize("text", ["a", "req-1", "A.b_c:d-9", "0" * 128])
def test_sane_ids_are_taken(text: str) -> None:
    assert sane_request_id(text)


@pytest.mark.parametrize("text", ["", "-a", "a b", "a\n", "a\r\nx: y", "ü", "a;b", '"', "0" * 129, "a\x00", "１"])
def test_ids_that_are_not_sane_are_not_taken(text: str) -> None:
    assert not sane_request_id(text)


@given(st.text(max_size=200))
def test_a_taken_id_can_stand_in_a_header_and_a_log(text: str) -> None:
    if sane_request_id(text):
        assert text.isascii() and text.isprintable() and " " not in text and len(text) <= 128
