"""The one rule by which policies combine: restricting never widens, and neither order nor grouping matters."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.policies import (
    LEVELS,
    MEETS,
    MODES,
    SIDES,
    STRICTNESS,
    Attachment,
    Choice,
    Document,
    Stance,
    Terms,
    Wish,
    below,
    beside,
    combined,
    matches,
    stricter,
)

NAMES = ("a", "ab", "b", "c", "")
PATTERNS = st.frozensets(st.sampled_from(("a", "a*", "b", "c", "*")), max_size=3)
CHOICES = st.builds(Choice, st.frozensets(PATTERNS, max_size=2), PATTERNS)
WISHES = st.dictionaries(
    st.tuples(st.sampled_from(("pii", "secrets")), st.sampled_from(SIDES)),
    st.builds(Wish, st.sampled_from(MODES), st.booleans()),
    max_size=3,
)
VALUES = {
    "models": CHOICES,
    "providers": CHOICES,
    "guardrails": WISHES,
    "own_keys": st.frozensets(st.sampled_from("pqr"), max_size=2),
    "fallbacks": st.booleans(),
    "assumed_max_tokens": st.integers(1, 9),
}


@st.composite
def stances(draw: st.DrawFn, may_loosen: bool = True) -> Stance:
    said = {name: draw(values) for name, values in VALUES.items() if draw(st.booleans())}
    loose = draw(st.sets(st.sampled_from(sorted(VALUES)))) if may_loosen else set()
    return Stance(
        {name: value for name, value in said.items() if name not in loose},
        {name: value for name, value in said.items() if name in loose},
    )


def allows_no_more(name: str, one: Any, other: Any) -> bool:
    """Whether the first value of a field lets do nothing that the second does not."""
    if isinstance(one, Choice):
        return all(other.permits(word) for word in NAMES if one.permits(word))
    if name == "guardrails":
        return all(
            place in one and STRICTNESS[one[place].mode] >= STRICTNESS[wish.mode] and one[place].closed >= wish.closed
            for place, wish in other.items()
        )
    return bool(one <= other)


def restricts(one: Stance, other: Stance, names: Any = VALUES) -> bool:
    """Whether what holds by the first lets do nothing that what holds by the second does not."""
    mine, theirs = one.settled(), other.settled()
    return all(name in mine and allows_no_more(name, mine[name], theirs[name]) for name in names if name in theirs)


@given(st.lists(stances(may_loosen=False), max_size=5), stances())
def test_a_narrower_policy_never_widens_what_no_wider_one_lets_it_widen(wide: list[Stance], narrow: Stance) -> None:
    before = combined([[Document(str(n), "", one)] for n, one in enumerate(wide)])
    assert restricts(below(before, narrow), before)


@given(stances(), stances())
def test_only_the_fields_that_are_named_can_be_widened(wide: Stance, narrow: Stance) -> None:
    assert restricts(below(wide, narrow), wide, [name for name in VALUES if name not in wide.loose])


@given(stances(), stances(), stances())
def test_what_a_wide_policy_bounds_no_policy_below_gets_beyond(top: Stance, middle: Stance, bottom: Stance) -> None:
    settled = below(below(top, middle), bottom).settled()
    for name, bound in top.firm.items():
        assert allows_no_more(name, settled[name], bound)


@given(stances(), stances(), stances())
def test_the_tree_may_be_combined_from_either_end(one: Stance, two: Stance, three: Stance) -> None:
    assert below(below(one, two), three) == below(one, below(two, three))
    assert below(Stance(), one) == below(one, Stance()) == one


@given(
    st.lists(stances(), min_size=1, max_size=4).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows)))
)
def test_the_order_of_policies_of_one_level_means_nothing(pair: tuple[list[Stance], list[Stance]]) -> None:
    first, second = ([Document("x", "", one) for one in rows] for rows in pair)
    assert combined([first]) == combined([second])


@given(stances(), stances())
def test_a_further_policy_of_the_same_level_only_restricts(one: Stance, other: Stance) -> None:
    assert restricts(beside(one, other), one)
    assert beside(one, one) == one


@given(st.data(), st.sampled_from(sorted(VALUES)))
def test_what_two_policies_say_of_a_field_together_has_no_order(data: st.DataObject, name: str) -> None:
    one, two, three = (data.draw(VALUES[name]) for _ in range(3))
    meet = MEETS[name]
    assert meet(one, two) == meet(two, one)
    assert meet(meet(one, two), three) == meet(one, meet(two, three))
    assert meet(one, one) == one
    assert allows_no_more(name, meet(one, two), one)


def test_what_is_loose_gives_way_and_what_is_firm_does_not() -> None:
    wide = Stance({"assumed_max_tokens": 100}, {"models": Choice(frozenset({frozenset({"a"})}))})
    narrow = Stance({"models": Choice(frozenset({frozenset({"b"})})), "assumed_max_tokens": 500})
    settled = below(wide, narrow).settled()
    assert settled["models"].permits("b") and not settled["models"].permits("a")
    assert settled["assumed_max_tokens"] == 100


def test_lists_intersect_and_denials_unite() -> None:
    one = Choice(frozenset({frozenset({"gpt-*"})}), frozenset({"gpt-3"}))
    two = Choice(frozenset({frozenset({"gpt-4*", "claude"})}))
    both = MEETS["models"](one, two)
    assert [name for name in ("gpt-3", "gpt-4", "gpt-4o", "gpt-5", "claude") if both.permits(name)] == [
        "gpt-4",
        "gpt-4o",
    ]


def test_an_empty_list_allows_nothing_and_no_list_everything() -> None:
    assert not Choice(frozenset({frozenset()})).permits("a")
    assert Choice().permits("a")


def test_a_thing_of_two_names_is_allowed_by_one_and_denied_by_one() -> None:
    assert Choice(frozenset({frozenset({"openai"})})).permits_any(["main", "openai"])
    assert not Choice(denied=frozenset({"openai"})).permits_any(["main", "openai"])
    assert not Choice(frozenset({frozenset({"azure"})})).permits_any(["main", "openai"])


def test_modes_are_in_the_order_of_their_strictness() -> None:
    for one, other in product(MODES, MODES):
        assert stricter(Wish(one), Wish(other)).mode == max(one, other, key=MODES.index)
    assert stricter(Wish("block", closed=False), Wish("flag", closed=True)) == Wish("block", closed=True)


@pytest.mark.parametrize(
    ("place", "level"),
    [
        (Attachment(), "everyone"), (Attachment("t"), "tenant"), (Attachment("t", team="x"), "team"),
        (Attachment(department="d"), "department"), (Attachment("t", key="k"), "key"), (Attachment(user="u"), "user"),
    ],
)  # fmt: skip
def test_a_policy_has_the_level_of_the_narrowest_name_it_is_attached_to(place: Attachment, level: str) -> None:
    assert LEVELS[place.level] == level


def test_patterns_match_whole_names_or_what_begins_with_the_rest() -> None:
    assert matches(["a*"], "abc") and matches(["*"], "") and matches(["a"], "a")
    assert not matches(["a"], "ab") and not matches(["a*"], "b") and not matches([], "a")


def test_every_field_that_combines_is_one_of_the_terms() -> None:
    assert set(MEETS) <= set(Terms._fields)
    assert (Terms().narrows, Terms().watches) == (False, False)
    assert Terms(regions=Choice(denied=frozenset({"us"}))).narrows
    assert Terms(dialects=Choice(denied=frozenset({"x"}))).watches and Terms(trial=Terms()).watches
