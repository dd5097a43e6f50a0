"""What was sealed is opened by who has the same key, for the same use, under the same name, and by nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.stores.valkey.seals import Seals, derived

KEY = b"k" * 32


@given(st.text(), st.binary(max_size=200))
def test_another_gateway_with_the_key_opens_what_was_sealed(name: str, plain: bytes) -> None:
    name = name.encode("utf-8", "ignore").decode()
    assert Seals(KEY, b"letters").opened(name, Seals(KEY, b"letters").sealed(name, plain)) == plain


@pytest.mark.parametrize(
    ("key", "use", "name"),
    [(b"x" * 32, b"letters", "one"), (KEY, b"answers", "one"), (KEY, b"letters", "two")],
    ids=["another key", "another use", "another name"],
)
def test_nothing_else_opens_it(key: bytes, use: bytes, name: str) -> None:
    assert Seals(key, use).opened(name, Seals(KEY, b"letters").sealed("one", b"secret")) is None


def test_what_was_changed_or_cut_is_not_opened() -> None:
    seals = Seals(KEY, b"letters")
    wire = seals.sealed("one", b"secret")
    changed = [wire[:place] + bytes([wire[place] ^ 1]) + wire[place + 1 :] for place in range(len(wire))]
    assert [seals.opened("one", one) for one in (*changed, *(wire[:length] for length in range(len(wire))))] == [
        None
    ] * (2 * len(wire))


def test_two_seals_of_the_same_thing_differ() -> None:
    assert Seals(KEY, b"letters").sealed("one", b"secret") != Seals(KEY, b"letters").sealed("one", b"secret")


def test_the_key_of_one_use_tells_nothing_of_another() -> None:
    assert derived(KEY, b"letters") != derived(KEY, b"answers")
    assert KEY not in derived(KEY, b"letters")
