"""generateContent bodies as Requests: every part and option, names with underscores, and what is named as left out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.errors import GatewayError
from torana.core.events import Choice, Format, Media, Reasoning, Request, Sampling, Text, Thinking, Tool, ToolCall
from torana.dialects.codecs import gemini

HI = [{"role": "user", "parts": [{"text": "hi"}]}]


def read(**body: object) -> Request:
    return gemini.read_request(json.dumps({"contents": HI, **body}).encode())


def parts(*given: object, role: str = "user") -> tuple[object, ...]:
    return read(contents=[{"role": role, "parts": list(given)}]).turns[0].parts


def test_roles_and_system() -> None:
    request = read(
        contents=[{"parts": [{"text": "a"}]}, {"role": "model", "parts": [{"text": "b"}]}],
        systemInstruction={"parts": [{"text": "be kind"}, {"text": "be brief"}]},
    )
    assert [turn.role for turn in request.turns] == ["user", "assistant"]
    assert request.system == (Text("be kind"), Text("be brief"))
    assert request.dropped == ()


def test_media_in_the_message_and_at_an_address() -> None:
    own = "https://generativelanguage.googleapis.com/v1beta/files/abc"
    assert parts(
        {"inlineData": {"mimeType": "image/png", "data": "-_8"}},
        {"fileData": {"mimeType": "application/pdf", "fileUri": "https://host.test/a.pdf"}},
        {"fileData": {"mimeType": "video/mp4", "fileUri": own}},
    ) == (
        Media("image", "image/png", data="+/8="),
        Media("document", "application/pdf", url="https://host.test/a.pdf"),
        Media("video", "video/mp4", file_id=own),
    )


def test_arguments_stay_byte_for_byte() -> None:
    body = (
        b'{"contents":[{"role":"model","parts":'
        b'[{"functionCall":{"id":"x","name":"f","args":{ "a":1.50,"snake_case": "\\u0041" }},"thoughtSignature":"c2ln"}]}]}'
    )
    (call,) = gemini.read_request(body).turns[0].parts
    assert call == ToolCall("x", "f", '{ "a":1.50,"snake_case": "\\u0041" }', "c2ln")


def test_calls_without_ids_get_the_same_ids_each_time_and_results_find_them() -> None:
    call = {"functionCall": {"name": "f", "args": {}}}
    result = {"functionResponse": {"name": "f", "response": {"output": "ok"}}}
    contents = [{"role": "model", "parts": [call, call]}, {"role": "user", "parts": [result, result]}]
    turns = read(contents=contents).turns
    ids = [part.id for part in turns[0].parts]  # type: ignore[union-attr]
    assert len(set(ids)) == 2
    assert ids == [part.id for part in turns[1].parts]  # type: ignore[union-attr]
    assert turns == read(contents=contents).turns


@pytest.mark.parametrize(
    ("response", "text", "failed"),
    [
        ({"output": "ok"}, "ok", False),
        ({"error": "no"}, "no", True),
        ({"temp": 20}, '{"temp": 20}', False),
        ({"output": "a", "more": 1}, '{"output": "a", "more": 1}', False),
    ],
)
def test_what_a_tool_gave(response: object, text: str, failed: bool) -> None:
    (result,) = parts({"functionResponse": {"id": "1", "name": "f", "response": response}})
    assert (result.parts, result.failed, result.name) == ((Text(text),), failed, "f")  # type: ignore[attr-defined]


def test_thoughts_and_signatures_are_marked_as_geminis() -> None:
    said = parts({"text": "hm", "thought": True}, {"text": "so", "thoughtSignature": "YQ=="}, role="model")
    assert said == (Thinking("hm"), Text("so"), Thinking("", "gemini-text:YQ=="))
    assert parts({"text": "", "thoughtSignature": "YQ=="}) == (Thinking("", "gemini:YQ=="),)


def test_tools_and_which_to_call() -> None:
    own = {"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True}}}
    request = read(
        tools=[
            {"functionDeclarations": [
                {"name": "f", "description": "d", "parametersJsonSchema": {"type": "object"}},
                {"name": "g", "parameters": own},
            ]},
            {"googleSearch": {}},
        ],
        toolConfig={"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    )  # fmt: skip
    assert request.tools[0] == Tool("f", "d", b'{"type": "object"}')
    assert json.loads(request.tools[1].schema) == {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}
    assert request.choice == Choice("tool", "f")
    assert request.dropped == ("tools.googleSearch",)


@pytest.mark.parametrize(
    ("calling", "choice", "dropped"),
    [
        ({"mode": "AUTO"}, Choice("auto"), ()),
        ({"mode": "NONE"}, Choice("none"), ()),
        ({"mode": "VALIDATED"}, Choice("auto"), ("toolConfig.functionCallingConfig.mode",)),
        (
            {"mode": "ANY", "allowedFunctionNames": ["f", "g"]},
            Choice("any"),
            ("toolConfig.functionCallingConfig.allowedFunctionNames",),
        ),
        ({}, None, ()),
    ],
)
def test_modes_of_calling(calling: object, choice: Choice | None, dropped: tuple[str, ...]) -> None:
    request = read(toolConfig={"functionCallingConfig": calling})
    assert (request.choice, request.dropped) == (choice, dropped)


def test_every_option_of_the_generation() -> None:
    request = read(
        generationConfig={
            "maxOutputTokens": 9, "temperature": 0.5, "topP": 0.9, "topK": 40, "stopSequences": ["x"], "seed": 7,
            "candidateCount": 2, "frequencyPenalty": 0.1, "presencePenalty": 0.2, "responseLogprobs": True,
            "logprobs": 3, "responseMimeType": "application/json", "responseJsonSchema": {"type": "object"},
            "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 64}, "speechConfig": {},
        }
    )  # fmt: skip
    assert request.sampling == Sampling(9, 0.5, 0.9, 40, ("x",), 7, 0.1, 0.2, 2, 3)
    assert request.format == Format("schema", schema=b'{"type": "object"}')
    assert request.reasoning == Reasoning("", 64, True)
    assert request.dropped == ("generationConfig.speechConfig",)


@pytest.mark.parametrize(
    ("config", "reasoning"),
    [
        ({"thinkingBudget": 0}, Reasoning("off", None, False)),
        ({"thinkingBudget": -1, "includeThoughts": True}, Reasoning("", None, True)),
        ({"thinkingLevel": "LOW"}, Reasoning("low", None, False)),
    ],
)
def test_how_much_to_think(config: object, reasoning: Reasoning) -> None:
    assert read(generationConfig={"thinkingConfig": config}).reasoning == reasoning


def test_names_with_underscores_are_read_too() -> None:
    inline = {"inline_data": {"mime_type": "image/png", "data": "AAAA"}}
    assert parts(inline) == (Media("image", "image/png", data="AAAA"),)
    request = read(system_instruction={"parts": [{"text": "s"}]}, generation_config={"max_output_tokens": 3})
    assert (request.system, request.sampling.max_output) == ((Text("s"),), 3)


def test_members_unknown_here_are_named_once() -> None:
    metadata = {"text": "a", "videoMetadata": {"fps": 1}}
    contents = [{"role": "user", "parts": [metadata, metadata]}]
    request = read(contents=contents, safetySettings=[], cachedContent="c", labels=None)
    assert request.dropped == ("contents.parts.videoMetadata", "safetySettings", "cachedContent")


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b'{"contents":"hi"}', b'{"contents":[{"role":"x","parts":[]}]}', b'{"contents":[{"parts":[{}]}]}',
     b'{"contents":[],"contents":[]}', b'{"contents_of":' + b"[" * 5000, b'{"contents":[{"parts":[{"toolCall":{}}]}]}'],
)  # fmt: skip
def test_what_cannot_be_understood_is_refused(body: bytes) -> None:
    with pytest.raises(GatewayError) as refused:
        gemini.read_request(body)
    assert refused.value.code == "REQUEST_INVALID"


# --- A → ours → A

text = st.text(max_size=8)
b64 = st.sampled_from(["AAAA", "c2ln", "QUJD"])
objects = st.dictionaries(st.text("ab_", max_size=3), st.none() | st.integers(-5, 5) | text, max_size=3)
name = st.sampled_from(["f", "look_up"])
media = st.fixed_dictionaries({"mimeType": st.sampled_from(["image/png", "audio/wav"]), "data": b64})
said = st.fixed_dictionaries({"text": text.filter(bool)}, optional={"thoughtSignature": b64})
user_parts = st.lists(said | st.fixed_dictionaries({"inlineData": media}), min_size=1, max_size=3)
calls = st.fixed_dictionaries(
    {"functionCall": st.fixed_dictionaries({"name": name, "args": objects})},
    optional={"thoughtSignature": b64},
)
thoughts = st.fixed_dictionaries(
    {"text": text.filter(bool), "thought": st.just(True)}, optional={"thoughtSignature": b64}
)
model_parts = st.lists(said | calls | thoughts, min_size=1, max_size=4)
results = st.lists(
    st.fixed_dictionaries(
        {"functionResponse": st.fixed_dictionaries({"name": name, "response": objects | st.fixed_dictionaries(
            {"output": text | st.just('{"a":1}')}) | st.fixed_dictionaries({"error": text | st.just('{"error":1}')})})}
    ),
    min_size=1, max_size=2,
)  # fmt: skip
rounds = st.tuples(user_parts, model_parts, results).map(
    lambda three: [
        {"role": "user", "parts": three[0]},
        {"role": "model", "parts": three[1]},
        {"role": "user", "parts": three[2]},
    ]
)
config = st.fixed_dictionaries(
    {"maxOutputTokens": st.integers(1, 99)},
    optional={
        "temperature": st.floats(0, 2), "topK": st.integers(1, 40), "stopSequences": st.lists(text, min_size=1, max_size=5),
        "seed": st.integers(-9, 9), "candidateCount": st.integers(2, 4), "responseMimeType": st.just("application/json"),
        "thinkingConfig": st.sampled_from([{"thinkingBudget": 0}, {"includeThoughts": True, "thinkingBudget": 600}]),
    },
)  # fmt: skip
tools = st.lists(
    st.fixed_dictionaries({"name": name}, optional={"description": st.just("d"), "parametersJsonSchema": objects}),
    min_size=1, max_size=2,
)  # fmt: skip
bodies = st.fixed_dictionaries(
    {"contents": rounds},
    optional={
        "systemInstruction": st.fixed_dictionaries({"parts": st.lists(st.fixed_dictionaries({"text": text}), min_size=1)}),
        "tools": tools.map(lambda declared: [{"functionDeclarations": declared}]),
        "generationConfig": config,
    },
)  # fmt: skip


@given(bodies)
def test_what_gemini_can_say_goes_in_and_comes_out(body: dict) -> None:
    request = gemini.read_request(json.dumps(body).encode())
    written = gemini.write_request(request, "gemini-2.5-flash")
    assert json.loads(written.body) == body
    assert (request.dropped, written.dropped) == ((), ())
