"""Filters and paths of SCIM (RFC 7644, sections 3.4.2.2 and 3.5.2): read into a tree, and asked of one resource.

Pure. Names of attributes and texts are compared without regard to case, but for what the schema calls exact. Called by the
lists and by ``patching``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from torana.control.scim.refusing import Refused

CORE = "urn:ietf:params:scim:schemas:core:"
LONGEST = 4000
DEEPEST = 40
TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[()\[\]])|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[A-Za-z$][A-Za-z0-9_$:.\-/]*)|(?P<number>-?\d[\d.eE+\-]*))"""
)
COMPARING = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le"})
EXACT = frozenset({"id", "externalid", "value", "$ref"})
"""``caseExact`` in our schemas (RFC 7643, section 7); ``value`` of an address is not."""
ATTRIBUTE = re.compile(
    r"(?:(?P<urn>urn:[A-Za-z0-9:._\-]+):)?(?P<name>[A-Za-z$][\w$\-]*)(?:\.(?P<sub>[A-Za-z$][\w$\-]*))?"
)


class Attribute(NamedTuple):
    """Where something stands: ``urn:…:name.sub``, in lower case."""

    urn: str
    name: str
    sub: str = ""

    @property
    def steps(self) -> tuple[str, ...]:
        """From the resource on. What the core schema names stands in the resource itself."""
        urn = "" if self.urn.startswith(CORE) else self.urn
        return tuple(one for one in (urn, self.name, self.sub) if one)


class Compared(NamedTuple):
    """``attribute operator value``; ``pr`` has no value."""

    attribute: Attribute
    operator: str
    value: Any = None


class Both(NamedTuple):
    """All of these."""

    parts: tuple[Filter, ...]


class Either(NamedTuple):
    """One of these."""

    parts: tuple[Filter, ...]


class Not(NamedTuple):
    """Not this."""

    part: Filter


class Among(NamedTuple):
    """``attribute[filter]``: one of its values fits."""

    attribute: Attribute
    part: Filter


Filter = Compared | Both | Either | Not | Among


class Path(NamedTuple):
    """Where a PATCH changes something: an attribute, those of its values that fit a filter, an attribute of these."""

    attribute: Attribute
    among: Filter | None = None
    sub: str = ""


def parsed(text: str) -> Filter:
    """The tree. Raises Refused ``invalidFilter``."""
    reading = _Reading(text, "invalidFilter")
    found = reading.either(0)
    reading.demand_end()
    return found


def parsed_path(text: str) -> Path:
    """The path. Raises Refused ``invalidPath``."""
    reading = _Reading(text, "invalidPath")
    attribute = reading.attribute()
    if not reading.takes("["):
        reading.demand_end()
        return Path(attribute._replace(sub=""), None, attribute.sub)
    among = reading.either(0)
    reading.demand("]")
    sub = reading.rest_after_brackets()
    return Path(attribute, among, sub)


def attribute_of(text: str) -> Attribute:
    """The attribute that a text names. Raises ValueError."""
    found = ATTRIBUTE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return Attribute((found["urn"] or "").lower(), found["name"].lower(), (found["sub"] or "").lower())


class _Reading:
    """One text, read from left to right. ``or`` binds less than ``and``, ``not`` most."""

    def __init__(self, text: str, fault: str) -> None:
        self.fault = fault
        if len(text) > LONGEST:
            raise self.wrong("it is too long")
        self.tokens: list[tuple[str, str]] = []
        place = 0
        stripped = text.rstrip()
        while place < len(stripped):
            found = TOKEN.match(stripped, place)
            if found is None:
                # After ``]`` a path goes on with a dot.
                if stripped[place] == "." and self.tokens and self.tokens[-1] == ("mark", "]"):
                    self.tokens.append(("sub", stripped[place + 1 :]))
                    break
                raise self.wrong(f"it cannot be read at character {place + 1}")
            self.tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
            place = found.end()
        self.at = 0

    def wrong(self, why: str) -> Refused:
        return Refused(
            400, f"The {'filter' if self.fault == 'invalidFilter' else 'path'} is not understood: {why}.", self.fault
        )

    def next(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def takes(self, word: str) -> bool:
        """Whether this word (or mark) comes next; then it is gone."""
        kind, text = self.next()
        if kind not in ("mark", "word") or text.lower() != word:
            return False
        self.at += 1
        return True

    def demand(self, word: str) -> None:
        if not self.takes(word):
            raise self.wrong(f"{word!r} is missing")

    def demand_end(self) -> None:
        if self.next()[0] != "end":
            raise self.wrong("there is more than one of them")

    def rest_after_brackets(self) -> str:
        kind, text = self.next()
        if kind == "sub":
            self.at += 1
            if re.fullmatch(r"[A-Za-z$][\w$\-]*", text) is None:
                raise self.wrong("after ']' an attribute's name is expected")
            return text.lower()
        self.demand_end()
        return ""

    def either(self, depth: int) -> Filter:
        parts = [self.both(depth)]
        while self.takes("or"):
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self, depth: int) -> Filter:
        parts = [self.one(depth)]
        while self.takes("and"):
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def one(self, depth: int) -> Filter:
        if depth > DEEPEST:
            raise self.wrong("it is nested too deeply")
        following = self.tokens[self.at + 1][1] if self.at + 1 < len(self.tokens) else ""
        if following == "(" and self.takes("not"):
            self.demand("(")
            inner = self.either(depth + 1)
            self.demand(")")
            return Not(inner)
        if self.takes("("):
            inner = self.either(depth + 1)
            self.demand(")")
            return inner
        attribute = self.attribute()
        if self.takes("["):
            inner = self.either(depth + 1)
            self.demand("]")
            return Among(attribute, inner)
        return self.compared(attribute)

    def attribute(self) -> Attribute:
        kind, text = self.next()
        if kind != "word":
            raise self.wrong("an attribute's name is expected")
        self.at += 1
        try:
            return attribute_of(text)
        except ValueError:
            raise self.wrong("an attribute's name is expected") from None

    def compared(self, attribute: Attribute) -> Filter:
        kind, text = self.next()
        operator = text.lower()
        self.at += 1
        if kind == "word" and operator == "pr":
            return Compared(attribute, "pr")
        if kind != "word" or operator not in COMPARING:
            raise self.wrong("an operator such as eq is expected")
        value = self.value()
        if isinstance(value, bool | None) and operator not in ("eq", "ne"):
            raise self.wrong(f"{operator} takes a text or a number")
        return Compared(attribute, operator, value)

    def value(self) -> Any:
        kind, text = self.next()
        self.at += 1
        if kind == "text":
            try:
                return json.loads(text)
            except ValueError:
                raise self.wrong("a text in quotes is not JSON") from None
        if kind == "number":
            try:
                return json.loads(text)
            except ValueError:
                raise self.wrong("a number is none") from None
        if kind == "word" and text.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text.lower()]
        raise self.wrong("a value is expected: a text in quotes, a number, true, false or null")


def fits(resource: Mapping[str, Any], asked: Filter) -> bool:
    """Whether the resource (or one complex value) is what is asked for."""
    match asked:
        case Both(parts):
            return all(fits(resource, one) for one in parts)
        case Either(parts):
            return any(fits(resource, one) for one in parts)
        case Not(part):
            return not fits(resource, part)
        case Among(attribute, part):
            return any(isinstance(one, Mapping) and fits(one, part) for one in values_at(resource, attribute))
        case Compared():
            return _compares(resource, asked)


def values_at(resource: Mapping[str, Any], attribute: Attribute) -> list[Any]:
    """What stands there: of a multi-valued attribute each value. Without ``sub`` a complex value stands as a whole."""
    here: list[Any] = [resource]
    for step in attribute.steps:
        found: list[Any] = []
        for one in here:
            if isinstance(one, Mapping):
                value = get(one, step)
                found += value if isinstance(value, list) else [] if value is None else [value]
        here = found
    return here


def get(mapping: Mapping[str, Any], name: str) -> Any:
    """A value by its name in lower case, however it is written there."""
    return next((value for key, value in mapping.items() if key.lower() == name), None)


def _compares(resource: Mapping[str, Any], asked: Compared) -> bool:
    values = [_plain(one) for one in values_at(resource, asked.attribute)]
    if asked.operator == "pr":
        return any(one not in ("", None, [], {}) for one in values)
    exact = (asked.attribute.sub or asked.attribute.name) in EXACT and asked.attribute.name not in ("emails", "value")
    if asked.operator == "ne":
        return (
            not any(_holds(one, "eq", asked.value, exact) for one in values)
            if asked.value is not None
            else bool(values)
        )
    if asked.value is None:
        return not values
    return any(_holds(one, asked.operator, asked.value, exact) for one in values)


def _plain(value: Any) -> Any:
    """Of a complex value its ``value`` (RFC 7644, section 3.4.2.2)."""
    return get(value, "value") if isinstance(value, Mapping) else value


def _holds(have: Any, operator: str, want: Any, exact: bool) -> bool:
    if isinstance(have, str) and isinstance(want, str):
        return _text_holds(have, operator, want, exact)
    if isinstance(have, bool) or isinstance(want, bool):
        return operator == "eq" and have is want
    if isinstance(have, int | float) and isinstance(want, int | float):
        return _ordered(have, operator, want)
    return False


def _text_holds(have: str, operator: str, want: str, exact: bool) -> bool:
    if operator in ("gt", "lt", "ge", "le", "eq"):
        moments = _moment(have), _moment(want)
        if moments[0] is not None and moments[1] is not None:
            return _ordered(moments[0], operator, moments[1])
    if not exact:
        have, want = have.casefold(), want.casefold()
    match operator:
        case "co":
            return want in have
        case "sw":
            return have.startswith(want)
        case "ew":
            return have.endswith(want)
    return _ordered(have, operator, want)


def _ordered(have: Any, operator: str, want: Any) -> bool:
    match operator:
        case "eq":
            return bool(have == want)
        case "gt":
            return bool(have > want)
        case "lt":
            return bool(have < want)
        case "ge":
            return bool(have >= want)
        case "le":
            return bool(have <= want)
    return False


def _moment(text: str) -> float | None:
    if len(text) < 19 or text[10:11] not in ("T", "t"):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def asked_exactly(asked: Filter, names: Sequence[str]) -> dict[str, str]:
    """Of ``names`` (lower case) those that must equal a text, for a search by index: only what no other branch may let through."""
    parts = asked.parts if isinstance(asked, Both) else (asked,)
    found: dict[str, str] = {}
    for one in parts:
        if isinstance(one, Compared) and one.operator == "eq" and isinstance(one.value, str):
            name = one.attribute.name
            if name in names and not one.attribute.sub:
                found.setdefault(name, one.value)
    return found
