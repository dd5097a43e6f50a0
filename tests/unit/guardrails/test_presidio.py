"""Personal data found in process: sentence by sentence, the longest of what overlaps, nothing fetched."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.unit.guardrails.quiet import connections
from torana.guardrails import presidio
from torana.guardrails.presidio import Settings
from torana.scan.presidio_entities import ENTITIES

LETTER = """Dear Ms Verma, my name is Priya Sharma.
My card is 4111 1111 1111 1111 and my Aadhaar is 2341 2341 2346!
Write to priya.sharma@example.com or call me. I am in Pune?
"""


def found(text: str, *kinds: str, **settings: Any) -> set[tuple[str, str]]:
    guardrail = presidio.open(Settings(kinds=kinds or presidio.USUAL, **settings))
    return {(one.kind, text[one.start : one.end]) for one in guardrail.check(text)}


def test_each_kind_is_found_at_its_place_in_a_letter() -> None:
    assert found(LETTER, "person", "credit_card", "aadhaar", "email", "location") >= {
        ("person", "Priya Sharma"),
        ("credit_card", "4111 1111 1111 1111"),
        ("aadhaar", "2341 2341 2346"),
        ("email", "priya.sharma@example.com"),
        ("location", "Pune"),
    }


def test_only_the_kinds_that_are_wanted_are_found() -> None:
    assert found(LETTER, "email") == {("email", "priya.sharma@example.com")}


def test_less_sure_ones_are_left_out_by_the_threshold() -> None:
    assert found("call 020 7946 0958 now", "phone", threshold=0.1)
    assert not found("call 020 7946 0958 now", "phone", threshold=1.0)


def test_every_entity_that_a_kind_has_is_looked_for() -> None:
    by_model = {"PERSON", "LOCATION"}
    assert {entity for entities in ENTITIES.values() for entity in entities} == by_model | presidio.RECOGNIZERS.keys()


@pytest.mark.parametrize("cut", range(0, len(LETTER) + 1, 3))
def test_what_the_whole_has_is_found_in_a_part_or_still_held(cut: int) -> None:
    guardrail = presidio.open(presidio.SAMPLE)
    held = guardrail.tail(LETTER[:cut])
    before = set(guardrail.check(LETTER[:cut]))
    assert [one for one in guardrail.check(LETTER) if one.start < held and one not in before] == []


def test_a_part_of_a_letter_holds_no_more_than_its_last_sentence() -> None:
    guardrail = presidio.open(presidio.SAMPLE)
    assert guardrail.tail("It is late. My name is Priya") == len("It is late. ")


def test_nothing_is_fetched_even_by_the_first_address(tmp_path: Path) -> None:
    program = """
from torana.guardrails import presidio
assert presidio.open(presidio.SAMPLE).check("write to priya.sharma@example.co.in today")
"""
    assert connections(program, tmp_path) == ""
    assert not list(tmp_path.iterdir())


def test_a_package_that_is_missing_is_named_with_what_installs_it() -> None:
    def load(name: str) -> ModuleType:
        raise ModuleNotFoundError(name=name)

    with pytest.raises(ValueError, match=r"presidio_analyzer is not installed.*torana\[pii\]"):
        presidio.Presidio(presidio.SAMPLE, load)


def test_a_model_that_is_not_installed_is_refused_not_downloaded() -> None:
    with pytest.raises(ValueError, match="en_core_web_none is not installed"):
        presidio.open(Settings(model="en_core_web_none"))


def test_a_kind_that_presidio_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="'names'"):
        Settings(kinds=("names",))
