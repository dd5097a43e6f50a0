"""Decides whether a body is a form (multipart/form-data, RFC 7578) that every reader reads alike, and changes one field.

The boundary is the body's own first line, and the provider is told that one: what the caller's header says of it is never
used, so no two readers can differ over it. Called by the dialects whose requests bring files, and by ``providers``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, NoReturn

from torana.core.errors import GatewayError

MOST_PARTS = 256
LONGEST_HEAD = 8 * 1024
LONGEST_FIELD = 1024 * 1024
"""Bytes of a field that is no file: prompts are far shorter."""

_FIRST = re.compile(rb"--([0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-])\r\n")
"""RFC 2046, section 5.1.1; without the white space that it lets follow a boundary, for not everybody takes it off."""
_DISPOSITION = re.compile(
    rb'form-data((?:[ \t]*;[ \t]*[A-Za-z*-]+=(?:"[^"\r\n]*"|[^\s";,\\]+))*)[ \t]*;?[ \t]*', re.IGNORECASE
)
_PARAMETER = re.compile(rb';[ \t]*([A-Za-z*-]+)=(?:"([^"\r\n]*)"|([^\s";,\\]+))')
_PLAIN = frozenset({b"7bit", b"8bit", b"binary"})


class Part(NamedTuple):
    """One field: where its value stands in the body, and whether it is a file."""

    name: str
    start: int
    end: int
    filename: str | None


class Form(NamedTuple):
    """A body that was read."""

    body: bytes
    boundary: bytes
    parts: tuple[Part, ...]

    def text(self, name: str) -> str | None:
        """A field's text; None when it is not there. Raises GatewayError REQUEST_INVALID: there twice, a file, no UTF-8."""
        found = [part for part in self.parts if part.name == name]
        if not found:
            return None
        if len(found) > 1:
            _refuse(f"The form has the field {name} twice.", name)
        if found[0].filename is not None:
            _refuse(f"{name}: expected a field, not a file.", name)
        return self._text(found[0])

    def files(self, *names: str) -> list[Part]:
        """The files under these names, in order."""
        return [part for part in self.parts if part.filename is not None and part.name in names]

    def texts(self) -> tuple[str, ...]:
        """Everything in it that can be read as text: fields, names of files. Files themselves are not looked into."""
        return tuple(part.filename if part.filename is not None else self._text(part) for part in self.parts)

    def text_bytes(self) -> int:
        """The size of all fields that are no files."""
        return sum(part.end - part.start for part in self.parts if part.filename is None)

    def _text(self, part: Part) -> str:
        try:
            return str(self.body[part.start : part.end], "utf-8")
        except UnicodeDecodeError:
            _refuse(f"{_shown(part.name)}: expected UTF-8 text.")


def read(body: bytes) -> Form:
    """The form. Raises GatewayError REQUEST_INVALID for whatever two readers might read differently.

    Refused: anything before the first or after the last boundary, a boundary that stands anywhere but at the start of
    a line of its own, part headers that are folded or doubled, field names with escapes, transfer encodings.
    """
    first = _FIRST.match(body)
    if first is None:
        _refuse("The body is no form: multipart/form-data was expected, beginning with its boundary.")
    mark = b"--" + first[1]
    parts: list[Part] = []
    at = first.end()
    while True:
        if len(parts) == MOST_PARTS:
            _refuse(f"The form has more than {MOST_PARTS} fields.")
        head_end = body.find(b"\r\n\r\n", at, at + LONGEST_HEAD)
        end = body.find(mark, at)
        if head_end < 0 or end < head_end + 6 or body[end - 2 : end] != b"\r\n":
            _refuse("The form is cut short, or a part of it has no headers, or its boundary stands inside a part.")
        part = _part(body[at:head_end], head_end + 4, end - 2)
        if part.filename is None and part.end - part.start > LONGEST_FIELD:
            _refuse(f"The field {_shown(part.name)} is longer than {LONGEST_FIELD} bytes.")
        parts.append(part)
        at = end + len(mark) + 2
        follows = body[at - 2 : at]
        if follows == b"--":
            break
        if follows != b"\r\n":
            _refuse("The form's boundary stands inside a part.")
    if body[at:] not in (b"", b"\r\n"):
        _refuse("The form goes on after its end.")
    return Form(body, first[1], tuple(parts))


def changed(form: Form, name: str, value: str) -> bytes:
    """The body with a field set to ``value`` (put in front when absent); every other byte stays."""
    body = form.body
    for part in form.parts:
        if part.name == name:
            return b"".join((body[: part.start], value.encode(), body[part.end :]))
    head = b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n' % (form.boundary, name.encode())
    return b"".join((head, value.encode(), b"\r\n", body))


def content_type(body: bytes) -> str:
    """The Content-Type of a body that ``read`` accepted."""
    first = _FIRST.match(body)
    if first is None:
        raise ValueError("no form")  # not reached for a body that read accepted
    return f'multipart/form-data; boundary="{first[1].decode("ascii")}"'


def _part(head: bytes, start: int, end: int) -> Part:
    headers = _headers(head)
    found = _DISPOSITION.fullmatch(headers.get(b"content-disposition", b""))
    if found is None:
        _refuse("A part of the form has no Content-Disposition that can be read.")
    said: dict[bytes, bytes] = {}
    for name, quoted, bare in _PARAMETER.findall(found[1]):
        if name.lower() in said:
            _refuse("A part of the form names itself twice.")
        said[name.lower()] = quoted or bare
    if headers.get(b"content-transfer-encoding", b"binary").lower() not in _PLAIN:
        _refuse("A part of the form has a transfer encoding; RFC 7578 allows none.")
    name = said.get(b"name", b"")
    if not name or b"name*" in said or b"\\" in name or b"%" in name or not name.isascii():
        _refuse("A part of the form has no plain name.")
    file = said.get(b"filename", b"" if b"filename*" in said else None)
    return Part(name.decode("ascii"), start, end, None if file is None else file.decode("utf-8", "replace"))


def _headers(head: bytes) -> Mapping[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for line in head.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or not name.strip() or name != name.strip() or name in headers or b"\n" in line or b"\r" in line:
            _refuse("A part of the form has headers that cannot be read.")
        headers[name] = value.strip(b" \t")
    return headers


def _shown(name: str) -> str:
    return name if name.isprintable() and len(name) <= 64 else "of a part"


def _refuse(message: str, param: str | None = None) -> NoReturn:
    raise GatewayError("REQUEST_INVALID", message, param=param)
