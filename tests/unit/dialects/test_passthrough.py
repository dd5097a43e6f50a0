"""What can be seen of a request that is passed on, and what goes on with it."""

from __future__ import annotations

import json

import pytest

from tests.line.world import KEY_ENTRY
from torana.core.call import Ask, Call, Chunk, Prompt
from torana.core.errors import GatewayError
from torana.core.tickets import Caller
from torana.core.trail import Trail
from torana.dialects import anthropic_messages, completions, openai_chat, passthrough
from torana.dialects.passthrough import RAW, Passing, Way, content_type, known

CHAT = {"model": "gpt-4o-mini", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
FORM = (
    b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nsecret words\r\n--b--\r\n'
)


def passing(path: str = "/x", method: str = "POST", query: str = "") -> Passing:
    return Passing(Way("openai", method, path, query))


def read(body: bytes, path: str = "/x", method: str = "POST", query: str = "") -> Ask:
    return passing(path, method, query).read(body)


def prompt_of(body: bytes = b"", **carried: str) -> Prompt:
    trail = Trail("r", "r", 0.0, 0.0)
    said = {":method": "POST", ":path": "/x", ":query": ""} | {n.replace("_", "-"): v for n, v in carried.items()}
    call = Call("passthrough", "passthrough", body, (), lambda _: Ask(None), trail)
    call.carried = tuple(said.items())
    return Prompt(call, "m", body)


def test_a_known_path_is_read_as_its_dialect_is() -> None:
    ask = read(json.dumps({**CHAT, "stream": True}).encode(), "/v1/chat/completions")
    assert (ask.model, ask.stream, ask.max_tokens, ask.provider) == ("gpt-4o-mini", True, 9, "openai")
    assert ask.wants_usage, "nothing is asked for that the caller did not ask for, and nothing is hidden"
    assert set(ask.texts or ()) >= {"hello", "user"}


def test_what_its_dialect_would_refuse_is_the_providers_to_refuse() -> None:
    ask = read(b'{"model":"m","messages":"new shape","stream":true}', "/chat/completions")
    assert (ask.model, ask.stream) == ("m", True)


@pytest.mark.parametrize("path", ["/v1/chat%2Fcompletions", "/v1%2Fchat%252Fcompletions"])
def test_a_path_is_known_however_its_slashes_are_written(path: str) -> None:
    assert known("POST", path) is openai_chat


def test_a_stream_is_known_however_its_colon_is_written() -> None:
    assert read(b"{}", "/v1beta/models/gemini%3AstreamGenerateContent").stream


@pytest.mark.parametrize(
    ("body", "query"),
    [
        (b"", "model=cheap&model=dear"),
        (b"", "model=dear&model=cheap"),
        (b"model=cheap&model=dear", ""),
        (b"model=dear&model=cheap", ""),
    ],
)
def test_a_model_that_is_named_twice_is_refused_unless_it_is_one(body: bytes, query: str) -> None:
    with pytest.raises(GatewayError, match="more than one model"):
        read(body, query=query)
    assert read(body.replace(b"dear", b"cheap"), query=query.replace("dear", "cheap")).model == "cheap"


def test_a_question_that_names_no_model_is_not_taken_for_one_that_generates_nothing() -> None:
    assert read(b'{"input":"x"}', "/v1/embeddings").max_tokens is None
    assert read(b'{"input":"x","model":"m"}', "/v1/embeddings").max_tokens == 0


def test_the_longest_ending_counts() -> None:
    assert known("POST", "/v1/chat/completions") is openai_chat
    assert known("POST", "/v1/completions") is completions
    assert known("POST", "/v1/messages") is anthropic_messages
    assert known("POST", "/fine_tuning/jobs") is None
    assert known("GET", "/v1/chat/completions") is None


@pytest.mark.parametrize(
    ("body", "path", "query"),
    [
        (b'{"model":"m"}', "/x", ""),
        (b"", "/models/m:generateContent", ""),
        (b"", "/x", "model=m"),
        (b"model=m&input=x", "/x", ""),
        (FORM.replace(b"whisper-1", b"m"), "/x", ""),
    ],
)
def test_a_model_is_found_wherever_it_is_named(body: bytes, path: str, query: str) -> None:
    assert read(body, path, query=query).model == "m"


def test_two_models_are_refused() -> None:
    with pytest.raises(GatewayError) as caught:
        read(b'{"model":"cheap"}', query="model=dear")
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", "model")


@pytest.mark.parametrize("body", [b'{"model":"a","model":"b"}', b'{"a":', b"[1,", b"--b\r\nhalf a form", b'{"a":1} x'])
def test_what_two_readers_might_read_differently_is_refused(body: bytes) -> None:
    with pytest.raises(GatewayError) as caught:
        read(body)
    assert caught.value.code == "REQUEST_INVALID"


@pytest.mark.parametrize(
    ("body", "query"),
    [
        (b'{"deep":[{"\\u0073ecret":1,"x":"\\u0073ecret words"}]}', ""),
        (b'["secret words"]', ""),
        (b"some secret words", ""),
        (FORM, ""),
        (b"", "prompt=secret%20words"),
    ],
)
def test_guardrails_see_all_text(body: bytes, query: str) -> None:
    assert any("secret" in text for text in read(body, query=query).texts or ())


def test_bytes_that_are_no_text_have_none() -> None:
    assert read(b"\x89PNG\x00\xff").texts == ()


def test_nothing_is_generated_by_asking() -> None:
    assert read(b"", "/files", "GET").max_tokens == 0
    assert passthrough.errand(prompt_of(**{":method": "GET"})).free


def test_the_callers_headers_go_on_by_allow_list() -> None:
    assert not {b"authorization", b"x-api-key", b"x-goog-api-key", b"api-key", b"cookie", b"host", b"connection",
                b"transfer-encoding", b"content-length", b"openai-organization", b"x-forwarded-for"} & Passing.CARRIES  # fmt: skip


def test_an_errand_says_what_goes_on() -> None:
    errand = passthrough.errand(
        prompt_of(b'{"a":1}', **{":query": "alt=sse", ":dropped": "query key", "range": "bytes=0-1"})
    )
    assert (errand.method, errand.path) == ("POST", "/x?alt=sse")
    assert errand.headers == (("range", "bytes=0-1"), ("content-type", "application/json"))
    assert errand.told == (("x-torana-dropped", "query key"),)
    assert not errand.repeatable


@pytest.mark.parametrize(
    "carried", [{":method": "GET"}, {":method": "PUT"}, {":path": "/v1/embeddings"}, {"idempotency-key": "k"}]
)
def test_some_errands_may_be_sent_twice(carried: dict[str, str]) -> None:
    assert passthrough.errand(prompt_of(**carried)).repeatable


def sent_key(tenant: str, key: str) -> str:
    prompt = prompt_of(**{"idempotency-key": key})
    prompt.trail.caller = Caller(tenant, "key-1", KEY_ENTRY)
    return dict(passthrough.errand(prompt).headers)["idempotency-key"]


def test_an_idempotency_key_is_its_tenants_own() -> None:
    assert sent_key("acme", "order-1") == sent_key("acme", "order-1")
    places = [("acme", "order-1"), ("globex", "order-1"), ("acme", "order-2"), ("acmeo", "rder-1"), ("", "order-1")]
    assert len({sent_key(*place) for place in places}) == len(places)
    assert "order-1" not in sent_key("acme", "order-1")


@pytest.mark.parametrize(
    ("body", "given", "sent"),
    [
        (b' {"a":1}', "text/plain", "application/json"),
        (b"{}", "application/merge-patch+json", "application/merge-patch+json"),
        (b"[]", "", "application/json"),
        (FORM, "multipart/form-data; boundary=other", 'multipart/form-data; boundary="b"'),
        (b"hello", "text/plain", "text/plain"),
        (b"hello", "application/json", "application/octet-stream"),
        (b"hello", "Multipart/Form-Data; boundary=x", "application/octet-stream"),
        (b"hello", "", "application/octet-stream"),
    ],
)
def test_a_body_goes_on_as_what_it_was_judged(body: bytes, given: str, sent: str) -> None:
    assert content_type(body, given) == sent


def test_answers_in_no_known_dialect_stay_as_they_are() -> None:
    decoder = RAW.decoder(Ask(None))
    assert [*decoder.feed(b"data: x"), *decoder.feed(b""), *decoder.finish()] == [Chunk(b"data: x")]
    assert RAW.read_answer(b"{}", Ask(None)) == Chunk(b"{}")
    assert RAW.retarget(b"{}", Ask(None), "m", True) == b"{}"


def test_refusals_have_the_shape_of_the_paths_dialect() -> None:
    error = GatewayError("KEY_INVALID", "who?")
    assert json.loads(passing("/v1/messages").refuse(error, "r"))["type"] == "error"
    assert "code" in json.loads(passing("/files").refuse(error, "r"))["error"]
    assert passing("/v1/messages").refuse_event(error, "r").startswith(b"event: error")
