"""Where one of the processes of a gateway records, and under which name: each has a spool of its own.

It opens nothing but the file of its name. Called by ``serve``, once for each worker.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import NamedTuple

from torana.stores.sql import is_postgres
from torana.wiring import paths
from torana.wiring.settings import Settings

NAME_FILE = "name"
FIRST_SPOOL = "main"
"""The name of the only spool of a database that nobody shares."""


class Post(NamedTuple):
    """One process's."""

    spool: Path
    process: str
    """The same after a restart, and no other process's, wherever it runs."""
    spool_name: str
    """The name of its position in the database."""
    jsonl: str | None
    """Its audit file."""
    worker: int = 0
    """Its number among the workers of one parent."""


def post_of(settings: Settings, worker: int = 0) -> Post:
    """The post of a worker, its folder made. The first has the plain names. Raises OSError."""
    spool = numbered(paths.spool_dir(settings), worker)
    spool.mkdir(parents=True, exist_ok=True)
    kept = spool / NAME_FILE
    if not kept.exists():
        kept.write_text(secrets.token_hex(12), encoding="ascii")
    process = kept.read_text(encoding="ascii")
    alone = not is_postgres(paths.database_url(settings)) and settings.redis_url is None
    jsonl = settings.audit.jsonl
    return Post(
        spool, process, FIRST_SPOOL if alone else process, str(numbered(Path(jsonl), worker)) if jsonl else None, worker
    )


def numbered(path: Path, worker: int) -> Path:
    """The path for a worker: ``audit.jsonl``, ``audit-1.jsonl`` …"""
    return path if not worker else path.with_name(f"{path.stem}-{worker}{path.suffix}")
