"""Joins two levelled schemas into one that says what both say, and keeps the list of what was lost.

It knows no level. Called by ``schema_levels`` and ``schema_finish``.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from torana.dialects.schema_parts import ANNOTATIONS, MAPS, Path, Schema, joined

MAX_NAMED = 100
"""So many losses are named; one more name says that there are others."""
_SAFE = "~$-_."
"""With it a pointer is one word of a header, whatever a property is called (RFC 6901, section 6)."""
_MAX_STEP = 64
"""Longest step of a pointer, in characters."""


class Joins:
    """The losses so far, and joining, which adds to them."""

    def __init__(self) -> None:
        self._named: dict[str, None] = {}

    def name(self, path: Path) -> None:
        """Something at this place was lost."""
        if len(self._named) < MAX_NAMED:
            steps = (quote(step[:_MAX_STEP].replace("~", "~0").replace("/", "~1"), safe=_SAFE) for step in path)
            self._named["".join(f"/{step}" for step in steps)] = None
        else:
            self._named["/..."] = None

    def names(self) -> tuple[str, ...]:
        """All that was lost, each once, in the order it was met."""
        return tuple(self._named)

    def both(self, one: Schema, two: Schema, path: Path) -> Schema:
        """A schema under which valid is what is valid under both; of annotations the second's stand."""
        if not one or not two:
            return one or two
        if one == two:
            return two
        for bare, other in ((one, two), (two, one)):
            if "$ref" in bare:  # nothing may stand beside a reference that was kept
                self.name((*path, "$ref"))
                return other
        made = dict(one)
        for name, value in two.items():
            if name not in made or name in ANNOTATIONS or made[name] == value:
                made[name] = value
            else:
                made[name] = self._one_value(name, made[name], value, (*path, name))
        self._name_if_closed(one, two, path)
        return made

    def _one_value(self, name: str, one: Any, two: Any, place: Path) -> Any:
        if name in MAPS:
            shared = {key: self.both(one[key], two[key], (*place, key)) for key in one if key in two}
            return {**one, **two, **shared}
        if name == "additionalProperties" and (one is False or two is False):
            return False
        if isinstance(one, dict) and isinstance(two, dict) and name in ("items", "additionalProperties"):
            return self.both(one, two, place)
        common = joined(name, one, two)
        if common is None:
            self.name(place)
            return two
        return common

    def _name_if_closed(self, one: Schema, two: Schema, path: Path) -> None:
        """``additionalProperties`` speaks of the properties beside it: among those of another it says something else."""
        said = one.get("additionalProperties", True) is not True or two.get("additionalProperties", True) is not True
        if said and set(one.get("properties", ())) != set(two.get("properties", ())):
            self.name((*path, "additionalProperties"))
