"""What is sent again, what is set aside, and what is remembered over a restart."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.receipts import a_receipt, some_receipts
from torana.core.tickets import Attempted
from torana.ports.sink import Record, Rejected, Sent, Unreachable
from torana.records.shipping import Aside, Choice, Entry, Gate, Shipping, record_of


class Far:
    """Takes what ``judge`` says."""

    def __init__(self, judge: Callable[[Sequence[Record]], Sent]) -> None:
        self.judge = judge
        self.taken: list[str] = []
        self.asked = 0
        self.closed = 0

    def send(self, batch: Sequence[Record]) -> Sent:
        self.asked += 1
        sent = self.judge(batch)
        self.taken += [one.id for place, one in enumerate(batch) if place not in {*sent.left, *sent.refused}]
        return sent

    def close(self) -> None:
        self.closed += 1


def shipped(folder: Path, far: Far, choice: Choice | None = None) -> Shipping:
    aside = Aside(folder / "s" / "it.position", folder / "s" / "it.dead.jsonl")
    return Shipping(Gate("it", lambda: far), choice or Choice(), aside, lambda: 1.75e9).open()


def ids(count: int) -> list[str]:
    return [one.receipt_id for one in some_receipts(count)]


def without(bad: set[str]) -> Callable[[Sequence[Record]], Sent]:
    def judge(batch: Sequence[Record]) -> Sent:
        if any(one.id in bad for one in batch):
            raise Rejected("no good")
        return Sent()

    return judge


@given(st.data())
def test_whatever_is_poison_all_else_arrives_once(data: st.DataObject) -> None:
    import tempfile

    count = data.draw(st.integers(1, 60))
    bad = set(data.draw(st.lists(st.sampled_from(ids(count)), max_size=10)))
    with tempfile.TemporaryDirectory() as folder:
        far = Far(without(bad))
        one = shipped(Path(folder), far)
        one.write(some_receipts(count), count)
        assert sorted(far.taken) == sorted(set(ids(count)) - bad)
        assert (one.set_aside, one.written()) == (len(bad), count)
        one.close()


def test_dead_letters_hold_the_whole_record_and_why(tmp_path: Path) -> None:
    one = shipped(tmp_path, Far(without({ids(3)[1]})))
    one.write(some_receipts(3), 3)
    one.close()
    (letter,) = [json.loads(line) for line in (tmp_path / "s" / "it.dead.jsonl").read_text().splitlines()]
    assert (letter["sink"], letter["why"], letter["at"]) == ("it", "no good", 1.75e9)
    assert letter["record"]["fields"]["attempts"][0]["outcome"] == "ok"
    assert letter["record"]["id"] == ids(3)[1]


def test_what_was_taken_before_a_failure_is_not_sent_again_with_a_larger_batch(tmp_path: Path) -> None:
    state = {"left": True}

    def judge(batch: Sequence[Record]) -> Sent:
        if state.pop("left", False):
            return Sent(left=(2, 3), retry_after_s=7.0)
        return Sent()

    far = Far(judge)
    one = shipped(tmp_path, far)
    with pytest.raises(Unreachable) as fault:
        one.write(some_receipts(4), 4)
    assert (fault.value.retry_after_s, one.written()) == (7.0, 0)
    one.write(some_receipts(6), 6)
    assert far.taken == [ids(6)[0], ids(6)[1], *ids(6)[2:]]
    assert one.written() == 6
    one.close()
    again = shipped(tmp_path, far)
    assert again.written() == 6
    again.close()


def test_one_that_refuses_all_is_at_fault_but_goes_on_at_a_record_a_try(tmp_path: Path) -> None:
    far = Far(without(set(ids(30))))
    one = shipped(tmp_path, far)
    tries = 0
    while one.written() < 30:
        tries += 1
        try:
            one.write(some_receipts(30), 30)
        except Unreachable as fault:
            assert "refused the last" in str(fault)
    assert (tries, one.set_aside, far.taken) == (12, 30, [])
    one.close()


def test_dead_letters_that_are_full_lose_nothing(tmp_path: Path) -> None:
    far = Far(without(set(ids(1))))
    letters = tmp_path / "it.dead.jsonl"
    letters.write_text("x" * 20)
    one = Shipping(Gate("it", lambda: far), Choice(), Aside(tmp_path / "it.position", letters, 30), lambda: 0.0).open()
    with pytest.raises(OSError, match="is full"):
        one.write(some_receipts(1), 1)
    assert one.written() == 0
    one.close()


def test_kinds_and_tenants_that_were_not_chosen_pass_by(tmp_path: Path) -> None:
    far = Far(lambda batch: Sent())
    one = shipped(tmp_path, far, Choice(frozenset({"security"}), frozenset({"acme"})))
    entries = [
        Entry(kind="security", id="a", at=1.0, tenant="acme", fields={}),
        Entry(kind="admin", id="b", at=1.0, tenant="acme", fields={}),
        Entry(kind="security", id="c", at=1.0, tenant="other", fields={}),
    ]
    one.write([*entries, a_receipt(1)], 4)
    assert (far.taken, one.written()) == (["a"], 4)
    one.close()


def test_a_target_is_opened_when_it_is_needed_and_again_after_it_was_closed(tmp_path: Path) -> None:
    opened: list[Far] = []

    def open_target() -> Far:
        opened.append(Far(lambda batch: Sent()))
        return opened[-1]

    gate = Gate("it", open_target)
    gate.close()
    assert opened == []
    assert gate.target is gate.target
    gate.close()
    gate.close()
    assert (len(opened), opened[0].closed) == (1, 1)
    assert gate.target is not opened[0]


def test_a_receipt_has_the_names_of_the_audit_file() -> None:
    record = record_of(a_receipt(1, attempts=[Attempted("p", "m", "ok", 3)]))
    assert (record.kind, record.tenant, record.id) == ("request", "acme", record.fields["receipt_id"])
    assert record.fields["attempts"] == [
        {"provider": "p", "model": "m", "outcome": "ok", "duration_ms": 3, "credential": ""}
    ]
