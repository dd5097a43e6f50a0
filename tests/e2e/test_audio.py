"""The unmodified openai SDK hears sound and reads transcripts while they are made, however that ends."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model, provider
from tests.e2e.process import until
from tests.e2e.stage import Stage
from torana.testing.plays import EVENTS, SILENT, Exchange, Plain, Play, chunk, event, head, raw

SOUND = (("Content-Type", "audio/mpeg"),)
SPOKEN = [
    {"type": "speech.audio.delta", "audio": "SUQz"},
    {"type": "speech.audio.done", "usage": {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}},
]
HEARD = [
    {"type": "transcript.text.delta", "delta": "one "},
    {"type": "transcript.text.delta", "delta": "two"},
    {
        "type": "transcript.text.done",
        "text": "one two",
        "usage": {"type": "tokens", "input_tokens": 14, "output_tokens": 45, "total_tokens": 59},
    },
]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage(SILENT) as found:
        yield found


@pytest.fixture(scope="module")
def studio(stage: Stage, room: Path) -> Iterator[Gateway]:
    found = Gateway(
        room / "studio",
        configuration(
            [provider("host", stage.origin, operations=["speech", "transcriptions"])],
            [model("speaker", "host", "tts-1"), model("listener", "host", "gpt-4o-transcribe")],
        ),
    )
    yield found
    assert found.process.stop() == 0, found.process.tail()


@pytest.fixture
def sdk(studio: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{studio.origin}/v1", api_key=CALLER_KEY, max_retries=0, timeout=20) as client:
        yield client


def gated(gate: asyncio.Event) -> Play:
    """Half of the sound, and the other half when the gate opens."""

    async def play(exchange: Exchange) -> None:
        await exchange.write(head(200, SOUND) + chunk(b"ID3\x04"))
        await gate.wait()
        await exchange.write(chunk(b"\xff\xfb") + chunk(b""))

    return play


def entry(studio: Gateway, request_id: str) -> dict[str, object]:
    """The audit entry of one request, once it is there."""

    def found() -> list[dict[str, object]]:
        return [one for one in studio.audit() if one["request_id"] == request_id]

    assert until(lambda: bool(found()), 10)
    return found()[0]


def test_sound_is_heard_while_it_is_made(sdk: openai.OpenAI, stage: Stage, studio: Gateway) -> None:
    gate = asyncio.Event()
    stage.play(gated(gate))
    with sdk.audio.speech.with_streaming_response.create(model="speaker", voice="alloy", input="hello") as answer:
        assert answer.headers["content-type"] == "audio/mpeg"
        pieces = answer.iter_bytes()
        assert next(pieces) == b"ID3\x04"
        stage.open(gate)
        assert b"".join(pieces) == b"\xff\xfb"
    booked = entry(studio, answer.headers["x-request-id"])
    assert (booked["ending"], booked["response_bytes"], booked["usage_estimated"]) == ("completed", 6, False), (
        "characters are exact"
    )


def test_sound_that_breaks_off_is_not_taken_for_the_whole(sdk: openai.OpenAI, stage: Stage, studio: Gateway) -> None:
    stage.play(raw(head(200, SOUND) + chunk(b"ID3\x04"), then="close"))
    with sdk.audio.speech.with_streaming_response.create(model="speaker", voice="alloy", input="hello") as answer:
        pieces = answer.iter_bytes()
        assert next(pieces) == b"ID3\x04"
        with pytest.raises(Exception, match="without sending complete message body"):
            next(pieces)
    assert entry(studio, answer.headers["x-request-id"])["ending"] == "upstream_broken"


def test_who_stops_listening_stops_the_provider(sdk: openai.OpenAI, stage: Stage, studio: Gateway) -> None:
    stage.play(gated(asyncio.Event()))
    with sdk.audio.speech.with_streaming_response.create(model="speaker", voice="alloy", input="hello") as answer:
        assert next(answer.iter_bytes()) == b"ID3\x04"
    assert entry(studio, answer.headers["x-request-id"])["ending"] == "client_gone"
    assert until(lambda: stage.connections_open == 0, 10)


def test_an_error_in_the_place_of_sound_is_an_error(sdk: openai.OpenAI, stage: Stage) -> None:
    stage.play(Plain(b'{"error": {"message": "no voice today", "type": "server_error"}}'))
    with pytest.raises(openai.APIStatusError) as caught:
        sdk.audio.speech.create(model="speaker", voice="alloy", input="hello")
    assert caught.value.response.json()["error_code"].startswith("UPSTREAM_")


def test_speech_as_events_ends_with_its_usage(sdk: openai.OpenAI, stage: Stage, studio: Gateway) -> None:
    stage.play(raw(head(200, EVENTS), *(chunk(event(one)) for one in SPOKEN), chunk(b"")))
    spoken = sdk.audio.speech.with_raw_response.create(
        model="speaker", voice="alloy", input="hello", stream_format="sse"
    )
    lines = [line[6:] for line in spoken.http_response.text.splitlines() if line.startswith("data: ")]
    assert [json.loads(line) for line in lines] == SPOKEN
    assert json.loads(stage.last.body)["stream_format"] == "sse"
    booked = entry(studio, spoken.headers["x-request-id"])
    assert (booked["ending"], booked["input_tokens"], booked["output_tokens"]) == ("completed", 14, 101)


def test_a_transcript_is_read_while_it_is_made(sdk: openai.OpenAI, stage: Stage, studio: Gateway) -> None:
    gate = asyncio.Event()

    async def play(exchange: Exchange) -> None:
        await exchange.write(head(200, EVENTS) + chunk(event(HEARD[0])))
        await gate.wait()
        await exchange.write(b"".join(chunk(event(one)) for one in HEARD[1:]) + chunk(b""))

    stage.play(play)
    file = io.BytesIO(b"RIFF\x00\xffWAVE")
    file.name = "a.wav"
    with sdk.audio.transcriptions.create(model="listener", file=file, stream=True) as events:
        first = next(events)
        assert (first.type, getattr(first, "delta", "")) == ("transcript.text.delta", "one ")
        stage.open(gate)
        rest = list(events)
    assert [one.type for one in rest] == ["transcript.text.delta", "transcript.text.done"]
    assert rest[-1].text == "one two"
    assert b"gpt-4o-transcribe" in stage.last.body
    booked = entry(studio, events.response.headers["x-request-id"])
    assert (booked["ending"], booked["input_tokens"], booked["output_tokens"]) == ("completed", 14, 45)
