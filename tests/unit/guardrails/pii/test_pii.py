from __future__ import annotations

from typing import get_args

from torana.guardrails import pii
from torana.guardrails.pii.structured import KINDS


def test_the_kinds_of_the_settings_are_those_of_the_finders() -> None:
    assert set(get_args(pii.Kind)) == KINDS


def test_names_cost_more_than_shapes() -> None:
    assert pii.price_class(pii.Settings()) == "instant"
    assert pii.price_class(pii.Settings(names=True)) == "slow"


def test_names_are_found_only_on_request_and_then_every_text_is_looked_at() -> None:
    text = "My name is Asha Venkatesan, mail asha@example.org."
    shapes, names = pii.open(pii.Settings()), pii.open(pii.Settings(names=True))
    assert [one.kind for one in shapes.check(text)] == ["email"]
    assert [one.kind for one in names.check(text)] == ["person", "email"]
    assert shapes.triggers
    assert names.triggers is None


def test_published_types_are_given_to_kinds_that_exist() -> None:
    assert set(pii.SCORED) <= KINDS | {"person"}
