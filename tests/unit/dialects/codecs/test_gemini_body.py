"""Requests as generateContent bodies: what the API wants, what it cannot be told, what must not be lost."""

from __future__ import annotations

import json

import pytest

from torana.core.errors import GatewayError
from torana.core.events import (
    Choice,
    Format,
    Media,
    Part,
    Reasoning,
    Refusal,
    Request,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from torana.dialects.codecs import gemini

HI = Turn("user", (Text("hi"),))


def body(model: str = "gemini-2.5-flash", **given: object) -> dict:
    request = Request(**{"model": "m", "turns": (HI,), **given})  # type: ignore[arg-type]
    return json.loads(gemini.write_request(request, model).body)  # type: ignore[no-any-return]


def dropped(model: str = "gemini-2.5-flash", **given: object) -> tuple[str, ...]:
    request = Request(**{"model": "m", "turns": (HI,), **given})  # type: ignore[arg-type]
    return gemini.write_request(request, model).dropped


def said(*parts: Part, role: str = "assistant", model: str = "gemini-2.5-flash") -> list[dict]:
    return body(model, turns=(HI, Turn(role, parts)))["contents"][1]["parts"]  # type: ignore[no-any-return]


def test_nothing_that_was_not_asked_for_is_sent() -> None:
    assert body() == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


def test_results_of_parallel_calls_go_together_and_learn_their_names() -> None:
    calls = Turn("assistant", (ToolCall("1", "f", '{ "a": 1.0 }'), ToolCall("2", "g", "")))
    turns = (
        calls,
        Turn("user", (ToolResult("1", (Text("x"),)),)),
        Turn("user", (ToolResult("2", (Text('{"b":2}'),)),)),
    )
    request = Request("m", turns)
    written = gemini.write_request(request, "gemini-2.5-flash").body
    assert b'"args":{ "a": 1.0 }' in written
    assert json.loads(written)["contents"] == [
        {"role": "model", "parts": [
            {"functionCall": {"id": "1", "name": "f", "args": {"a": 1.0}}},
            {"functionCall": {"id": "2", "name": "g", "args": {}}},
        ]},
        {"role": "user", "parts": [
            {"functionResponse": {"id": "1", "name": "f", "response": {"output": "x"}}},
            {"functionResponse": {"id": "2", "name": "g", "response": {"b": 2}}},
        ]},
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["plain", '{"a":1}'])
def test_a_failed_tool_says_error(text: str) -> None:
    parts = said(ToolResult("1", (Text(text),), "f", failed=True), role="user")
    assert parts[0]["functionResponse"]["response"] == {"error": text}


def test_media_of_a_result_stand_in_it_where_the_model_takes_that() -> None:
    result = ToolResult("1", (Text("x"), Media("image", "image/png", data="AAAA")), "f")
    inside = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    assert said(result, role="user", model="gemini-3-flash")[0]["functionResponse"]["parts"] == [inside]
    assert said(result, role="user")[1] == inside


@pytest.mark.parametrize(
    "part",
    [ToolCall("1", "f", '{"half'), ToolCall("1", "f", "[1]"), ToolResult("9", (Text("x"),)), Media("image", file_id="f-1")],
)  # fmt: skip
def test_what_must_not_be_lost_is_refused(part: Part) -> None:
    with pytest.raises(GatewayError) as refused:
        said(part)
    assert refused.value.code == "CAPABILITY_MISSING"
    assert refused.value.details["missing"]


def test_signatures_of_gemini_go_back_and_those_of_others_do_not() -> None:
    parts = (Thinking("hm", "gemini:YQ=="), Text("so"), Thinking("", "gemini-text:Yg=="), Thinking("x", "of-another"))
    assert said(*parts) == [
        {"text": "hm", "thought": True, "thoughtSignature": "YQ=="},
        {"text": "so", "thoughtSignature": "Yg=="},
    ]
    assert dropped(turns=(Turn("assistant", parts),)) == ("thinking",)
    assert dropped(turns=(Turn("assistant", (Text("a"), Thinking(data="sealed"))),)) == ("thinking",)


def test_the_first_call_of_a_turn_is_signed_for_models_that_want_it() -> None:
    calls = (ToolCall("1", "f", "{}"), ToolCall("2", "f", "{}"))
    signatures = [part.get("thoughtSignature") for part in said(*calls, model="gemini-3-flash")]
    assert signatures == ["skip_thought_signature_validator", None]
    assert said(ToolCall("1", "f", "{}", "YQ=="), model="gemini-3-flash")[0]["thoughtSignature"] == "YQ=="
    assert "thoughtSignature" not in said(*calls)[0]


def test_ids_that_gemini_never_gave_are_not_told_to_it() -> None:
    assert "id" not in said(ToolCall("call_gm_1", "f", "{}"))[0]["functionCall"]


def test_media_by_kind() -> None:
    own = "https://generativelanguage.googleapis.com/v1beta/files/abc"
    assert said(
        Media("image", data="AAAA"),
        Media("document", "application/pdf", url="https://h.test/a.pdf"),
        Media("video", "video/mp4", file_id=own),
        Media("document", text="hi"),
        role="user",
    ) == [
        {"inlineData": {"mimeType": "image/jpeg", "data": "AAAA"}},
        {"fileData": {"mimeType": "application/pdf", "fileUri": "https://h.test/a.pdf"}},
        {"fileData": {"mimeType": "video/mp4", "fileUri": own}},
        {"inlineData": {"mimeType": "text/plain", "data": "aGk="}},
    ]


def test_a_refusal_is_text_and_empty_text_beside_a_call_is_left_out() -> None:
    assert said(Refusal("no")) == [{"text": "no"}]
    assert len(said(Text(""), ToolCall("1", "f", "{}"))) == 1
    assert len(body(turns=(HI, Turn("assistant", ())))["contents"]) == 1


def test_a_system_prompt_alone_becomes_the_contents() -> None:
    for turns in ((), (Turn("user", ()),)):
        assert body(turns=turns, system=(Text("s"),)) == {"contents": [{"role": "user", "parts": [{"text": "s"}]}]}


def test_tools_choice_and_schema_bytes() -> None:
    schema = b'{ "$ref": "#/$defs/a" , "x":1.0}'
    request = Request("m", (HI,), tools=(Tool("f", "d", schema), Tool("g")), choice=Choice("tool", "f"))
    written = gemini.write_request(request, "gemini-2.5-flash").body
    assert b'"parametersJsonSchema":' + schema in written
    asked = json.loads(written)
    assert asked["tools"][0]["functionDeclarations"][1] == {"name": "g"}
    assert asked["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}}


def test_a_choice_without_tools_is_named_and_not_sent() -> None:
    assert "toolConfig" not in body(choice=Choice("none"))
    assert dropped(choice=Choice("none")) == ("tool_choice",)


def test_json_and_schemas() -> None:
    assert body(format=Format("json"))["generationConfig"] == {"responseMimeType": "application/json"}
    config = body(format=Format("schema", "n", b'{"type":"object"}', True))["generationConfig"]
    assert config == {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}}


@pytest.mark.parametrize(
    ("model", "reasoning", "config"),
    [
        ("gemini-2.5-flash", Reasoning("medium"), {"includeThoughts": True, "thinkingBudget": 8192}),
        ("gemini-2.5-flash", Reasoning("off"), {"thinkingBudget": 0}),
        ("gemini-2.5-pro", Reasoning("off"), {"thinkingBudget": 128}),
        ("gemini-2.5-pro", Reasoning("", 64_000, False), {"thinkingBudget": 32768}),
        ("gemini-2.5-flash-lite", Reasoning("", 100, False), {"thinkingBudget": 512}),
        ("gemini-3-pro-preview", Reasoning("minimal", None, False), {"thinkingLevel": "LOW"}),
        ("gemini-3-flash", Reasoning("high", None, False), {"thinkingLevel": "HIGH"}),
        ("gemini-flash-latest", Reasoning("off"), {"thinkingLevel": "MINIMAL"}),
    ],
)
def test_how_much_to_think(model: str, reasoning: Reasoning, config: dict) -> None:
    assert body(model, reasoning=reasoning)["generationConfig"]["thinkingConfig"] == config


def test_thinking_that_cannot_be_had_or_cannot_be_switched_off_is_named() -> None:
    assert dropped("gemini-2.0-flash", reasoning=Reasoning("low")) == ("reasoning",)
    assert "generationConfig" not in body("gemini-2.0-flash", reasoning=Reasoning("off"))
    assert dropped("gemini-3-flash", reasoning=Reasoning("off")) == ("reasoning",)
    assert dropped(reasoning=Reasoning("off")) == ()


def test_what_the_api_has_no_word_for_is_named() -> None:
    names = dropped(
        user="u", tier="flex", metadata=(("a", "b"),), parallel_tools=False, tools=(Tool("f", strict=True),),
        turns=(Turn("user", (Text("a", "5m"), Media("image", data="AA", detail="low")), "bob"),),
        sampling=Sampling(seed=1 << 40, stop=("a", "b", "c", "d", "e", "f")),
    )  # fmt: skip
    assert set(names) == {
        "user", "service_tier", "metadata", "parallel_tool_calls", "strict", "name", "cache_control", "detail", "seed",
        "stop",
    }  # fmt: skip


def test_logprobs() -> None:
    assert body(sampling=Sampling(logprobs=0))["generationConfig"] == {"responseLogprobs": True}
    assert body(sampling=Sampling(logprobs=2))["generationConfig"] == {"responseLogprobs": True, "logprobs": 2}
