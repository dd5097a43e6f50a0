"""Usage in the database: a narrow row per Receipt, details where there are any, hourly and daily sums.

All of a batch and the spool position go into one transaction, so a replay counts nothing twice. Plain SQL that SQLite and
PostgreSQL both take, on a connection from ``stores/sql``; called by the recorder in a thread of the sink's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Protocol
from zlib import crc32

import msgspec

from torana.core.tickets import Receipt
from torana.sinks.database_sql import ROLL_UP_SCOPES, SUMS, insert, upsert
