"""Scores are those that the rules give by hand."""

from __future__ import annotations

import pytest

from torana.wiring.quality.rows import Span
from torana.wiring.quality.scores import TYPES, Counts, Labelled, flags, places

ALL = frozenset(TYPES)


def email(start: int, end: int) -> Span:
    return Span(start, end, "EMAIL")


def one(gold: list[Span], found: list[Span], scope: frozenset[str] = ALL) -> tuple[Counts, int, int]:
    score = places([Labelled(gold, found, scope)])
    return score.counts, score.leaked, score.clean_flagged


def test_texts_are_hits_false_alarms_misses_or_nothing() -> None:
    outcomes = [(True, True), (True, True), (True, False), (False, True), (False, False), (False, False)]
    counts, innocent = flags(outcomes)
    assert (counts, innocent) == (Counts(hits=2, false=1, missed=1), 3)
    assert (counts.precision, counts.recall, counts.f1) == (2 / 3, 2 / 3, 2 / 3)


def test_shares_of_nothing_are_none() -> None:
    assert (Counts().precision, Counts().recall, Counts().f1) == (None, None, None)
    assert Counts(missed=1).precision is None
    assert Counts(missed=1).f1 == 0


@pytest.mark.parametrize(
    ("gold", "found", "counts", "leaked"),
    [
        ([email(0, 10)], [email(0, 10)], Counts(1, 0, 0), 0),
        ([email(0, 10)], [email(0, 20)], Counts(1, 0, 0), 0),  # half of both together is enough
        ([email(0, 10)], [email(0, 21)], Counts(0, 1, 1), 0),  # less is not, though it covers
        ([email(0, 10)], [email(0, 9)], Counts(1, 0, 0), 0),  # nine tenths are covered
        ([email(0, 10)], [email(0, 8)], Counts(1, 0, 0), 1),  # found, and yet some of it leaks
        ([email(0, 10)], [Span(0, 10, "UPI")], Counts(0, 1, 1), 0),  # of another type: wrong, but covered
        ([email(0, 10)], [Span(0, 5, "UPI"), Span(5, 10, "PHONE")], Counts(0, 2, 1), 0),
        ([email(0, 10)], [], Counts(0, 0, 1), 1),
        ([email(0, 10)], [email(0, 10), email(0, 10)], Counts(1, 0, 0), 0),  # the same twice is one
        ([email(0, 10)], [email(0, 10), email(0, 9)], Counts(1, 1, 0), 0),  # one to one
        ([email(0, 10), email(10, 20)], [email(0, 20)], Counts(1, 0, 1), 0),
        ([email(0, 10)], [email(10, 20)], Counts(0, 1, 1), 1),
    ],
)
def test_places_are_matched_by_type_and_overlap(
    gold: list[Span], found: list[Span], counts: Counts, leaked: int
) -> None:
    assert one(gold, found) == (counts, leaked, 0)


def test_the_best_overlap_is_matched_first() -> None:
    gold = [email(0, 10), email(6, 16)]
    found = [email(5, 16), email(0, 9)]
    assert one(gold, found)[0] == Counts(2, 0, 0)


def test_types_outside_the_scope_are_not_counted_but_cover() -> None:
    scope = frozenset({"EMAIL"})
    person = Span(0, 4, "PERSON")
    assert one([email(5, 9)], [email(5, 9), person], scope) == (Counts(1, 0, 0), 0, 0)
    assert one([email(5, 9), person], [email(5, 9)], scope) == (Counts(1, 0, 0), 0, 0)
    assert one([email(5, 9)], [Span(5, 9, "PERSON")], scope) == (Counts(0, 0, 1), 0, 0)
    assert one([], [person], scope) == (Counts(), 0, 0)


def test_a_clean_text_is_flagged_by_anything_in_scope() -> None:
    score = places([Labelled([], [email(0, 4)], ALL), Labelled([], [], ALL), Labelled([email(0, 4)], [], ALL)])
    assert (score.clean, score.clean_flagged, score.labelled, score.leaked) == (2, 1, 1, 1)
    assert score.counts == Counts(0, 1, 1)


def test_types_are_told_apart_and_in_order() -> None:
    score = places([Labelled([Span(0, 4, "IP"), email(5, 9)], [email(5, 9), Span(10, 12, "PERSON")], ALL)])
    assert list(score.by_type.items()) == [
        ("PERSON", Counts(0, 1, 0)),
        ("EMAIL", Counts(1, 0, 0)),
        ("IP", Counts(0, 0, 1)),
    ]
