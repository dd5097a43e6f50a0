"""Settings of what callers may do: limits, budgets, guardrails, caches.

What of it this version cannot keep is refused in ``settings_not_yet.py``. Part of ``settings.Settings``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from torana.wiring.settings_forms import Amount, Duration, Name, Seconds, says

Scope = Literal["key", "user", "team", "department", "tenant", "model", "lob"]
SpendScope = Literal["key", "user", "team", "department", "tenant", "model"]
LimitAlgorithm = Literal["sliding_window", "token_bucket", "fixed_window"]
StoreFailure = Literal["allow", "deny", "local"]
PER = "^(day|week|month|quarter|year|[1-9][0-9]{0,3}d)$"
Mode = Literal["block", "redact", "mask", "tokenise", "flag", "shadow"]
Side = Literal["input", "output", "both"]
OnError = Literal["closed", "open"]
CacheStore = Literal["memory", "shared"]
QuestionIndex = Literal["memory", "postgres"]


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``limits``."""

    scope: Annotated[Scope, says("whose requests are counted together")]
    id: Annotated[str, says("id in refusals; empty: made from its place")] = ""
    match: Annotated[str | None, says("only this key, user, team …; null: each for itself")] = None
    requests: Annotated[int | None, says("requests in `per`", ge=1)] = None
    tokens: Annotated[int | None, says("tokens in `per`", ge=1)] = None
    concurrency: Annotated[int | None, says("requests at the same time", ge=1)] = None
    per: Annotated[Duration | None, says("the window: 30s, 1m, 1h, 1d", form="duration")] = None
    burst: Annotated[int | None, says("size of a token bucket; null: what a window allows", ge=1)] = None
    also: Annotated[tuple[Scope, ...], says("further scopes: one counter for each combination")] = ()
    where: Annotated[dict[str, str], says("scope and value that a request must have, such as model: gpt-4o")] = {}
    by_policy: Annotated[bool, says("only for those whose policies name it")] = False
    algorithm: Annotated[LimitAlgorithm, says("how `requests` and `tokens` are counted")] = "sliding_window"
    on_store_failure: Annotated[StoreFailure, says("when the shared counters are away")] = "local"
    tenant: Annotated[
        str, says("whose it is: it counts what this tenant asks for, nobody else; empty: everybody's")
    ] = ""


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``budgets``."""

    scope: Annotated[SpendScope, says("whose spending is added up")]
    id: Annotated[str, says("id in refusals and alerts; empty: made from its place")] = ""
    match: Annotated[str | None, says("only this key, user, team …; null: each for itself")] = None
    limit: Annotated[Amount, says("the amount, as text")]
    per: Annotated[
        str,
        says("the calendar window: day, week, month, quarter, year, or so many days", pattern=PER, example="month"),
    ] = "month"
    time_zone: Annotated[str | None, says("where its days begin; null: the installation's", form="zone")] = None
    hard: Annotated[bool, says("refuse when used up; else alert")] = True
    alerts: Annotated[tuple[float, ...], says("shares of the limit at which to alert")] = ()
    also: Annotated[tuple[SpendScope, ...], says("further scopes: one sum for each combination")] = ()
    where: Annotated[dict[str, str], says("scope and value that a request must have, such as model: gpt-4o")] = {}
    by_policy: Annotated[bool, says("only for those whose policies name it")] = False
    on_store_failure: Annotated[
        StoreFailure | None, says("when it cannot be known what is spent; null: deny if hard")
    ] = None
    tenant: Annotated[
        str, says("whose it is: it counts what this tenant asks for, nobody else; empty: everybody's")
    ] = ""


class Guardrail(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``guardrails``."""

    id: Annotated[Name, says("id, unique; policies name it")]
    kind: Annotated[str, says("a file in `guardrails/`; empty: the id")] = ""
    mode: Annotated[Mode, says("what is done with a finding")] = "block"
    side: Annotated[Side | None, says("what is looked at; null: what its kind looks at")] = None
    on_error: Annotated[OnError, says("when it cannot look: closed, nothing passes unseen, or open")] = "closed"
    deadline_ms: Annotated[
        int | None,
        says(
            "how long a slow one may take for all texts of a request; null: its `timeout_s`, else what its kind takes",
            ge=1,
            le=120_000,
        ),
    ] = None
    settings: Annotated[Any, says("the kind's own settings", form="rest")] = None
    """The plug-in's Settings, filled from the other keys of the row."""

    @property
    def plugin(self) -> str:
        """The file name of its plug-in."""
        return self.kind or self.id


class ExactCache(msgspec.Struct, frozen=True, kw_only=True):
    """``cache.exact``."""

    enabled: Annotated[bool, says("answer equal requests from the cache")] = False
    ttl_s: Annotated[Seconds, says("seconds an answer is kept")] = 3600.0
    store: Annotated[
        CacheStore, says("where: in the memory of each process, or shared by all on Valkey (`redis_url`)")
    ] = "memory"
    max_mb: Annotated[int, says("memory of one process for answers; what was not wanted longest goes first", ge=1)] = 64
    max_answer_kb: Annotated[int, says("longest answer that is kept", ge=1, le=65_536)] = 1024
    tool_calls: Annotated[bool, says("keep answers that ask the caller to run something")] = False
    wait_s: Annotated[
        float, says("how long a request waits for an equal one under way; 0: it does not", ge=0, le=600)
    ] = 30.0
    price_share: Annotated[float, says("what a hit costs, of what its answer cost first", ge=0, le=1)] = 0.0


class SemanticCache(msgspec.Struct, frozen=True, kw_only=True):
    """``cache.semantic``. What is kept is kept by ``cache.exact``, which this switches on."""

    enabled: Annotated[bool, says("answer the same question in other words from the cache (extra `semantic`)")] = False
    similarity: Annotated[float, says("least similarity of two questions whose facts agree", gt=0, le=1)] = 0.92
    ttl_s: Annotated[Seconds | None, says("seconds an answer is given to other words; null: as `exact.ttl_s`")] = None
    by_policy: Annotated[bool, says("only for those whose policies say `semantic_cache: true`; else for all")] = True
    shadow: Annotated[bool, says("only record what would have been served")] = False
    max_questions: Annotated[int, says("questions that one process remembers", ge=1, le=1_000_000)] = 20_000
    index: Annotated[
        QuestionIndex,
        says("where questions are found by what they mean: each process, or PostgreSQL with pgvector for all"),
    ] = "memory"
    max_mb: Annotated[
        int, says("memory of one process for that index; what was not served longest goes first", ge=1)
    ] = 64


class Cache(msgspec.Struct, frozen=True, kw_only=True):
    """``cache``."""

    exact: Annotated[ExactCache, says("equal requests")] = ExactCache()
    semantic: Annotated[SemanticCache, says("similar requests")] = SemanticCache()
