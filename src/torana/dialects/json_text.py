"""Decides whether a body is JSON we dare to judge, and changes single members of it without touching the rest.

It knows no dialect: which members matter, and what they mean, is the dialect's. Called by the modules of ``dialects``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import NoReturn, TypeVar

import msgspec

from torana.core.errors import GatewayError

T = TypeVar("T")

LONG = 64 * 1024
"""Bytes from which on a body is large."""
MAX_DEPTH = 512
"""Nested lists and objects a body may have. Below the interpreter's own limit of 1,000 on every supported Python."""

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_TO_MEMBER = re.compile(rb'[\s,{]*"[^"\\]*(?:\\.[^"\\]*)*"\s*:\s*', re.DOTALL)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_ON_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_PLACE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`")
_MISSING = re.compile(r"missing required field `(?P<field>\w+)`")
_WORDS = {"str": "string", "int": "integer", "bool": "true or false", "array": "list", "float": "number"}


class _Doubled(Exception):
    """An object has the same member twice."""


class _Name(str):
    """A member's name that meets its equal only when the member is there twice, and says so.

    A dict compares keys whose hashes are equal, so the check costs nothing for names that differ.
    """

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        if str.__eq__(self, other):
            raise _Doubled(str(self))
        return False


def _as_name(_wanted: type, text: object) -> _Name:
    return _Name(text)


_scan = msgspec.json.Decoder(dict[_Name, msgspec.Raw], dec_hook=_as_name).decode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.encode


_BEGINNINGS = (
    (b"\x1f\x8b", ": it is compressed by gzip. Send it as it is"),
    (codecs.BOM_UTF16_LE, ": it is UTF-16"),
    (codecs.BOM_UTF16_BE, ": it is UTF-16"),
)
"""What bodies begin with that are no UTF-8, and what that means."""


def decode_request(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """The body as the decoder's type, after everything that could make two readers read it differently is refused.

    Refused: text that is no UTF-8 (RFC 3629), no JSON (RFC 8259), no object, nested deeper than MAX_DEPTH, with a
    member of the outermost object twice (first-wins and last-wins readers would disagree on it), or with a wrong
    type. Raises GatewayError REQUEST_INVALID whose message never holds text of the body.
    """
    try:
        if not body.isascii():
            str(body, "utf-8")
        _scan(body)
        wanted = decoder.decode(body)
    except UnicodeDecodeError as fault:
        meant = next((what for begin, what in _BEGINNINGS if body.startswith(begin)), "")
        _refuse(f"The body is not valid UTF-8 (byte {fault.start}){meant}.")
    except RecursionError:
        _refuse_depth()
    except _Doubled as fault:
        name = str(fault)
        known = name if name in getattr(decoder.type, "__struct_fields__", ()) else None
        _refuse(f"The body has the member {known} twice." if known else "The body has a member twice.", known)
    except msgspec.ValidationError as fault:
        _refuse_type(str(fault))
    except msgspec.DecodeError as fault:
        _refuse_syntax(str(fault), body)
    # What is opened is closed: a text that short is not nested so deep.
    if len(body) > 2 * MAX_DEPTH and body.count(b"{") + body.count(b"[") > MAX_DEPTH and depth(body) > MAX_DEPTH:
        _refuse_depth()
    return wanted


def depth(body: bytes) -> int:
    """How deep the lists and objects of a valid JSON text are nested; 0 for a scalar. Linear, no recursion."""
    brackets = _STRING.sub(b"", body).translate(_STEPS, _NOT_BRACKETS)
    return max(accumulate(memoryview(brackets).cast("b")), default=0)


def _refuse(message: str, param: str | None = None) -> NoReturn:
    raise GatewayError("REQUEST_INVALID", message, param=param) from None


def _refuse_depth() -> NoReturn:
    _refuse(f"The body is nested deeper than {MAX_DEPTH} lists and objects.")


def _refuse_syntax(reason: str, body: bytes) -> NoReturn:
    if body.startswith(codecs.BOM_UTF8):
        _refuse("The body begins with a byte order mark (RFC 8259 section 8.1). Send it without.")
    if not body.strip():
        _refuse("The body is empty; a JSON object was expected.")
    if "truncated" in reason:
        half = _SURROGATE.search(body)
        # msgspec calls half a surrogate pair a truncation, wherever it stands in the text.
        hint = ", or a \\u escape is half a surrogate pair" if half else ""
        reason = f"the text ends too early (after byte {len(body)}){hint}"
    _refuse(f"The body is not valid JSON: {reason.removeprefix('JSON is malformed: ')}.")


def _refuse_type(reason: str) -> NoReturn:
    """Turn msgspec's sentence, which holds types and a path but no values, into ours."""
    place = _PLACE.search(reason)
    path = place["path"] if place else ""
    what = _PLACE.sub("", reason)
    missing = _MISSING.search(what)
    if missing:
        param = f"{path}.{missing['field']}" if path else missing["field"]
        _refuse(f"The required member {param} is missing.", param)
    what = re.sub(r"`([^`]*)`", lambda types: _in_words(types[1]), what)
    what = what[:1].lower() + what[1:]
    if path:
        _refuse(f"{path}: {what}.", path)
    _refuse(f"The body is not what it should be: {what}.")


def _in_words(types: str) -> str:
    return " or ".join(_WORDS.get(name, name) for name in types.split(" | "))


# --- changing single members ---------------------------------------------------------------------------------------


def changed(body: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """The object with members set to new JSON values (added at the end when absent) or, for None, taken out.

    Every byte that is not of a changed member stays. ``body`` is a JSON object that ``decode_request`` accepted.
    """
    left = dict(changes)
    # In a large body it takes longer to look for a name everywhere than to read all names.
    sought = {name for name in changes if len(body) > LONG or not surely_absent(body, name)}
    parts: list[bytes] = []
    kept = 0
    if sought:
        for name, value_start, value_end in _spans(body):
            if name in sought:
                value = left.pop(name)
                if value is None:
                    return rewritten(body, changes)
                parts += (body[kept:value_start], value)
                kept = value_end
                sought.discard(name)
                if not sought:
                    break
    added = [_encode(name) + b":" + value for name, value in left.items() if value is not None]
    if added:
        close = body.rindex(b"}")
        head = body[kept:close]
        empty = not kept and head.rstrip().endswith(b"{")
        parts += (head, b"" if empty else b",", b",".join(added))
        kept = close
    parts.append(body[kept:])
    return b"".join(parts)


def rewritten(body: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """The same, written anew member by member: the values' bytes stay, the white space between them goes.

    For any JSON object: of a member that is there twice the last one stays.
    """
    members = _members(body)
    for name, value in changes.items():
        if value is None:
            members.pop(name, None)
        else:
            members[name] = msgspec.Raw(value)
    return _encode(members)


def renamed(body: bytes, names: Mapping[str, str]) -> bytes:
    """The object with members under other names. One whose new name is there already is left out: that one stands."""
    if all(surely_absent(body, name) for name in names):
        return body
    members = _members(body)
    there = set(members)
    if there.isdisjoint(names):
        return body
    return _encode({names.get(name, name): value for name, value in members.items() if names.get(name) not in there})


def member(body: bytes, name: str) -> bytes | None:
    """The JSON text of one member of the outermost object; None when absent."""
    value = _members(body).get(name)
    return None if value is None else bytes(value)


def surely_absent(body: bytes, name: str) -> bool:
    """A cheap look that may answer False for an absent member, never True for a present one.

    Trap: a member's name may be written with escapes, so any ``\\u`` in the text makes it unsure.
    """
    return name.encode() not in body and b"\\u" not in body


def one_line(text: bytes) -> bytes:
    """JSON text as the data of an event, which a line break would end. In JSON they only stand between tokens."""
    return text.translate(_ON_ONE_LINE) if b"\n" in text or b"\r" in text else text


def _spans(body: bytes) -> Iterator[tuple[str, int, int]]:
    """Name, start and end of the value, for each member of the outermost object, in order."""
    at = 0
    for name, value in _members(body).items():
        match = _TO_MEMBER.match(body, at)
        if match is None:  # not reached for a body decode_request accepted
            raise ValueError("no member where one must be")
        at = match.end() + memoryview(value).nbytes
        yield name, match.end(), at
