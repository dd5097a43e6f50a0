"""What only some families of models on Bedrock take: ``additionalModelRequestFields``, thinking, structured output.

The family is read off the model's name; behind the ARN of a profile it cannot be seen, and nothing special is sent.
Called by ``bedrock_converse_body``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from torana.core.events import Reasoning, Request, Thinking, ToolCall

Json = dict[str, object]

LEAST_BUDGET = 1024
"""The smallest budget of thinking that Claude takes."""
BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384}
"""An effort as a budget of tokens."""
_NUMBERED = re.compile(r"claude-(?:opus|sonnet|haiku)-(\d+)(?:-(\d{1,2})(?!\d))?")
_UNSTRUCTURED = ("anthropic.claude", "amazon.", "meta.", "ai21.", "cohere.", "writer.")


def structured(model: str) -> bool:
    """Whether the model may take a schema for its answer and strict tools: Claude from 4.5 on, others but the known ones.

    Source: https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
    """
    numbered = _NUMBERED.search(model)
    if numbered:
        return (int(numbered[1]), int(numbered[2] or 0)) >= (4, 5)
    return not any(family in model for family in _UNSTRUCTURED)


def extras(request: Request, model: str, dropped: list[str]) -> tuple[Json, bool]:
    """``additionalModelRequestFields``, and whether the model is to think: then it takes no sampling of ours."""
    more: Json = {}
    thinking = False
    if request.reasoning is not None and request.reasoning.effort != "off":
        thinking = _reason(more, request, request.reasoning, model, dropped)
    top_k = request.sampling.top_k
    if top_k is not None and not (thinking or _top_k(more, model, top_k)):
        dropped.append("top_k")
    return more, thinking


def _top_k(more: Json, model: str, top_k: int) -> bool:
    if "anthropic.claude" in model or "mistral." in model:
        more["top_k"] = top_k
    elif "amazon.nova" in model:
        more["inferenceConfig"] = {"topK": top_k}
    else:
        return False
    return True


def _reason(more: Json, request: Request, wanted: Reasoning, model: str, dropped: list[str]) -> bool:
    """Ask for reasoning in the family's own words. True: Claude thinks."""
    effort = wanted.effort or _effort(wanted.budget)
    if not effort:
        return False
    if "anthropic.claude" in model:
        budget = _budget(request, wanted.budget or BUDGETS.get(effort, BUDGETS["high"]))
        if budget:
            more["thinking"] = {"type": "enabled", "budget_tokens": budget}
            return True
    elif "openai." in model:
        more["reasoning_effort"] = "low" if effort == "minimal" else effort
        return False
    elif "amazon.nova-2" in model:
        more["reasoningConfig"] = {"type": "enabled", "maxReasoningEffort": "low" if effort == "minimal" else effort}
        return False
    dropped.append("reasoning")
    return False


def _effort(budget: int | None) -> str:
    return next((name for name, most in BUDGETS.items() if budget <= most), "high") if budget else ""


def _budget(request: Request, wanted: int) -> int:
    """A budget that Claude takes, or 0 when this request cannot have one.

    It must be at least LEAST_BUDGET and below the bound of the answer. A forced tool excludes it, and so does a tool call
    in the last turn of the model whose thinking the caller did not keep.
    """
    bound = request.sampling.max_output
    budget = max(wanted, LEAST_BUDGET)
    if bound is not None:
        budget = min(budget, bound - 1)
    forced = request.choice is not None and request.choice.kind in ("any", "tool")
    return 0 if budget < LEAST_BUDGET or forced or _forgot_thinking(request) else budget


def _forgot_thinking(request: Request) -> bool:
    last: Sequence[object] = next((turn.parts for turn in reversed(request.turns) if turn.role == "assistant"), ())
    called = any(isinstance(part, ToolCall) for part in last)
    return called and not any(isinstance(part, Thinking) and (part.signature or part.data) for part in last)
