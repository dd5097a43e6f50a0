"""Whether a body may hold files: cheap, and never no where ``core.json_files`` finds one.

It finds none itself. Signs are searched for one by one: an automaton for all of them is as quick where it is at hand, and
five times slower between two requests, when it is far away in memory. Called by the file room and the guard room before they
take a body apart.
"""

from __future__ import annotations

from torana.scan.gate import matcher, utf8

_ESCAPED = matcher(r"\\u00[2-7]")
"""Names of members can be written with escapes."""
_MAKES = matcher("b64|inline|image_generation_call|;base64,")


def may_hold_files(body: bytes) -> bool:
    """Whether it is worth looking for files in a body: each member that brings one has one of these."""
    find = body.find
    return (
        find(b'url"') >= 0
        or find(b"data") >= 0
        or find(b'ytes"') >= 0
        or find(b'le_id"') >= 0
        or find(b'ri"') >= 0
        or (find(b"\\u00") >= 0 and bool(_ESCAPED(body)))
    )


def may_bring_files(answer: bytes) -> bool:
    """The same of an answer: pictures that were made, and parts with data of their own."""
    find = answer.find
    return (
        find(b"b64") >= 0
        or find(b"inline") >= 0
        or find(b";base64,") >= 0
        or find(b"image_generation_call") >= 0
        or (find(b'ytes"') >= 0 and find(b'"source"') >= 0)
    )


def is_without_files(frame: bytes) -> bool:
    """Whether an answer brings files only where a text in it does, of which ``frame`` is all the rest."""
    return not may_bring_files(frame) and frame.find(b'"source"') < 0 and frame.find(b'ytes"') < 0


def text_may_bring_files(text: str) -> bool:
    """The same as of an answer, of one text in it."""
    # Each sign has one of these: three looks cost a third of a pass over so few letters.
    return ("64" in text or "inline" in text or "image_gen" in text) and bool(_MAKES(utf8(text)))
