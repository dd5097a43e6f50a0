"""One AI request on the wire, whatever happens to it: what its caller gets, what its Receipt says, what is left open."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from tests.line.asgi import Visit, body_of, house_of, turns
from tests.line.world import HANG, KEY, KEY_ENTRY, Script, ScriptedProvider, World, quiet, snapshot, text
from torana.core.call import Usage
from torana.core.faults import ConnectFailed, ConnectionBroken, StatusFault
from torana.edge.ai import ASK_WHO_ABOVE_BYTES
from torana.edge.house import Bounds, House, Views
from torana.edge.sweep import leave, sweep
from torana.edge.watch import GRACE_S
from torana.ports.receipt import Receipt

USAGE = Usage(uncached=11, output=3)
A, B = text("data: a\n\n"), text("data: b\n\n")
LAST = text("data: c\n\n", finish="stop", usage=USAGE)
DONE = quiet("data: [DONE]\n\n")
STREAM = body_of(stream=True)
PLAIN = body_of()
WHOLE = text('{"whole":true}', usage=USAGE)


def world_of(*scripts: Script) -> World:
    return World(providers={"p": ScriptedProvider(*scripts)})


def ended(world: World, house: House, ending: str, code: str = "") -> Receipt:
    """The one Receipt; nothing runs, nothing is held."""
    (receipt,) = world.recorder.receipts
    assert (receipt.ending, receipt.error_code) == (ending, code)
    assert (world.tally.in_flight, world.tally.holds_open) == (0, 0)
    assert house.running == {}
    assert all(source.given_back for source in world.sources)
    return receipt


async def no_task_left() -> None:
    await turns()
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


# --- answers


async def test_a_plain_answer_is_its_bytes_with_their_length() -> None:
    world = world_of(Script([WHOLE]))
    house = house_of(world)
    visit = await Visit(house, body=[PLAIN]).run()
    assert (visit.status, visit.text) == (200, WHOLE.wire)
    assert visit.head["content-length"] == str(len(WHOLE.wire))
    assert visit.head["content-type"] == "application/json"
    receipt = ended(world, house, "completed")
    assert (receipt.request_bytes, receipt.response_bytes, receipt.address) == (
        len(PLAIN),
        len(WHOLE.wire),
        "192.0.2.1",
    )
    await no_task_left()


async def test_a_stream_is_its_events_one_by_one_and_a_last_comment() -> None:
    world = world_of(Script([A, B, LAST, DONE]))
    house = house_of(world)
    visit = await Visit(house, body=[STREAM]).run()
    assert [message["body"] for message in visit.sent[1:-1]] == [A.wire, B.wire, LAST.wire, DONE.wire]
    assert visit.head["content-type"].startswith("text/event-stream")
    assert "content-length" not in visit.head
    comment = visit.events[-1]
    assert comment.startswith(b": torana ")
    facts = json.loads(comment.removeprefix(b": torana "))
    receipt = ended(world, house, "completed")
    assert (facts["output_tokens"], facts["request_id"]) == (3, receipt.request_id)
    await no_task_left()


SOUND = (("content-type", "audio/mpeg"),)


async def test_a_stream_without_events_is_its_bytes_and_nothing_more() -> None:
    world = world_of(Script([A, B], headers=SOUND))
    house = house_of(world)
    visit = await Visit(house, body=[STREAM]).run()
    assert [message["body"] for message in visit.sent[1:]] == [A.wire, B.wire, b""]
    assert visit.head["content-type"] == "audio/mpeg"
    ended(world, house, "completed")


async def test_a_stream_without_events_that_breaks_is_left_unfinished() -> None:
    world = world_of(Script([A, ConnectionBroken()], headers=SOUND))
    house = house_of(world)
    visit = await Visit(house, body=[STREAM]).run()
    assert [message.get("body") for message in visit.sent] == [None, A.wire]
    assert not visit.ended, "the server cuts the connection, so that nobody takes half of it for the whole"
    ended(world, house, "upstream_broken", "UPSTREAM_ERROR")


async def test_a_body_in_many_pieces_is_one_body() -> None:
    world = world_of(Script([WHOLE]))
    house = house_of(world)
    visit = await Visit(house, body=[PLAIN[:7], b"", PLAIN[7:20], PLAIN[20:]]).run()
    assert visit.status == 200
    assert ended(world, house, "completed").request_bytes == len(PLAIN)


async def test_a_failure_before_the_head_is_an_error_in_the_dialects_shape_and_ours() -> None:
    world = world_of(Script(before=[ConnectFailed()]))
    house = house_of(world)
    visit = await Visit(house, body=[STREAM], headers=[("x-api-key", KEY), ("x-request-id", "mine")]).run()
    assert visit.status == 503
    body = visit.json()
    assert body["error"]["type"] == "api_error"
    assert (body["error_code"], body["status"], body["request_id"]) == ("UPSTREAM_UNAVAILABLE", "error", "mine")
    assert "retry-after" in visit.head
    assert visit.head["x-request-id"] == "mine"
    ended(world, house, "upstream_error", "UPSTREAM_UNAVAILABLE")


async def test_a_failure_in_mid_stream_is_an_error_event_and_a_clean_end() -> None:
    world = world_of(Script([A, ConnectionBroken()]))
    house = house_of(world)
    visit = await Visit(house, body=[STREAM]).run()
    assert visit.status == 200 and visit.ended
    assert visit.events[0] == A.wire.strip()
    error = json.loads(visit.events[-1].removeprefix(b"data: "))
    assert error["error_code"] == "UPSTREAM_ERROR"
    assert b"[DONE]" not in visit.text
    ended(world, house, "upstream_broken", "UPSTREAM_ERROR")


async def test_the_providers_own_words_about_a_bad_request_are_passed_on() -> None:
    said = b'{"error":{"message":"temperature is too hot","type":"invalid_request_error","code":"hot"}}'
    world = world_of(Script(before=[StatusFault(422, said, dialect="openai_chat")]))
    visit = await Visit(house_of(world), body=[PLAIN]).run()
    assert visit.status == 422
    assert visit.json()["error"]["code"] == "hot"
    assert visit.head["x-should-retry"] == "false"


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["plain", "stream"])
@pytest.mark.parametrize("script", [Script(before=[KeyError("bug")]), Script([KeyError("bug")])], ids=["head", "first"])
async def test_a_bug_of_ours_before_the_head_is_a_500_that_says_nothing_of_it(
    body: bytes, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    world = world_of(script)
    house = house_of(world)
    with caplog.at_level(logging.ERROR):
        visit = await Visit(house, body=[body]).run()
    assert visit.status == 500
    assert b"bug" not in visit.text and b"KeyError" not in visit.text
    assert "KeyError" in caplog.text
    assert KEY not in caplog.text
    ended(world, house, "internal", "INTERNAL")


async def test_a_bug_of_ours_in_mid_stream_is_an_error_event_and_an_internal_receipt() -> None:
    world = world_of(Script([A, OSError("a bug, not the socket")]))
    house = house_of(world)
    visit = await Visit(house, body=[STREAM]).run()
    assert visit.ended
    assert json.loads(visit.events[-1].removeprefix(b"data: "))["error_code"] == "INTERNAL"
    ended(world, house, "internal", "INTERNAL")


async def test_a_head_that_cannot_be_written_is_ours_not_the_callers_leaving() -> None:
    world = world_of(Script([WHOLE], headers=(("x-bad", None),)))  # type: ignore[arg-type]
    house = house_of(world)
    visit = await Visit(house, body=[PLAIN]).run()
    assert visit.status == 500
    ended(world, house, "internal", "INTERNAL")


# --- before the line


async def test_a_declared_length_over_the_bound_is_refused_unread() -> None:
    world = world_of()
    house = house_of(world, Bounds(max_body_bytes=10))
    visit = Visit(house, body=[PLAIN], headers=[("x-api-key", KEY), ("content-length", "11")])
    await visit.run()
    assert (visit.status, visit.receives) == (413, 0)
    assert visit.head["connection"] == "close"
    ended(world, house, "refused", "REQUEST_TOO_LARGE")


async def test_a_body_that_grows_over_the_bound_is_refused_as_soon_as_it_does() -> None:
    world = world_of()
    house = house_of(world, Bounds(max_body_bytes=10))
    visit = Visit(house, body=[b"12345", b"67890", b"1", b"never read"])
    await visit.run()
    assert (visit.status, visit.receives) == (413, 3)
    ended(world, house, "refused", "REQUEST_TOO_LARGE")


async def test_a_caller_who_leaves_in_mid_body_has_a_receipt_and_no_answer() -> None:
    world = world_of()
    house = house_of(world)
    visit = Visit(house, body=[b"{"])
    visit.whole = False
    task = visit.start()
    await turns()
    assert len(house.running) == 1 and world.tally.in_flight == 1
    visit.hang_up()
    await task
    assert visit.sent == []
    ended(world, house, "client_gone_early")
    await no_task_left()


@pytest.mark.parametrize(
    ("why", "status", "ending", "code"),
    [("body_timeout", 408, "refused", "REQUEST_TIMEOUT"), ("shutdown", 503, "shutdown", "OVERLOADED")],
)
async def test_a_body_that_dawdles_is_ended_with_a_word_and_a_receipt(
    why: str, status: int, ending: str, code: str
) -> None:
    world = world_of()
    house = house_of(world)
    visit = Visit(house, body=[b"{"])
    visit.whole = False
    task = visit.start()
    await turns()
    (running,) = house.running.items()
    leave(*running, why)
    await task
    assert visit.status == status
    assert visit.json()["error_code"] == code
    assert ended(world, house, ending, code).status == status


async def test_a_body_over_its_time_is_found_by_the_sweep() -> None:
    world = world_of()
    house = house_of(world, Bounds(body_timeout_s=5.0))
    visit = Visit(house, body=[b"{"])
    visit.whole = False
    task = visit.start()
    await turns()
    world.clock.advance(5.0)
    sweep(house)
    await turns()
    assert not task.done()
    world.clock.advance(0.1)
    sweep(house)
    await task
    assert visit.status == 408


async def test_a_receive_that_fails_still_leaves_a_receipt() -> None:
    world = world_of()
    house = house_of(world)
    visit = Visit(house)

    async def receive() -> Any:
        raise RuntimeError("a bug of the server")

    visit.receive = receive  # type: ignore[method-assign]
    await visit.run()
    assert visit.status == 500
    ended(world, house, "internal", "INTERNAL")


@pytest.mark.parametrize("why", ["draining", "overloaded"])
async def test_a_gateway_that_takes_no_more_refuses_unread_in_the_dialects_shape(why: str) -> None:
    world = world_of()
    views = Views(lambda: (True, {}), lambda: b"", lambda: why == "overloaded")
    house = house_of(world, views=views)
    house.draining = why == "draining"
    visit = await Visit(house, body=[PLAIN]).run()
    assert (visit.status, visit.receives) == (503, 0)
    assert visit.json()["error"]["type"] == "api_error"
    assert visit.head["retry-after"] == "1"
    ended(world, house, "refused", "OVERLOADED")


# --- shutdown and revocation while it runs


async def left(house: House, world: World, visit: Visit, why: str) -> None:
    """Let it run into its wait, then end it from outside."""
    task = visit.start()
    await turns(20)
    (running,) = house.running.items()
    leave(*running, why)
    leave(*running, "client_gone")  # who comes second changes nothing
    await task
    assert not task.cancelled() and task.cancelling() == 0
    await no_task_left()


@pytest.mark.parametrize(
    ("why", "status", "code"), [("shutdown", 503, "OVERLOADED"), ("revoked", 401, "TOKEN_REVOKED")]
)
@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["plain", "stream"])
async def test_a_request_that_we_end_before_its_head_is_told_why(why: str, status: int, code: str, body: bytes) -> None:
    world = world_of(Script(before=[HANG]))
    house = house_of(world)
    visit = Visit(house, body=[body])
    await left(house, world, visit, why)
    assert visit.status == status
    assert visit.json()["error_code"] == code
    assert visit.json()["error"]["message"]
    assert ended(world, house, why, code).status == status


@pytest.mark.parametrize(("why", "code"), [("shutdown", "OVERLOADED"), ("revoked", "TOKEN_REVOKED")])
async def test_a_stream_that_we_end_has_a_last_event_and_a_clean_end(why: str, code: str) -> None:
    world = world_of(Script([A, HANG]))
    house = house_of(world)
    visit = Visit(house, body=[STREAM])
    await left(house, world, visit, why)
    assert visit.ended
    assert json.loads(visit.events[-1].removeprefix(b"data: "))["error_code"] == code
    ended(world, house, why, code)


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["plain", "stream"])
@pytest.mark.parametrize("why", ["shutdown", "revoked"])
async def test_a_request_that_is_ended_after_its_last_byte_says_nothing_more(why: str, body: bytes) -> None:
    world = world_of(Script([WHOLE] if body == PLAIN else [A, LAST]))
    house = house_of(world)

    def end_it(visit: Visit) -> None:
        if visit.ended:
            for running in list(house.running.items()):
                leave(*running, why)

    visit = await Visit(house, body=[body], then=end_it).run()
    assert visit.ended and visit.status == 200
    (receipt,) = world.recorder.receipts
    assert receipt.ending in {"completed", why}
    assert world.tally.holds_open == 0 and house.running == {}


async def test_a_plain_answer_cut_between_head_and_body_is_not_followed_by_an_event() -> None:
    world = world_of(Script([WHOLE]))
    house = house_of(world)

    def end_it(visit: Visit) -> None:
        if len(visit.sent) == 1:
            for running in list(house.running.items()):
                leave(*running, "shutdown")

    visit = await Visit(house, body=[PLAIN], then=end_it).run()
    assert [message["type"] for message in visit.sent] == ["http.response.start"]
    ended(world, house, "shutdown", "OVERLOADED")


async def test_a_cancel_from_elsewhere_is_not_swallowed() -> None:
    world = world_of(Script(before=[HANG]))
    house = house_of(world)
    task = Visit(house, body=[PLAIN]).start()
    await turns(20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    ended(world, house, "client_gone_early")


# --- the caller hangs up


async def hung_up(visit: Visit) -> None:
    """Run it, hang up while it waits, and see it end by itself."""
    task = visit.start()
    await turns(20)
    assert not task.done()
    visit.hang_up()
    await asyncio.wait_for(task, 5)
    await no_task_left()


@pytest.mark.parametrize(
    ("script", "body", "ending"),
    [
        (Script(before=[HANG]), PLAIN, "client_gone_early"),
        (Script(before=[HANG]), STREAM, "client_gone_early"),
        (Script([quiet(), HANG]), STREAM, "client_gone_early"),
        (Script([A, HANG]), STREAM, "client_gone"),
        (Script([A, LAST, HANG]), STREAM, "completed"),
    ],
    ids=["plain", "stream", "quiet", "content", "finish"],
)
async def test_a_caller_who_hangs_up_ends_the_request_and_its_upstream(
    script: Script, body: bytes, ending: str
) -> None:
    world = world_of(script)
    house = house_of(world)
    visit = Visit(house, body=[body])
    await hung_up(visit)
    assert not visit.ended
    assert ended(world, house, ending).usage_estimated is (ending != "completed")


async def test_a_caller_who_hung_up_within_the_grace_is_noticed_after_it() -> None:
    world = world_of(Script(before=[HANG]))
    house = house_of(world)
    visit = Visit(house, body=[STREAM])
    task = visit.start()
    await turns(3)
    visit.hang_up()
    await asyncio.wait_for(task, GRACE_S + 5)
    ended(world, house, "client_gone_early")


@pytest.mark.parametrize("fails_at", [0, 1, 2])
async def test_a_send_that_fails_is_the_callers_leaving_not_a_fault(
    fails_at: int, caplog: pytest.LogCaptureFixture
) -> None:
    world = world_of(Script([A, B, LAST]))
    house = house_of(world)
    visit = await Visit(house, body=[STREAM], fails_at=fails_at).run()
    assert len(visit.sent) == fails_at
    ended(world, house, "client_gone")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_refusal_that_cannot_be_sent_is_no_fault_either(caplog: pytest.LogCaptureFixture) -> None:
    world = world_of()
    house = house_of(world)
    await Visit(house, body=[b"{"], fails_at=0).run()
    ended(world, house, "refused", "REQUEST_INVALID")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_slow_answer_that_ends_as_the_watch_starts_is_completed() -> None:
    """Servers report the end of an answer as a disconnect: it must not cut the closing of a finished request."""

    for body, steps in ((PLAIN, [WHOLE]), (STREAM, [A, LAST])):
        world = world_of()
        release = asyncio.Event()
        provider = SlowProvider(release, *steps)
        world.providers["p"] = provider
        house = house_of(world)
        visit = Visit(house, body=[body])
        task = visit.start()
        await asyncio.sleep(GRACE_S * 2)  # the watch is waiting now
        release.set()
        await asyncio.wait_for(task, 5)
        assert visit.ended
        ended(world, house, "completed")
        await no_task_left()


class SlowProvider(ScriptedProvider):
    """Answers when released; its source takes a while to end and to close."""

    def __init__(self, release: asyncio.Event, *steps: Any) -> None:
        def nothing() -> None:
            """A turn of the loop."""

        super().__init__(Script([*steps, *[nothing] * 20]))
        self._release = release

    async def send(self, attempt: Any, prompt: Any) -> Any:
        await self._release.wait()
        return await super().send(attempt, prompt)


async def test_two_requests_do_not_see_each_other() -> None:
    world = world_of(Script([A, HANG]))
    house = house_of(world)
    first, second = Visit(house, body=[STREAM]), Visit(house, body=[STREAM])
    one, two = first.start(), second.start()
    await turns(20)
    first.hang_up()
    await asyncio.wait_for(one, 5)
    assert not two.done() and len(house.running) == 1
    second.hang_up()
    await asyncio.wait_for(two, 5)
    assert [receipt.ending for receipt in world.recorder.receipts] == ["client_gone"] * 2
    assert len({receipt.receipt_id for receipt in world.recorder.receipts}) == 2


async def test_rooms_that_are_exchanged_meanwhile_do_not_touch_a_running_request() -> None:
    world = world_of(Script([A, HANG]))
    house = house_of(world)
    visit = Visit(house, body=[STREAM])
    task = visit.start()
    await turns(20)
    house.rooms = World().rooms
    visit.hang_up()
    await asyncio.wait_for(task, 5)
    ended(world, house, "client_gone")


async def test_an_error_of_a_dialects_reader_is_refused_after_the_key_was_judged() -> None:
    world = world_of()
    house = house_of(world)
    unknown = await Visit(house, body=[b"not json"], headers=[("x-api-key", "sk-nobody")]).run()
    known = await Visit(house, body=[b"not json"]).run()
    assert (unknown.status, known.status) == (401, 400)
    assert [receipt.error_code for receipt in world.recorder.receipts] == ["KEY_INVALID", "REQUEST_INVALID"]


@pytest.mark.parametrize(
    "length",
    [("content-length", str(ASK_WHO_ABOVE_BYTES + 1)), ("transfer-encoding", "chunked")],
    ids=["large", "length unknown"],
)
async def test_nobody_unknown_makes_us_hold_a_large_body(length: tuple[str, str]) -> None:
    world = World()
    visit = Visit(house_of(world), body=[b"x", b"y"], headers=[("authorization", "Bearer sk-nobody"), length])
    await visit.run()
    assert (visit.status, visit.receives) == (401, 0)
    (receipt,) = world.recorder.receipts
    assert (receipt.ending, receipt.error_code) == ("refused", "KEY_INVALID")


@pytest.mark.parametrize(("on", "status", "outcome"), [(True, 503, "injected 503"), (False, 200, "ok")])
async def test_headers_that_routing_looks_at_reach_it_and_no_others_do(on: bool, status: int, outcome: str) -> None:
    provider = ScriptedProvider(Script([WHOLE]))
    key = replace(KEY_ENTRY, permissions=frozenset({"routing.inject"}))
    world = World(snapshot(key=key, inject=on), {"p": provider})
    asked = ("x-torana-inject", "503")
    visit = await Visit(house_of(world), body=[PLAIN], headers=[*Visit.headers, asked, ("x-other", "1")]).run()
    assert visit.status == status
    assert [one.outcome for one in world.recorder.receipts[0].attempts] == [outcome]
    assert len(provider.attempts) == (not on)


async def test_a_header_of_ours_that_makes_no_sense_is_refused_by_its_name() -> None:
    at = world_of()
    visit = await Visit(house_of(at), body=[PLAIN], headers=[("x-api-key", KEY), ("x-torana-strict", "maybe")]).run()
    assert (visit.status, visit.json()["error"]["param"]) == (400, "x-torana-strict")
    assert at.sources == []
    assert at.recorder.receipts[0].error_code == "REQUEST_INVALID"
    nobody = [("x-api-key", "sk-nobody"), ("x-torana-strict", "maybe")]
    assert (await Visit(house_of(at), body=[PLAIN], headers=nobody).run()).status == 401
