"""Lists of files and batches as OpenAI's API has them, made of the rows that are the caller's own.

Objects are the provider's, as they were last seen. Called by ``kept_requests``.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from torana.core.kept import BATCH, FILE, Kept

OUTPUT_PURPOSE = "batch_output"


def listed(kind: str, rows: Sequence[Kept], more: bool) -> bytes:
    """A page (https://platform.openai.com/docs/api-reference/files/list, …/batch/list)."""
    data = [msgspec.Raw(one.shown or _unseen(kind, one)) for one in rows]
    first, last = (rows[0].id, rows[-1].id) if rows else (None, None)
    return msgspec.json.encode({"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": more})


def _unseen(kind: str, one: Kept) -> bytes:
    """A thing that the provider never showed: a file that a batch wrote and nobody has asked for. Its size is not known."""
    told = {"id": one.id, "object": kind, "created_at": int(one.created_at)}
    if kind == FILE:
        told |= {"bytes": None, "filename": f"{one.id}.jsonl", "purpose": one.purpose}
    elif kind == BATCH:
        told["status"] = "validating"
    return msgspec.json.encode(told)
