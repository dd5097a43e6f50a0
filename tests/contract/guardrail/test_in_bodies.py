"""What a guardrail must catch it catches in a body and in a stream too: its triggers open the gate, its tail holds it back."""

from __future__ import annotations

import json
import pkgutil
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

import torana.guardrails
from tests.line.world import KEY_ENTRY, ScriptedSource, World, model
from torana.core.call import Ask, Chunk, Prompt, Reply
from torana.core.errors import GatewayError
from torana.core.tickets import Attempt, Caller, Grant, Rule
from torana.line.guard import Guard, Guards

FOUND = [import_module(f"torana.guardrails.{one.name}") for one in pkgutil.iter_modules(torana.guardrails.__path__)]
OWN = [one for one in FOUND if not getattr(one, "NEEDS_TOOLS", False) and hasattr(one, "SAMPLE")]
OWN = [one for one in OWN if getattr(one, "PRICE_CLASS", "") == "instant" and getattr(one, "UNIT", "span") == "span"]
CATCHES = pytest.mark.parametrize(
    ("module", "sample"), [pytest.param(one, text, id=text[:30]) for one in OWN for text in one.MUST_CATCH]
)


def room(module: ModuleType) -> Guards:
    opened: Any = module.open(module.SAMPLE)
    return Guards({"g": Guard("g", opened)})


def grant(side: str) -> Grant:
    return Grant(Caller("acme", "key-1", KEY_ENTRY), model(), "default@1", (Rule("g", side=side),))


async def refused(module: ModuleType, body: bytes) -> bool:
    try:
        await room(module).inbound(grant("input"), World().call(body))
    except GatewayError as error:
        return error.code == "GUARDRAIL_BLOCKED"
    return False


@CATCHES
async def test_it_is_caught_in_a_body_however_that_is_spelt(module: ModuleType, sample: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": sample}]}
    assert await refused(module, json.dumps(body).encode())
    assert await refused(module, json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    nested = {
        "messages": [{"role": "assistant", "tool_calls": [{"function": {"arguments": json.dumps({"x": sample})}}]}]
    }
    assert await refused(module, json.dumps(nested).encode())


@CATCHES
async def test_no_part_of_it_leaves_in_a_stream_wherever_it_is_cut(module: ModuleType, sample: str) -> None:
    guards = room(module)
    opened: Any = module.open(module.SAMPLE)
    whole = f"So: {sample} and on it goes, as text does."
    found = opened.check(whole)
    if not found:
        pytest.skip("it is caught alone only")
    first = min(one.start for one in found)
    for cut in range(first + 1, min(max(one.end for one in found) + 1, first + 200)):
        heard = ""
        chunks = [Chunk(event(piece)) for piece in (whole[:cut], whole[cut:]) if piece]
        reply = Reply(Attempt(model().deployments[0], 1), 200, "openai_chat", True, ScriptedSource(chunks))
        prompt = Prompt(World().call(ask=Ask("m", stream=True)), "m", b"{}")
        out = await guards.outbound(grant("output"), prompt, reply)
        with pytest.raises(GatewayError):
            async for chunk in out.source:
                heard += json.loads(chunk.wire[6:])["choices"][0]["delta"]["content"]
        assert len(heard) <= first, (cut, heard)


def event(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode() + b"\n\n"
