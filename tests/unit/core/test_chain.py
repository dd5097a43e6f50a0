"""The chains of the audit trail: whatever is changed in one, the first broken entry is named."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.chain import (
    Broken,
    Checkpoint,
    Head,
    Link,
    checked,
    entries_of,
    head_of,
    linked,
    verified,
)


def chain_of(*batches: list[bytes]) -> list[Link]:
    links: list[Link] = []
    head = Head()
    for batch in batches:
        links.append(linked("acme", "requests", head, batch, 1.0))
        head = head_of(links[-1])
    return links


def outcome(links: list[Link], start: Head | None = None) -> Head | Broken:
    return [start or Head(), *verified(links, start or Head())][-1]


LINKS = chain_of([b'{"n":1}', b'{"n":2}', b'{"n":3}'], [b'{"n":4}'], [b'{"n":5}', b'{"n":6}'])


def test_a_chain_that_nobody_touched_is_whole() -> None:
    assert outcome(LINKS) == Head(3, 6, LINKS[-1].digest)
    assert [line for link in LINKS for line in entries_of(link)] == [b'{"n":%d}' % n for n in range(1, 7)]


def test_a_chain_may_begin_behind_what_was_trimmed() -> None:
    assert outcome(LINKS[1:], head_of(LINKS[0])) == head_of(LINKS[2])
    assert isinstance(outcome(LINKS[1:]), Broken)


def named(found: Head | Broken) -> tuple[int, int]:
    assert isinstance(found, Broken), found
    return found.link, found.entry


def test_a_changed_entry_is_named() -> None:
    body = b"\n".join([b'{"n":1}', b'{"n":7}', b'{"n":3}'])
    assert named(outcome([LINKS[0]._replace(body=zlib.compress(body)), *LINKS[1:]])) == (1, 2)


def test_a_dropped_link_is_named_by_its_first_entry() -> None:
    assert named(outcome([LINKS[0], LINKS[2]])) == (2, 4)


def test_swapped_links_are_named() -> None:
    assert named(outcome([LINKS[1], LINKS[0], LINKS[2]])) == (1, 1)
    swapped = [LINKS[0], LINKS[2]._replace(number=2, first=4), LINKS[1]._replace(number=3, first=6)]
    assert named(outcome(swapped)) == (2, 4)


def test_a_link_written_anew_with_all_its_own_numbers_does_not_follow() -> None:
    forged = linked("acme", "requests", Head(1, 3, b"x" * 32), [b'{"n":9}'], 1.0)
    assert named(outcome([LINKS[0], forged, LINKS[2]])) == (2, 4)


def test_a_link_of_another_tenant_does_not_fit() -> None:
    other = linked("globex", "requests", head_of(LINKS[0]), entries_of(LINKS[1]), 1.0)._replace(tenant="acme")
    assert named(outcome([LINKS[0], other])) == (2, 4)


@pytest.mark.parametrize("cut", [0, 1, 2])
def test_a_chain_cut_short_is_whole_but_not_by_its_checkpoint(cut: int) -> None:
    head = head_of(LINKS[2])
    checkpoint = Checkpoint("acme", "requests", head.number, head.entries, head.digest, 2.0, "k", b"")
    whole = [one for one in verified(LINKS) if isinstance(one, Head)]
    assert checked(whole, checkpoint) == ""
    short = [one for one in verified(LINKS[:cut]) if isinstance(one, Head)]
    assert "had 6" in checked(short, checkpoint)


def test_a_chain_written_anew_is_told_by_its_checkpoint() -> None:
    head = head_of(LINKS[2])
    checkpoint = Checkpoint("acme", "requests", head.number, head.entries, head.digest, 2.0, "k", b"")
    anew = chain_of([b'{"n":1}', b'{"n":2}', b'{"n":8}'], [b'{"n":4}'], [b'{"n":5}', b'{"n":6}'])
    assert "anew" in checked([one for one in verified(anew) if isinstance(one, Head)], checkpoint)


def test_every_word_of_a_checkpoint_is_signed() -> None:
    plain = Checkpoint("acme", "requests", 1, 2, b"d", 3.0, "k", b"")
    others = [
        plain._replace(tenant="b"), plain._replace(chain="admin"), plain._replace(number=2), plain._replace(entries=3),
        plain._replace(digest=b"e"), plain._replace(at=4.0), plain._replace(key_id="l"), plain._replace(trimmed=True),
    ]  # fmt: skip
    assert len({one.signed_text for one in [plain, *others]}) == 9


@given(st.data())
def test_any_one_bit_of_any_link_is_noticed_at_its_place(data: st.DataObject) -> None:
    which = data.draw(st.integers(0, 2))
    field = data.draw(st.sampled_from(["body", "marks", "before", "digest"]))
    value = bytearray(getattr(LINKS[which], field))
    place = data.draw(st.integers(0, len(value) * 8 - 1))
    value[place // 8] ^= 1 << place % 8
    changed = LINKS[which]._replace(**{field: bytes(value)})
    links = [*LINKS[:which], changed, *LINKS[which + 1 :]]
    found = outcome(links)
    assert isinstance(found, Broken)
    if field != "digest":
        assert found.link == which + 1
        assert LINKS[which].first <= found.entry <= LINKS[which].first + LINKS[which].size, found
