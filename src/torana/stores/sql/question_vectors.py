"""Questions by their vectors in PostgreSQL with pgvector, for all gateways: their texts sealed, searched by partition.

It decides nothing about answers, and makes its table itself: the extension is not everywhere, so no migration may ask for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
import psycopg

from torana.core.cache_entry import Where
from torana.core.cache_question import Answered
from torana.core.clock import Clock

CONNECT_S = 2
ASKED_MS = 200
"""How long a statement may take: a request waits for it."""
AWAY_S = 5.0
"""How long nobody asks a database that did not answer."""
TABLE = "cache_question_vectors"
MAKING = 7_166_482
"""The advisory lock of whoever makes the table."""
SWEPT_EVERY = 256
"""Questions that are added between two looks at what is over."""

MADE = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    place text PRIMARY KEY, part text NOT NULL, tenant text NOT NULL, model text NOT NULL,
    entry_id text NOT NULL, made_at double precision NOT NULL, ends_at double precision NOT NULL,
    sealed bytea NOT NULL, vector vector(%d) NOT NULL
)"""
INDEXED = (
    f"CREATE INDEX IF NOT EXISTS {TABLE}_part ON {TABLE} (tenant, part)",
    f"CREATE INDEX IF NOT EXISTS {TABLE}_ends ON {TABLE} (ends_at)",
)


class NotOffered(ValueError):
    """The database has no pgvector. Says what to do."""


class Seals(Protocol):
    """Seals what is stored under a name."""

    def sealed(self, name: str, plain: bytes) -> bytes:
        """To be opened under this name only."""
        ...

    def opened(self, name: str, wire: bytes) -> bytes | None:
        """None for what cannot be opened."""
        ...


class Kept(NamedTuple):
    """How long questions are kept, and how many."""

    ttl_s: float
    most: int
    """Rows, over all tenants: the oldest go first."""
    clock: Clock


def offered(url: str, width: int) -> None:
    """Make the table where it is not. Raises NotOffered, OSError when the database cannot be asked."""
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_S, application_name="torana") as driver:
            driver.execute("SELECT pg_advisory_xact_lock(%s)", (MAKING,))
            found = driver.execute(
                "SELECT installed_version FROM pg_available_extensions WHERE name = 'vector'"
            ).fetchone()
            if found is None:
                raise NotOffered("this PostgreSQL offers no pgvector: install it there, or set index: memory")
            if found[0] is None:
                driver.execute("CREATE EXTENSION IF NOT EXISTS vector")
            driver.execute(MADE % width)
            for statement in INDEXED:
                driver.execute(statement)
    except psycopg.errors.InsufficientPrivilege as fault:
        raise NotOffered(
            "this user may not switch pgvector on or make a table: have an administrator run CREATE EXTENSION vector, and"
            " grant CREATE on the schema"
        ) from fault
    except psycopg.Error as fault:
        raise OSError("PostgreSQL cannot be asked for pgvector") from fault


class QuestionVectors:
    """Implements ``ports.vectors.Vectors``. One connection, used in one thread at a time."""

    def __init__(self, url: str, seals: Seals, kept: Kept) -> None:
        self._url = url
        self._seals = seals
        self._kept = kept
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Answered).decode
        self._driver: psycopg.Connection[Any] | None = None
        self._away_until = 0.0
        self._added = 0

    def sizes(self) -> tuple[int, int]:
        """See ``ports.vectors``."""
        return 0, 0

    def may_have(self, partition: str) -> bool:
        """See ``ports.vectors``: not while the database is away."""
        return self._kept.clock.monotonic() >= self._away_until

    def near(self, partition: str, vector: Any, least: float, most: int) -> Sequence[tuple[Answered, float]]:
        """See ``ports.vectors``."""
        wanted = _text(vector)
        sql = (
            f"SELECT place, sealed, 1 - (vector <=> %s::vector) FROM {TABLE}"  # noqa: S608 - a constant
            " WHERE part = %s AND ends_at > %s ORDER BY vector <=> %s::vector LIMIT %s"
        )
        rows = self._asked(sql, (wanted, partition, self._kept.clock.now(), wanted, most)).fetchall()
        out = []
        for place, sealed, like in rows:
            answered = self._opened(place, bytes(sealed)) if like >= least else None
            if answered is not None and answered.question.partition == partition:
                out.append((answered, float(like)))
        return out

    def _opened(self, place: str, sealed: bytes) -> Answered | None:
        """None for what another key or another version wrote."""
        plain = self._seals.opened(place, sealed)
        try:
            return None if plain is None else self._decode(plain)
        except ValueError:
            return None

    def add(self, answered: Answered, vector: Any) -> None:
        """See ``ports.vectors``."""
        question, now = answered.question, self._kept.clock.now()
        sql = (
            f"INSERT INTO {TABLE} (place, part, tenant, model, entry_id, made_at, ends_at, sealed, vector)"  # noqa: S608
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::vector) ON CONFLICT (place) DO UPDATE SET"
            " entry_id = excluded.entry_id, made_at = excluded.made_at, ends_at = excluded.ends_at,"
            " sealed = excluded.sealed, vector = excluded.vector"
        )
        self._asked(
            sql,
            (
                question.place, question.partition, question.tenant, question.model, answered.id, answered.made_at,
                now + self._kept.ttl_s, self._seals.sealed(question.place, self._encode(answered)), _text(vector),
            ),
        )  # fmt: skip
        self._added += 1
        if self._added % SWEPT_EVERY == 0:
            self._sweep(now)

    def drop(self, where: Where) -> int:
        """See ``ports.vectors``."""
        said: list[tuple[str, str | float]] = [
            ("tenant = %s", where.tenant),
            ("model = %s", where.model),
            ("entry_id = %s", where.id),
        ]
        parts = [(sql, value) for sql, value in said if value]
        if where.made_before is not None:
            parts.append(("made_at < %s", where.made_before))
        sql = f"DELETE FROM {TABLE} WHERE " + " AND ".join(one for one, _ in parts)  # noqa: S608 - constants
        return int(self._asked(sql, tuple(value for _, value in parts)).rowcount)

    def _sweep(self, now: float) -> None:
        """Take away what is over, and the oldest of too many."""
        self._asked(f"DELETE FROM {TABLE} WHERE ends_at <= %s", (now,))  # noqa: S608 - a constant
        self._asked(
            f"DELETE FROM {TABLE} WHERE place IN"  # noqa: S608 - a constant
            f" (SELECT place FROM {TABLE} ORDER BY ends_at DESC OFFSET %s)",
            (self._kept.most,),
        )

    def _asked(self, sql: str, values: Sequence[Any]) -> psycopg.Cursor[Any]:
        """Raises OSError, and for some seconds nobody asks again."""
        try:
            if self._driver is None or self._driver.closed:
                self._driver = psycopg.connect(
                    self._url, autocommit=True, connect_timeout=CONNECT_S, application_name="torana"
                )
                self._driver.execute(f"SET statement_timeout = {ASKED_MS}")
            return self._driver.execute(sql, values)
        except psycopg.Error as fault:
            self._away_until = self._kept.clock.monotonic() + AWAY_S
            if self._driver is not None:
                self._driver.close()
                self._driver = None
            raise OSError("the index of questions cannot be asked") from fault

    def close(self) -> None:
        """See ``ports.vectors``."""
        if self._driver is not None:
            self._driver.close()


def _text(vector: Any) -> str:
    """As pgvector reads it."""
    return "[" + ",".join(f"{float(one):.6g}" for one in vector) + "]"
