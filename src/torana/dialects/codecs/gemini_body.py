"""Writes a Request as a generateContent body: https://ai.google.dev/api/generate-content#request-body.

It decides what this API cannot be told and names it. Called by ``gemini``.
"""

from __future__ import annotations

import re

import msgspec

from torana.core.events import (
    Choice,
    Format,
    Media,
    Reasoning,
    Request,
    Sampling,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from torana.dialects.codecs.gemini_parts import call_part, media_part, result_parts
from torana.dialects.codecs.gemini_wire import SIGNED, SIGNED_TEXT, Content, Part, Raw
from torana.ports.codec import Written

_encode = msgspec.json.encode
_GENERATION = re.compile(r"gemini-(\d+)")
_NEWEST = 99
_NO_THOUGHT = re.compile(r"gemini-(?:1\.|2\.0)|gemma|learnlm")
_UNSIGNED = "skip_thought_signature_validator"
"""What the API takes where a call of another model has no signature: https://ai.google.dev/gemini-api/docs/thought-signatures"""
_CHOICES = {"auto": "AUTO", "none": "NONE", "any": "ANY", "tool": "ANY"}
_STOPS = 5
"""How many stop sequences the API takes."""
_SEED = 1 << 31
_BUDGETS = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
"""Effort → tokens, as Google's own OpenAI endpoint has it: https://ai.google.dev/gemini-api/docs/openai"""


def write_request(request: Request, model: str) -> Written:
    """The body for a model. Raises GatewayError CAPABILITY_MISSING for what must not be lost and cannot be said."""
    dropped = _unsayable(request)
    system = request.system
    contents = _contents(request.turns, _generation(model), dropped)
    if not contents:  # the API wants some
        contents, system = _contents((Turn("user", system),), _generation(model), dropped), ()
    body: dict[str, object] = {"contents": contents}
    if system:
        body["systemInstruction"] = Content(parts=[Part(text=text.text) for text in system])
    if request.tools:
        body["tools"] = [{"functionDeclarations": [_tool(tool) for tool in request.tools]}]
        if request.choice is not None:
            body["toolConfig"] = {"functionCallingConfig": _calling(request.choice)}
    config = {
        **_sampling(request.sampling, dropped),
        **_format(request.format),
        **_thinking(request.reasoning, model, dropped),
    }
    if config:
        body["generationConfig"] = config
    return Written(_encode(body), tuple(dict.fromkeys(dropped)))


def _generation(model: str) -> int:
    """The major version in a model's name; of a name without one we think it is of the newest."""
    found = _GENERATION.search(model)
    return int(found[1]) if found else _NEWEST


def _unsayable(request: Request) -> list[str]:
    """Members that this API has no word for."""
    parts = [part for turn in request.turns for part in turn.parts]
    cached = any(getattr(part, "cache", "") for part in (*parts, *request.system, *request.tools))
    said = {
        "user": bool(request.user),
        "service_tier": bool(request.tier),
        "metadata": bool(request.metadata),
        "parallel_tool_calls": request.parallel_tools is False,
        "strict": any(tool.strict for tool in request.tools),
        "name": any(turn.name for turn in request.turns),
        "cache_control": cached,
        "filename": any(isinstance(part, Media) and part.name for part in parts),
        "response_format.description": bool(request.format and request.format.description),
        "detail": any(isinstance(part, Media) and part.detail not in ("", "auto") for part in parts),
        "tool_choice": bool(request.choice and request.choice.kind != "auto" and not request.tools),
    }
    return [name for name, is_said in said.items() if is_said]


def _contents(turns: tuple[Turn, ...], generation: int, dropped: list[str]) -> list[Content]:
    contents: list[Content] = []
    names: dict[str, str] = {}
    results_before = False
    for turn in turns:
        names.update((part.id, part.name) for part in turn.parts if isinstance(part, ToolCall))
        parts = _parts(turn, names, generation, dropped)
        if not parts:
            continue
        results = all(isinstance(part, ToolResult) for part in turn.parts)
        if results and results_before and contents[-1].parts:
            contents[-1].parts += parts  # the API wants the results of parallel calls in one content
        else:
            contents.append(Content("model" if turn.role == "assistant" else "user", parts))
        results_before = results
    return contents


def _parts(turn: Turn, names: dict[str, str], generation: int, dropped: list[str]) -> list[Part]:
    parts: list[Part] = []
    unsigned = _UNSIGNED if generation >= 3 else ""
    for part in turn.parts:
        match part:
            case Thinking():
                _think(part, parts, dropped)
            case ToolCall():
                parts.append(call_part(part, unsigned))
                unsigned = ""  # of parallel calls the API signs, and wants signed, only the first
            case ToolResult():
                parts += result_parts(part, names, generation >= 3)
            case Media():
                parts.append(media_part(part))
            case _ if part.text or len(turn.parts) == 1:
                parts.append(Part(text=part.text))
    return parts


def _think(part: Thinking, parts: list[Part], dropped: list[str]) -> None:
    """Reasoning as a part, or the signature of the part before; that of another provider is refused by this one."""
    signature = part.signature
    if signature.startswith(SIGNED_TEXT) and parts:
        parts[-1].thought_signature = signature.removeprefix(SIGNED_TEXT)
    elif signature.startswith(SIGNED) or (part.text and not signature):
        thought = True if part.text else None
        parts.append(Part(text=part.text, thought=thought, thought_signature=signature.removeprefix(SIGNED) or None))
    else:
        dropped.append("thinking")


def _tool(tool: Tool) -> dict[str, object]:
    declared: dict[str, object] = {"name": tool.name}
    if tool.description:
        declared["description"] = tool.description
    if tool.schema:
        declared["parametersJsonSchema"] = Raw(tool.schema)
    return declared


def _calling(choice: Choice) -> dict[str, object]:
    calling: dict[str, object] = {"mode": _CHOICES[choice.kind]}
    if choice.kind == "tool":
        calling["allowedFunctionNames"] = [choice.name]
    return calling


def _sampling(sampling: Sampling, dropped: list[str]) -> dict[str, object]:
    if len(sampling.stop) > _STOPS:
        dropped.append("stop")
    seed = sampling.seed
    if seed is not None and not -_SEED <= seed < _SEED:
        dropped.append("seed")
        seed = None
    config = {
        "maxOutputTokens": sampling.max_output,
        "temperature": sampling.temperature,
        "topP": sampling.top_p,
        "topK": sampling.top_k,
        "stopSequences": sampling.stop[:_STOPS] or None,
        "seed": seed,
        "frequencyPenalty": sampling.frequency_penalty,
        "presencePenalty": sampling.presence_penalty,
        "candidateCount": sampling.candidates if sampling.candidates != 1 else None,
        "responseLogprobs": True if sampling.logprobs is not None else None,
        "logprobs": sampling.logprobs or None,
    }
    return {name: value for name, value in config.items() if value is not None}


def _format(wanted: Format | None) -> dict[str, object]:
    if wanted is None:
        return {}
    config: dict[str, object] = {"responseMimeType": "application/json"}
    if wanted.schema:
        config["responseJsonSchema"] = Raw(wanted.schema)
    return config


def _thinking(reasoning: Reasoning | None, model: str, dropped: list[str]) -> dict[str, object]:
    """How much to think: a level from Gemini 3 on, a budget before. https://ai.google.dev/gemini-api/docs/thinking"""
    if reasoning is None:
        return {}
    if _NO_THOUGHT.search(model):
        if reasoning.effort != "off":
            dropped.append("reasoning")
        return {}
    config: dict[str, object] = {}
    off = reasoning.effort == "off"
    if reasoning.shown and not off:
        config["includeThoughts"] = True
    if reasoning.budget is not None:
        config["thinkingBudget"] = _bounded(reasoning.budget, model)
    elif reasoning.effort and _generation(model) >= 3:
        config["thinkingLevel"] = _level(reasoning.effort, model)
    elif reasoning.effort:
        config["thinkingBudget"] = _bounded(_BUDGETS.get(reasoning.effort, 0), model)
    if off and config.get("thinkingBudget") != 0:
        dropped.append("reasoning")  # it cannot be switched off there; it is asked for the least
    return {"thinkingConfig": config} if config else {}


def _level(effort: str, model: str) -> str:
    least = "LOW" if "pro" in model else "MINIMAL"
    return {"off": least, "minimal": least, "low": "LOW", "medium": "MEDIUM"}.get(effort, "HIGH")


def _bounded(budget: int, model: str) -> int:
    """The budget within what the model takes: a refused one would cost the answer, and it is a bound, not an order."""
    if "2.5" not in model:
        return budget
    if "pro" in model:
        return min(max(budget, 128), 32768)
    least = 512 if "lite" in model else 0
    return min(max(budget, least), 24576) if budget else 0
