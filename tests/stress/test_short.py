"""The short forms of the stress runs: some thousand requests, a few kills, every sum and every cap."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stress.run import Plan, said, services, stress


@pytest.mark.parametrize(
    "shared", [False, True], ids=["one gateway", "three gateways, Valkey and PostgreSQL restarted"]
)
async def test_every_cap_and_every_sum_hold_through_kills(tmp_path: Path, shared: bool) -> None:
    with services(shared) as (urls, restarts):
        plan = Plan(
            requests=3000,
            gateways=3 if shared else 1,
            at_once=24,
            kill_every_s=1.5,
            seed=20_261_121,
            database_url=urls[0],
            redis_url=urls[1],
            spend="0.30",
        )
        outcome = await stress(plan, tmp_path, restarts)
    assert outcome.wrong == [], said(outcome, plan)
    assert outcome.kills
    assert any(name.startswith("402") for name in outcome.told), "no cap was reached: the run proves nothing of them"
