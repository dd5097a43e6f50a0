"""Whether a body may hold files: cheap, and never no where ``core.json_files`` finds one.

It finds none itself. Called by the file room and the guard room before they take a body apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import re2


def _matching(pattern: str) -> Callable[[bytes], Any]:
    """Searches bytes for a pattern: half the time that searches for each word of it take. A set of one tells without saying where."""
    options = re2.Options()
    options.log_errors = False
    made = re2.Set.SearchSet(options)
    made.Add(pattern)
    made.Compile()
    # What is within the wrapper: that is Python, and only turns texts into bytes.
    match: Callable[[bytes], Any] = getattr(made, "_set", made).Match
    return match


_HOLDS = _matching(r'data|url"|ytes"|le_id"|ri"|\\u00[2-7]')
"""Each member that brings a file has one of these; the last: names can be written with escapes."""
_MADE = r"b64|inline|image_generation_call|;base64,"
_MAKES = _matching(_MADE)
_BRINGS = _matching(rf'{_MADE}|ytes"')


def may_hold_files(body: bytes) -> bool:
    """Whether it is worth looking for files in a body."""
    return bool(_HOLDS(body))


def may_bring_files(answer: bytes) -> bool:
    """The same of an answer: pictures that were made, and parts with data of their own."""
    return bool(_BRINGS(answer)) and (answer.find(b'"source"') >= 0 or bool(_MAKES(answer)))
