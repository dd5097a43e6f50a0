from __future__ import annotations

import pytest

from torana.core.capacity import Capacity, QueueRules


def test_nothing_said_bounds_nothing_and_puts_everybody_into_one_class() -> None:
    assert Capacity() == Capacity(concurrency=None, per_minute=None)
    assert dict(QueueRules().classes) == {QueueRules().default: 1}
    assert QueueRules().rules == ()


def test_the_classes_of_a_snapshot_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        QueueRules().classes["urgent"] = 9  # type: ignore[index]
