"""File routes: what guardrails make of a file. Nothing of it is sent, kept, counted or recorded.

The form is read by the parser of the data plane; nothing of it is written to a disk.
"""

from __future__ import annotations

import asyncio
import base64
from typing import Annotated

from fastapi import Depends, Request

from torana.control.admission import room
from torana.control.asking import needs
from torana.control.files.shapes import FORM, ScanAnswer
from torana.control.office import Office
from torana.control.scanner import Scanned, ScanWish
from torana.core.errors import GatewayError
from torana.core.file_terms import MODES
from torana.core.tickets import Caller
from torana.dialects import form

FIELDS_BYTES = 64 * 1024
"""What the form may have beside the file."""

router = room("files")

MayScan = Annotated[Caller, Depends(needs("files.scan"))]


@router.post("/files/scan", response_model=ScanAnswer, openapi_extra=FORM)
async def scan(request: Request, caller: MayScan) -> ScanAnswer:
    """What a file is, what is in it and hidden in it, and what the guardrails of a policy make of its text."""
    return await _scanned(request, caller)


@router.post("/guardrails/test-file", response_model=ScanAnswer, openapi_extra=FORM)
async def test_file(request: Request, caller: MayScan) -> ScanAnswer:
    """The same: what guardrails make of a file."""
    return await _scanned(request, caller)


async def _scanned(request: Request, caller: Caller) -> ScanAnswer:
    office: Office = request.app.state.office
    body = await _body(request, office.scanner.most_bytes + FIELDS_BYTES)
    # In a thread: AI requests do not wait while a large form is taken apart.
    content, wish = await asyncio.to_thread(wished, body)
    return shown(await office.scanner.scan(caller, content, wish))


async def _body(request: Request, most: int) -> bytes:
    """The body. Raises GatewayError REQUEST_TOO_LARGE."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise GatewayError("REQUEST_TOO_LARGE", f"The form has more than {most:,} bytes.")
        parts.append(part)
    return b"".join(parts)


def wished(body: bytes) -> tuple[bytes, ScanWish]:
    """The file, and how it is to be tried. Raises GatewayError REQUEST_INVALID."""
    given = form.read(body)
    files = given.files("file")
    if len(files) != 1:
        raise GatewayError("REQUEST_INVALID", "file: expected one file.", param="file", details={"field": "file"})
    mode, copy = given.text("mode") or "", given.text("copy") or "false"
    if mode and mode not in MODES:
        raise GatewayError("REQUEST_INVALID", f"mode: expected one of {', '.join(MODES)}.", details={"field": "mode"})
    if copy not in ("true", "false"):
        raise GatewayError("REQUEST_INVALID", "copy: expected true or false.", details={"field": "copy"})
    wish = ScanWish(given.text("policy") or "", mode, copy == "true")
    return body[files[0].start : files[0].end], wish


def shown(found: Scanned) -> ScanAnswer:
    """What came of it, for people."""
    return ScanAnswer(
        policy=found.policy,
        type=found.type,
        pages=found.pages,
        characters=found.characters,
        pieces=dict(found.pieces),
        passed=not found.blocked and not found.findings and not found.unread,
        blocked=found.blocked,
        message=found.message,
        verdicts=list(found.verdicts),
        findings=[dict(one) for one in found.findings],
        notes=[dict(one) for one in found.notes],
        unread=[dict(one) for one in found.unread],
        text=found.text,
        copy_base64=None if found.copy is None else base64.b64encode(found.copy).decode("ascii"),
    )
