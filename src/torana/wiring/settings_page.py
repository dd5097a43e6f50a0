"""The reference of settings as Markdown, written from the Structs and the table of environment names.

``docs/configuration.md`` is its output; a test compares them. Called by ``torana config reference``.
"""

from __future__ import annotations

import ast
import itertools
import textwrap
from collections.abc import Iterator
from importlib.resources import files
from inspect import getsource
from typing import Any

import msgspec
from msgspec import inspect

from torana.wiring.available import Available
from torana.wiring.environment_names import NAMES, PROVIDER
from torana.wiring.settings import Settings
from torana.wiring.settings_bind import REST, fields_of, unwrap
from torana.wiring.settings_not_yet import ERROR, NOT_YET

WORDS = {
    inspect.IntType: "whole number",
    inspect.FloatType: "number",
    inspect.BoolType: "true or false",
    inspect.StrType: "text",
    inspect.DecimalType: "amount",
    inspect.CustomType: "secret text",
    inspect.DictType: "mapping",
    inspect.AnyType: "settings of the kind",
}
TOP = "The file"
FORMS = {"duration": "duration", "amount": "amount", "moment": "time", "zone": "time zone"}


def page(available: Available) -> str:
    """The whole page. ``available``: the plug-ins whose own settings it lists."""
    intro = files("torana.wiring").joinpath("first", "configuration_intro.md").read_text("utf-8")
    parts = [intro.rstrip("\n"), "", "## Settings", ""]
    shown: dict[type[msgspec.Struct], str] = {}
    for title, struct in sections(Settings, "", top=True):
        first = shown.setdefault(struct, title)
        parts += [f"### {title}", "", *(table(struct) if first == title else [f"As {first}."]), ""]
    parts += ["## Settings of plug-ins", "", *plugins(available)]
    parts += ["## Not available in this version", "", *_not_yet(), ""]
    parts += ["## Environment names", "", *_environment(available), ""]
    return "\n".join(parts).rstrip("\n") + "\n"


def sections(
    struct: type[msgspec.Struct], path: str, *, top: bool = False
) -> Iterator[tuple[str, type[msgspec.Struct]]]:
    """Every mapping of the file with its dotted path; ``[]`` stands for the rows of a list."""
    yield (TOP if top else f"`{path}`"), struct
    for one in fields_of(struct):
        kind, _ = unwrap(one.type)
        name = f"{path}.{one.encode_name}" if path else one.encode_name
        if isinstance(kind, inspect.StructType):
            yield from sections(kind.cls, name)
        elif isinstance(kind, inspect.DictType):
            entry, _ = unwrap(kind.value_type)
            if isinstance(entry, inspect.StructType):
                yield from sections(entry.cls, name + ".NAME")
        elif isinstance(kind, inspect.VarTupleType):
            row, _ = unwrap(kind.item_type)
            if isinstance(row, inspect.StructType):
                yield from sections(row.cls, name + "[]")
        elif isinstance(kind, inspect.DictType):
            row, _ = unwrap(kind.value_type)
            if isinstance(row, inspect.StructType):
                yield from sections(row.cls, name + ".…")


def table(struct: type[msgspec.Struct]) -> list[str]:
    """The settings of one mapping, a row each."""
    documented = notes(struct)
    lines = ["| key | takes | default | meaning |", "|---|---|---|---|"]
    for one in fields_of(struct):
        kind, said = unwrap(one.type)
        name = "…" if said.get("form") == REST else f"`{one.encode_name}`"
        meaning = said.get("says") or documented.get(one.name, "")
        lines.append(f"| {name} | {takes(kind, said)} | {default(one)} | {_cell(meaning)} |")
    return lines


def notes(struct: type[msgspec.Struct]) -> dict[str, str]:
    """What stands as a text under a field of a plug-in's Settings, by field."""
    tree = ast.parse(textwrap.dedent(getsource(struct)))
    found: dict[str, str] = {}
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    for field, below in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            text = below.value.value if isinstance(below.value, ast.Constant) else ""
            found[field.target.id] = " ".join(str(text).replace("``", "`").split())
    return found


def takes(kind: inspect.Type, said: Any) -> str:
    """What a setting takes, in words."""
    if said.get("form") in FORMS:
        return FORMS[said["form"]]
    if isinstance(kind, inspect.LiteralType):
        return "one of " + ", ".join(f"`{value}`" for value in kind.values)
    if isinstance(kind, inspect.StructType):
        return "mapping"
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        row, row_said = unwrap(kind.item_type)
        return "list of mappings" if isinstance(row, inspect.StructType) else f"list of {takes(row, row_said)}s"
    word = WORDS.get(type(kind), "value")
    return word + bounds(said)


def bounds(said: Any) -> str:
    """`` 1…65,535``, or nothing. Whole numbers are written so: 0 and 0.0 are one bound to ``typing``, which keeps the first."""
    low, high = said.get("ge", said.get("gt")), said.get("le")
    if low is None and high is None:
        return ""
    low, high = (one if one is None or one % 1 else int(one) for one in (low, high))
    above = "more than " if "gt" in said and "ge" not in said else ""
    if high is None:
        return f", {above}{low:,}" if above else f", {low:,} or more"
    return f", {above}{low:,} to {high:,}"


def default(one: inspect.Field) -> str:
    """A setting's default as it would be written."""
    if one.required:
        return "needed"
    if one.default_factory is not msgspec.NODEFAULT:
        return "none"
    value = one.default
    if isinstance(value, msgspec.Struct):
        return ""
    if value in ((), {}, "", None):
        return {(): "`[]`", "": "empty", None: "`null`"}.get(value, "none") if value != {} else "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{item}"' for item in value) + "]`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def plugins(available: Available) -> Iterator[str]:
    """The own settings of each plug-in, those of kinds that share them once."""
    found = [("provider", name, kind.settings()) for name, kind in sorted(available.providers.items())]
    found += [("guardrail", name, kind.settings()) for name, kind in sorted(available.guardrails.items())]
    found += [("sink", name, struct()) for name, struct in sorted(available.sinks.items())]
    for form in dict.fromkeys((what, struct) for what, _, struct in found):
        kinds = [name for what, name, struct in found if (what, struct) == form]
        many = "s of the kinds" if len(kinds) > 1 else " of the kind"
        yield f"### {form[0].capitalize()}{many} {', '.join(f'`{name}`' for name in kinds)}"
        yield ""
        for title, struct in sections(form[1], "", top=True):
            yield from ([] if title == TOP else [f"{title}: {_sentence(struct)}", ""])
            yield from [*table(struct), ""]
    yield from ["### Keys that make a provider available", "", "| kind | name in the environment |", "|---|---|"]
    for name, one in sorted(available.providers.items()):
        if (said := one.from_environment) is not None:
            keys = " or ".join(" and ".join(f"`{each}`" for each in keys.needed.values()) for keys in said.credentials)
            where = "".join(f", with {' or '.join(f'`{each}`' for each in names)}" for names in said.settings.values())
            yield f"| {name} | {keys}{where} |"
    yield ""


def _sentence(struct: type[msgspec.Struct]) -> str:
    return " ".join((struct.__doc__ or "").replace("``", "`").split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _not_yet() -> Iterator[str]:
    if not NOT_YET:
        yield "Nothing: all of it is available."
        return
    yield "| what | then | instead |"
    yield "|---|---|---|"
    for one in NOT_YET:
        what = one.what.rpartition(" ")[0]
        yield f"| {_cell(what)} | {'refused' if one.level == ERROR else 'warned about'} | {_cell(one.advice)} |"


def _environment(available: Available) -> Iterator[str]:
    said = [kind.from_environment for kind in available.providers.values()]
    secrets = {name for one in said if one is not None for name in one.names}
    yield "| name | meaning | in this version |"
    yield "|---|---|---|"
    for one in NAMES:
        status = one.status
        if status == PROVIDER:
            status = "honoured" if one.name in secrets else "warned"
        yield f"| `{one.name}` | {_cell(one.meaning)} | {status} |"
