"""The short form: three seconds. How long callers wait is a figure of the long form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stress.frozen import added_p99_s, frozen, wrong


async def test_while_valkey_is_frozen_under_load_callers_are_told_what_their_rule_says_and_then_all_count_again(
    tmp_path: Path,
) -> None:
    phases = await frozen(3.0, 30.0, tmp_path)
    assert wrong(phases) == []
    assert set(added_p99_s(phases)) == {"allow", "deny", "local"}


@pytest.mark.long
async def test_the_same_for_half_a_minute(tmp_path: Path) -> None:
    assert wrong(await frozen(30.0, 120.0, tmp_path)) == []
