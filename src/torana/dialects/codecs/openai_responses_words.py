"""Words of the Responses API and of ``core.events`` beside each other: choices, efforts, ends, sealed reasoning.

It reads and writes no body. Called by the other parts of the codec ``openai_responses``.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from torana.core.events import Choice, Format, Reasoning, Tool

Json = dict[str, object]

CHOICES: Mapping[str, str] = {"auto": "auto", "none": "none", "required": "any"}
"""``tool_choice`` → ``Choice.kind``."""
CHOICES_BACK: Mapping[str, str] = {kind: word for word, kind in CHOICES.items()}

EFFORTS: Mapping[str, str] = {"none": "off", "minimal": "minimal", "low": "low", "medium": "medium", "high": "high"}
"""``reasoning.effort`` → ``Reasoning.effort``. Efforts beyond these are the highest that others know."""
EFFORTS_BACK: Mapping[str, str] = {effort: word for word, effort in EFFORTS.items()}
_NO_PARAMETERS = {"type": "object", "properties": {}}
_BUDGETS = ((0, "none"), (2048, "low"), (8192, "medium"))

WHY_INCOMPLETE: Mapping[str, str] = {"max_output_tokens": "length", "content_filter": "filtered"}
"""``incomplete_details.reason`` → ``Ended.reason``."""
WHY_INCOMPLETE_BACK: Mapping[str, str] = {
    "length": "max_output_tokens",
    "filtered": "content_filter",
    "refused": "content_filter",
}
"""``Ended.reason`` → ``incomplete_details.reason``; after any other a response is complete."""

AUDIO_TYPES: Mapping[str, str] = {"wav": "audio/wav", "mp3": "audio/mpeg"}
AUDIO_FORMATS: Mapping[str, str] = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}

_SIGNED = "signature:"
"""Begins ``encrypted_content`` that holds another provider's signature of the summary beside it. OpenAI's own is a
Fernet token, which has no colon."""


def effort_of_budget(budget: int) -> str:
    """A budget of thinking tokens as an effort."""
    return next((effort for most, effort in _BUDGETS if budget <= most), "high")


def seal(signature: str, data: str) -> str:
    """What stands in ``encrypted_content`` of a reasoning item."""
    return data or (_SIGNED + signature if signature else "")


def unseal(sealed: str) -> tuple[str, str]:
    """Signature and data of an ``encrypted_content``; one of them is empty."""
    return (sealed.removeprefix(_SIGNED), "") if sealed.startswith(_SIGNED) else ("", sealed)


def tool_of(tool: Tool) -> Json:
    """A function in the flat shape of this API, where strict is the default and so must be said to be off."""
    said: Json = {"type": "function", "name": tool.name}
    if tool.description:
        said["description"] = tool.description
    said["parameters"] = msgspec.Raw(tool.schema) if tool.schema else _NO_PARAMETERS
    said["strict"] = bool(tool.strict)
    return said


def choice_of(choice: Choice) -> object:
    """``tool_choice``."""
    return {"type": "function", "name": choice.name} if choice.kind == "tool" else CHOICES_BACK[choice.kind]


def format_of(wanted: Format | None) -> Json:
    """``text.format``."""
    if wanted is None:
        return {"type": "text"}
    if wanted.kind == "json":
        return {"type": "json_object"}
    said: Json = {"type": "json_schema", "name": wanted.name or "answer", "schema": msgspec.Raw(wanted.schema or b"{}")}
    if wanted.strict is not None:
        said["strict"] = wanted.strict
    if wanted.description:
        said["description"] = wanted.description
    return said


def reasoning_of(wanted: Reasoning | None) -> Json:
    """``reasoning``; empty when nothing is asked for."""
    if wanted is None:
        return {}
    effort = EFFORTS_BACK.get(wanted.effort, "")
    if not effort and wanted.budget is not None:
        effort = effort_of_budget(wanted.budget)
    said: Json = {"effort": effort} if effort else {}
    return {**said, "summary": "auto"} if wanted.shown and effort != "none" else said
