from __future__ import annotations

import json
from hashlib import sha256

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.receipts import a_receipt
from torana.core.line_chain import GENESIS, Heads, Place, bound_lines, bound_of, end_of, is_whole

ENCODE = msgspec.json.Encoder().encode_into
TENANTS = st.lists(st.sampled_from(["acme", "globex", ""]), min_size=1, max_size=12)


def lines_of(tenants: list[str], heads: Heads, moved: Heads, position: int = 0) -> list[bytes]:
    receipts = [a_receipt(n, tenant=tenant) for n, tenant in enumerate(tenants)]
    return bytes(bound_lines(receipts, position, heads, moved, ENCODE)).splitlines()


def test_a_line_is_the_record_with_its_place_and_its_digest_at_the_end() -> None:
    moved: Heads = {}
    first, second = lines_of(["acme", "acme"], {}, moved, position=7)
    told = json.loads(first)
    assert (told["model"], told["position"], told["number"], told["before"]) == ("gpt-4o-mini", 8, 1, GENESIS)
    assert told["hash"] == sha256(first[: first.rindex(b',"hash"')]).hexdigest()
    assert json.loads(second)["before"] == told["hash"]
    assert moved == {"acme": Place(2, json.loads(second)["hash"])}
    assert end_of(second) == ("acme", moved["acme"])


@given(TENANTS, st.integers(0, 11))
def test_lines_are_the_same_however_they_come_in_batches(tenants: list[str], cut: int) -> None:
    moved: Heads = {}
    whole = lines_of(tenants, {}, moved)
    heads: Heads = {}
    receipts = [a_receipt(n, tenant=tenant) for n, tenant in enumerate(tenants)]
    found = b""
    for start, part in ((0, receipts[:cut]), (len(receipts[:cut]), receipts[cut:])):
        more: Heads = {}
        found += bytes(bound_lines(part, start, heads, more, ENCODE))
        heads |= more
    assert (found.splitlines(), heads) == (whole, moved)


@given(TENANTS, st.data())
def test_a_changed_byte_is_noticed(tenants: list[str], data: st.DataObject) -> None:
    line = lines_of(tenants, {}, {})[-1]
    place = data.draw(st.integers(0, len(line) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda one: one != line[place] and one != 10))
    changed = line[:place] + bytes([other]) + line[place + 1 :]
    try:
        said = bound_of(changed)
    except ValueError:
        return
    assert said is None or not is_whole(changed, said)


def test_a_line_that_tells_no_place_is_bound_to_nothing() -> None:
    assert bound_of(b'{"tenant":"acme","position":3}') is None
    assert end_of(b"") is None
