"""OpenAI's models refuse a request for one member: none is sent that they do not take, and each is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from torana.core.events import Reasoning, Request, Sampling, Text, Turn
from torana.dialects.codecs.openai_chat import write_request

ALL = Sampling(
    max_output=9, temperature=0.2, top_p=0.5, top_k=3, stop=("x",), seed=1, frequency_penalty=0.1, presence_penalty=0.1,
    logprobs=2,
)  # fmt: skip


def write(model: str, sampling: Sampling = ALL) -> tuple[dict[str, Any], tuple[str, ...]]:
    request = Request("m", (Turn("user", (Text("hi"),)),), sampling=sampling, reasoning=Reasoning("low"))
    written = write_request(request, model)
    said: dict[str, Any] = json.loads(written.body)
    return {name: value for name, value in said.items() if name not in ("model", "messages")}, written.dropped


@pytest.mark.parametrize("model", ["gpt-5", "gpt-5-mini-2025-08-07", "gpt-5.2", "o3", "o4-mini", "openai/o1", "gpt-10"])
def test_models_that_reason_bound_their_tokens_by_the_newer_name_and_sample_as_they_like(model: str) -> None:
    said, dropped = write(model)
    assert said == {"max_completion_tokens": 9, "seed": 1, "reasoning_effort": "low"}
    assert set(dropped) == {
        "top_k", "temperature", "top_p", "stop", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs",
    }  # fmt: skip


def test_what_is_the_default_anyway_is_no_loss() -> None:
    said, dropped = write("gpt-5", Sampling(temperature=1.0, top_p=1.0, presence_penalty=0.0))
    assert dropped == ()
    assert said["temperature"] == 1


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-4.1", "chatgpt-4o-latest", "gpt-5-chat-latest", "gpt-3.5-turbo"])
def test_models_that_do_not_reason_are_not_told_how_much_to(model: str) -> None:
    said, dropped = write(model)
    assert dropped == ("top_k", "reasoning")
    assert (said["max_tokens"], said["temperature"], said["stop"]) == (9, 0.2, ["x"])


@pytest.mark.parametrize("model", ["gpt-oss-20b", "openai/gpt-oss-120b", "llama-3.1-8b", "olmo", "gpt-j-6b", "o3d"])
def test_models_of_others_are_told_everything(model: str) -> None:
    said, dropped = write(model)
    assert dropped == ()
    assert {"max_tokens", "top_k", "temperature", "reasoning_effort", "logprobs"} <= said.keys()
