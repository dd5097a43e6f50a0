"""Files in requests: read by somebody else, judged as text by the caller's guardrails, and passed, changed or refused.

It opens no file. Called by the guard room, which holds the trial; it outlives Snapshots.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from operator import attrgetter
from sys import getsizeof
from typing import Any, NamedTuple, NoReturn

from torana.core.call import Prompt
from torana.core.errors import GatewayError
from torana.core.file_terms import FileTerms
from torana.core.json_files import (
    FilePart,
    as_said,
    at,
    content_of,
    files_in,
    text_part,
    tree_of,
    with_values,
)
from torana.core.tickets import Found, Grant, Rule
from torana.core.trail import Trail
from torana.line.file_texts import as_text, edited, edits_of, read_pieces
from torana.line.guard_change import Change, merged
from torana.line.guard_team import REPLACING
from torana.line.guard_trial import Trial
from torana.ports.files import MEBIBYTE, Busy, Edit, Extract, How, Limits, NoCopy, Note, Reader, Unreadable
from torana.scan.file_signs import may_hold_files

MOST_FILES = 64
"""In one request."""
MOST_REMEMBERED_BYTES = 64 * MEBIBYTE
BESIDE_TEXT_BYTES = 350
"""What a remembered piece takes beside its text: its place, its unit, its heading (measured: 180 to 320)."""
ACTIVE = frozenset({"macro", "script", "embedded_object", "external_content", "launch_action", "xfa_form"})
"""Notes about what does something when the document is opened, or is not of the document."""
FAMILIES = {
    **dict.fromkeys(("png", "jpeg", "gif", "webp", "bmp", "tiff"), "image"),
    **dict.fromkeys(("zip", "gzip", "7z", "rar", "tar", "bz2", "xz", "zst", "gz"), "archive"),
    **dict.fromkeys(("csv", "json", "xml", "svg"), "text"),
}  # fmt: skip
"""Type → the name of its family, which policies may name instead."""
NAME = "files"
"""Under which findings and verdicts of this room are written down."""
REFUSED_BY = "This request was refused by the policy about files"


class Judged(NamedTuple):
    """What came of one file."""

    extract: Extract
    edits: Sequence[Edit]
    """What is to be replaced in it."""


class FileRoom:
    """Of one process."""

    def __init__(self, reader: Reader, limits: Limits) -> None:
        self.reader = reader
        self.limits = limits
        self._seen: OrderedDict[bytes, Extract] = OrderedDict()
        self._bytes = 0

    def is_wanted(self, grant: Grant, prompt: Prompt) -> bool:
        """Whether the request may hold files that somebody wants to know of."""
        if not grant.guardrails and grant.terms.files is None:
            return False
        return bool(prompt.ask.files) or may_hold_files(prompt.body)

    async def judge(self, terms: FileTerms, prompt: Prompt, trial: Trial | None) -> None:
        """Change the Prompt's body where files in it are to be changed. Raises GatewayError.

        ``trial``: before the guardrails that look at requests; None: there are none.
        """
        body, trail, kept = prompt.body, prompt.trail, prompt.ask.kept
        if kept is not None and kept.lines is not None:
            for start, end, _ in prompt.ask.files:
                lines = await self._lines(body[start:end], terms, trail, trial)
                prompt.body = b"".join((body[:start], lines, body[end:]))
            return
        if body.lstrip()[:1] not in (b"{", b"["):
            for start, end, name in reversed(prompt.ask.files):
                part = FilePart("inline", name or "file", (), "", name)
                judged = await self.judged(body[start:end], part.path, terms, trail, trial)
                if judged.edits:
                    copy = await self.copy_of(body[start:end], judged, terms)
                    prompt.body = b"".join((prompt.body[:start], copy, prompt.body[end:]))
            return
        prompt.body = await self.body(body, terms, trail, trial)

    async def _lines(self, content: bytes, terms: FileTerms, trail: Trail, trial: Trial | None) -> bytes:
        """The lines of a file for a batch, each of them a request. Raises GatewayError."""
        lines = content.split(b"\n")
        for number, line in enumerate(lines):
            if may_hold_files(line):
                lines[number] = await self.body(line, terms, trail, trial, f"line {number + 1} ")
        return b"\n".join(lines)

    async def body(self, body: bytes, terms: FileTerms, trail: Trail, trial: Trial | None, where: str = "") -> bytes:
        """A body of JSON in which files are as they may go on. Raises GatewayError. ``where`` stands before their places."""
        try:
            tree, parts = await asyncio.to_thread(_found, body)
        except (ValueError, RecursionError):
            return body  # whoever it is sent to says what is wrong with it
        if len(parts) > MOST_FILES:
            raise GatewayError(
                "REQUEST_INVALID", f"A request may bring {MOST_FILES} files.", details={"reason": "too_many_files"}
            )
        values: dict[tuple[int, ...], Any] = {}
        for part in parts:
            await self._part(part._replace(path=where + part.path), tree, values, terms, trail, trial)
        return await asyncio.to_thread(with_values, tree, values) if values else body

    async def _part(self, part: FilePart, tree: Any, values: dict[tuple[int, ...], Any], *how: Any) -> None:
        terms, trail, trial = how
        side = "input" if trial is None else trial.team.side
        if part.kind != "inline":
            if side == "input":
                self._elsewhere(part, terms, trail)
            return
        if len(part.said) * 3 // 4 > self._how(terms).limits.max_bytes + 4096:
            _refuse_file(
                Unreadable("too_large", f"the file has more than {self._how(terms).limits.max_bytes:,} bytes"),
                part.path,
            )
        try:
            content = await asyncio.to_thread(content_of, part)
        except ValueError:
            _refuse_file(Unreadable("not_base64", "the file is not written in Base64"), part.path)
        judged = await self.judged(content, part.path, terms, trail, trial)
        if terms.does == "replace":
            texts = edited(judged.extract.pieces, judged.edits)
            said = as_text(part.name, judged.extract.type, judged.extract.pieces, texts)
            place = part.steps[: part.part]
            values[place] = text_part(at(tree, place), said)
        elif judged.edits:
            values[part.steps] = as_said(part, await self.copy_of(content, judged, terms))

    async def judged(self, content: bytes, path: str, terms: FileTerms, trail: Trail, trial: Trial | None) -> Judged:
        """What is in a file, and what is to be replaced in it. Raises GatewayError when it may not pass."""
        return await self.judged_as(await self.open(content, path, terms), path, terms, trail, trial)

    async def judged_as(
        self, extract: Extract, path: str, terms: FileTerms, trail: Trail, trial: Trial | None
    ) -> Judged:
        """The same of a file that was opened."""
        self._of_policy(extract, path, terms, trail, "input" if trial is None else trial.team.side)
        edits = await _edits(extract, path, trial) if trial is not None else []
        said = terms.does if edits else "pass"
        trail.verdicts.append(f"{NAME}:{'not_evaluated' if extract.unread and said == 'pass' else said}")
        return Judged(extract, edits)

    async def open(self, content: bytes, path: str, terms: FileTerms) -> Extract:
        """What is in a file. Raises GatewayError REQUEST_INVALID for one that is broken, hostile or over a limit."""
        try:
            return await self.read(content, self._how(terms))
        except Unreadable as fault:
            _refuse_file(fault, path)

    async def read(self, content: bytes, how: How) -> Extract:
        """What is in a file, read now or lately. Raises Unreadable, GatewayError OVERLOADED."""
        digest = await asyncio.to_thread(_digest, content, how)
        known = self._seen.get(digest)
        if known is not None:
            self._seen.move_to_end(digest)
            return known
        try:
            extract = await self.reader.read(content, how)
        except Busy:
            raise GatewayError("OVERLOADED", "Too many files are being read.", retry_after_s=2) from None
        self._remember(digest, extract)
        return extract

    def _remember(self, digest: bytes, extract: Extract) -> None:
        self._seen[digest] = extract
        self._bytes += _size(extract)
        while self._bytes > MOST_REMEMBERED_BYTES and self._seen:
            _, old = self._seen.popitem(last=False)
            self._bytes -= _size(old)

    async def copy_of(self, content: bytes, judged: Judged, terms: FileTerms) -> bytes:
        """A copy with the edits. Raises GatewayError GUARDRAIL_BLOCKED when there can be none."""
        try:
            return await self.reader.redacted(content, self._how(terms), judged.extract, judged.edits)
        except (NoCopy, Unreadable):
            message = "A guardrail wants something replaced in a file of which no such copy can be made."
            raise GatewayError(
                "GUARDRAIL_BLOCKED", message, details={"guardrail": NAME, "kinds": ["no_copy"]}
            ) from None
        except Busy:
            raise GatewayError("OVERLOADED", "Too many files are being read.", retry_after_s=2) from None

    def _how(self, terms: FileTerms) -> How:
        limits = self.limits
        if terms.max_mb is not None:
            limits = limits._replace(max_bytes=min(limits.max_bytes, terms.max_mb * MEBIBYTE))
        return How(terms.ocr != "off", bool(terms.archives), limits)

    def _of_policy(self, extract: Extract, path: str, terms: FileTerms, trail: Trail, side: str) -> None:
        """What the policy says of such a file. Raises GatewayError GUARDRAIL_BLOCKED."""
        kind, types = extract.type, terms.types
        if types is not None and kind not in types and FAMILIES.get(kind, kind) not in types:
            _refuse(f"{path} is of the type {kind}", f"type_{kind}", trail)
        for note in extract.notes:
            active = note.kind in ACTIVE
            does = (terms.active or "flag") if active else "flag"
            if does != "allow":
                place = f"{path} {note.place}"
                trail.findings.append(Found(NAME, note.kind, side, place, 0, 0, "", does))
            if active and does == "block":
                _refuse(f"{path} has what policies call active: {note.kind}", note.kind, trail)
        missing = [note for note in extract.unread if not _may_be_missed(note, terms)]
        if missing:
            _refuse(f"{path} cannot be read here ({missing[0].kind}: {missing[0].place})", "not_evaluated", trail)

    def _elsewhere(self, part: FilePart, terms: FileTerms, trail: Trail) -> None:
        """A file that is not in the request: nobody here sees it."""
        if not terms.lets_remote:
            _refuse(f"{part.path} names a file that is not in the request", f"remote_{part.kind}", trail)
        trail.verdicts.append(f"{NAME}:not_evaluated")


def rules_for_files(rules: tuple[Rule, ...], mode: str) -> tuple[Rule, ...]:
    """The rules as they hold in files under this mode: ``flag`` lets pass, ``block`` refuses what would be replaced."""
    if mode == "flag":
        return tuple(rule._replace(mode="flag") if rule.mode in (*REPLACING, "block") else rule for rule in rules)
    if mode == "block":
        return tuple(rule._replace(mode="block") if rule.mode in REPLACING else rule for rule in rules)
    return rules


def _found(body: bytes) -> tuple[Any, list[FilePart]]:
    tree = tree_of(body)
    return tree, files_in(tree)


def _digest(content: bytes, how: How) -> bytes:
    return hashlib.blake2b(content, digest_size=16, person=b"torana-file").digest() + repr(how).encode()


def _size(extract: Extract) -> int:
    # Thousands of pieces, on the event loop: nothing is done here for each of them but by C.
    texts = map(attrgetter("text"), extract.pieces)
    return sum(map(getsizeof, texts)) + BESIDE_TEXT_BYTES * len(extract.pieces) + len(extract.memo)


def _may_be_missed(note: Note, terms: FileTerms) -> bool:
    """Whether a file may pass although this was not read."""
    if note.kind == "picture" and terms.ocr in ("off", "required"):
        return terms.ocr == "off"
    if note.kind == "type" and terms.types is not None and note.place in terms.types:
        return True  # the policy names it, and knows that nobody reads it
    return not terms.is_closed


async def _edits(extract: Extract, path: str, trial: Trial) -> list[Edit]:
    """What is to be replaced in the pieces. Raises GatewayError GUARDRAIL_BLOCKED."""
    reading = await asyncio.to_thread(read_pieces, extract.pieces, path)
    by_place: dict[int, list[Change]] = {}
    for hit in await trial.hits(reading.places):
        by_place.setdefault(hit.place, []).append(trial.change(hit))
    return [
        edit
        for place, changes in sorted(by_place.items())
        for edit in edits_of(reading, place, merged(changes), trial.token)
    ]


def _refuse_file(fault: Unreadable, path: str) -> NoReturn:
    details = {"reason": fault.reason, "field": path}
    raise GatewayError("REQUEST_INVALID", f"{path}: {fault}.", param=path, details=details)


def _refuse(what: str, kind: str, trail: Trail) -> NoReturn:
    trail.verdicts.append(f"{NAME}:block")
    raise GatewayError("GUARDRAIL_BLOCKED", f"{REFUSED_BY}: {what}.", details={"guardrail": NAME, "kinds": [kind]})
