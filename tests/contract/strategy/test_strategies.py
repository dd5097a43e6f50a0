"""What every strategy does; a new file in the folder is covered unasked."""

from __future__ import annotations

import inspect
import pkgutil
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import torana.strategies
from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts

FOUND = [import_module(f"torana.strategies.{one.name}") for one in pkgutil.iter_modules(torana.strategies.__path__)]
EACH = pytest.mark.parametrize("strategy", FOUND, ids=lambda module: module.__name__.rpartition(".")[2])


def known_of(values: dict[tuple[str, str], Any], otherwise: Any) -> Callable[[Deployment], Any]:
    """A look-up of what is known of some deployments."""
    return lambda one: values.get((one.provider, one.model), otherwise)


def some(values: st.SearchStrategy[Any], otherwise: Any) -> st.SearchStrategy[Callable[[Deployment], Any]]:
    """Look-ups that know some deployments, all or none."""
    where = st.tuples(st.sampled_from("pqr"), st.sampled_from("abc"))
    return st.builds(known_of, st.dictionaries(where, values), st.just(otherwise))


FACTS = st.builds(
    Facts,
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 10**9),
    st.dictionaries(st.sampled_from(["region", "tenant"]), st.text(max_size=4), max_size=2),
    some(st.floats(0, 1e6), None),
    some(st.integers(0, 10**6), 0),
    some(st.integers(0, 10**18), None),
    st.text(max_size=8),
)
DEPLOYMENTS = st.lists(
    st.builds(
        Deployment,
        st.sampled_from("pqr"),
        st.sampled_from("abc"),
        st.integers(0, 10**6),
        st.integers(-3, 3),
        st.sampled_from(["", "eu"]),
    ),
    max_size=8,
).map(tuple)


def test_there_are_strategies_to_check() -> None:
    assert len(FOUND) >= 7


@EACH
def test_it_is_one_function_of_candidates_and_facts(strategy: ModuleType) -> None:
    assert list(inspect.signature(strategy.order).parameters) == ["candidates", "facts"]
    assert not inspect.iscoroutinefunction(strategy.order)


@EACH
@given(candidates=DEPLOYMENTS, facts=FACTS)
def test_it_gives_every_candidate_once_and_invents_none(
    strategy: ModuleType, candidates: tuple[Deployment, ...], facts: Facts
) -> None:
    assert Counter(strategy.order(candidates, facts)) == Counter(candidates)


@EACH
@given(candidates=DEPLOYMENTS, facts=FACTS)
def test_the_same_facts_give_the_same_order(
    strategy: ModuleType, candidates: tuple[Deployment, ...], facts: Facts
) -> None:
    first = list(strategy.order(candidates, facts))
    strategy.order(tuple(reversed(candidates)), facts._replace(turn=facts.turn + 1))
    assert list(strategy.order(candidates, facts)) == first


@EACH
@given(candidates=DEPLOYMENTS, facts=FACTS)
def test_it_leaves_what_it_was_given_alone(
    strategy: ModuleType, candidates: tuple[Deployment, ...], facts: Facts
) -> None:
    given_list = list(candidates)
    strategy.order(given_list, facts)
    assert given_list == list(candidates)


@EACH
def test_one_candidate_is_the_order(strategy: ModuleType) -> None:
    only = (Deployment("p", "a", weight=0),)
    assert list(strategy.order(only, Facts(0.0, 0, {}))) == list(only)


@EACH
@given(candidates=DEPLOYMENTS, facts=FACTS)
def test_a_lower_priority_never_comes_before_a_higher_one(
    strategy: ModuleType, candidates: tuple[Deployment, ...], facts: Facts
) -> None:
    ranks = [one.priority for one in strategy.order(candidates, facts)]
    assert ranks == sorted(ranks)
