"""Documents of people and groups, read by their schema: names as the schema writes them, types judged, the rest left out.

Pure. Called for whatever a provider sends, and for what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torana.control.scim.filters import Attribute as Place
from torana.control.scim.filters import attribute_of, get
from torana.control.scim.refusing import Refused
from torana.control.scim.schemas import ATTRIBUTES, READ_ONLY, Attribute, Kind

MOST_VALUES = 10_000
LONGEST_TEXT = 2000
ALWAYS = frozenset({"schemas", "id"})
"""Shown whatever was asked for (``returned: always``)."""
BOOLEANS = {"true": True, "false": False}

Document = dict[str, Any]


def cleaned(body: Mapping[str, Any], kind: Kind) -> Document:
    """The document without what only we write. Raises Refused ``invalidValue`` for values of another type."""
    found = _by_schema(body, kind.schema)
    external = get(body, "externalid")
    if external is not None:
        found["externalId"] = _single(external, {"type": "string"}, "externalId")
    for urn in kind.extensions:
        more = get(body, urn.lower())
        if more is not None:
            if not isinstance(more, Mapping):
                raise wrong(urn, "is an object")
            found[urn] = _by_schema(more, urn)
    return pruned(found)


def _by_schema(body: Mapping[str, Any], schema: str) -> Document:
    found: Document = {}
    for row in ATTRIBUTES[schema]:
        value = get(body, row["name"].lower())
        if value is not None and row["mutability"] != READ_ONLY:
            found[row["name"]] = valued(value, row, row["name"])
    return found


def valued(value: Any, row: Attribute, path: str) -> Any:
    """The value as the schema wants it. Raises Refused ``invalidValue``."""
    if not row["multiValued"]:
        return _single(value, row, path)
    rows = value if isinstance(value, list) else [value]
    if len(rows) > MOST_VALUES:
        raise wrong(path, f"has at most {MOST_VALUES} values")
    found = [_single(one, row, path) for one in rows]
    if sum(1 for one in found if isinstance(one, dict) and one.get("primary") is True) > 1:
        raise wrong(path, "has one primary value at most")
    return found


def _single(value: Any, row: Attribute, path: str) -> Any:
    match row["type"]:
        case "complex":
            if isinstance(value, list) and len(value) == 1:
                value = value[0]  # Entra sends a manager as a list of one
            # Some providers send the plain value where an object belongs.
            given = {"value": value} if isinstance(value, str) and any(
                one["name"] == "value" for one in row["subAttributes"]
            ) else value  # fmt: skip
            if not isinstance(given, Mapping):
                raise wrong(path, "is an object")
            return pruned(
                {
                    one["name"]: _single(get(given, one["name"].lower()), one, f"{path}.{one['name']}")
                    for one in row["subAttributes"]
                    if get(given, one["name"].lower()) is not None and one["mutability"] != READ_ONLY
                }
            )
        case "boolean":
            # Entra sends "True".
            known = BOOLEANS.get(value.lower()) if isinstance(value, str) else value
            if not isinstance(known, bool):
                raise wrong(path, "is true or false")
            return known
        case _:
            if not isinstance(value, str) or len(value) > LONGEST_TEXT:
                raise wrong(path, f"is a text of at most {LONGEST_TEXT} characters")
            return value


def pruned(document: Mapping[str, Any]) -> Document:
    """Without what is unassigned: null and empty are the same as nothing (RFC 7643, section 2.5)."""
    return {name: value for name, value in document.items() if value not in (None, [], {}, "")}


def wrong(path: str, why: str) -> Refused:
    """A value that cannot be."""
    return Refused(400, f"{path} {why}.", "invalidValue")


def projected(document: Document, kind: Kind, wanted: str, unwanted: str) -> Document:
    """What of a resource is shown, by ``attributes`` and ``excludedAttributes`` (RFC 7644, section 3.9)."""
    if wanted:
        places = _places(wanted, kind)
        kept = _only(document, places)
        return {**{name: document[name] for name in document if name in ALWAYS}, **kept}
    if unwanted:
        return _without(document, _places(unwanted, kind))
    return document


def _places(text: str, kind: Kind) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for word in text.split(","):
        name = word.strip()
        whole = next((one for one in kind.extensions if one.lower() == name.lower()), None)
        try:
            place = Place("", whole.lower()) if whole else attribute_of(name)
        except ValueError:
            continue  # of what nobody knows there is nothing to show
        found.append(place.steps)
    return found


def _only(document: Mapping[str, Any], places: Sequence[tuple[str, ...]]) -> Document:
    kept: Document = {}
    for name, value in document.items():
        mine = [one[1:] for one in places if one[0] == name.lower()]
        if not mine:
            continue
        if () in mine:
            kept[name] = value
        elif isinstance(value, list):
            kept[name] = [_only(one, mine) for one in value if isinstance(one, Mapping)]
        elif isinstance(value, Mapping):
            kept[name] = _only(value, mine)
    return pruned(kept)


def _without(document: Mapping[str, Any], places: Sequence[tuple[str, ...]], top: bool = True) -> Document:
    kept: Document = {}
    for name, value in document.items():
        mine = [one[1:] for one in places if one[0] == name.lower()]
        if () in mine and not (top and name in ALWAYS):
            continue
        inner = [one for one in mine if one]
        if inner and isinstance(value, list):
            kept[name] = [_without(one, inner, False) if isinstance(one, Mapping) else one for one in value]
        elif inner and isinstance(value, Mapping):
            kept[name] = _without(value, inner, False)
        else:
            kept[name] = value
    return kept
