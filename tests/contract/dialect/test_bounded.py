"""A dialect whose answers are written token by token bounds them when it is told to, and touches nothing else."""

from __future__ import annotations

import json
import pkgutil
from dataclasses import replace
from importlib import import_module
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import torana.dialects
from torana.core.call import Ask

FOUND = [import_module(f"torana.dialects.{one.name}") for one in pkgutil.iter_modules(torana.dialects.__path__)]
BOUNDED = [module for module in FOUND if hasattr(module, "PATHS") and hasattr(module, "bound")]
CHAT = '"messages":[{"role":"user","content":"max_tokens é \\u00e9"}]'
BODIES = {
    "openai_chat": [
        "{MESSAGES}".replace("MESSAGES", CHAT),
        '{ "model" : "m", MESSAGES, "stream": true }'.replace("MESSAGES", CHAT),
        '{"max_tokens":-1,MESSAGES}'.replace("MESSAGES", CHAT),
        '{"max_tokens":null,MESSAGES,"max_completion_tokens":null}'.replace("MESSAGES", CHAT),
        '{"max_completion_tokens":-1,"max_tokens":7,MESSAGES}'.replace("MESSAGES", CHAT),
    ],
    "complete": [
        '{"model":"m",MESSAGES}'.replace("MESSAGES", CHAT),
        '{"provider":"openai",MESSAGES}'.replace("MESSAGES", CHAT),
    ],
    "openai_responses": ['{"model":"m","input":"hello"}', '{"input":"hello","max_output_tokens":null}'],
    "completions": ['{"prompt":"a"}', '{"prompt":["a","b"],"n":2,"max_tokens":-1}'],
    "generate": ['{"prompt":"a"}', '{"prompt":"a","max_tokens":null}'],
    "gemini_content": [
        '{"contents":[{"parts":[{"text":"a"}]}]}',
        '{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"temperature":0.5}}',
        '{"contents":[{"parts":[{"text":"a"}]}],"generation_config":{"top_k":3,"max_output_tokens":null}}',
        '{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":null}',
    ],
}
ALWAYS_BOUNDED = {"anthropic_messages"}
"""Its requests must say it themselves."""
CASES = [(module, body) for module in BOUNDED for body in BODIES[module.ID]]


def read(dialect: ModuleType, body: bytes) -> Ask:
    found: Ask = dialect.read(body)
    return found


def test_every_dialect_that_generates_text_is_bounded() -> None:
    chats = {module.ID for module in FOUND if getattr(module, "OPERATION", "") in ("chat", "completions")}
    assert {module.ID for module in BOUNDED} == chats - ALWAYS_BOUNDED


@pytest.mark.parametrize(("dialect", "body"), CASES, ids=[f"{module.ID}-{n}" for n, (module, _) in enumerate(CASES)])
@given(most=st.integers(1, 1 << 30))
def test_the_body_asks_for_so_many_tokens_and_for_the_same_otherwise(dialect: ModuleType, body: str, most: int) -> None:
    before = read(dialect, body.encode())
    bounded = dialect.bound(body.encode(), most)
    after = read(dialect, bounded)
    assert before.max_tokens is None
    assert after == replace(before, max_tokens=most)
    kept = json.loads(bounded)
    for name, value in json.loads(body).items():
        if "max" not in name and not name.startswith("generation"):
            assert kept[name] == value
        elif name.startswith("generation") and value:
            assert kept[name].items() >= {key: one for key, one in value.items() if "max" not in key}.items()


def test_other_bytes_stay_as_they_are() -> None:
    chat = next(module for module in BOUNDED if module.ID == "openai_chat")
    body = '{ "model" : "m",  MESSAGES }'.replace("MESSAGES", CHAT)
    assert chat.bound(body.encode(), 9) == body[:-1].encode() + b',"max_completion_tokens":9}'
