"""What every strategy does; a new file in the folder is covered unasked."""

from __future__ import annotations

import inspect
import pkgutil
from collections import Counter
from importlib import import_module
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import torana.strategies
from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts

FOUND = [import_module(f"torana.strategies.{one.name}") for one in pkgutil.iter_modules(torana.strategies.__path__)]
EACH = pytest.mark.parametrize("strategy", FOUND, ids=lambda module: module.__name__.rpartition(".")[2])

FACTS = st.builds(
    Facts,
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 10**9),
    st.dictionaries(st.sampled_from(["region", "tenant"]), st.text(max_size=4), max_size=2),
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
    assert len(FOUND) >= 3


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
