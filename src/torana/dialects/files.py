"""OpenAI's files: what an upload is, and what a provider says of a file.

Files for batches are read line by line, all others only where they are text: the rest is for the file room. Called by ``kept_requests``.
"""

from __future__ import annotations

import re

import msgspec

from torana.core.call import Ask
from torana.core.errors import GatewayError
from torana.core.json_texts import texts_of
from torana.core.kept import FILE, Made, Wanted
from torana.dialects import batch_lines, form

ID = "files"
BATCH_PURPOSE = "batch"
_PURPOSE = re.compile(r"[a-z0-9_-]{1,64}")


class _File(msgspec.Struct, gc=False):
    id: str
    deleted: bool = False


_file = msgspec.json.Decoder(_File).decode


def read(body: bytes, wanted: Wanted) -> Ask:
    """What an upload asks for (https://platform.openai.com/docs/api-reference/files/create).

    Raises GatewayError
    REQUEST_INVALID naming the field at fault.
    """
    given = form.read(body)
    purpose = given.text("purpose") or ""
    if not _PURPOSE.fullmatch(purpose):
        raise GatewayError("REQUEST_INVALID", "purpose: expected what the file is for.", param="purpose")
    part = _part(given)
    content = given.body[part.start : part.end]
    if purpose == BATCH_PURPOSE:
        found = batch_lines.read(content)
        wanted = wanted._replace(purpose=purpose, lines=found.lines)
        texts = (*given.texts(), *found.texts)
        lines = ((part.start, part.end, part.filename or ""),)
        return Ask(
            found.lines.model, max_tokens=0, counted_bytes=0, needs=found.needs, texts=texts, kept=wanted, files=lines,
            unread=found.unread,
        )  # fmt: skip
    found_texts = _texts(content)
    files = () if found_texts else ((part.start, part.end, part.filename or ""),)
    texts = (*given.texts(), *found_texts)
    return Ask(None, max_tokens=0, counted_bytes=0, texts=texts, kept=wanted._replace(purpose=purpose), files=files)


def retargeted(body: bytes, model: str) -> bytes:
    """The form of a file for a batch, its lines under the provider's name of the model. ``read`` accepted it."""
    given = form.read(body)
    (part,) = given.files("file")
    content = batch_lines.renamed(body[part.start : part.end], model)
    if given.boundary in content:
        raise GatewayError("REQUEST_INVALID", "file: the form's boundary stands inside it.", param="file")
    return b"".join((body[: part.start], content, body[part.end :]))


def made(answer: bytes) -> Made:
    """The file that an answer is about. Raises ValueError for what is none."""
    found = _file(answer)
    return Made(FILE, found.id, over=found.deleted)


def _part(given: form.Form) -> form.Part:
    files = given.files("file")
    if len(files) != 1 or len([part for part in given.parts if part.filename is not None]) != 1:
        raise GatewayError("REQUEST_INVALID", "file: expected one file.", param="file")
    return files[0]


def _texts(content: bytes) -> tuple[str, ...]:
    """What guardrails see of a file: all of one that is text, its strings where it is JSON, nothing of any other."""
    try:
        if b"\0" in content:
            return ()
        text = str(content, "utf-8")
    except UnicodeDecodeError:
        return ()
    if content.lstrip()[:1] in (b"{", b"["):
        try:
            return (text, *texts_of(content))
        except (ValueError, RecursionError):
            return (text, *_texts_of_lines(content))
    return (text,)


def _texts_of_lines(content: bytes) -> tuple[str, ...]:
    """The strings of JSON Lines, whose escapes would hide what they say."""
    found: list[str] = []
    for line in content.split(b"\n"):
        try:
            found += texts_of(line)
        except (ValueError, RecursionError):
            continue  # the whole of it is looked at as text
    return tuple(found)
