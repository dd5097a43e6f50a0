"""Digests of content: the same for the same, whatever the order."""

from __future__ import annotations

from torana.core.policies import Choice
from torana.wiring.fingerprints import canonical, fingerprint


def test_the_order_in_mappings_and_sets_means_nothing() -> None:
    assert fingerprint({"a": 1, "b": {2, 3}}) == fingerprint({"b": {3, 2}, "a": 1})
    assert fingerprint({b"\x01": 1}) == fingerprint({"01": 1})
    assert fingerprint([1, 2]) != fingerprint([2, 1])


def test_sets_within_sets_have_one_order() -> None:
    one = Choice(frozenset({frozenset({"a", "b"}), frozenset({"c"})}))
    assert canonical(one) == [[["a", "b"], ["c"]], []]
