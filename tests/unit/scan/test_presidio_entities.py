from __future__ import annotations

from torana.ports.guardrail import Finding
from torana.scan.presidio_entities import ENTITIES, KINDS, USUAL, apart, unknown


def test_each_entity_belongs_to_one_kind() -> None:
    assert sum(map(len, ENTITIES.values())) == len(KINDS)
    assert set(USUAL) <= ENTITIES.keys()


def test_a_kind_without_an_entity_is_named() -> None:
    assert unknown(("person", "names", "nobody")) == "names"
    assert unknown(USUAL) is None


def test_of_findings_that_overlap_the_longest_stays_then_the_surest() -> None:
    address, host = Finding("email", 0, 20), Finding("url", 6, 16)
    assert apart([host, address]) == [address]
    weak, strong = Finding("phone", 30, 40, 0.4), Finding("ssn", 30, 40, 0.9)
    assert apart([weak, strong, address]) == [address, strong]
    assert apart([Finding("a", 5, 9), Finding("b", 0, 5)]) == [Finding("b", 0, 5), Finding("a", 5, 9)]
