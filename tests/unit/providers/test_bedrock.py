"""Bedrock: addresses, signatures and keys, streams that are no SSE, errors by their names. Callers speak OpenAI's dialect."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.contract.provider.memory import Canned, MemoryUpstream, attempt_of, prompt_of
from tests.unit.dialects.codecs.test_bedrock_converse_answer import END, META, START, delta, exception
from torana.core.call import Reply
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, ConnectFailed, StatusFault
from torana.core.secret import Secret
from torana.providers import bedrock
from torana.testing.clock import FakeClock
from torana.upstream.seam import Outgoing

HI = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
ANSWER = json.dumps({
    "output": {"message": {"role": "assistant", "content": [{"text": "hello"}]}}, "stopReason": "end_turn",
    "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5, "cacheReadInputTokens": 4}, "metrics": {"latencyMs": 1},
}).encode()  # fmt: skip
EVENTS = {"content-type": "application/vnd.amazon.eventstream"}
ID, SECRET, TOKEN, KEY = "AKIDEXAMPLE", "secret-of-the-tests", "token-of-the-tests", "bedrock-key-of-the-tests"


def signing(token: str = "") -> bedrock.AwsCredential:
    return bedrock.AwsCredential(
        aws_access_key_id=Secret(ID),
        aws_secret_access_key=Secret(SECRET),
        aws_session_token=Secret(token) if token else None,
    )


def opened(upstream: MemoryUpstream, *pool: bedrock.AwsCredential, **given: object) -> bedrock.Bedrock:
    settings = bedrock.Settings(credentials=pool or (signing(),), **{"region": "eu-west-1", **given})  # type: ignore[arg-type]
    return bedrock.Bedrock(settings, upstream, FakeClock())


async def sent(provider: bedrock.Bedrock, stream: bool = False, model: str = MODEL, **more: object) -> Reply:
    return await provider.send(attempt_of(model), prompt_of(json.dumps({**HI, **more, "stream": stream}).encode()))


async def said(reply: Reply) -> bytes:
    return b"".join([chunk.wire async for chunk in reply.source])


def expected_authorization(outgoing: Outgoing, token: str) -> str:
    """What AWS's own library would write for the same request."""
    headers = dict(outgoing.headers)
    request = AWSRequest("POST", outgoing.url, {"content-type": headers["content-type"]}, outgoing.body)
    request.context["timestamp"] = headers["x-amz-date"]
    theirs = SigV4Auth(Credentials(ID, SECRET, token or None), "bedrock", "eu-west-1")
    theirs._modify_request_before_signing(request)
    text = theirs.string_to_sign(request, theirs.canonical_request(request))
    theirs._inject_signature_to_request(request, theirs.signature(text, request))
    return str(request.headers["Authorization"])


@pytest.mark.parametrize("token", ["", TOKEN])
async def test_a_request_goes_to_the_models_address_signed_as_aws_would(token: str) -> None:
    upstream = MemoryUpstream(Canned(pieces=[ANSWER]))
    reply = await sent(opened(upstream, signing(token)))
    (outgoing,) = upstream.sent
    path = "/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse"
    assert outgoing.url == f"https://bedrock-runtime.eu-west-1.amazonaws.com{path}"
    assert json.loads(outgoing.body) == {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
    headers = dict(outgoing.headers)
    assert headers["authorization"] == expected_authorization(outgoing, token)
    assert headers.get("x-amz-security-token", "") == token
    assert SECRET not in repr(outgoing)
    answer = json.loads(await said(reply))
    assert answer["choices"][0]["message"]["content"] == "hello"
    assert answer["usage"]["prompt_tokens"] == 7


async def test_a_profile_is_one_segment_of_the_address() -> None:
    upstream = MemoryUpstream(Canned(pieces=[ANSWER]))
    arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc"
    await sent(opened(upstream), model=arn)
    assert urlsplit(upstream.sent[0].url).path.split("/")[1:] == [
        "model",
        arn.replace(":", "%3A").replace("/", "%2F"),
        "converse",
    ]


async def test_an_api_key_is_sent_as_it_is() -> None:
    upstream = MemoryUpstream(Canned(pieces=[ANSWER]), Canned(pieces=[ANSWER]))
    await sent(opened(upstream, bedrock.AwsCredential(api_key=Secret(KEY))))
    short = bedrock.Settings(region="us-east-1", api_key=Secret(KEY))
    await sent(bedrock.open(short, upstream))
    for outgoing in upstream.sent:
        headers = dict(outgoing.headers)
        assert headers["authorization"] == f"Bearer {KEY}"
        assert "x-amz-date" not in headers


async def test_a_stream_of_events_becomes_the_callers_stream() -> None:
    wire = START + delta(0, text="hel") + delta(0, text="lo") + END + META
    upstream = MemoryUpstream(Canned(headers=EVENTS, pieces=[wire[:50], wire[50:]]))
    reply = await sent(opened(upstream), stream=True)
    assert upstream.sent[0].url.endswith("/converse-stream")
    assert dict(upstream.sent[0].headers)["accept"] == "application/vnd.amazon.eventstream"
    chunks = [chunk async for chunk in reply.source]
    text = b"".join(chunk.wire for chunk in chunks)
    assert text.endswith(b"data: [DONE]\n\n")
    pieces = [json.loads(line[6:]) for line in text.decode().split("\n\n") if line.startswith("data: {")]
    assert "".join(one["choices"][0]["delta"].get("content") or "" for one in pieces if one["choices"]) == "hello"
    assert [chunk.usage.input for chunk in chunks if chunk.usage] == [17]
    assert (reply.dialect, reply.credential) == ("openai_chat", "0")


async def test_an_exception_in_the_stream_is_a_fault() -> None:
    upstream = MemoryUpstream(Canned(headers=EVENTS, pieces=[START + exception("throttlingException")]))
    reply = await sent(opened(upstream), stream=True)
    with pytest.raises(StatusFault) as fault:
        await said(reply)
    assert fault.value.status == 429


async def test_what_could_not_be_said_is_told_to_the_caller() -> None:
    upstream = MemoryUpstream(Canned(headers={"x-amzn-requestid": "r-1"}, pieces=[ANSWER]))
    reply = await sent(opened(upstream), seed=7)
    assert dict(reply.headers) == {"x-upstream-request-id": "r-1", "x-torana-dropped": "seed"}


@pytest.mark.parametrize(("status", "name", "words", "meant"), [
    (429, "ThrottlingException", "Too many requests", 429),
    (400, "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/", "bad", 400),
    (400, "ServiceQuotaExceededException", "quota", 429),
    (424, "ModelErrorException", "the model failed", 502),
    (408, "ModelTimeoutException", "slow", 504),
    (403, "AccessDeniedException", "You don't have access to the model with the specified model ID.", 404),
    (403, "ExpiredTokenException", "The security token included in the request is expired", 403),
    (418, "", "teapot", 418),
])  # fmt: skip
async def test_an_error_is_known_by_its_name(status: int, name: str, words: str, meant: int) -> None:
    body = json.dumps({"message": words}).encode()
    upstream = MemoryUpstream(Canned(status, {"x-amzn-errortype": name} if name else {}, [body]))
    with pytest.raises(StatusFault) as fault:
        await sent(opened(upstream))
    assert (fault.value.status, fault.value.body, fault.value.credential) == (meant, body, "0")
    assert fault.value.dialect == "bedrock_converse"
    assert upstream.given[0].given_back


async def test_a_refused_credential_makes_room_for_the_next() -> None:
    upstream = MemoryUpstream(
        Canned(403, {"x-amzn-errortype": "UnrecognizedClientException"}, [b"{}"]), Canned(pieces=[ANSWER])
    )
    provider = opened(upstream, signing(), bedrock.AwsCredential(api_key=Secret(KEY)))
    with pytest.raises(StatusFault) as fault:
        await sent(provider)
    assert fault.value.another
    assert (await sent(provider)).credential == "1"


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_of_the_other_form_is_malformed(stream: bool) -> None:
    headers = {"content-type": "application/json"} if stream else EVENTS
    upstream = MemoryUpstream(Canned(headers=headers, pieces=[ANSWER]))
    with pytest.raises(AnswerMalformed):
        await sent(opened(upstream), stream=stream)
    assert upstream.given[0].given_back


async def test_what_cannot_be_carried_is_refused_before_anything_is_sent() -> None:
    upstream = MemoryUpstream()
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    with pytest.raises(GatewayError) as refused:
        await sent(opened(upstream), messages=[{"role": "user", "content": [image]}])
    assert (refused.value.code, upstream.sent) == ("CAPABILITY_MISSING", [])


async def test_a_provider_that_cannot_be_reached_is_a_fault() -> None:
    with pytest.raises(ConnectFailed):
        await sent(opened(MemoryUpstream(ConnectFailed())))


@pytest.mark.parametrize(("given", "url"), [
    ({"region": "cn-north-1"}, "https://bedrock-runtime.cn-north-1.amazonaws.com.cn/"),
    ({"region": "us-gov-west-1"}, "https://bedrock-runtime.us-gov-west-1.amazonaws.com/"),
    ({"region": "", "base_url": "https://bedrock-runtime-fips.us-east-1.amazonaws.com/"}, "https://bedrock-runtime-fips.us-east-1.amazonaws.com/"),
    ({"base_url": "https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com"}, "https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com/"),
])  # fmt: skip
async def test_the_address_follows_region_and_base_url(given: dict[str, str], url: str) -> None:
    upstream = MemoryUpstream(Canned(pieces=[ANSWER]))
    await sent(opened(upstream, **given))
    assert upstream.sent[0].url.startswith(url + "model/")


@pytest.mark.parametrize(("given", "message"), [
    ({"region": ""}, "region"), ({"region": "mars"}, "region"), ({"base_url": "ftp://x"}, "base_url"),
    ({"region": "", "base_url": "https://proxy.test"}, "region"),
    ({"credentials": ()}, "credentials"),
    ({"credentials": (bedrock.AwsCredential(),)}, r"credentials\[0\]"),
    ({"credentials": (bedrock.AwsCredential(aws_access_key_id=Secret(ID)),)}, r"credentials\[0\]"),
    ({"credentials": (bedrock.AwsCredential(aws_access_key_id=Secret(ID), aws_secret_access_key=Secret(SECRET),
                                            api_key=Secret(KEY)),)}, r"credentials\[0\]"),
])  # fmt: skip
def test_settings_that_cannot_work_are_refused_without_a_secret(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        settings = bedrock.Settings(**{"region": "eu-west-1", "credentials": (signing(),), **given})  # type: ignore[arg-type]
        bedrock.open(settings, MemoryUpstream())
    assert SECRET not in str(refused.value)


async def test_a_key_and_an_address_need_no_region_and_a_signing_proxy_no_key() -> None:
    upstream = MemoryUpstream(Canned(pieces=[ANSWER]), Canned(pieces=[ANSWER]))
    keyed = bedrock.Settings(base_url="https://proxy.test", api_key=Secret(KEY))
    await sent(bedrock.open(keyed, upstream))
    await sent(bedrock.open(bedrock.Settings(base_url="https://proxy.test", needs_key=False), upstream))
    assert "authorization" not in dict(upstream.sent[1].headers)
