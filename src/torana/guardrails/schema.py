"""Finds answers that are not JSON of a given schema.

It repairs nothing, and looks nothing up elsewhere: a reference out of the schema is refused. Run by the guard room.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NoReturn

import jsonschema_rs
import msgspec

from torana.ports.guardrail import Finding, Guardrail, Where

SIDES = ("output",)
PRICE_CLASS = "instant"
MODES = ("block", "flag", "shadow")
UNIT = "whole"

_NOWHERE = Where()

_FENCED = re.compile(r"\s*```(?:json)?[ \t]*\n(.*)\n\s*```\s*", re.DOTALL | re.IGNORECASE)


def validator(schema: dict[str, Any]) -> Any:
    """The schema, compiled. Raises ValueError with the place where it is none."""
    try:
        return jsonschema_rs.validator_for(schema, offline=True, pattern_options=jsonschema_rs.RegexOptions())
    except jsonschema_rs.ValidationError as wrong:
        place = "/".join(str(part) for part in wrong.instance_path)
        raise ValueError(f"schema is no JSON Schema at /{place}: {wrong.message}") from wrong


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every answer must be."""

    schema: dict[str, Any]
    """JSON Schema, draft 4 to 2020-12 by its ``$schema``; patterns are matched in linear time, so without look-around."""
    fenced: bool = True
    """Whether the JSON may stand in a code fence with nothing around it."""

    def __post_init__(self) -> None:
        validator(self.schema)


SAMPLE = Settings(
    schema={"type": "object", "required": ["city", "days"], "properties": {"days": {"type": "integer", "minimum": 1}}}
)
MUST_CATCH = (
    "Here you are!",
    '{"city": "Pune"}',
    '{"city": "Pune", "days": 0}',
    '```json\n{"city": 1}\n```',
    '{"days": 3',
)
MUST_PASS = ("", '{"city": "Pune", "days": 3}', '```json\n{"city": "Pune", "days": 3}\n```')


class Fits:
    """The schema, compiled."""

    __slots__ = ("_fenced", "_validator")

    triggers = None

    def __init__(self, settings: Settings) -> None:
        self._validator = validator(settings.schema)
        self._fenced = settings.fenced

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        """The whole text when it is not what it must be; nothing of an empty one, where nothing was said."""
        if not text or self._fits(text):
            return ()
        return (Finding("schema_violation", 0, len(text)),)

    def tail(self, text: str) -> int:
        """An answer is judged as a whole."""
        return 0

    def _fits(self, text: str) -> bool:
        fenced = _FENCED.fullmatch(text) if self._fenced else None
        try:
            value = json.loads(fenced.group(1) if fenced else text, parse_constant=_refused)
            fits: bool = self._validator.is_valid(value)
        except (ValueError, RecursionError):
            # Not JSON, nested beyond all measure, or with half of a surrogate pair.
            return False
        return fits


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not in JSON")


def open(settings: Settings) -> Guardrail:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings."""
    return Fits(settings)
