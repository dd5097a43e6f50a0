"""A configuration of ours while it is put together, and its text: rows, comments, references to the environment.

It judges nothing. Filled by the readers of foreign configurations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from torana.wiring.imports.report import Findings, printable
from torana.wiring.nodes import typed
from torana.wiring.references import NAME, STORES

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
OLD_WORDS = frozenset({"yes", "no", "on", "off", "y", "n"})
"""Truths in YAML 1.1, which other readers of the file may speak."""
SECTIONS = ("keys", "providers", "models", "routing", "limits")
MAX_NAME = 200
URL_HERE = "https://placeholder.invalid/v1"


class Ref(NamedTuple):
    """A value that the environment gives."""

    name: str


Value = str | int | Decimal | bool | Ref | Mapping[str, "Value"] | list["Value"]
Row = dict[str, Value]


class Imported(NamedTuple):
    """What comes out: our YAML, the findings, and the environment names it needs, each with a value that would load."""

    text: str
    findings: Findings
    needs: Mapping[str, str]


@dataclass
class Names:
    """Environment names: those of the source, and those invented for secrets that stood in it."""

    taken: set[str]
    needs: dict[str, str] = field(default_factory=dict)
    invented: dict[str, str] = field(default_factory=dict)
    """Secret → its name. Never printed."""

    def ref(self, name: str, example: str = "") -> Ref:
        """A reference to a name of the source."""
        if example or name not in self.needs:
            self.needs[name] = example or f"placeholder-for-{name}-{len(self.needs)}"
        return Ref(name)

    def invent(self, secret: str, wanted: str) -> Ref:
        """A reference to a name for a secret that was written out: the same for the same secret, else a new one."""
        if secret not in self.invented:
            stem = re.sub(r"[^A-Z0-9_]+", "_", wanted.upper()).strip("_") or "SECRET"
            stem = stem if NAME.match(stem) else f"KEY_{stem}"
            name, number = stem, 1
            while name in self.taken:
                number += 1
                name = f"{stem}_{number}"
            self.taken.add(name)
            self.invented[secret] = name
        return self.ref(self.invented[secret])


@dataclass
class Draft:
    """The sections that an import can fill. ``comments``: lines put at the end of a section."""

    names: Names
    keys: list[Row] = field(default_factory=list)
    providers: list[Row] = field(default_factory=list)
    models: list[Row] = field(default_factory=list)
    routing: Row = field(default_factory=dict)
    limits: list[Row] = field(default_factory=list)
    comments: dict[str, list[str]] = field(default_factory=dict)

    def comment(self, section: str, *lines: str) -> None:
        """Add lines of comment to a section."""
        self.comments.setdefault(section, []).extend(printable(line) for line in lines)

    def provider(self, wanted: str, settings: Row) -> str:
        """The id of the provider with exactly these settings, made when there is none."""
        for row in self.providers:
            if {key: value for key, value in row.items() if key != "id"} == settings:
                return str(row["id"])
        taken = {row["id"] for row in self.providers}
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}-{number}"
        self.providers.append({"id": name, **settings})
        return name

    def has_model(self, name: str) -> bool:
        """Whether there is a model of this name."""
        return any(row["name"] == name for row in self.models)

    def needs(self) -> dict[str, str]:
        """The environment names that stand in the file, each with a value that would load."""
        used = {name for section in SECTIONS for name in _names(getattr(self, section))}
        return {name: example for name, example in self.names.needs.items() if name in used}

    def text(self, head: list[str]) -> str:
        """The file, ``head`` as its first comment."""
        lines = [f"# {printable(line)}".rstrip() for line in head]
        needs = self.needs()
        if needs:
            lines += ["#", "# Names it wants in the environment (or in .env):"]
            lines += [f"#   {name}" for name in sorted(needs)]
        for section in SECTIONS:
            value = getattr(self, section)
            comments = self.comments.get(section, [])
            if value or comments:
                lines += ["", f"{section}:", *_block(value, "  "), *(f"  # {line}" for line in comments)]
        return "\n".join(lines) + "\n"


def why_no_name(text: str) -> str:
    """Why a text cannot be a name in our file; empty when it can."""
    if not text.strip():
        return "the name is empty"
    if len(text) > MAX_NAME:
        return f"the name is longer than {MAX_NAME} characters"
    if text.startswith(STORES):
        return "the name reads as a reference to a secret store"
    return "" if text.isprintable() else "the name holds characters that cannot be shown"


def quoted(text: str) -> str:
    """A text as a YAML scalar that is read back as this very text, references in it made plain."""
    if PLAIN.fullmatch(text) and isinstance(typed(text), str) and text.lower() not in OLD_WORDS:
        return text
    escaped = text.replace("${", "$${").replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + '"'


def flow(value: Value) -> str:
    """A value on one line."""
    if isinstance(value, Ref):
        return f'"${{{value.name}}}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quoted(key)}: {flow(below)}" for key, below in value.items()) + "}"
    return "[" + ", ".join(flow(below) for below in value) + "]"


def _names(value: Value | list[Row]) -> set[str]:
    if isinstance(value, Ref):
        return {value.name}
    if isinstance(value, Mapping):
        return {name for below in value.values() for name in _names(below)}
    return {name for below in value for name in _names(below)} if isinstance(value, list) else set()


def _block(value: Row | list[Row], indent: str) -> list[str]:
    """A section: one line for a setting, one for each row of a list within."""
    if isinstance(value, dict):
        return [f"{indent}{key}: {flow(below)}" for key, below in value.items()]
    lines = []
    for row in value:
        first = True
        for key, below in row.items():
            lead = "- " if first else "  "
            first = False
            if isinstance(below, list) and any(isinstance(one, Mapping) for one in below):
                lines.append(f"{indent}{lead}{key}:")
                lines += [f"{indent}    - {flow(one)}" for one in below]
            else:
                lines.append(f"{indent}{lead}{key}: {flow(below)}")
    return lines
