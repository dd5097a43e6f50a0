"""Changes of a document by PATCH (RFC 7644, section 3.5.2): add, replace and remove, with paths and their filters.

Pure: the document that comes out is judged anew by ``documents``. It takes what Entra and Okta send beside the RFC.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from torana.control.scim.documents import BOOLEANS, Document, valued, wrong
from torana.control.scim.filters import (
    Among,
    Attribute,
    Both,
    Compared,
    Filter,
    Path,
    attribute_of,
    fits,
    get,
    parsed_path,
)
from torana.control.scim.refusing import Refused
from torana.control.scim.schemas import READ_ONLY, USERS, Kind, attribute, part
from torana.control.scim.schemas import Attribute as Row

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MOST_OPERATIONS = 1000
NOT_KEPT = frozenset({"addresses", "ims", "photos", "entitlements", "roles", "x509certificates"})
"""Of the core schema (RFC 7643, section 4.1.2): left out of a change as of a whole document, for Entra maps addresses by itself,
and a change that were refused for them would not suspend whoever left.
"""
NO_ATTRIBUTES = frozenset({"schemas", "id", "meta"})
"""What clients send along with attributes, and may not change."""


def patched(document: Document, body: Mapping[str, Any], kind: Kind) -> Document:
    """The document after all operations, in their order. Raises Refused; then nothing has changed."""
    operations = get(body, "operations")
    if not isinstance(operations, list) or not operations:
        raise Refused(400, "Operations is a list of at least one operation.", "invalidSyntax")
    if len(operations) > MOST_OPERATIONS:
        raise Refused(413, f"Operations has at most {MOST_OPERATIONS} operations.", "tooMany")
    changing = deepcopy(document)
    for one in operations:
        if not isinstance(one, Mapping):
            raise Refused(400, "An operation is an object.", "invalidSyntax")
        word, path, value = get(one, "op"), get(one, "path"), get(one, "value")
        if not isinstance(word, str) or word.lower() not in ("add", "replace", "remove"):
            raise Refused(400, "op is add, replace or remove.", "invalidSyntax")
        if not isinstance(path, str | None):
            raise Refused(400, "path is a text.", "invalidPath")
        _operate(changing, (word.lower(), path or "", value), kind)
    return changing


def _operate(document: Document, operation: tuple[str, str, Any], kind: Kind) -> None:
    word, path, value = operation
    if path:
        _at(document, word, (parsed_path(path), path), value, kind)
        return
    if word == "remove":
        raise Refused(400, "remove needs a path.", "noTarget")
    if not isinstance(value, Mapping):
        raise Refused(400, "Without a path the value is an object.", "invalidValue")
    for name, inner in value.items():
        extension = kind.container(name.lower()) if name.lower() != kind.schema.lower() else None
        if name.lower() in NO_ATTRIBUTES:
            continue
        if extension and isinstance(inner, Mapping):
            _extension(document, "add", extension, inner, kind)
        else:
            _at(document, word, (parsed_path(name), name), inner, kind)


def _at(document: Document, word: str, place: tuple[Path, str], value: Any, kind: Kind) -> None:
    path, written = place
    whole = kind.container(f"{path.attribute.urn}:{path.attribute.name}") if path.attribute.urn else None
    if whole and path.among is None and not path.sub:
        _extension(document, word, whole, value, kind)
        return
    urn = kind.container(path.attribute.urn)
    if path.attribute == Attribute("", "externalid") and urn == "":
        _put(document, "externalId", None if word == "remove" else value)
        return
    if urn == "" and kind is USERS and path.attribute.name in NOT_KEPT:
        return
    row = attribute(urn or kind.schema, path.attribute.name) if urn is not None else None
    if row is None or urn is None:
        raise Refused(400, f"There is no attribute {written[:100]!r}.", "invalidPath")
    if row["mutability"] == READ_ONLY:
        raise Refused(400, f"{row['name']} is not for clients to change.", "mutability")
    inside = document.setdefault(urn, {}) if urn else document
    if path.among is not None:
        _among(inside, word, row, (path.among, path.sub), value)
    elif path.sub:
        _part(inside, word, row, path.sub, value)
    else:
        _whole(inside, word, row, value)
    if urn and not inside:
        del document[urn]


def _extension(document: Document, word: str, urn: str, value: Any, kind: Kind) -> None:
    if word == "remove":
        document.pop(urn, None)
        return
    if not isinstance(value, Mapping):
        raise wrong(urn, "is an object")
    if word == "replace":
        document.pop(urn, None)
    for name, inner in value.items():
        if name.lower() in NO_ATTRIBUTES:
            continue
        _at(document, word, (Path(attribute_of(f"{urn}:{name}")), name), inner, kind)


def _whole(inside: Document, word: str, row: Row, value: Any) -> None:
    name = row["name"]
    if word == "remove":
        if row["multiValued"] and value:
            # Entra names those to be removed instead of filtering them.
            gone = [one.get("value") for one in valued(value, row, name)]
            inside[name] = [one for one in inside.get(name, []) if one.get("value") not in gone]
        else:
            inside.pop(name, None)
        return
    if value is None:
        inside.pop(name, None)
        return
    fresh = valued(value, row, name)
    if word == "add" and row["multiValued"]:
        _merge(inside, name, fresh)
    elif row["type"] == "complex" and not row["multiValued"]:
        # Parts that are not named stay, for both (RFC 7644, section 3.5.2.3).
        inside[name] = {**inside.get(name, {}), **fresh}
    else:
        inside[name] = fresh


def _merge(inside: Document, name: str, fresh: list[Any]) -> None:
    """More values; one that is there already is not there twice, and a new primary one is the only one."""
    there = list(inside.get(name, []))
    if any(one.get("primary") is True for one in fresh):
        there = [{**one, "primary": False} if one.get("primary") else one for one in there]
    for one in fresh:
        same = [n for n, old in enumerate(there) if old.get("value") == one.get("value") and _kin(old, one)]
        if same:
            there[same[0]] = {**there[same[0]], **one}
        else:
            there.append(one)
    inside[name] = there


def _kin(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return "type" not in old or "type" not in new or old["type"] == new["type"]


def _part(inside: Document, word: str, row: Row, sub: str, value: Any) -> None:
    inner = _known_part(row, sub)
    if row["multiValued"]:
        for one in inside.get(row["name"], []):
            _put(one, inner["name"], None if word == "remove" else _of(value, inner, row))
        return
    found = inside.setdefault(row["name"], {})
    _put(found, inner["name"], None if word == "remove" else _of(value, inner, row))
    if not found:
        del inside[row["name"]]


def _among(inside: Document, word: str, row: Row, place: tuple[Filter, str], value: Any) -> None:
    among, sub = _with_truths(place[0], row), place[1]
    if not row["multiValued"]:
        raise Refused(400, f"{row['name']} has one value: it takes no filter.", "invalidPath")
    rows: list[Any] = inside.get(row["name"], [])
    fitting = [one for one in rows if fits(one, among)]
    if word == "remove":
        _without(inside, row, fitting, sub)
        return
    if not fitting:
        made = _implied(among, row) if word == "add" or sub else None
        if made is None:
            raise Refused(400, f"No value of {row['name']} fits the filter.", "noTarget")
        inside[row["name"]] = [*rows, made]
        fitting = [made]
    for one in fitting:
        if sub:
            inner = _known_part(row, sub)
            _put(one, inner["name"], _of(value, inner, row))
        else:
            fresh = valued([value] if not isinstance(value, list) else value, row, row["name"])
            if len(fresh) != 1:
                raise wrong(row["name"], "takes one value for those that fit a filter")
            one.update(fresh[0])
    if any(one.get("primary") is True for one in fitting):
        for other in inside[row["name"]]:
            if other not in fitting and other.get("primary"):
                other["primary"] = False


def _with_truths(among: Filter, row: Row) -> Filter:
    """The filter with true and false where Entra writes them as texts: ``roles[primary eq "True"]``."""
    if isinstance(among, Both):
        return Both(tuple(_with_truths(one, row) for one in among.parts))
    if not isinstance(among, Compared) or not isinstance(among.value, str):
        return among
    inner = part(row, among.attribute.name)
    known = BOOLEANS.get(among.value.lower()) if inner is not None and inner["type"] == "boolean" else None
    return among if known is None else among._replace(value=known)


def _without(inside: Document, row: Row, fitting: list[Any], sub: str) -> None:
    if not sub:
        inside[row["name"]] = [one for one in inside.get(row["name"], []) if one not in fitting]
    for one in fitting if sub else ():
        one.pop(_known_part(row, sub)["name"], None)


def _implied(among: Filter, row: Row) -> Document | None:
    """The value that a filter of equalities speaks of: providers add ``emails[type eq "work"].value`` where there is none."""
    parts = among.parts if isinstance(among, Both) else (among,)
    made: Document = {}
    for one in parts:
        known = part(row, one.attribute.name) if isinstance(one, Compared) and one.operator == "eq" else None
        if isinstance(one, Among) or known is None or not isinstance(one, Compared) or one.value is None:
            return None
        made[known["name"]] = one.value
    # A value that is named is a resource: it is there or it is not.
    return None if "value" in made else made


def _known_part(row: Row, sub: str) -> Row:
    inner = part(row, sub)
    if inner is None:
        raise Refused(400, f"{row['name']} has no part {sub[:100]!r}.", "invalidPath")
    if inner["mutability"] == READ_ONLY:
        raise Refused(400, f"{row['name']}.{inner['name']} is not for clients to change.", "mutability")
    return inner


def _of(value: Any, inner: Row, row: Row) -> Any:
    return None if value is None else valued(value, inner, f"{row['name']}.{inner['name']}")


def _put(where: Document, name: str, value: Any) -> None:
    if value is None:
        where.pop(name, None)
    else:
        where[name] = value
