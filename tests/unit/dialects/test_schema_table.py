"""The table of levels only says what can be meant."""

from __future__ import annotations

import pytest

from torana.dialects.schema_parts import TYPES
from torana.dialects.schema_table import LEVELS, SCALARS, Level


@pytest.mark.parametrize("level", LEVELS.values(), ids=LEVELS)
def test_a_row_agrees_with_itself(level: Level) -> None:
    assert level.types in {"list", "nullable", "anyOf"}
    assert ("nullable" in level.keywords) == (level.types == "nullable")
    assert ("$ref" in level.keywords) == bool(level.homes)
    assert set(level.homes) <= set(level.keywords)
    assert level.enum <= SCALARS <= set(TYPES)
    assert not level.closed or level.keywords["additionalProperties"] == frozenset({False})
    assert level.root is None or level.root <= set(level.keywords)


def test_every_target_of_ours_has_its_row() -> None:
    assert set(LEVELS) == {
        "openai_strict",
        "anthropic_output",
        "gemini_parameters",
        "gemini_json",
        "bedrock_tools",
        "cohere_output",
    }
