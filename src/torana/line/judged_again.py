"""A file that was judged when it was uploaded, and is named again under other policies: its content is fetched and judged anew.

It changes nothing in what a provider keeps: what would have to be replaced there is refused. Called where a batch is made of a file.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from torana.core.call import Ask, Call
from torana.core.errors import GatewayError
from torana.core.json_texts import texts_of
from torana.core.kept import FILE, Kept, Wanted
from torana.core.tickets import Grant
from torana.line.policy_mark import mark_of
from torana.line.rooms import Rooms

if TYPE_CHECKING:
    from torana.line.kept import Desk

HEAD = b"file:\n"
"""Before the content, so that it is read as what a form brings and not as one body of JSON."""
UPLOAD_AGAIN = (
    "The policies have changed since this file was uploaded, and want something replaced in it: upload it again."
)


async def judged_again(call: Call, file: Kept, grant: Grant, rooms: Rooms, desk: Desk) -> None:
    """Let pass a file that today's policies let pass, and write down that they do. Raises GatewayError."""
    if grant.guardrails or grant.terms.files is not None:
        status, content, _ = await desk.batches.asked(file, Wanted(FILE, "content", file.id), rooms)
        if not 200 <= status < 300:
            message = (
                "This file cannot be read again, and the policies have changed since it was uploaded: upload it again."
            )
            raise GatewayError("REQUEST_INVALID", message, param="input_file_id")
        texts = await asyncio.to_thread(_texts, content)
        spans = ((len(HEAD), len(HEAD) + len(content), file.id),)
        wanted = Wanted(FILE, "make", lines=file.lines)
        ask = Ask(None, max_tokens=0, counted_bytes=0, texts=texts, kept=wanted, files=spans)
        again = Call("files", "files", HEAD + content, (), lambda _: ask, call.trail)
        again.pin = call.pin
        prompt = await rooms.guards.inbound(grant, again)
        if prompt.body != again.body:
            raise GatewayError(
                "GUARDRAIL_BLOCKED", UPLOAD_AGAIN, details={"guardrail": "files", "kinds": ["policy_changed"]}
            )
    await desk.owners.put(file._replace(judged=mark_of(grant)))


def _texts(content: bytes) -> tuple[str, ...]:
    """The strings of all lines; of one that is no JSON all of it."""
    found: list[str] = []
    for line in content.split(b"\n"):
        try:
            found += texts_of(line)
        except (ValueError, RecursionError):
            found.append(str(line, "utf-8", "replace"))
    return tuple(found)
