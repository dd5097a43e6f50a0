"""Whatever a provider does, the caller gets the right answer or the right error once, and the books are right.

The matrix with what is expected of it is ``faults.txt``; how a cell is played is in ``faults``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.fault_clients import TOGETHER
from tests.e2e.faults import (
    PAIRS,
    TOLD_NANO,
    UPSTREAM_KEY,
    Cell,
    Line,
    Played,
    Stage,
    golden,
    line_of,
)
from tests.e2e.process import free_port, until
from tests.e2e.road import straight
from torana.testing.troubles import ACCOUNT, SPILLED, TRACE

pytestmark = straight
LINES, EXCEPTIONS = golden()
FAULTS = list(dict.fromkeys(line.fault for line in LINES))
ROADS = dict.fromkeys((line.fault, line.way, line.road) for line in LINES)
CELLS = [Cell(*road, client, provider) for road in ROADS for client, provider in PAIRS]
MOST_IDLE = 64
"""Connections to the fake that the gateway may keep for the next request."""


@pytest.fixture(scope="module")
def stage(room: Path) -> Iterator[Stage]:
    found = Stage(room / "faults", CELLS, free_port())
    yield found
    found.close()


def played(stage: Stage, cells: list[Cell]) -> list[Played]:
    """The cells, played, with their Receipts and standings."""
    said, heard = stage.ask(cells)
    names = {cell.name for cell in cells}
    assert until(lambda: names <= {str(one["request_id"]) for one in stage.gateway.audit()}, 20), "Receipts are missing"
    receipts = [one for one in stage.gateway.audit() if one["request_id"] in names]
    standings, parkings = stage.standings(), stage.parkings()
    return [
        Played(
            cell,
            heard[cell.name],
            said[cell],
            [one for one in receipts if one["request_id"] == cell.name],
            standings[cell.name],
            parkings[cell.name],
        )
        for cell in cells
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_as_the_table_says_for_every_client_and_provider(stage: Stage, fault: str) -> None:
    cells = [cell for cell in CELLS if cell.fault == fault]
    before = len(stage.fake.open)
    found = played(stage, cells)
    wrong = []
    for one in found:
        (wanted,) = [line for line in LINES if line.is_of(one.cell)]
        try:
            came = line_of(one)._replace(providers=wanted.providers)
        except AssertionError as fault_of_shape:
            wrong.append(f"{one.cell.name}: {fault_of_shape}\n    {one.heard.body[-600:]!r}\n    {one.said}")
            continue
        if came != wanted:
            wrong.append(f"{one.cell.name}:\n    {' | '.join(came)}\nnot {' | '.join(wanted)}")
        raised = EXCEPTIONS.get((one.cell.client, came.caller), "")
        if one.said.error != raised:
            wrong.append(f"{one.cell.name}: the SDK raised {one.said.error or 'nothing'} at {came.caller!r}")
    assert not wrong, "\n".join(wrong)
    assert_clean(stage, found)
    assert len(stage.fake.open) <= max(before, MOST_IDLE)


def assert_clean(stage: Stage, found: list[Played]) -> None:
    """Nothing is left open, nothing is counted twice, and no caller learned what is not theirs to know."""
    assert until(lambda: stage.fake.under_way == 0, 10), "answers of the provider are still being waited for"
    assert until(stage.is_quiet, 10), "a request or its Hold is still open"
    names = {one.cell.name for one in found}
    query = "select request_id, cost_nano, names.text as ending from usage_facts join names on names.id = usage_facts.ending"
    wanted = Counter((one.cell.name, one.receipts[0]["ending"], one.receipts[0]["cost_nano"]) for one in found)

    def stored() -> Counter[tuple[object, ...]]:
        rows = stage.gateway.rows(query)
        return Counter(
            (row["request_id"], row["ending"], row["cost_nano"]) for row in rows if row["request_id"] in names
        )

    assert until(lambda: stored() == wanted, 20), stored() - wanted
    for one in found:
        secrets = (UPSTREAM_KEY, ACCOUNT, TRACE, f":{stage.fake.port}", *(value for _, value in SPILLED))
        if one.said.error:
            told = f"{one.heard.headers}{one.heard.body.decode()}{one.said.message}"
            assert not [secret for secret in secrets if secret in told], (one.cell.name, told)
        told = str(one.heard.headers)
        assert not [secret for secret in secrets if secret in told], (one.cell.name, told)


def test_bad_days_that_come_again_leave_nothing_more_open_and_no_key_of_a_provider_written(room: Path) -> None:
    cells = [Cell(*road, "chat", "openai") for road in ROADS]
    stage = Stage(room / "faults-again", cells, free_port())
    try:
        stage.ask(cells)
        assert until(lambda: stage.fake.under_way == 0, 10)
        before = stage.gateway.metric("process_open_fds")
        for _ in range(3):
            stage.ask(cells)
        assert until(lambda: stage.fake.under_way == 0 and stage.is_quiet(), 10)
        assert until(lambda: stage.gateway.metric("process_open_fds") <= before + TOGETHER, 10)
        assert UPSTREAM_KEY not in stage.gateway.left_behind() + stage.gateway.get("/metrics")
    finally:
        stage.close()


def test_breakers_and_parked_credentials_are_in_the_metrics_and_the_next_request_spares_the_provider(
    room: Path,
) -> None:
    cells = [
        Cell("reset", "whole", "fallback", "chat", "openai"),
        Cell("status_429_after_40", "whole", "fallback", "messages", "anthropic"),
        Cell("error_401", "stream", "alone", "responses", "chat_only"),
        Cell("late_error_401", "stream", "alone", "chat", "gemini"),
    ]
    stage = Stage(room / "fault-metrics", cells, free_port())
    try:
        stage.ask(cells)
        page = [stage.sample("ai_gateway_breaker_state", cell) for cell in cells]
        assert page == [2, 0, 0, 0]
        assert [stage.sample("ai_gateway_breaker_opened_total", cell) for cell in cells] == [1, None, None, None]
        assert [stage.sample("ai_gateway_deployment_cooling", cell) for cell in cells] == [0, 1, 0, 0]
        assert [stage.sample("ai_gateway_credentials_parked", cell) for cell in cells] == [0, 0, 1, 1]
        said, _ = stage.ask(cells[:2])
        assert {one.error for one in said.values()} == {""}
        wanted = [("breaker", 1), ("cooldown", 1)]
        for cell, (reason, times) in zip(cells, wanted, strict=False):
            labels = f'reason="{reason}"'
            assert until(
                lambda c=cell, w=labels, n=times: stage.sample("ai_gateway_short_circuits_total", c, w) == n, 20
            )
    finally:
        stage.close()


def test_the_table_covers_every_cell_once() -> None:
    for cell in CELLS:
        assert len([line for line in LINES if line.is_of(cell)]) == 1, cell
    assert all(any(line.is_of(cell) for cell in CELLS) for line in LINES)
    assert TOLD_NANO == 111_000
    assert len(set(LINES)) == len(LINES)
    assert isinstance(LINES[0], Line)
