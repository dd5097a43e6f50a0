"""The Snapshot is frozen: what a request began with stays as it was."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from torana.core.snapshot import EMPTY, Deadlines, Deployment, KeyEntry, LimitRule, ModelEntry, Prices, Snapshot

PARTS = [
    Prices("USD"),
    Deadlines(),
    Deployment("echo", "echo"),
    ModelEntry("gpt", (Deployment("echo", "echo"),)),
    KeyEntry("key_1", "mine", "sk-torana-Ab3d…", "acme"),
    LimitRule("rule", "key", None, "requests", 1, 60.0),
    Snapshot(1, "digest", {}, {}, {}),
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_no_part_can_be_changed(part: object) -> None:
    name = next(iter(type(part).__slots__))  # type: ignore[attr-defined]
    with pytest.raises(FrozenInstanceError):
        setattr(part, name, "other")
    with pytest.raises((AttributeError, TypeError)):
        part.unheard_of = 1  # type: ignore[attr-defined]


def test_the_empty_mapping_stays_empty() -> None:
    with pytest.raises(TypeError):
        EMPTY["a"] = 1  # type: ignore[index]


def test_a_key_without_a_list_may_use_every_model() -> None:
    assert KeyEntry("key_1", "mine", "sk…", "acme").models == ("*",)
