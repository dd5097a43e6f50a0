"""Two questions agree when all that decides is equal, wherever a phrase stands and however a way's things are counted."""

from __future__ import annotations

import pytest

from tests.question_pairs import different
from torana.scan.agreement import agree


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("In Python, how do I sort a list?", "How can I sort a list in Python?"),
        ("For a healthy child, what is the dose?", "What is the dose for a healthy child?"),
        ("How do I reset passwords?", "How can I reset a password?"),
        ("How do I merge two branches?", "how to merge two branches"),
    ],
)
def test_a_phrase_may_stand_before_or_behind_and_a_way_serves_one_or_many(one: str, other: str) -> None:
    assert agree(one, other)
    assert agree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("In Python, how do I sort a list?", "How do I sort a list in Java?"),
        ("In Python, how do I sort a list?", "How do I not sort a list in Python?"),
        ("In Rust, how do I call code from Python?", "In Python, how do I call code from Rust?"),
        ("In Rust, how do I call code from Python?", "How do I call code from Rust in Python?"),
        ("Name the largest city in Spain", "Name the largest cities in Spain"),
        ("How do I find the largest file?", "How do I find the largest files?"),
        ("How do I send 5 invoices?", "How do I send 50 invoices?"),
        ("How do I close the windows?", "How do I open the windows?"),
        ("Without Docker, how do I run it?", "How do I run it with Docker?"),
        ("In Goa and Pune, what is the rent?", "What is the rent in Goa?"),
        ("How do I ask James?", "How do I ask Jame?"),
        ("How do I read the news?", "How do I read the new?"),
        ("", "x"),
    ],
)
def test_another_fact_another_order_or_another_number_of_things_does_not(one: str, other: str) -> None:
    assert not agree(one, other)
    assert not agree(other, one)


def test_none_of_the_pairs_that_look_alike_agrees() -> None:
    assert [pair for pair in different() if agree(*pair)] == []
