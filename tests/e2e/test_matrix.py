"""Every client's own SDK against every provider's protocol, translated where they differ, upstream written by others.

Cells: client × provider × {text, stream, tools, streamed tools, JSON schema, image, error, usage}, and embeddings.
"""

from __future__ import annotations

import base64
import json
import struct
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors as google_errors
from google.genai import types as google

from tests.e2e.azure import API_KEY, API_VERSION, CLIENT, DIRECTORY, Azure
from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model
from tests.e2e.mocks import UPSTREAM_KEY, Aimock

HELLO = "say hello"
CITIES = "weather in two cities"
PICTURE = "what is in this picture"
EVENT = "an event as JSON"
BAD = "refuse this as invalid"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
SCHEMA: Any = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
CITY: Any = {"type": "object", "properties": {"city": {"type": "string"}}}
ARGUMENTS = [
    {"city": "Delhi", "unit": "celsius", "days": [1, 2, 3]},
    {"city": 'Paris "the\\ city"', "unit": "celsius", "days": []},
]
AZURES = ("azure", "azure_entra")
"""Azure OpenAI's dated API with a key, and its v1 API as an application of Entra ID."""
PROVIDERS = ("openai", "anthropic", "gemini", "bedrock", *AZURES)
CLIENTS = ("chat", "responses", "messages", "generate")
EMBEDDED = [0.25, -0.5, 0.125, 1.0, -0.0625]
"""What the upstream makes of the text "embed me"."""
REFUSED = (openai.BadRequestError, anthropic.BadRequestError, google_errors.ClientError)

# The upstream ends calls with a finish reason that Google's SDK does not know; what the same dialect says stays.
pytestmark = pytest.mark.filterwarnings("ignore:FUNCTION_CALL is not a valid FinishReason:UserWarning")


class Said(NamedTuple):
    """An answer, whichever SDK read it."""

    text: str
    calls: list[tuple[str, Any]]
    ending: str
    input_tokens: int
    output_tokens: int


@pytest.fixture(scope="module")
def azure(aimock: Aimock) -> Iterator[Azure]:
    found = Azure(aimock.origin, {"our-gpt": "gpt-4o", "our-vectors": "openai-embedding-1"})
    yield found
    found.close()


@pytest.fixture(scope="module")
def crossroads(aimock: Aimock, azure: Azure, room: Path) -> Iterator[Gateway]:
    key = [{"api_key": UPSTREAM_KEY}]
    able = ["tools", "vision", "json_schema"]
    providers: list[Any] = [
        {"id": "openai", "kind": "openai_compatible", "base_url": f"{aimock.origin}/v1", "credentials": key,
         "operations": ["chat", "embeddings"], "capabilities": able},
        {"id": "anthropic", "kind": "anthropic", "base_url": aimock.origin, "credentials": key},
        {"id": "gemini", "kind": "gemini", "base_url": f"{aimock.origin}/v1beta", "credentials": key},
        {"id": "bedrock", "kind": "bedrock", "base_url": aimock.origin, "region": "us-east-1", "credentials": key},
        {"id": "azure", "kind": "azure_openai", "base_url": azure.origin, "api_version": API_VERSION,
         "credentials": [{"api_key": API_KEY}]},
        {"id": "azure_entra", "kind": "azure_openai", "base_url": azure.origin, "authority": azure.origin,
         "credentials": [{"tenant_id": DIRECTORY, **CLIENT}]},
    ]  # fmt: skip
    upstream = {"openai": "gpt-4o", "anthropic": "claude-3-5-sonnet", "gemini": "gemini-2.0-flash",
                "bedrock": "anthropic.claude-3-5-sonnet", "azure": "our-gpt", "azure_entra": "our-gpt"}  # fmt: skip
    models = [model(f"by-{name}", name, upstream[name]) for name in PROVIDERS]
    models += [model(f"vectors-{name}", name, f"{name}-embedding-1") for name in ("openai", "gemini")]
    models += [model(f"vectors-{name}", name, "our-vectors") for name in AZURES]
    gateway = Gateway(room / "crossroads", configuration(providers, models))
    yield gateway
    assert gateway.process.stop() == 0, gateway.process.tail()


def by_chat(gateway: Gateway, name: str, said: str, kind: str, stream: bool) -> Said:
    content: Any = said
    if kind == "image":
        url = {"url": f"data:image/png;base64,{PIXEL}"}
        content = [{"type": "text", "text": said}, {"type": "image_url", "image_url": url}]
    more: dict[str, Any] = {}
    if kind == "tools":
        more["tools"] = [{"type": "function", "function": {"name": "get_weather", "parameters": CITY}}]
    if kind == "schema":
        more["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "event", "strict": True, "schema": SCHEMA},
        }
    with openai.OpenAI(base_url=f"{gateway.origin}/v1", api_key=CALLER_KEY, max_retries=0) as sdk:
        asked: Any = {"model": name, "messages": [{"role": "user", "content": content}], "max_tokens": 100, **more}
        if stream:
            asked["stream_options"] = {"include_usage": True}
            with sdk.chat.completions.stream(**asked) as events:
                for _ in events:
                    pass
                answer: Any = events.get_final_completion()
        else:
            answer = sdk.chat.completions.create(**asked)
    (choice,) = answer.choices
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in choice.message.tool_calls or ()]
    usage = answer.usage
    return Said(choice.message.content or "", calls, choice.finish_reason, usage.prompt_tokens, usage.completion_tokens)


def by_responses(gateway: Gateway, name: str, said: str, kind: str, stream: bool) -> Said:
    content: Any = [{"type": "input_text", "text": said}]
    if kind == "image":
        content.append({"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "auto"})
    more: dict[str, Any] = {}
    if kind == "tools":
        more["tools"] = [{"type": "function", "name": "get_weather", "parameters": CITY, "strict": False}]
    if kind == "schema":
        more["text"] = {"format": {"type": "json_schema", "name": "event", "strict": True, "schema": SCHEMA}}
    with openai.OpenAI(base_url=f"{gateway.origin}/v1", api_key=CALLER_KEY, max_retries=0) as sdk:
        asked: Any = {"model": name, "input": [{"role": "user", "content": content}], "max_output_tokens": 100, **more}
        if stream:
            with sdk.responses.stream(**asked) as events:
                for _ in events:
                    pass
                answer: Any = events.get_final_response()
        else:
            answer = sdk.responses.create(**asked)
    calls = [(item.name, json.loads(item.arguments)) for item in answer.output if item.type == "function_call"]
    ending = "tool_calls" if calls else {"completed": "stop"}.get(answer.status, answer.status)
    return Said(answer.output_text, calls, ending, answer.usage.input_tokens, answer.usage.output_tokens)


def by_messages(gateway: Gateway, name: str, said: str, kind: str, stream: bool) -> Said:
    content: Any = [{"type": "text", "text": said}]
    if kind == "image":
        content.append({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}})
    more: dict[str, Any] = {}
    if kind == "tools":
        more["tools"] = [{"name": "get_weather", "input_schema": CITY}]
    if kind == "schema":
        more["extra_body"] = {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
    with anthropic.Anthropic(base_url=gateway.origin, api_key=CALLER_KEY, max_retries=0) as sdk:
        asked: Any = {"model": name, "max_tokens": 100, "messages": [{"role": "user", "content": content}], **more}
        if stream:
            with sdk.messages.stream(**asked) as events:
                answer: Any = events.get_final_message()
        else:
            answer = sdk.messages.create(**asked)
    calls = [(block.name, block.input) for block in answer.content if block.type == "tool_use"]
    text = "".join(block.text for block in answer.content if block.type == "text")
    ending = {"end_turn": "stop", "tool_use": "tool_calls"}.get(answer.stop_reason, answer.stop_reason)
    return Said(text, calls, ending, answer.usage.input_tokens, answer.usage.output_tokens)


def google_client(gateway: Gateway) -> genai.Client:
    """Google's SDK, pointed at the gateway by its base URL alone."""
    return genai.Client(api_key=CALLER_KEY, http_options=google.HttpOptions(base_url=gateway.origin))


def by_generate(gateway: Gateway, name: str, said: str, kind: str, stream: bool) -> Said:
    content: Any = [google.Part(text=said)]
    if kind == "image":
        content.append(google.Part.from_bytes(data=base64.b64decode(PIXEL), mime_type="image/png"))
    config = google.GenerateContentConfig(max_output_tokens=100)
    if kind == "tools":
        declared = google.FunctionDeclaration(name="get_weather", parameters_json_schema=CITY)
        config.tools = [google.Tool(function_declarations=[declared])]
        config.automatic_function_calling = google.AutomaticFunctionCallingConfig(disable=True)
    if kind == "schema":
        config.response_mime_type = "application/json"
        config.response_json_schema = SCHEMA
    with google_client(gateway) as sdk:
        asked: Any = {"model": name, "contents": google.Content(role="user", parts=content), "config": config}
        if stream:
            answers = list(sdk.models.generate_content_stream(**asked))
        else:
            answers = [sdk.models.generate_content(**asked)]
    parts = [part for answer in answers for part in answer.candidates[0].content.parts or ()]
    calls = [(part.function_call.name, part.function_call.args) for part in parts if part.function_call]
    reason = answers[-1].candidates[0].finish_reason
    ending = "tool_calls" if calls else {google.FinishReason.STOP: "stop"}.get(reason, str(reason))
    usage = answers[-1].usage_metadata
    text = "".join(part.text or "" for part in parts)
    return Said(text, calls, ending, usage.prompt_token_count, usage.candidates_token_count)


ASK = {"chat": by_chat, "responses": by_responses, "messages": by_messages, "generate": by_generate}
CELLS = [pytest.param(client, provider, id=f"{client}-{provider}") for client in CLIENTS for provider in PROVIDERS]
cells = pytest.mark.parametrize(("client", "provider"), CELLS)
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@cells
@streams
def test_text_and_usage(crossroads: Gateway, client: str, provider: str, stream: bool) -> None:
    said = ASK[client](crossroads, f"by-{provider}", HELLO, "text", stream)
    assert said.text == "Hello from the other side, नमस्ते 🙏, in more than one piece."
    assert (said.ending, said.calls) == ("stop", [])
    assert said.input_tokens > 0
    assert said.output_tokens > 0


@cells
@streams
def test_parallel_tool_calls(crossroads: Gateway, client: str, provider: str, stream: bool) -> None:
    said = ASK[client](crossroads, f"by-{provider}", CITIES, "tools", stream)
    assert said.calls == [("get_weather", arguments) for arguments in ARGUMENTS]
    assert said.ending == "tool_calls"


@cells
def test_a_picture(crossroads: Gateway, client: str, provider: str) -> None:
    assert ASK[client](crossroads, f"by-{provider}", PICTURE, "image", False).text == "One transparent pixel."


# Not responses before Azure, which are not translated: there the upstream does not look for a shape.
SHAPED = [
    (client, provider)
    for client in CLIENTS
    for provider in ("openai", *AZURES)
    if client != "responses" or provider == "openai"
]


@pytest.mark.parametrize(("client", "provider"), SHAPED, ids=["-".join(cell) for cell in SHAPED])
def test_a_wanted_shape(crossroads: Gateway, client: str, provider: str) -> None:
    """The upstream looks for a wanted shape in OpenAI's body only; what others are sent is in the codecs' tests."""
    said = ASK[client](crossroads, f"by-{provider}", EVENT, "schema", False)
    assert json.loads(said.text)["name"] == "science fair"


@cells
@streams
def test_an_error_of_the_provider(crossroads: Gateway, client: str, provider: str, stream: bool) -> None:
    with pytest.raises(REFUSED) as caught:
        ASK[client](crossroads, f"by-{provider}", BAD, "text", stream)
    assert "Invalid value for temperature." in str(caught.value)
    assert getattr(caught.value, "status_code", None) == 400 or getattr(caught.value, "code", None) == 400


def vectors_by_chat(gateway: Gateway, name: str, encoding: Any) -> list[Any]:
    with openai.OpenAI(base_url=f"{gateway.origin}/v1", api_key=CALLER_KEY, max_retries=0) as sdk:
        answer = sdk.embeddings.create(model=name, input="embed me", encoding_format=encoding)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens
    given: list[Any] = [row.embedding for row in answer.data]
    return [unpacked(one) if isinstance(one, str) else one for one in given]


def vectors_by_generate(gateway: Gateway, name: str, encoding: str) -> list[Any]:
    with google_client(gateway) as sdk:
        answer = sdk.models.embed_content(model=name, contents="embed me")
    return [one.values for one in answer.embeddings]


def unpacked(text: str) -> list[float]:
    """The vector in base64: 32-bit floats, little-endian."""
    raw = base64.b64decode(text)
    return list(struct.unpack(f"<{len(raw) // 4}f", raw))


EMBED = {"chat": vectors_by_chat, "generate": vectors_by_generate}


# Not generate-gemini: the upstream does not play batchEmbedContents, which is all that Google's SDK calls.
@pytest.mark.parametrize(
    ("client", "provider"),
    [
        pytest.param("chat", "openai", id="chat-openai"),
        pytest.param("chat", "gemini", id="chat-gemini"),
        pytest.param("generate", "openai", id="generate-openai"),
        *(pytest.param(client, name, id=f"{client}-{name}") for client in ("chat", "generate") for name in AZURES),
    ],
)
def test_embeddings(crossroads: Gateway, client: str, provider: str) -> None:
    for encoding in ("float", "base64"):
        assert EMBED[client](crossroads, f"vectors-{provider}", encoding) == [EMBEDDED]


def test_azure_is_asked_where_its_deployments_are_with_the_credential_of_each(
    crossroads: Gateway, azure: Azure
) -> None:
    del azure.seen[:]
    for provider in AZURES:
        for client in CLIENTS:
            ASK[client](crossroads, f"by-{provider}", HELLO, "text", False)
        vectors_by_chat(crossroads, f"vectors-{provider}", "float")
    dated, version = "/openai/deployments/our-gpt/chat/completions", f"?api-version={API_VERSION}"
    assert set(azure.seen) == {
        (dated + version, "api-key"),
        (f"/openai/responses{version}", "api-key"),
        (f"/openai/deployments/our-vectors/embeddings{version}", "api-key"),
        ("/openai/v1/chat/completions", "token"),
        ("/openai/v1/responses", "token"),
        ("/openai/v1/embeddings", "token"),
    }
    assert azure.refused == []
    assert len(azure.tokens) == 1, "a token is asked for once"
    left = crossroads.left_behind()
    for secret in (API_KEY, CLIENT["client_secret"], *azure.tokens):
        assert secret not in left


def test_googles_sdk_lists_the_models(crossroads: Gateway) -> None:
    with google_client(crossroads) as sdk:
        names = {one.name for one in sdk.models.list(config={"page_size": 2})}
        one = sdk.models.get(model="by-openai")
    assert {f"models/by-{provider}" for provider in PROVIDERS} < names
    assert "generateContent" in one.supported_actions


def test_googles_sdk_is_told_in_its_own_words(crossroads: Gateway) -> None:
    with google_client(crossroads) as sdk, pytest.raises(google_errors.ClientError) as caught:
        sdk.models.generate_content(model="nowhere", contents=HELLO)
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")
    assert "nowhere" in str(caught.value.message)


def test_a_key_in_an_address_is_nowhere_left_behind(crossroads: Gateway, aimock: Aimock) -> None:
    body = json.dumps({"contents": [{"parts": [{"text": HELLO}]}]}).encode()
    address = f"{crossroads.origin}/v1beta/models/by-gemini:streamGenerateContent?key={CALLER_KEY}"
    request = urllib.request.Request(address, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        pieces = json.loads(answer.read())
    said = "".join(part["text"] for piece in pieces for part in piece["candidates"][0]["content"]["parts"])
    assert said.startswith("Hello from the other side")
    assert CALLER_KEY not in crossroads.left_behind()
    assert CALLER_KEY not in json.dumps(aimock.seen())
