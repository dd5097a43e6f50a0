"""Queries of Portkey as conditions of ours: what they ask for comes out, and what cannot be said is refused in words."""

from __future__ import annotations

from typing import Any

import pytest

from torana.wiring.imports.portkey_conditions import MOST, CannotBeSaid, alternatives, joined
from torana.wiring.imports.source import Source
from torana.wiring.nodes import from_plain
from torana.wiring.problems import Place

PLAN, REGION = "metadata.plan", "metadata.region"


def said(query: Any) -> list[dict[str, str]]:
    return [dict(one) for one in alternatives(Source(from_plain(query, Place("f"))))]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({PLAN: "paid"}, [{PLAN: "paid"}]),
        ({PLAN: {"$eq": "paid"}}, [{PLAN: "paid"}]),
        ({PLAN: {"$eq": 3}}, [{PLAN: "3"}]),
        ({PLAN: True}, [{PLAN: "true"}]),
        ({PLAN: {"$in": ["a", "b", "a"]}}, [{PLAN: "a"}, {PLAN: "b"}]),
        ({PLAN: "paid", REGION: "eu"}, [{PLAN: "paid", REGION: "eu"}]),
        ({"$and": [{PLAN: "paid"}, {REGION: "eu"}]}, [{PLAN: "paid", REGION: "eu"}]),
        ({"$or": [{PLAN: "paid"}, {REGION: "eu"}]}, [{PLAN: "paid"}, {REGION: "eu"}]),
        (
            {"$and": [{"$or": [{PLAN: "a"}, {PLAN: "b"}]}, {REGION: {"$in": ["x", "y"]}}]},
            [{PLAN: "a", REGION: "x"}, {PLAN: "a", REGION: "y"}, {PLAN: "b", REGION: "x"}, {PLAN: "b", REGION: "y"}],
        ),
        ({"$and": [{PLAN: "a"}, {PLAN: "b"}]}, []),
    ],
)
def test_a_query_is_one_of_several_sets_of_conditions(query: Any, found: list[dict[str, str]]) -> None:
    assert said(query) == found


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("x", "no query"),
        ({}, "asks for nothing"),
        ({"$or": []}, "empty"),
        ({PLAN: {"$ne": "x"}}, "\\$ne has no equal"),
        ({PLAN: {"$regex": "^x"}}, "\\$regex has no equal"),
        ({PLAN: {"$eq": "x", "$in": ["x"]}}, "\\$in has no equal"),
        ({PLAN: {"$in": []}}, "compares with nothing"),
        ({PLAN: {"$eq": "begin*"}}, "no plain text"),
        ({PLAN: ""}, "no plain text"),
        ({PLAN: ["a"]}, "no plain text"),
        ({"params.model": {"$eq": "x"}}, "looks at params.model"),
        ({"metadata.": "x"}, "only metadata"),
        ({PLAN: {"$in": [str(number) for number in range(MOST + 1)]}, REGION: "x"}, "more than 16 alternatives"),
    ],
)
def test_what_cannot_be_said_is_refused_in_words(query: Any, why: str) -> None:
    with pytest.raises(CannotBeSaid, match=why):
        said(query)


def test_two_sets_hold_together_unless_they_contradict_each_other() -> None:
    assert joined({PLAN: "a"}, {REGION: "x"}) == {PLAN: "a", REGION: "x"}
    assert joined({PLAN: "a"}, {PLAN: "a"}) == {PLAN: "a"}
    assert joined({PLAN: "a"}, {PLAN: "b"}) is None
