"""Streams are kept in fewer pieces, in order and byte for byte, and nothing that is counted is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.contract.cache.test_entries import entry
from torana.core.cache_entry import PIECE_BYTES, Where, joined
from torana.core.call import Chunk, Usage

CHUNKS = st.lists(
    st.builds(
        Chunk,
        st.binary(max_size=9_000),
        st.booleans(),
        st.none() | st.builds(Usage, uncached=st.integers(0, 9)),
        st.none() | st.just("stop"),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=12,
)


@given(CHUNKS)
def test_a_joined_stream_is_the_same_stream(chunks: list[Chunk]) -> None:
    found = joined(tuple(chunks))
    assert b"".join(one.wire for one in found) == b"".join(one.wire for one in chunks)
    assert sum(one.events for one in found if one.content) == sum(one.events for one in chunks if one.content)
    assert [one.usage for one in found if one.usage][-1:] == [one.usage for one in chunks if one.usage][-1:]
    assert any(one.finish for one in found) is any(one.finish for one in chunks)
    assert all(len(one.wire) <= PIECE_BYTES for one in found)


def test_entries_are_picked_by_every_part_that_is_given() -> None:
    kept = entry()
    assert Where("acme").has(kept)
    assert Where("acme", "m", kept.made_at + 1, kept.id).has(kept)
    for other in (Where("bolt"), Where("acme", "n"), Where("acme", made_before=kept.made_at), Where("acme", id="b")):
        assert not other.has(kept)
