"""Whether a body may hold files: cheap, and never no where ``core.json_files`` finds one.

It finds none itself: one pass for all signs, half the time that a search for each takes. Called by the file room and the
guard room before they take a body apart.
"""

from __future__ import annotations

from torana.scan.gate import matcher, utf8

_HOLDS = matcher(r'data|url"|ytes"|le_id"|ri"|\\u00[2-7]')
"""Each member that brings a file has one of these; the last: names can be written with escapes."""
_MADE = r"b64|inline|image_generation_call|;base64,"
_MAKES = matcher(_MADE)
_BRINGS = matcher(rf'{_MADE}|ytes"')


def may_hold_files(body: bytes) -> bool:
    """Whether it is worth looking for files in a body."""
    return bool(_HOLDS(body))


def may_bring_files(answer: bytes) -> bool:
    """The same of an answer: pictures that were made, and parts with data of their own."""
    return bool(_BRINGS(answer)) and (answer.find(b'"source"') >= 0 or bool(_MAKES(answer)))


def is_without_files(frame: bytes) -> bool:
    """Whether an answer brings files only where a text in it does, of which ``frame`` is all the rest."""
    return not _BRINGS(frame) and frame.find(b'"source"') < 0


def text_may_bring_files(text: str) -> bool:
    """The same as of an answer, of one text in it."""
    # Each sign has one of these: three looks cost a third of a pass over so few letters.
    return ("64" in text or "inline" in text or "image_gen" in text) and bool(_MAKES(utf8(text)))
