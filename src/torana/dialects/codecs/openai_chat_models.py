"""What OpenAI's own models refuse of a chat completion, by their names: https://platform.openai.com/docs/guides/reasoning.

It names what it leaves out. Called by ``openai_chat_body``; bodies that callers wrote in this dialect are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Json = dict[str, object]
_THEIRS = re.compile(r"(?:.*/)?(?:gpt-\d|chatgpt-|o\d(?:-|$))")
"""Their names at every host; ``gpt-oss`` is served by engines that take more."""
_REASONS = re.compile(r"(?:.*/)?(?:o\d|gpt-(?:[5-9]|\d\d)(?!.*chat))")
_FIXED: Mapping[str, object] = {
    "temperature": 1,
    "top_p": 1,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "stop": None,
    "logprobs": None,
    "top_logprobs": None,
}
"""What models that reason take at these values alone; None: not at all."""


def fit(body: Json, model: str, dropped: list[str]) -> None:
    """Bring the body to what the model takes: others refuse the whole request for one member."""
    if not _THEIRS.match(model):
        return
    if body.pop("top_k", None) is not None:
        dropped.append("top_k")
    if not _REASONS.match(model):
        if body.pop("reasoning_effort", None) is not None:
            dropped.append("reasoning")
        return
    if "max_tokens" in body:
        body["max_completion_tokens"] = body.pop("max_tokens")
    for name, only in _FIXED.items():
        if name in body and body[name] != only:
            del body[name]
            dropped.append(name)
