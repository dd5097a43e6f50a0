"""A process that reads files for the gateway: ``python -I -m torana.files.worker``.

For each file it makes a child, which goes into the sandbox, reads that one file, answers and ends; so no file meets what
another left, and a fault, a leak or a hang ends with its child. Started and asked by ``pool``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple

from torana.files import opening, sandbox
from torana.files.frames import frame, receive
from torana.files.ocr import Ocr, Tesseract, find
from torana.ports.files import Edit, Extract, How, Limits, NoCopy, Unreadable

LONGEST_ANSWER = 512 * 1024 * 1024
CHUNK = 1024 * 1024
SLOW = frozenset({signal.SIGALRM, signal.SIGXCPU})
PROBE = "probe"
"""A question that tells what holds in the sandbox."""


class Question(NamedTuple):
    """What is to be done with a file."""

    do: str
    """``read``, ``redact`` or ``probe``."""
    how: How
    content: bytes
    memo: bytes = b""
    edits: tuple[Edit, ...] = ()


def question_of(head: Mapping[str, Any], body: bytes) -> Question:
    """A question as it came."""
    said = dict(head["how"])
    how = How(**{**said, "limits": Limits(**said["limits"])})
    size = head["size"]
    return Question(head["do"], how, body[:size], body[size:], tuple(Edit(*one) for one in head.get("edits", ())))


def question(do: str, content: bytes, how: How, memo: bytes = b"", edits: tuple[Edit, ...] = ()) -> bytes:
    """A question as it goes."""
    said = {**how._asdict(), "limits": how.limits._asdict()}
    return frame({"do": do, "how": said, "size": len(content), "edits": edits}, content + memo)


def answer(asked: Question, ocr: Ocr | None) -> bytes:
    """What comes of it; called in the sandbox."""
    try:
        if asked.do == "redact":
            return frame({"ok": True}, opening.redacted(asked.content, asked.how, ocr, asked.memo, asked.edits))
        found = opening.read(asked.content, asked.how, ocr)
    except Unreadable as fault:
        return frame({"unreadable": fault.reason, "message": str(fault)})
    except NoCopy:
        return frame({"no_copy": True})
    except MemoryError:
        return frame({"unreadable": "too_much_memory", "message": "the file takes too much memory"})
    except RecursionError:
        return frame({"unreadable": "too_deep", "message": "the file is nested too deep"})
    return frame({"extract": _told(found)}, found.memo)


def _told(found: Extract) -> dict[str, Any]:
    return {**found._asdict(), "memo": None}


def serve(asked: BinaryIO, told: BinaryIO) -> None:
    """Answer questions until there are no more."""
    ocr = find()
    while (message := receive(asked)) is not None:
        told.write(_apart(question_of(*message), ocr))
        told.flush()


def _apart(asked: Question, ocr: Ocr | None) -> bytes:
    """The answer of a child that lives for it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            _settle(asked.how.limits)
            program = ocr.program if isinstance(ocr, Tesseract) else ""
            held = sandbox.enter(asked.how.limits, program)
            said = frame({"held": held}) if asked.do == PROBE else answer(asked, ocr)
            with os.fdopen(writing, "wb") as out:
                out.write(said)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    said = _all_of(reading)
    _, status = os.waitpid(child, 0)
    _end_group(child)
    return said if status == 0 and said else _why(status)


def _settle(limits: Limits) -> None:
    """The child's own group, its time, and nothing of the pipes to the gateway."""
    os.setpgid(0, 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limits.seconds)
    sandbox.give_way()


def _all_of(pipe: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size < LONGEST_ANSWER and (part := os.read(pipe, CHUNK)):
        parts.append(part)
        size += len(part)
    os.close(pipe)
    return b"".join(parts) if size < LONGEST_ANSWER else b""


def _end_group(child: int) -> None:
    try:
        os.killpg(child, signal.SIGKILL)  # OCR that the child started
    except (ProcessLookupError, PermissionError):
        pass  # nobody is left in it


def _why(status: int) -> bytes:
    """What is said of a child that gave no answer."""
    by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if by in SLOW:
        return frame({"unreadable": "too_slow", "message": "reading the file takes too long"})
    if by == signal.SIGKILL:
        return frame({"unreadable": "too_much_memory", "message": "the file takes too much memory"})
    return frame({"unreadable": "malformed", "message": "the file cannot be read"})


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
