"""Chunks that differ in one piece only are taken whole, wait in order, and are taken apart again as they came."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.line.finders import Emails, Finds
from tests.line.streams import SPEECHES, Speech, chat, heard, sse
from tests.line.world import KEY_ENTRY, ScriptedSource, World, model
from torana.core.call import Ask, Chunk, Prompt, Reply
from torana.core.sse import SseSplitter
from torana.core.tickets import Attempt, Caller, Grant, Rule
from torana.line.guard import Guard, Guards
from torana.line.guard_alike import Alike
from torana.line.guard_channel import Channel, Watch, watch_of
from torana.line.guard_events import form_of, read_event
from torana.line.guard_team import Member
from torana.scan.gate import Gate

EACH = pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: speech.dialect)
CHAT = SPEECHES[0]


def watch() -> Watch:
    emails = Emails()
    return watch_of(Gate([emails.triggers]), (Member(0, Rule("pii"), Guard("pii", emails)),), "span", None)


def begun(speech: Speech = CHAT, first: str = "Dear ") -> tuple[Alike, Channel]:
    """A run whose first piece has been judged."""
    event = SseSplitter().feed(sse(speech.piece(first)))[0]
    place = read_event(event.data or b"", loose=False).pieces[0]
    channel = Channel(watch(), place.path, place.role)
    channel.add(first)
    channel.leave(channel.judge(final=False).until)
    alike = Alike()
    alike.begin(form_of(event, place), channel)
    return alike, channel


def said(*texts: str) -> Chunk:
    return Chunk(b"".join(sse(CHAT.piece(text)) for text in texts))


@EACH
def test_a_chunk_like_the_one_before_is_taken_in_every_dialect(speech: Speech) -> None:
    alike, channel = begun(speech)
    assert alike.taken(Chunk(sse(speech.piece("reader")))) is channel
    assert (channel.text, channel.let, len(alike.waiting)) == ("Dear reader", 5, 1)


def test_several_events_in_a_chunk_are_taken_together_and_taken_apart_again() -> None:
    alike, channel = begun()
    chunk = said("rea", "der", " é\n")
    assert alike.taken(chunk) is channel
    assert channel.let == len("Dear reader é\n")
    ((same, events),) = alike.events()
    assert same is chunk
    assert [(text, start) for _, text, start in events] == [("rea", 5), ("der", 8), (" é\n", 11)]
    assert b"".join(event.wire for event, _, _ in events) == chunk.wire
    assert not alike.waiting


@pytest.mark.parametrize(
    "chunk",
    [
        said("ann@example.org "),
        Chunk(sse(chat({"content": "x"}, "stop"))),
        Chunk(said("whole").wire[:-1]),
        Chunk(said("one").wire + b"data: [DONE]\n\n"),
        Chunk(said("x").wire.replace(b'"x"', b'"x","name":"y"')),
        Chunk(said("x").wire.replace(b'"x"', b'"x\n\ndata: y"')),
        Chunk(said("x").wire.replace(b'"x"', b'"\xff"')),
        said("zero\u200bwidth"),
    ],
)
def test_a_chunk_with_a_finding_another_form_or_a_text_without_a_plain_normal_form_is_left(chunk: Chunk) -> None:
    alike, channel = begun()
    assert alike.taken(chunk) is None
    assert (channel.text, len(alike.waiting)) == ("Dear ", 0)


def test_what_was_found_and_has_left_does_not_slow_what_follows() -> None:
    alike, channel = begun(first="Ask ann@example.org now ")
    assert channel.let == 24
    assert alike.taken(said("and ")) is channel


@EACH
@given(data=st.data())
@settings(max_examples=30, deadline=None)
async def test_however_events_are_put_into_chunks_the_same_is_heard(speech: Speech, data: st.DataObject) -> None:
    word = st.sampled_from(["the ", "reader ", "of ", "é", "पत्र ", "fal", "con", " ", '"', "\\", "2,", "\u200b"])
    pieces = data.draw(
        st.lists(word if not speech.arguments else st.sampled_from(["a ", "fal", "con", "b"]), min_size=2)
    )
    events = [sse(speech.piece(piece)) for piece in pieces]
    chunks: list[bytes] = []
    while events:
        count = data.draw(st.integers(1, 3))
        chunks.append(b"".join(events[:count]))
        events = events[count:]
    ends = [sse(event) for event in (*speech.after("".join(pieces)), *speech.ends)]
    guards = Guards({"words": Guard("words", Finds("falcon"))})
    grant = Grant(Caller("acme", "key-1", KEY_ENTRY), model(), "default@1", (Rule("words", "redact"),))
    source = ScriptedSource([Chunk(wire) for wire in [*map(sse, speech.before), *chunks, *ends]])
    reply = Reply(Attempt(model().deployments[0], 1), 200, speech.dialect.removesuffix("_tools"), True, source)
    out = await guards.outbound(grant, Prompt(World().call(ask=Ask("m", stream=True)), "m", b"{}"), reply)
    wire = b"".join([chunk.wire async for chunk in out.source])
    told = heard(speech, wire)
    assert "falcon" not in told.replace("\u200b", "")
    if "falcon" not in "".join(pieces).replace("\u200b", ""):
        assert told == "".join(pieces)
