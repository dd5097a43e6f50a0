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
    suffix: str = ""
    """What its files and folders have in their names; empty for the plain ones."""


def post_of(settings: Settings, worker: int = 0, role: str = "all") -> Post:
    """The post of a process, its folder made. Raises OSError.

    The first worker has the plain names. A control plane of its own has others: a data plane may stand on the same folder.
    """
    suffix = role if role == "control" else str(worker or "")
    spool = named(paths.spool_dir(settings), suffix)
    spool.mkdir(parents=True, exist_ok=True)
    kept = spool / NAME_FILE
    if not kept.exists():
        kept.write_text(secrets.token_hex(12), encoding="ascii")
    process = kept.read_text(encoding="ascii")
    alone = role != "control" and not is_postgres(paths.database_url(settings)) and settings.redis_url is None
    jsonl = settings.audit.jsonl
    return Post(
        spool, process, FIRST_SPOOL if alone else process, str(named(Path(jsonl), suffix)) if jsonl else None, suffix
    )


def named(path: Path, suffix: str) -> Path:
    """The path for a process: ``audit.jsonl``, ``audit-1.jsonl``, ``audit-control.jsonl`` …"""
    return path if not suffix else path.with_name(f"{path.stem}-{suffix}{path.suffix}")
