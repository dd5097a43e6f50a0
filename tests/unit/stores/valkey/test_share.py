from __future__ import annotations

from tests.unit.stores.valkey.test_counters import AT_ONCE, KEY, budget
from torana.ports.store import Charge
from torana.stores.valkey.share import Share, moment, row_of, tenant_of


def test_all_keys_of_a_tenant_lie_in_one_slot_of_a_cluster_whatever_its_name() -> None:
    for tenant in ("acme", "a{b}c", "ü/%"):
        share = Share(tenant)
        charges = [
            Charge("r", f"{tenant}\0x", 60.0, "sliding_window", 5),
            AT_ONCE._replace(subject=f"{tenant}\0x"),
            budget(5)._replace(subject=f"{tenant}\0x\0day\x002026-01-01"),
        ]
        keys = [share.alive, share.applied, share.mine("p"), *(share.place(one).key for one in charges)]
        tags = {key[key.index("{") + 1 : key.index("}")] for key in keys}
        assert len(tags) == 1
        assert all(tenant_of(one) == tenant for one in charges)


def test_different_charges_have_different_keys_and_equal_ones_the_same() -> None:
    share = Share("acme")
    one = Charge("r", "acme\0a/b", 60.0, "sliding_window", 5)
    others = [one._replace(subject="acme\0a\0b"), one._replace(window_s=61.0), one._replace(rule_id="s"), AT_ONCE]
    assert len({share.place(charge).key for charge in (one, *others)}) == 5
    assert share.place(one._replace(limit=6)) == share.place(one)


def test_a_budget_is_found_by_its_name_in_a_receipt() -> None:
    share = Share("acme")
    key, name = share.place(budget(5))
    assert key == KEY
    assert share.budget_key(name) == share.budget_key("!" + name) == key


def test_a_moment_is_a_number_that_knows_how_it_came_about() -> None:
    at = moment(12.5, away=True, leased=False)
    assert (at + 1, at.away, at.leased) == (13.5, True, False)


def test_no_number_is_larger_than_the_scripts_count_exactly() -> None:
    row = row_of(budget(2**60)._replace(ends_at=float("inf")), 1, 2**60)
    assert max(value for value in row.values() if isinstance(value, int)) < 2**53
