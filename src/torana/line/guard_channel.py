"""One text of a streamed answer that comes in pieces: how much of it may leave, and what is found in what leaves.

It sees letters, no events. Made by the guard room's streams, one for each text of an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from torana.line.guard_escapes import HALF_ESCAPE, before_escape, deeper, depth_at, nested, unescaped
from torana.line.guard_look import FAULTS, Hit, sane
from torana.line.guard_team import Member, finder_of
from torana.line.vault import TOKEN, UNFINISHED, Tokens
from torana.ports.guardrail import Where
from torana.scan.gate import Gate, utf8
from torana.scan.normal import Normal, normal
from torana.scan.sentences import last_start
from torana.scan.stirring import Stirring, stirring

LOOK_BACK = 96
CONTEXT = 400
"""How many letters that have left guardrails may still see before what they judge."""
CUT_EACH = 128
"""How many more are kept until they are cut off."""
_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*("|$)', re.DOTALL)


class Judged(NamedTuple):
    """What may leave now: everything before ``until``, with these hits in it. Places count from the text's beginning."""

    until: int
    hits: list[Hit]
    failed: list[Member]
    restored: list[tuple[int, int, str]]
    """Tokens, and what they stand for."""


class Watch(NamedTuple):
    """Who looks at pieces as they come."""

    gate: Gate
    """Of the members alone."""
    members: tuple[Member, ...]
    """Those that need no more than a span."""
    unit: str
    """What the others need before they can judge: ``span`` where there are none, ``sentence`` or ``whole``."""
    tokens: Tokens | None = None

    tails: tuple[tuple[Member, Callable[[str], int]], ...] = ()
    """Asks each of the members where something unfinished may begin."""
    stirs: Stirring | None = None
    """Tells whether there may be anything for any of the members; None: they cannot say."""


def watch_of(gate: Gate, members: tuple[Member, ...], unit: str, tokens: Tokens | None) -> Watch:
    """A watch of these. Of a member that cannot tell its tail everything is held back."""
    tails = tuple((one, getattr(one.guard.guardrail, "tail", _all)) for one in members)
    stirs = [getattr(one.guard.guardrail, "stirs", None) for one in members]
    known = stirring("|".join(map(str, stirs))) if stirs and None not in stirs else None
    return Watch(gate.of(frozenset(one.number for one in members)), members, unit, tokens, tails, known)


def _all(text: str) -> int:
    return -len(text) - CONTEXT


def _alike(piece: str) -> str | None:
    """The normal form of a piece; None where it has not a letter for each."""
    form = normal(piece)
    return form.text if form.starts is None else None


class Channel:
    """One such text."""

    __slots__ = (
        "_begun", "_calm", "_form", "_holds_json", "_quoted", "_watch", "base", "let", "path", "text", "where",
    )  # fmt: skip

    def __init__(self, watch: Watch, path: str, role: str) -> None:
        self._watch = watch
        self.path = path
        self.where = Where("output", role)
        self.text = ""
        """What is kept of it: what is held back, and some that has left before that."""
        self.base = self.let = 0
        """Where ``text`` begins, and how much has left."""
        self._begun = self._holds_json = False
        self._quoted = False
        """Whether ``text`` begins inside of a string, where the text is JSON."""
        self._form: str | None = None
        """The normal form of ``text``, letter for letter; None: not known, or there is none."""
        self._calm: bool | None = None
        """Whether nothing stirs in ``_form``; None: not known."""

    def swift(self, piece: str) -> bool:
        """Take a piece with which nothing is found in the text, and let leave what may; whether it was taken.

        Only where all who look need no more than a span. What is not taken is left to ``add`` and ``judge``.
        """
        if not self._begun or (self._form is None and not self._reads()) or (self._holds_json and "\\" in piece):
            return False
        before, new, watch = self._form or "", piece if piece.isascii() else _alike(piece), self._watch
        if new is None or (watch.tokens is not None and ("<" in new or "<" in before)):
            return False
        text = before + new
        if not (self._calm and watch.stirs and not watch.stirs(before, new)):
            asked = watch.gate.asked(utf8(text))
            if asked and not self._is_clean(text, asked):
                return False
            self._calm = self._calm is None and watch.stirs is not None and not watch.stirs.anywhere(text)
        seen = max(0, self.let - self.base - LOOK_BACK)
        until = len(text)
        try:
            for _, tail in watch.tails:
                until = min(until, seen + int(tail(text[seen:])))
        except FAULTS:
            return False
        self.text = text if before is self.text and new is piece else self.text + piece
        self._form = text
        self.leave(max(self.base + until, self.let))
        return True

    def _reads(self) -> bool:
        """Whether ``text`` has a normal form letter for letter, which is known from here on."""
        form = normal(self.text)
        if form.starts is not None or (self._holds_json and "\\" in self.text):
            return False
        self._form = self.text if form.text == self.text else form.text
        self._calm = None
        return True

    def _is_clean(self, text: str, asked: frozenset[int]) -> bool:
        """Whether all that they find has left: it was judged then."""
        left = self.let - self.base
        try:
            found = [finder_of(one).check(text, self.where) for one in self._watch.members if one.number in asked]
            return all(one.end <= left for findings in found for one in findings)
        except FAULTS:
            return False

    def add(self, piece: str) -> int:
        """Take a piece; where it begins."""
        start = self.base + len(self.text)
        self.text += piece
        self._form = None
        if not self._begun and (first := piece.lstrip()[:1]):
            self._begun = True
            self._holds_json = first in ("{", "[")
        return start

    def judge(self, final: bool) -> Judged:
        """What may leave. ``final``: nothing will be added."""
        text = self.text if final else self._readable()
        plain = unescaped(text) if self._holds_json and "\\" in text else None
        form = normal(text if plain is None else plain.text)
        asked = self._watch.gate.asked(utf8(form.text))
        failed: list[Member] = []
        hits = self._hits(form, plain, asked, failed) if asked else []
        end = self.base + len(text)
        tokens = self._tokens(text) if self._watch.tokens is not None and "<" in text else []
        until = end if final else self._until(form, plain, failed)
        for inner in deeper(plain) if plain is not None else ():
            within = normal(inner.text)
            wanted = self._watch.gate.asked(utf8(within.text))
            hits += [one for one in self._hits(within, inner, wanted, failed) if one not in hits] if wanted else []
            until = end if final else min(until, self._until(within, inner, failed))
        if not hits and not tokens:
            return Judged(max(until, self.let), hits, failed, tokens)
        if not final:
            while True:  # what is found and may go on, or lies across, stays whole
                spans = [(hit.start, hit.end) for hit in hits] + [(start, stop) for start, stop, _ in tokens]
                across = [start for start, stop in spans if start < until and (stop > until or stop == end)]
                if not across:
                    break
                until = min(across)
        until = max(until, self.let)
        kept = [hit._replace(start=max(hit.start, self.let)) for hit in hits if self.let < hit.end <= until]
        return Judged(until, kept, failed, [one for one in tokens if self.let <= one[0] and one[1] <= until])

    def leave(self, until: int) -> None:
        """Everything before ``until`` has left."""
        self.let = until
        cut = until - CONTEXT - self.base
        if cut > CUT_EACH:  # now and then
            if self._holds_json:
                cut = before_escape(self.text, cut)
                self._quoted = self._is_quoted(cut)
            same = self._form is self.text
            self.text = self.text[cut:]
            self.base += cut
            if self._form is not None:
                self._form = self.text if same else self._form[cut:]
                self._calm = self._calm or None

    def part(self, start: int, end: int) -> str:
        """The letters there."""
        return self.text[start - self.base : end - self.base]

    def value(self, start: int, end: int) -> str:
        """What the letters there say."""
        part = self.part(start, end)
        if self._holds_json and "\\" in part:
            for _ in range(depth_at(self.text, start - self.base)):
                part = unescaped(part).text
        return part

    def written(self, new: str, start: int) -> str:
        """A new text as it is to be written at that place."""
        if not self._holds_json:
            return new
        place = start - self.base
        return nested(new, self.text, place, self._is_quoted(place))

    def _readable(self) -> str:
        """The text but for half an escape at its end: what stands before that is seen as it will be read."""
        if self._holds_json and (half := HALF_ESCAPE.search(self.text[-8:])) is not None:
            return self.text[: len(self.text) - len(half.group(1) or "")]
        return self.text

    def _is_quoted(self, end: int) -> bool:
        """Whether a string is open at that place of ``text``."""
        text = ('"' if self._quoted else "") + self.text[:end]
        return any(not found.group(1) for found in _QUOTED.finditer(text))

    def _hits(self, form: Normal, plain: Normal | None, asked: frozenset[int], failed: list[Member]) -> list[Hit]:
        hits: list[Hit] = []
        for member in self._watch.members:
            if member.number not in asked:
                continue
            try:
                for one in finder_of(member).check(form.text, self.where):
                    sane(one, form.text)
                    start, end = form.back(one.start, one.end)
                    start, end = (start, end) if plain is None else plain.back(start, end)
                    hits.append(Hit(member, 0, one.kind, self.base + start, self.base + end))
            except FAULTS:
                failed.append(member)
        return hits

    def _until(self, form: Normal, plain: Normal | None, failed: list[Member]) -> int:
        """From where on something may begin that is not complete, or where the last whole unit ends if that is before."""
        watch, until = self._watch, len(form.text)
        if watch.unit == "whole":
            return self.let
        # Tails are asked for often: they see what is held back and a little before it, not all that is kept.
        seen = 0 if form.starts or plain else max(0, self.let - self.base - LOOK_BACK)
        text = form.text[seen:] if seen else form.text
        for member, tail in watch.tails:
            try:
                until = min(until, seen + int(tail(text)))
            except FAULTS:
                failed.append(member)
        until = max(until, 0)
        if watch.unit == "sentence":
            until = min(until, last_start(form.text[:until]))
        until = form.back(until, until)[0] if until < len(form.text) else form.starts[-1] if form.starts else until
        if plain is not None:
            until = plain.back(until, until)[0]
        if watch.tokens is not None and (half := UNFINISHED.search(self.text[-64:])) is not None:
            until = min(until, len(self.text) - len(half.group()))
        return self.base + until

    def _tokens(self, text: str) -> list[tuple[int, int, str]]:
        known = self._watch.tokens.known if self._watch.tokens is not None else {}
        found = ((one.start(), one.end(), known.get(one.group())) for one in TOKEN.finditer(text))
        return [(self.base + start, self.base + end, value) for start, end, value in found if value is not None]


def spans_first(
    changes: Sequence[tuple[int, int, str]], pieces: Sequence[tuple[int, int]]
) -> list[list[tuple[int, int, str]]]:
    """For each piece what becomes of its letters: the new text stands in the first piece of a change, and in no other."""
    out: list[list[tuple[int, int, str]]] = [[] for _ in pieces]
    for start, end, new in changes:
        for number, (first, last) in enumerate(pieces):
            if first < end and start < last:
                out[number].append((max(start, first) - first, min(end, last) - first, new if start >= first else ""))
    return out
