"""openai_compatible: what settings change, and answers that are not what they say."""

from __future__ import annotations

import json
import pickle

import pytest

from tests.contract.provider.memory import JSON, SSE, Canned, MemoryUpstream, attempt_of, prompt_of
from tests.unit.dialects.test_batch_lines import line
from tests.unit.dialects.test_files import upload
from torana.core.call import Ask, Call, Prompt
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, ConnectFailed, ConnectionBroken, IdleTimeout, StatusFault, UpstreamFault
from torana.core.kept import ANSWER as KEPT_ANSWER
from torana.core.kept import FILE, RESPONSE, Pin, Wanted
from torana.core.secret import Secret
from torana.core.snapshot import Deadlines
from torana.core.trail import Trail
from torana.dialects import openai_responses
from torana.dialects.kept_requests import KeptRequest
from torana.providers.openai_compatible import HANDED_ON, OpenAICompatible, Settings
from torana.providers.openai_compatible import open as open_provider
from torana.upstream.answers import MAX_ERROR_BYTES
from torana.upstream.pooled import mark_of
from torana.upstream.reach import Credential, Timeouts
from torana.upstream.seam import Outgoing

HI = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
ANSWER = b'{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}'
FINISH = b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\n\n'


def prompt(**members: object):
    return prompt_of(json.dumps({**HI, **members}).encode())


async def outgoing(settings: Settings, **members: object) -> Outgoing:
    upstream = MemoryUpstream(ConnectFailed())
    with pytest.raises(ConnectFailed):
        await open_provider(settings, upstream).send(attempt_of("m"), prompt(**members))
    return upstream.sent[0]


@pytest.mark.parametrize("base", ["http://h.test/v1", "http://h.test/v1/"])
async def test_the_address_is_joined_with_one_slash(base: str) -> None:
    assert (await outgoing(Settings(base_url=base))).url == "http://h.test/v1/chat/completions"


@pytest.mark.parametrize("base", ["h.test/v1", "ftp://h.test", "http://h.test/v1?x=1", ""])
def test_an_address_that_cannot_work_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        open_provider(Settings(base_url=base), MemoryUpstream())


async def test_the_key_goes_into_the_header_the_host_wants() -> None:
    settings = Settings(base_url="http://h.test", api_key=Secret("k"), auth="Api-Key", headers={"X-Team": "a"})
    headers = dict((await outgoing(settings)).headers)
    assert headers["api-key"] == "k"
    assert headers["x-team"] == "a"
    assert "authorization" not in headers


def test_a_needed_key_that_is_missing_or_empty_is_refused() -> None:
    for keys in ((), (Credential(api_key=Secret("")),)):
        with pytest.raises(ValueError, match="api_key"):
            open_provider(Settings(base_url="http://h.test", needs_key=True, credentials=keys), MemoryUpstream())


@pytest.mark.parametrize("key", ["a\nb", "a\r\nx-evil: 1", "é", " a"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(ValueError, match="x-k") as caught:
        open_provider(Settings(base_url="http://h.test", api_key=Secret(key), auth="x-k"), MemoryUpstream())
    assert key not in str(caught.value)


def test_no_secret_is_in_any_text_of_the_provider() -> None:
    settings = Settings(base_url="http://h.test", credentials=(Credential(api_key=Secret("sk-hidden")),))
    provider = open_provider(settings, MemoryUpstream())
    assert "sk-hidden" not in repr(settings) + repr(provider)
    with pytest.raises(TypeError):
        pickle.dumps(settings)


async def test_keys_take_turns_by_weight_and_say_their_position() -> None:
    keys = (Credential(api_key=Secret("a"), weight=2), Credential(api_key=Secret("b")))
    upstream = MemoryUpstream(*[Canned(pieces=[ANSWER]) for _ in range(6)])
    provider = open_provider(Settings(base_url="http://h.test", credentials=keys), upstream)
    positions = [(await provider.send(attempt_of(), prompt())).credential for _ in range(6)]
    assert positions == ["0", "1", "0", "0", "1", "0"]
    used = [dict(sent.headers)["authorization"] for sent in upstream.sent]
    assert used == ["Bearer a" if position == "0" else "Bearer b" for position in positions]


async def test_a_fault_names_the_position_of_its_key() -> None:
    keys = (Credential(api_key=Secret("a")), Credential(api_key=Secret("b")))
    provider = open_provider(
        Settings(base_url="http://h.test", credentials=keys), MemoryUpstream(ConnectFailed(), Canned(401))
    )
    for position in ("0", "1"):
        with pytest.raises(UpstreamFault) as caught:
            await provider.send(attempt_of(), prompt())
        assert caught.value.credential == position


async def test_deadlines_of_streams_and_plain_answers() -> None:
    settings = Settings(base_url="http://h.test", timeout_s=Timeouts(connect=1, idle=3, total=400))
    assert (await outgoing(settings)).deadlines == Deadlines(1, 400, 3, 400)
    assert (await outgoing(settings, stream=True)).deadlines == Deadlines(1, 60, 3, 400)
    settings = Settings(base_url="http://h.test", timeout_s=Timeouts(first_token=2))
    assert (await outgoing(settings)).deadlines.first_token_s == 2


async def test_fields_are_dropped_and_renamed_and_the_rest_stays() -> None:
    settings = Settings(
        base_url="http://h.test",
        drop_fields=("logit_bias", "user"),
        rename_fields={"max_completion_tokens": "max_tokens"},
    )
    sent = await outgoing(settings, logit_bias={}, max_completion_tokens=7, seed=1)
    assert json.loads(sent.body) == {**HI, "max_tokens": 7, "seed": 1}


async def test_a_closed_operation_is_refused() -> None:
    provider = open_provider(Settings(base_url="http://h.test", operations=("chat",)), MemoryUpstream())
    with pytest.raises(GatewayError, match="embeddings"):
        await provider.send(attempt_of(), prompt_of(b'{"input":"x"}', "embeddings"))


async def test_responses_go_to_their_own_path_only_where_the_host_offers_them() -> None:
    asked = prompt_of(b'{"model":"m","input":"x","new":1}', openai_responses.ID)
    upstream = MemoryUpstream(ConnectFailed(), ConnectFailed())
    for operations in (("chat", "responses"), ("chat",)):
        with pytest.raises((ConnectFailed, GatewayError)):
            await open_provider(Settings(base_url="http://h.test", operations=operations), upstream).send(
                attempt_of("m"), asked
            )
    sent = upstream.sent[0]
    assert (sent.url, sent.body) == ("http://h.test/responses", asked.body)
    assert all(other.url != sent.url for other in upstream.sent[1:])


async def test_only_listed_headers_are_handed_on_and_limits_carry_a_prefix() -> None:
    theirs = {name.decode(): "1" for name in HANDED_ON}
    given = {**JSON, **theirs, "openai-organization": "acme", "set-cookie": "x"}
    provider = open_provider(Settings(base_url="http://h.test"), MemoryUpstream(Canned(headers=given, pieces=[ANSWER])))
    reply = await provider.send(attempt_of(), prompt())
    assert dict(reply.headers) == dict.fromkeys(HANDED_ON.values(), "1")
    assert "llm_provider-x-ratelimit-remaining-tokens" in dict(reply.headers)


async def play(provider: OpenAICompatible, stream: bool) -> None:
    reply = await provider.send(attempt_of(), prompt(stream=stream))
    async for _ in reply.source:
        pass


async def failure(canned: Canned, stream: bool) -> UpstreamFault:
    upstream = MemoryUpstream(canned)
    with pytest.raises(UpstreamFault) as caught:
        await play(open_provider(Settings(base_url="http://h.test"), upstream), stream)
    assert upstream.given[0].given_back
    return caught.value


@pytest.mark.parametrize("stream", [True, False])
async def test_a_page_of_html_is_malformed(stream: bool) -> None:
    page = Canned(headers={"content-type": "text/html"}, pieces=[b"<html>"])
    assert isinstance(await failure(page, stream), AnswerMalformed)


async def test_a_plain_answer_to_a_stream_is_malformed_and_an_error_in_it_is_told() -> None:
    assert isinstance(await failure(Canned(pieces=[ANSWER]), True), AnswerMalformed)
    fault = await failure(Canned(pieces=[b'{"error":{"code":503}}']), True)
    assert isinstance(fault, StatusFault)
    assert fault.status == 503


async def test_a_stream_for_a_plain_request_is_malformed() -> None:
    assert isinstance(await failure(Canned(headers=SSE, pieces=[FINISH]), False), AnswerMalformed)


async def test_a_redirect_is_a_status_fault() -> None:
    fault = await failure(Canned(302, {"location": "http://elsewhere.test"}), False)
    assert isinstance(fault, StatusFault)
    assert fault.status == 302


async def test_an_error_body_is_bounded() -> None:
    fault = await failure(Canned(500, JSON, [b"x" * 40_000] * 9), False)
    assert isinstance(fault, StatusFault)
    assert len(fault.body) == MAX_ERROR_BYTES


async def test_an_error_status_is_told_even_when_its_body_breaks() -> None:
    fault = await failure(Canned(500, JSON, [b"half", ConnectionBroken()]), False)
    assert isinstance(fault, StatusFault)
    assert fault.body == b"half"


async def test_an_error_event_behind_good_ones_comes_after_them_without_waiting() -> None:
    wire = FINISH.replace(b'"stop"', b"null") + b'data: {"error":{"code":500}}\n\n'
    never = Canned(headers=SSE, pieces=[wire, IdleTimeout()])
    reply = await open_provider(Settings(base_url="http://h.test"), MemoryUpstream(never)).send(
        attempt_of(), prompt(stream=True)
    )
    assert (await anext(reply.source)).content
    with pytest.raises(StatusFault):
        await anext(reply.source)


async def test_a_connection_that_breaks_after_the_answer_was_whole_does_no_harm() -> None:
    canned = Canned(headers=SSE, pieces=[FINISH, ConnectionBroken()])
    reply = await open_provider(Settings(base_url="http://h.test"), MemoryUpstream(canned)).send(
        attempt_of(), prompt(stream=True)
    )
    assert [chunk.wire async for chunk in reply.source] == [FINISH]


# --- files and batches


KEEPS = Settings(base_url="http://h.test/v1", operations=("chat", "files"), capabilities=("tools",))


def about(wanted: Wanted, body: bytes = b"") -> Prompt:
    """A request about a kept thing, on its way to whoever keeps it."""
    request = KeptRequest(wanted)
    call = Call(request.ID, request.OPERATION, body, (), request.read, Trail("r", "r", 0.0, 0.0))
    call.pin = Pin()
    return Prompt(call, "m", body)


async def test_a_file_is_asked_for_where_the_host_has_its_files() -> None:
    upstream = MemoryUpstream(Canned(pieces=[b'{"id":"file-1"}']))
    wanted = about(Wanted(FILE, "read", "file-1"))
    reply = await open_provider(KEEPS, upstream).send(attempt_of("files"), wanted)
    assert [chunk.wire async for chunk in reply.source] == [b'{"id":"file-1"}']
    assert (upstream.sent[0].method, upstream.sent[0].url) == ("GET", "http://h.test/v1/files/file-1")
    assert wanted.pin is not None and wanted.pin.made is not None and wanted.pin.made.id == "file-1"


@pytest.mark.parametrize("large", [False, True])
async def test_the_lines_of_a_batch_go_under_the_hosts_name_of_the_model(large: bool) -> None:
    upstream = MemoryUpstream(Canned(pieces=[b'{"id":"file-1"}']))
    content = b"\n".join([line()] * (1000 if large else 2))
    reply = await open_provider(KEEPS, upstream).send(
        attempt_of("up"), about(Wanted(FILE, "make"), upload(content, "batch"))
    )
    assert [chunk async for chunk in reply.source]
    sent = upstream.sent[0].body
    assert sent.count(b'"model": "up"') == (1000 if large else 2) and b'"model": "m"' not in sent


@pytest.mark.parametrize(
    ("settings", "body", "missing"),
    [
        (Settings(base_url="http://h.test/v1"), line(), "files"),
        (KEEPS, line(response_format={"type": "json_schema", "json_schema": {}}), "json_schema"),
    ],
)
async def test_what_the_host_never_declared_is_refused_before_it_is_sent(
    settings: Settings, body: bytes, missing: str
) -> None:
    upstream = MemoryUpstream()
    with pytest.raises(GatewayError) as refused:
        await open_provider(settings, upstream).send(
            attempt_of("m"), about(Wanted(FILE, "make"), upload(body, "batch"))
        )
    assert refused.value.details == {"missing": [missing]} and upstream.sent == []


async def test_a_host_that_keeps_files_is_sent_no_chat_that_names_one() -> None:
    part = [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]
    upstream = MemoryUpstream()
    with pytest.raises(GatewayError) as refused:
        await open_provider(KEEPS, upstream).send(attempt_of("m"), prompt(messages=part))
    assert refused.value.code == "REQUEST_INVALID" and upstream.sent == []
    assert b"file-1" in (await outgoing(Settings(base_url="http://h.test/v1"), messages=part)).body


# --- responses that are kept


STORES = Settings(
    base_url="http://h.test/v1",
    operations=("chat", "responses", "stored_responses"),
    credentials=tuple(Credential(api_key=Secret(f"sk-{letter}")) for letter in "abc"),
)
RESPONSE_BODY = b'{"id":"resp_1","output":[],"status":"completed"}'


def responding(pin: Pin | None, wanted: Wanted | None) -> Prompt:
    body = b'{"model":"m","input":"x"}'
    call = Call("openai_responses", "chat", body, (), lambda _: Ask("m", kept=wanted), Trail("r", "r", 0.0, 0.0))
    call.pin = pin
    return Prompt(call, "m", body)


async def test_an_answer_that_is_kept_is_known_by_the_credential_that_made_it() -> None:
    upstream = MemoryUpstream(*[Canned(pieces=[RESPONSE_BODY]) for _ in range(4)])
    host = open_provider(STORES, upstream)
    first = Pin()
    await host.send(attempt_of("up"), responding(first, Wanted(RESPONSE, KEPT_ANSWER)))
    assert (first.kept_by, len(first.credential)) == (attempt_of("up").deployment.provider, 16)
    for _ in range(3):
        pin = Pin(first.kept_by, first.credential)
        await host.send(attempt_of("up"), responding(pin, Wanted(RESPONSE, KEPT_ANSWER, "resp_1")))
    assert len({dict(one.headers)["authorization"] for one in upstream.sent}) == 1


async def test_a_credential_that_is_gone_is_not_exchanged_for_another() -> None:
    upstream = MemoryUpstream()
    with pytest.raises(GatewayError) as refused:
        await open_provider(STORES, upstream).send(
            attempt_of("up"), responding(Pin("p", "0123456789abcdef"), Wanted(RESPONSE, KEPT_ANSWER, "resp_1"))
        )
    assert refused.value.code == "UPSTREAM_UNAVAILABLE" and upstream.sent == []


async def test_a_limited_credential_that_keeps_it_has_no_other_to_go_on_with() -> None:
    host = open_provider(STORES, MemoryUpstream(Canned(status=429), Canned(status=429)))
    for pin, another in ((Pin(), True), (Pin("p", mark_of(Secret("sk-b"))), False)):
        with pytest.raises(StatusFault) as limited:
            await host.send(
                attempt_of("up"), responding(pin, Wanted(RESPONSE, KEPT_ANSWER, "resp_1" if pin.provider else ""))
            )
        assert limited.value.another is another


async def test_a_host_that_keeps_no_answers_is_not_asked_about_any() -> None:
    settings = Settings(base_url="http://h.test/v1", operations=("chat", "responses"))
    upstream = MemoryUpstream(Canned(pieces=[RESPONSE_BODY]))
    host = open_provider(settings, upstream)
    pin = Pin()
    await host.send(attempt_of("up"), responding(pin, Wanted(RESPONSE, KEPT_ANSWER)))
    assert pin.kept_by == ""
    with pytest.raises(GatewayError) as refused:
        await host.send(attempt_of("responses"), about(Wanted(RESPONSE, "read", "resp_1")))
    assert refused.value.details == {"missing": ["stored_responses"]} and len(upstream.sent) == 1
