"""Whatever way a stream ends, its upstream connection is closed and one Receipt is written."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.gateway import Gateway, configuration, model, provider
from tests.e2e.process import until
from tests.e2e.talker import MODELS, TALK_EVENTS, TALK_GAP_S, TALK_HEAD_S, Talker
from tests.e2e.wire import Visit, chat, exchange, parse, visit

STREAMS = 200
SPOOLED_WITHIN_S = 2.0
"""An answer this old has its Receipt in the spool; younger ones may die with the process."""
GONE = {"client_gone", "client_gone_early"}


@pytest.fixture(scope="module")
def talker(room: Path) -> Iterator[Talker]:
    found = Talker(room / "talker.log")
    yield found
    found.process.kill()


def gateway_before(talker: Talker, folder: Path, **server: object) -> Gateway:
    """A gateway of its own, for a test that ends it."""
    return Gateway(
        folder,
        configuration(
            [provider("talker", talker.origin)],
            [model(name, "talker") for name in MODELS],
            server=server,
        ),
    )


def test_streams_cut_at_random_moments_leave_nothing_open_and_one_receipt_each(
    talker: Talker,
    tmp_path: Path,
) -> None:
    dice = random.Random(20261121)
    gateway = gateway_before(talker, tmp_path)
    whole_s = TALK_HEAD_S + TALK_EVENTS * TALK_GAP_S

    async def storm() -> list[Visit]:
        started = []
        for number in range(STREAMS):
            leave = dice.uniform(0.0, whole_s * 1.5)
            started.append(
                asyncio.ensure_future(visit(gateway.port, "talk", f"cut-{number}", leave, reset=dice.random() < 0.5))
            )
            if number % 50 == 49:
                await asyncio.sleep(0.3)
        return list(await asyncio.gather(*started))

    try:
        visits = asyncio.run(storm())
        cut = [found for found in visits if found.hung_up]
        assert len(cut) > STREAMS // 4, "the streams were too quick to be cut: nothing was proved"
        assert any(found.saw_content for found in cut)
        assert any(not found.saw_content for found in cut)
        assert until(lambda: talker.counts()["talking"] == 0, 15), f"upstream answers left open: {talker.counts()}"
        assert until(lambda: gateway.metric("ai_gateway_in_flight") == 0, 10)
        assert until(lambda: gateway.metric("ai_gateway_holds_open") == 0, 10)
        good = parse(exchange(gateway.port, chat("brief", "X-Request-Id: afterwards")))
        assert good.status == 200
        assert gateway.process.stop() == 0
    finally:
        gateway.process.kill()
    assert_endings(gateway, visits)


def assert_endings(gateway: Gateway, visits: list[Visit]) -> None:
    """One Receipt for each visit in the audit file and one in the database, with an ending that fits."""
    entries = gateway.audit()
    endings = {str(entry["request_id"]): str(entry["ending"]) for entry in entries}
    wanted = {found.request_id for found in visits} | {"afterwards"}
    assert Counter(str(entry["request_id"]) for entry in entries) == Counter(wanted)
    rows = gateway.rows(
        "select facts.request_id, names.text as ending from usage_facts facts join names on names.id = facts.ending"
    )
    assert Counter(row["request_id"] for row in rows) == Counter(wanted)
    assert {row["request_id"]: row["ending"] for row in rows} == endings
    for found in visits:
        ending = endings[found.request_id]
        if found.saw_all:
            assert ending == "completed", found
        elif found.saw_content:
            assert ending in {"client_gone", "completed"}, (ending, found)
        else:
            assert ending in GONE, (ending, found)


def test_sigterm_lets_running_streams_finish_and_loses_no_receipt(talker: Talker, tmp_path: Path) -> None:
    gateway = gateway_before(talker, tmp_path, drain_s=20)

    async def scene() -> tuple[list[Visit], bool, int]:
        streams = [asyncio.ensure_future(visit(gateway.port, "talk", f"drain-{n}", None)) for n in range(50)]
        while talker.counts()["talking"] < 50:
            await asyncio.sleep(0.02)
        gateway.process.send(signal.SIGTERM)
        refused = await asyncio.to_thread(until, lambda: refuses(gateway.port), 10)
        still_talking = talker.counts()["talking"]
        return list(await asyncio.gather(*streams)), refused, still_talking

    try:
        visits, refused, still_talking = asyncio.run(scene())
        code = gateway.process.wait()
    finally:
        gateway.process.kill()
    assert refused, "new connections were still taken after SIGTERM"
    assert still_talking > 0, "the streams had ended before the refusal was seen: nothing was proved"
    assert all(found.saw_all and b"data: [DONE]" in found.said for found in visits)
    assert code == 0, gateway.process.tail()
    assert Counter((e["request_id"], e["ending"]) for e in gateway.audit()) == Counter(
        (found.request_id, "completed") for found in visits
    )
    assert len(gateway.rows("select request_id from usage_facts")) == 50


def refuses(port: int) -> bool:
    """Whether a new connection is refused, or closed without an answer, or told 503."""
    try:
        said = exchange(port, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", quiet_s=0.5)
    except ConnectionError:
        return True
    return not said or parse(said).status == 503


def test_streams_that_outlast_the_drain_end_cleanly_with_an_error_event(talker: Talker, tmp_path: Path) -> None:
    gateway = gateway_before(talker, tmp_path, drain_s=1)

    async def scene() -> list[Visit]:
        streams = [asyncio.ensure_future(visit(gateway.port, "endless", f"endless-{n}", None)) for n in range(50)]
        while talker.counts()["talking"] < 50:
            await asyncio.sleep(0.02)
        gateway.process.send(signal.SIGTERM)
        return list(await asyncio.gather(*streams))

    try:
        visits = asyncio.run(scene())
        code = gateway.process.wait()
    finally:
        gateway.process.kill()
    assert code == 0, gateway.process.tail()
    for found in visits:
        assert found.saw_all, f"the chunked body was not ended: {found.said[-300:]!r}"
        assert b'"error"' in found.said.rpartition(b"data: {")[2] or b'"error"' in found.said[-1500:]
        assert b'"error_code":"OVERLOADED"' in found.said.replace(b": ", b":")
        assert b"data: [DONE]" not in found.said, "an answer that was cut short must not look whole"
    assert Counter((e["request_id"], e["ending"]) for e in gateway.audit()) == Counter(
        (found.request_id, "shutdown") for found in visits
    )
    assert until(lambda: talker.counts()["talking"] == 0, 5)


async def load_until_killed(gateway: Gateway, name: str, seconds: float) -> list[str]:
    """Kill the gateway under load; the requests whose answer was whole well before that."""
    answered: dict[str, float] = {}

    async def one(worker: int) -> None:
        number = 0
        while (found := await visit(gateway.port, "brief", f"{name}-{worker}-{number}", None)).saw_all:
            answered[found.request_id] = time.monotonic()
            number += 1

    workers = [asyncio.ensure_future(one(number)) for number in range(16)]
    await asyncio.sleep(seconds)
    killed_at = time.monotonic()
    gateway.process.kill()
    await asyncio.gather(*workers, return_exceptions=True)
    return [request_id for request_id, at in answered.items() if at < killed_at - SPOOLED_WITHIN_S]


def test_after_kills_every_receipt_is_in_file_and_database_exactly_once(talker: Talker, tmp_path: Path) -> None:
    gateway = gateway_before(talker, tmp_path)
    spooled: list[str] = []
    try:
        for turn, seconds in enumerate((3.5, 0.7, 0.1, 3.0)):
            spooled += asyncio.run(load_until_killed(gateway, f"kill-{turn}", seconds))
            gateway.start()
        assert len(spooled) > 50, "too little load to prove anything"
        assert parse(exchange(gateway.port, chat("brief", "X-Request-Id: after-the-kill"))).status == 200
        assert gateway.process.stop() == 0
    finally:
        gateway.process.kill()
    assert_exactly_once(gateway, spooled)


def assert_exactly_once(gateway: Gateway, spooled: list[str]) -> None:
    """File and database agree, hold nothing twice, and the roll-ups are the sums of the rows."""
    filed = Counter(str(entry["receipt_id"]) for entry in gateway.audit())
    stored = Counter(row["receipt_id"] for row in gateway.rows("select receipt_id from usage_facts"))
    assert max(filed.values()) == 1
    assert stored == filed
    names = {str(entry["request_id"]) for entry in gateway.audit()}
    assert "after-the-kill" in names
    lost = [name for name in spooled if name not in names]
    assert not lost, f"{len(lost)} of {len(spooled)} requests answered in good time have no receipt"
    facts = gateway.rows("select count(*) as n, sum(input_tokens) as i, sum(output_tokens) as o from usage_facts")[0]
    rolled = gateway.rows(
        "select sum(requests) as n, sum(input_tokens) as i, sum(output_tokens) as o from usage_hourly"
    )[0]
    assert tuple(rolled) == tuple(facts)
