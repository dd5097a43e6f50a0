"""The least able that suffices is first; whatever cannot serve the request is last."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts
from torana.strategies.capability import order

TEXT = Deployment("p", "text", capabilities=frozenset({"tools"}), context_tokens=8_000)
EYES = Deployment("p", "eyes", capabilities=frozenset({"tools", "vision"}), context_tokens=32_000)
LONG = Deployment("p", "long", capabilities=frozenset({"tools", "vision"}), context_tokens=200_000)
SILENT = Deployment("p", "silent")


def names(*candidates: Deployment, needs: frozenset[str] = frozenset(), tokens: int = 0) -> list[str]:
    return [one.model for one in order(candidates, Facts(0.0, 0, {}, needs=needs, tokens=tokens))]


def test_plain_text_goes_to_the_least_able() -> None:
    assert names(LONG, EYES, TEXT) == ["text", "eyes", "long"]


def test_a_picture_goes_to_the_least_that_sees() -> None:
    assert names(LONG, TEXT, EYES, needs=frozenset({"vision"})) == ["eyes", "long", "text"]


def test_a_long_prompt_goes_to_the_least_that_takes_it() -> None:
    assert names(TEXT, EYES, LONG, tokens=32_001) == ["long", "text", "eyes"]
    assert names(TEXT, EYES, LONG, tokens=32_000) == ["eyes", "long", "text"]


def test_who_declares_nothing_is_taken_to_be_able() -> None:
    assert names(TEXT, SILENT, needs=frozenset({"audio"}), tokens=1_000_000) == ["silent", "text"]


def test_priority_goes_before_what_is_to_spare_but_not_before_being_able() -> None:
    second = Deployment("q", "text-2", priority=2, capabilities=frozenset({"tools"}))
    dear = Deployment("q", "eyes-1", priority=1, capabilities=frozenset({"tools", "vision"}))
    assert names(second, dear) == ["eyes-1", "text-2"]
    blind = Deployment("q", "blind-1", priority=1, capabilities=frozenset())
    assert names(blind, second, needs=frozenset({"tools"})) == ["text-2", "blind-1"]


NEEDS = st.frozensets(st.sampled_from(["tools", "vision", "audio"]))
DEPLOYMENTS = st.lists(
    st.builds(
        Deployment,
        st.just("p"),
        st.text("ab", max_size=2),
        priority=st.integers(1, 2),
        capabilities=st.none() | NEEDS,
        context_tokens=st.none() | st.integers(1, 100),
    ),
    max_size=6,
)


@given(DEPLOYMENTS, NEEDS, st.integers(0, 100))
def test_every_candidate_is_there_once_and_none_that_lacks_something_before_one_that_declares_it(
    candidates: list[Deployment], needs: frozenset[str], tokens: int
) -> None:
    ordered = order(candidates, Facts(0.0, 0, {}, needs=needs, tokens=tokens))
    assert Counter(map(id, ordered)) == Counter(map(id, candidates))
    able = [
        (one.capabilities is None or needs <= one.capabilities) and (one.context_tokens or 1000) >= tokens
        for one in ordered
    ]
    assert able == sorted(able, reverse=True)
