"""Candidates for the features of the injection guardrail's suspicion: phrases of cues.toml, and words of the texts to learn from.

Called by train_injection.py.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from re import _constants as sign  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from torana.guardrails.injection.suspicion import folded
from torana.scan import decode

MOST_FORMS = 4000
SHORTEST = 4
"""Bytes of a phrase; shorter ones are in everything."""


STRONG = (
    "pwn", "pnwed", "ihaveb", "ignoreall", "ignoreprevious", "~do anything now~", "~im_start", "endoftext", "jailbreak you",
)  # fmt: skip
"""Phrases that are enough, with ``~`` for what parts words."""
OTHER_LANGUAGES = 2
"""So many of the last triggers are of other languages: what ordinary texts lack of them is enough."""


def strong() -> list[list[bytes]]:
    """Phrases that are enough: such as no harmless text has, and words that are written in rot13 or backwards."""
    disguised = [
        said for word in decode.KEYWORDS if len(word) > 5 for said in (codecs.encode(word, "rot13"), word[::-1])
    ]
    return [[phrase.replace("~", " ").encode()] for phrase in (*STRONG, *disguised)]


def foreign(path: Path) -> list[list[bytes]]:
    """Phrases of other languages, wherever they stand in a word."""
    found = tomllib.loads(path.read_text("utf-8"))["opens"]["triggers"][-OTHER_LANGUAGES:]
    return [
        [form if len(form) < 7 and form.isascii() else form.lstrip() for form in group]
        for trigger in found
        for group in _of_trigger(trigger)
    ]


def of_cues(path: Path) -> list[list[bytes]]:
    """For each alternative of a trigger the phrases that it matches, up to where it may go on without end."""
    found = tomllib.loads(path.read_text("utf-8"))["opens"]["triggers"][:-OTHER_LANGUAGES]
    return [group for trigger in found for group in _of_trigger(trigger)]


def _of_trigger(trigger: str) -> Iterator[list[bytes]]:
    for alternative in _alternatives(trigger):
        forms = {
            form
            for small, _ in _forms(list(parser.parse(alternative)))
            for text in ({small} if small.isascii() else {small, small.capitalize()})
            if len((form := _form(text)).strip()) >= SHORTEST
        }
        if forms:
            yield sorted(forms)


def _form(text: str) -> bytes:
    """The phrase as it stands in a folded text, with at most one space at each end."""
    form = re.sub(rb" {2,}", b" ", folded(text.encode())[1:-1])
    starts = b"" if form[:1] == b" " or not form[:1].isalnum() or text[:1] == "\0" else b" "
    return starts + form


def _alternatives(pattern: str) -> Iterator[str]:
    """The alternatives at the top of a pattern."""
    depth, last, escaped, within = 0, 0, False, False
    for at, one in enumerate(pattern):
        if escaped:
            escaped = False
            continue
        escaped = one == "\\"
        within = (within or one == "[") and one != "]"
        depth += (one == "(") - (one == ")") if not within else 0
        if one == "|" and not depth and not within:
            yield pattern[last:at]
            last = at + 1
    yield pattern[last:]


def _forms(nodes: Sequence[Any]) -> list[tuple[str, bool]]:
    """Each text with whether it was cut because anything may follow."""
    forms = [("", False)]
    for node in nodes:
        each = _of(node)
        forms = [
            (text + more, cut or done) for text, cut in forms for more, done in (each if not cut else [("", True)])
        ]
        forms = list(dict.fromkeys(forms))[:MOST_FORMS]
    return forms


def _of(node: Any) -> list[tuple[str, bool]]:
    kind, value = node
    if kind is sign.LITERAL:
        return [(chr(value), False)]
    if kind is sign.AT:
        return [(" ", False)] if value is sign.AT_BOUNDARY else [("", False)]
    if kind is sign.SUBPATTERN:
        return _forms(list(value[-1]))
    if kind is sign.BRANCH:
        return [form for branch in value[1] for form in _forms(list(branch))]
    if kind is sign.IN:
        return _of_class(value)
    if kind in {sign.MAX_REPEAT, sign.MIN_REPEAT}:
        least, most, inner = value
        once = _forms(list(inner))
        some = [("", False)] if not least else []
        if most == 1 or (least == most and most < 4):
            return some + [(text * max(1, least), cut) for text, cut in once]
        return some + [(text * max(1, min(least, 4)), True) for text, _ in once if least]
    return [("", True)]


def _of_class(value: Any) -> list[tuple[str, bool]]:
    found: dict[str, None] = {}
    for kind, one in value:
        if kind is sign.LITERAL:
            found[chr(one)] = None
        elif (kind is sign.CATEGORY and one is sign.CATEGORY_SPACE) or (
            kind is sign.CATEGORY and one is sign.CATEGORY_NOT_WORD
        ):
            found[" "] = None
        else:
            return [("", True)]
    return [(one, False) for one in found]


def grams(text: bytes) -> set[bytes]:
    """Words, pairs and threes of a text; of long words what follows them is left open."""
    words = folded(text).split()
    found = set()
    for count in (1, 2, 3):
        for at in range(len(words) - count + 1):
            phrase = b" " + b" ".join(words[at : at + count])
            last = words[at + count - 1]
            if len(phrase) > SHORTEST and len(phrase) < 40:
                found.add(phrase if len(last) > 4 else phrase + b" ")
    return found


def of_texts(attacks: Iterable[tuple[bytes, str]], ordinary: Iterable[bytes], most: int) -> list[list[bytes]]:
    """Phrases that attacks of several sources have, and ordinary texts have not: at most so many, the most telling first."""
    have: Counter[bytes] = Counter()
    sources: dict[bytes, set[str]] = {}
    count = others = 0
    for text, source in attacks:
        count += 1
        for gram in grams(text):
            have[gram] += 1
            sources.setdefault(gram, set()).add(source)
    lack: Counter[bytes] = Counter()
    for text in ordinary:
        others += 1
        lack.update(gram for gram in grams(text) if gram in have)
    scored = [
        (number * (number / count) / (number / count + (lack[gram] + 1) / others), gram)
        for gram, number in have.items()
        if number >= 3 and len(sources[gram]) >= 2 and number / count > 2 * (lack[gram] / others)
    ]
    return [[gram] for _, gram in sorted(scored, reverse=True)[:most]]
