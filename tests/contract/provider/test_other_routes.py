"""Every operation beside chat on an OpenAI-compatible host: its address, its bytes, its content types, and its refusal."""

from __future__ import annotations

import json
from types import ModuleType
from typing import NamedTuple

import pytest

from tests.contract.provider.memory import JSON, SSE, Canned, MemoryUpstream, attempt_of
from torana.core.call import Call, Prompt, Reply
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.core.trail import Trail
from torana.dialects import (
    completions,
    image_edits,
    image_generations,
    image_variations,
    moderations,
    rerank,
    speech,
    transcriptions,
    translations,
)
from torana.providers.openai_compatible import Settings
from torana.providers.openai_compatible import open as open_provider

FILE = b'--b\r\nContent-Disposition: form-data; name="%b"; filename="f"\r\n\r\n\xff\x00\r\n'
MODEL = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n%b\r\n'
PICTURES = b'{"created":1, "data":[{"url":"u"}]}'


def form(file: bytes, model: bytes) -> bytes:
    return FILE % file + MODEL % model + b"--b--\r\n"


class Way(NamedTuple):
    """One operation: what goes in under the name m and out under the name up, and an answer."""

    dialect: ModuleType
    path: str
    given: bytes
    sent: bytes
    answer: bytes


def json_way(dialect: ModuleType, path: str, members: bytes, answer: bytes) -> Way:
    head = b'{ "model" : "'
    return Way(dialect, path, head + b'm", ' + members + b"}", head + b'up", ' + members + b"}", answer)


WAYS = [
    json_way(completions, "/completions", b'"prompt":"a"', b'{"choices": [{"text":"b"}]}'),
    json_way(moderations, "/moderations", b'"input":"a"', b'{"results": []}'),
    json_way(image_generations, "/images/generations", b'"prompt":"a"', PICTURES),
    json_way(rerank, "/rerank", b'"query":"q","documents":["a"]', b'{"results": []}'),
    json_way(speech, "/audio/speech", b'"input":"a","voice":"v"', b"ID3\xff\x00"),
    Way(transcriptions, "/audio/transcriptions", form(b"file", b"m"), form(b"file", b"up"), b'{"text": "a"}'),
    Way(translations, "/audio/translations", form(b"file", b"m"), form(b"file", b"up"), b'{"text": "a"}'),
    Way(image_edits, "/images/edits", form(b"image", b"m"), form(b"image", b"up"), PICTURES),
    Way(image_variations, "/images/variations", form(b"image", b"m"), form(b"image", b"up"), PICTURES),
]
FORMS = (transcriptions, translations, image_edits, image_variations)


def prompt_of(dialect: ModuleType, body: bytes) -> Prompt:
    call = Call(dialect.ID, dialect.OPERATION, body, (), dialect.read, Trail("req-1", "rcpt1", 1.0, 0.0))
    return Prompt(call, call.ask.model or "m", body)


async def sent_and_got(way: Way, canned: Canned, **settings: object) -> tuple[MemoryUpstream, Reply]:
    upstream = MemoryUpstream(canned)
    host = Settings(base_url="http://h.test/v1", operations=(way.dialect.OPERATION,), **settings)  # type: ignore[arg-type]
    return upstream, await open_provider(host, upstream).send(attempt_of("up"), prompt_of(way.dialect, way.given))


@pytest.fixture(params=WAYS, ids=lambda way: way.dialect.ID)
def way(request: pytest.FixtureRequest) -> Way:
    return request.param


async def test_only_the_models_name_changes_and_the_answer_comes_byte_for_byte(way: Way) -> None:
    kind = {"content-type": "audio/mpeg"} if way.dialect is speech else JSON
    upstream, reply = await sent_and_got(way, Canned(headers=kind, pieces=[way.answer]))
    (sent,) = upstream.sent
    assert (sent.method, sent.url, sent.body) == ("POST", "http://h.test/v1" + way.path, way.sent)
    assert [chunk.wire async for chunk in reply.source] == [way.answer]


async def test_what_the_host_did_not_declare_is_refused_before_anything_is_sent(way: Way) -> None:
    upstream = MemoryUpstream(Canned())
    provider = open_provider(Settings(base_url="http://h.test/v1"), upstream)
    with pytest.raises(GatewayError) as caught:
        await provider.send(attempt_of("up"), prompt_of(way.dialect, way.given))
    assert (caught.value.code, caught.value.details) == ("CAPABILITY_MISSING", {"missing": [way.dialect.OPERATION]})
    assert upstream.sent == []


async def test_the_content_type_is_that_of_the_body(way: Way) -> None:
    kind = {"content-type": "audio/mpeg"} if way.dialect is speech else JSON
    upstream, _ = await sent_and_got(way, Canned(headers=kind, pieces=[way.answer]), drop_fields=("seed",))
    headers = dict(upstream.sent[0].headers)
    expected = 'multipart/form-data; boundary="b"' if way.dialect in FORMS else "application/json"
    assert headers["content-type"] == expected
    assert [name for name, _ in upstream.sent[0].headers].count("content-type") == 1


async def test_members_are_dropped_from_json_only(way: Way) -> None:
    kind = {"content-type": "audio/mpeg"} if way.dialect is speech else JSON
    upstream, _ = await sent_and_got(way, Canned(headers=kind, pieces=[way.answer]), drop_fields=("model",))
    assert (b"up" in upstream.sent[0].body) == (way.dialect in FORMS)


@pytest.mark.parametrize(("dialect", "told", "given"), [
    (speech, "audio/mpeg", "audio/mpeg"), (speech, "Audio/PCM;rate=24000", "Audio/PCM;rate=24000"),
    (speech, "", "application/octet-stream"), (speech, "image/svg+xml", "application/octet-stream"),
    (speech, "application/octet-stream", "application/octet-stream"),
    (transcriptions, "text/plain; charset=utf-8", "text/plain; charset=utf-8"), (transcriptions, "text/vtt", "text/vtt"),
    (transcriptions, "text/javascript", "application/octet-stream"), (transcriptions, "application/json", None),
    (translations, "application/JSON; charset=utf-8", None),
])  # fmt: skip
async def test_the_answers_content_type_is_handed_on_when_it_was_to_be_expected(
    dialect: ModuleType, told: str, given: str | None
) -> None:
    way = next(one for one in WAYS if one.dialect is dialect)
    upstream, reply = await sent_and_got(way, Canned(headers={"content-type": told}, pieces=[way.answer]))
    assert dict(reply.headers).get("content-type") == given
    assert dict(upstream.sent[0].headers)["accept"] == "*/*"


async def test_sound_is_handed_on_as_it_comes() -> None:
    way = next(one for one in WAYS if one.dialect is speech)
    canned = Canned(headers={"content-type": "audio/mpeg"}, pieces=[b"ID3", b"\xff", b"\x00"])
    _, reply = await sent_and_got(way, canned)
    assert reply.stream
    assert [chunk.wire async for chunk in reply.source] == [b"ID3", b"\xff", b"\x00"]


async def test_an_error_in_the_place_of_sound_is_one() -> None:
    way = next(one for one in WAYS if one.dialect is speech)
    for kind in ("audio/mpeg", "application/json", ""):
        canned = Canned(headers={"content-type": kind}, pieces=[b'{"error":', b'{"message":"x"}}'])
        _, reply = await sent_and_got(way, canned)
        with pytest.raises(StatusFault):
            _ = [chunk async for chunk in reply.source]


async def test_a_page_in_the_place_of_sound_is_malformed() -> None:
    way = next(one for one in WAYS if one.dialect is speech)
    with pytest.raises(AnswerMalformed):
        await sent_and_got(way, Canned(headers={"content-type": "text/html"}, pieces=[b"<html>"]))


async def test_completions_stream_with_usage_asked_for() -> None:
    raw = b'data: {"choices":[{"text":"a","finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    upstream = MemoryUpstream(Canned(headers=SSE, pieces=[raw]))
    provider = open_provider(Settings(base_url="http://h.test", operations=("completions",)), upstream)
    reply = await provider.send(attempt_of("m"), prompt_of(completions, b'{"model":"m","prompt":"a","stream":true}'))
    assert b"".join([chunk.wire async for chunk in reply.source]) == raw
    assert json.loads(upstream.sent[0].body)["stream_options"] == {"include_usage": True}
    assert dict(upstream.sent[0].headers)["accept"] == "text/event-stream"


async def test_a_streamed_transcript_has_no_content_type_of_its_own() -> None:
    raw = b'data: {"type":"transcript.text.done","text":"a"}\n\n'
    field = b'--b\r\nContent-Disposition: form-data; name="stream"\r\n\r\ntrue\r\n'
    upstream = MemoryUpstream(Canned(headers=SSE, pieces=[raw]))
    provider = open_provider(Settings(base_url="http://h.test", operations=("transcriptions",)), upstream)
    reply = await provider.send(attempt_of("m"), prompt_of(transcriptions, field + form(b"file", b"m")))
    assert b"".join([chunk.wire async for chunk in reply.source]) == raw
    assert "content-type" not in dict(reply.headers)
    assert dict(upstream.sent[0].headers)["accept"] == "text/event-stream"
