"""Sees to it that no gateway runs on a data folder, and that none starts, while something is done to its database.

It stops none. Called by ``torana migrate --to``.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from torana.wiring import paths
from torana.wiring.post import FIRST_SPOOL, NAME_FILE
from torana.wiring.settings import Settings

LOCK_FILE = "lock"
"""A gateway holds it in its spool, as long as it runs."""


class Running(ValueError):
    """A gateway runs on the data folder."""


@contextmanager
def stopped(settings: Settings) -> Iterator[None]:
    """Hold the locks of all spools there are. Raises Running, OSError."""
    spools = paths.spool_dir(settings)
    with ExitStack() as held:
        for path in sorted(spools.parent.glob(f"{spools.name}*/{LOCK_FILE}")):
            lock = held.enter_context(path.open("r+b"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as fault:
                raise Running(f"a gateway runs on {spools.parent}: stop it first") from fault
        yield


def shared_spools(settings: Settings) -> Mapping[str, str]:
    """The only spool's name → the name it goes by in a database that several share. Raises OSError."""
    name = paths.spool_dir(settings) / NAME_FILE
    return {FIRST_SPOOL: name.read_text(encoding="ascii")} if name.exists() else {}
