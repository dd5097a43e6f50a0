"""image_generations: what a body asks for, what it can cost, and pictures handed on as they are."""

from __future__ import annotations

import json

import pytest

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import image_generations

MOST = image_generations.MOST_TOKENS


def body(**members: object) -> bytes:
    return json.dumps({"model": "i", "prompt": "a cat", **members}).encode()


@pytest.mark.parametrize(("members", "ask"), [
    ({}, Ask("i", max_tokens=MOST, units=(("image/auto/auto", 1),))),
    ({"size": "1024x1792", "quality": "hd"}, Ask("i", max_tokens=MOST, units=(("image/1024x1792/hd", 1),))),
    ({"size": "../..", "quality": 7}, Ask("i", max_tokens=MOST, units=(("image/auto/auto", 1),))),
    ({"n": 3, "user": "u", "size": "auto"}, Ask("i", max_tokens=MOST, candidates=3, user="u", units=(("image/auto/auto", 3),))),
    ({"stream": True, "partial_images": 2}, Ask("i", True, max_tokens=MOST + 200, units=(("image/auto/auto", 1),))),
])  # fmt: skip
def test_every_picture_is_held_for_at_its_dearest(members: dict, ask: Ask) -> None:
    assert image_generations.read(body(**members)) == ask


@pytest.mark.parametrize(("members", "param"), [
    ({"prompt": None}, "prompt"), ({"n": 0}, "n"), ({"n": 1000}, "n"), ({"stream": "yes"}, "stream"),
])  # fmt: skip
def test_a_wrong_member_is_named(members: dict, param: str) -> None:
    with pytest.raises(GatewayError) as caught:
        image_generations.read(body(**members))
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", param)


def test_the_body_stays_but_for_the_models_name() -> None:
    raw = b'{"prompt": "\\ud83d\\ude00", "model": "i"}'
    assert image_generations.retarget(raw, image_generations.read(raw), "i", True) is raw
    assert image_generations.retarget(raw, image_generations.read(raw), "j", True) == raw.replace(b'"i"', b'"j"')


@pytest.mark.parametrize(("more", "usage"), [
    (b"", None),
    (b',"usage":{"total_tokens":100,"input_tokens":50,"output_tokens":40,"input_tokens_details":{"text_tokens":10}}',
     Usage(50, output=40)),
])  # fmt: skip
def test_an_answer_is_one_chunk_byte_for_byte(more: bytes, usage: Usage | None) -> None:
    raw = b'{"created": 1, "data":[{"b64_json": "AAAA"}]' + more + b"}"
    chunk = image_generations.read_answer(raw, Ask("i"))
    assert (chunk.wire, chunk.usage) == (raw, usage)


@pytest.mark.parametrize("raw", [b"{}", b"x", b'{"data":3}'])
def test_what_is_no_answer_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        image_generations.read_answer(raw, Ask("i"))


def test_an_error_inside_is_a_status_fault() -> None:
    with pytest.raises(StatusFault):
        image_generations.read_answer(b'{"error":{"message":"x","code":"moderation_blocked"}}', Ask("i"))


def test_a_stream_ends_with_its_finished_picture() -> None:
    partial = b'data: {"type":"image_generation.partial_image","b64_json":"AA"}\n\n'
    last = (
        b'data: {"type":"image_generation.completed","b64_json":"AB","usage":{"input_tokens":2,"output_tokens":3}}\n\n'
    )
    decoder = image_generations.decoder(Ask("i", True))
    chunks = [*decoder.feed(partial + last), *decoder.finish()]
    assert b"".join(chunk.wire for chunk in chunks) == partial + last
    assert chunks[-1].usage == Usage(2, output=3)
