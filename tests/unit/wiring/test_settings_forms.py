"""Durations, and what annotations say."""

from __future__ import annotations

import pytest

from torana.wiring.settings_forms import says, seconds


@pytest.mark.parametrize(
    ("text", "value"),
    [("30s", 30), ("1m", 60), ("2 h", 7200), ("1d", 86400), ("1w", 604800), ("0.5m", 30), ("5ms", 0.005)],
)
def test_a_duration_is_seconds(text: str, value: float) -> None:
    assert seconds(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "1", "m", "1 fortnight", "-1s", "0s", "1m30s", "1M"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        seconds(text)


def test_an_annotation_says_only_what_it_was_given() -> None:
    assert says("why", form="zone", ge=1).extra == {"says": "why", "form": "zone", "ge": 1}
    assert says("").extra == {}
