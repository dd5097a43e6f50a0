"""Reading files: the processes that do it, and trying guardrails on a file for the control plane.

It decides nothing about requests. ``FileRoom`` is built by ``serve``, ``Filing`` by ``process``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from torana.control.scanner import Scanned, ScanWish
from torana.core.errors import GatewayError
from torana.core.file_terms import SILENT, FileTerms
from torana.core.tickets import Caller
from torana.core.trail import Trail
from torana.files.pool import Pool
from torana.line.file_texts import edited
from torana.line.files import FileRoom, Judged
from torana.line.guard_trial import Trial
from torana.line.rooms import Rooms
from torana.ports.files import Extract
from torana.wiring.policy_book import Book
from torana.wiring.settings import Settings
from torana.wiring.settings_files import limits_of

MOST_TEXT = 200_000
"""Signs of a file's text that an answer holds."""
PATH = "file"


class Reading(NamedTuple):
    """The means of one process."""

    room: FileRoom | None
    pool: Pool | None

    def after(self, others: Callable[[], Awaitable[None]] | None) -> Callable[[], Awaitable[None]]:
        """What is closed at the end: the others first."""

        async def closed() -> None:
            if others is not None:
                await others()
            if self.pool is not None:
                await self.pool.aclose()

        return closed


def reading_of(settings: Settings) -> Reading:
    """What the settings ask for. No process is started before the first file."""
    said = settings.files
    if not said.enabled:
        return Reading(None, None)
    pool = Pool(said.workers, said.queue)
    return Reading(FileRoom(pool, limits_of(said)), pool)


class Filing:
    """Tries guardrails on files: implements ``control.scanner.Scanner``."""

    def __init__(self, book: Book, rooms: Callable[[], Rooms], room: FileRoom | None, now: Callable[[], float]) -> None:
        """``now``: epoch seconds."""
        self._book = book
        self._rooms = rooms
        self._room = room
        self._now = now

    async def scan(self, caller: Caller, content: bytes, wish: ScanWish) -> Scanned:
        """What guardrails make of a file. Nothing is sent, counted or recorded."""
        room = self._room
        if room is None:
            raise GatewayError("NOT_FOUND", "Files are not read here.")
        rooms = self._rooms()
        terms = self._book.terms_of(caller, wish.policy)
        said = terms.files or SILENT
        if wish.mode:
            said = said._replace(mode=wish.mode, on_error="closed" if said.is_closed else "open")
        grant = rooms.policy.trying(caller, terms._replace(files=said))
        trail = Trail("", "", self._now(), 0.0)
        trail.caller = caller
        seen = _Seen(room, content, said, trail, wish.copy)
        blocked, message = False, ""
        try:
            await rooms.guards.of_file(grant, trail, seen.judged)
        except GatewayError as refused:
            if refused.code != "GUARDRAIL_BLOCKED":
                raise
            blocked, message = True, refused.message
        # In a thread: AI requests do not wait while thousands of pieces are counted and joined.
        return await asyncio.to_thread(seen.scanned, terms.name, blocked, message)

    @property
    def most_bytes(self) -> int:
        """The largest file."""
        return self._room.limits.max_bytes if self._room is not None else 0


class _Seen:
    """One file that is tried."""

    def __init__(self, room: FileRoom, content: bytes, terms: FileTerms, trail: Trail, wants_copy: bool) -> None:
        self._room = room
        self._content = content
        self._terms = terms
        self._trail = trail
        self._wants_copy = wants_copy
        self._extract: Extract | None = None
        self._judged: Judged | None = None
        self._copy: bytes | None = None

    async def judged(self, trial: Trial | None) -> None:
        """Judge it. Raises GatewayError."""
        self._extract = await self._room.open(self._content, PATH, self._terms)
        self._judged = await self._room.judged_as(self._extract, PATH, self._terms, self._trail, trial)
        if self._wants_copy and self._judged.edits:
            self._copy = await self._room.copy_of(self._content, self._judged, self._terms)

    def scanned(self, policy: str, blocked: bool, message: str) -> Scanned:
        """What came of it."""
        extract = self._extract or Extract("")
        pieces = extract.pieces
        texts = edited(pieces, self._judged.edits) if self._judged is not None else []
        counts: dict[str, int] = {}
        for piece in pieces:
            counts[piece.kind] = counts.get(piece.kind, 0) + 1
        return Scanned(
            policy=policy,
            type=extract.type,
            pages=extract.pages,
            characters=sum(len(piece.text) for piece in pieces),
            pieces=counts,
            blocked=blocked,
            message=message,
            verdicts=tuple(self._trail.verdicts),
            findings=[one._asdict() for one in self._trail.findings],
            notes=[one._asdict() for one in extract.notes],
            unread=[one._asdict() for one in extract.unread],
            text="" if blocked else "\n".join(texts)[:MOST_TEXT],
            copy=self._copy,
        )
