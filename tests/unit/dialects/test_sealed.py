"""Sealed reasoning goes back to its maker byte for byte, and to nobody else."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.events import (
    Began,
    Request,
    Text,
    TextPiece,
    Thinking,
    ThinkingPiece,
    ToolBegan,
    ToolCall,
    Turn,
)
from torana.dialects.sealed import Seal, seal


def sealed(
    client: str = "anthropic_messages", provider: str = "openai_chat", model: str = "m", origin: str = "p"
) -> Seal:
    found = seal(client, provider, model, origin)
    assert found is not None
    return found


def asked(*parts: Thinking | ToolCall | Text) -> Request:
    return Request("m", (Turn("user", (Text("hi"),)), Turn("assistant", parts)))


def handed(maker: Seal) -> tuple[Thinking, ToolCall]:
    """What a caller sends back of an answer by this maker."""
    thought, data, call = maker.marked(
        (ThinkingPiece("t", "sig"), ThinkingPiece(data="data", id="rs_1"), ToolBegan(0, "c", "f", signature="callsig"))
    )
    assert isinstance(thought, ThinkingPiece)
    assert isinstance(data, ThinkingPiece)
    assert isinstance(call, ToolBegan)
    return Thinking("t", thought.signature, data.data, data.id), ToolCall("c", "f", "{}", call.signature)


def test_the_maker_gets_back_what_it_sealed_as_it_was() -> None:
    request, dropped = sealed().opened(asked(*handed(sealed())))
    assert request.turns[1].parts == (Thinking("t", "sig", "data", "rs_1"), ToolCall("c", "f", "{}", "callsig"))
    assert dropped == ()


def test_another_provider_gets_nothing_of_it_and_the_loss_is_named() -> None:
    request, dropped = sealed(origin="other").opened(asked(*handed(sealed())))
    assert request.turns[1].parts == (ToolCall("c", "f", "{}"),)
    assert dropped == ("thinking", "thought_signature")


def test_a_turn_that_was_nothing_but_sealed_is_left_out() -> None:
    request, dropped = sealed().opened(asked(Thinking("t", "somebody's")))
    assert [turn.role for turn in request.turns] == ["user"]
    assert dropped == ("thinking",)


def test_plain_reasoning_and_requests_without_any_stay_the_same_object() -> None:
    request = asked(Thinking("only text"), Text("x"))
    assert sealed().opened(request) == (request, ())
    assert sealed().opened(request)[0] is request


def test_events_without_a_seal_stay_the_same_object() -> None:
    row = (Began("i"), TextPiece("x"), ThinkingPiece("y"), ToolBegan(0, "c", "f"))
    assert sealed().marked(row) is row


@pytest.mark.parametrize(("provider", "model", "kept"), [
    ("bedrock_converse", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", True),
    ("anthropic_messages", "claude-sonnet-4-5", True), ("anthropic_messages", "claude-sonnet-4.5@20250929", True),
    ("anthropic_messages", "claude-opus-4-5", False), ("anthropic_messages", "claude-sonnet-4", False),
])  # fmt: skip
def test_a_signature_of_claudes_is_good_for_its_model_on_every_host(provider: str, model: str, kept: bool) -> None:
    maker = sealed("openai_responses", "bedrock_converse", "us.anthropic.claude-sonnet-4-5-v1:0", "aws")
    thought, _ = handed(maker)
    asked_again = asked(thought._replace(data=""), Text("x"))
    request, dropped = sealed("openai_responses", provider, model, "elsewhere").opened(asked_again)
    assert (Thinking("t", "sig", "", "rs_1") in request.turns[1].parts, dropped == ()) == (kept, kept)


def test_redacted_thinking_of_claude_stays_with_the_dialect_it_came_in() -> None:
    thought, _ = handed(sealed("openai_responses", "bedrock_converse", "claude-a", "aws"))
    other = sealed("openai_responses", "anthropic_messages", "claude-a", "own")
    request, _ = other.opened(asked(thought._replace(signature="")))
    assert [turn.role for turn in request.turns] == ["user"]


@pytest.mark.parametrize(("client", "provider", "model", "kept"), [
    ("anthropic_messages", "bedrock_converse", "anthropic.claude-x", True),
    ("anthropic_messages", "bedrock_converse", "amazon.nova-2-lite", False),
    ("anthropic_messages", "gemini_content", "gemini-3-pro", False),
    ("openai_responses", "anthropic_messages", "claude-x", False),
    ("gemini_content", "anthropic_messages", "claude-x", False),
])  # fmt: skip
def test_an_unmarked_signature_is_that_of_the_callers_own_dialect(
    client: str, provider: str, model: str, kept: bool
) -> None:
    request, dropped = sealed(client, provider, model).opened(asked(Thinking("t", "bare"), Text("x")))
    assert (Thinking("t", "bare") in request.turns[1].parts, dropped == ()) == (kept, kept)


@pytest.mark.parametrize(("provider", "kept"), [("gemini_content", "bare"), ("openai_chat", "")])
def test_an_unmarked_signature_of_a_call_is_geminis(provider: str, kept: str) -> None:
    request, _ = sealed("openai_responses", provider).opened(asked(ToolCall("c", "f", "{}", "bare")))
    assert request.turns[1].parts == (ToolCall("c", "f", "{}", kept),)


def test_one_dialect_on_both_sides_is_never_marked() -> None:
    assert seal("openai_chat", "openai_chat", "m", "p") is None


@given(st.binary(min_size=1))
def test_a_marked_signature_in_base64_is_base64_still(raw: bytes) -> None:
    marked = sealed().marked((ToolBegan(0, "c", "f", signature=base64.b64encode(raw).decode()),))[0]
    assert isinstance(marked, ToolBegan)
    taken_apart = base64.b64encode(base64.b64decode(marked.signature, validate=True)).decode()
    request, _ = sealed().opened(asked(ToolCall("c", "f", "{}", taken_apart)))
    assert request.turns[1].parts == (ToolCall("c", "f", "{}", base64.b64encode(raw).decode()),)
