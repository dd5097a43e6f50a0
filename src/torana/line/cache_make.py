"""Which answers may be kept, and an Entry made of one that passed; a Reply made of an Entry.

Pure. Called by the cache room.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from torana.core.cache_entry import Entry, joined
from torana.core.call import Chunk, Prompt, Reply
from torana.core.clock import Clock
from torana.core.snapshot import Deployment
from torana.core.tickets import Attempt, Grant
from torana.line.cache_flight import NOTHING, Record
from torana.line.inject import HEADER as INJECT
from torana.line.route import kept_at

OPERATIONS = frozenset({"chat", "completions", "embeddings", "rerank", "moderations", "count_tokens"})
"""Those whose answers are the same for whoever asks. Pictures and sounds are wanted anew."""
COMPLETE = frozenset(
    {"stop", "end_turn", "stop_sequence", "sequence", "completed", "complete", "eos", "eos_token", "finish_reason_stop"}
)
"""How the answers of providers end that are whole, in their own words; others were cut, filtered, or call tools."""
TOOLS = frozenset({"tools", "tool_calls", "tool_use", "function_call", "tool_call"})
BELONGS = frozenset({"content-type", "x-torana-dropped", "x-torana-estimated", "x-torana-schema-dropped"})
"""Headers that are about the answer. All others were about one exchange with a provider."""


class Exact(NamedTuple):
    """How answers to equal requests are kept."""

    ttl_s: float = 3600.0
    most_ttl_s: float = 30 * 86_400.0
    """The longest that a caller may ask for."""
    most_bytes: int = 1024 * 1024
    """Of one answer."""
    tool_calls: bool = False
    """Whether answers are kept that ask the caller to run something."""
    wait_s: float = 30.0
    """How long a request waits for an equal one that is under way; 0: it does not."""
    price_millionths: int = 0
    """What a hit costs, of what the answer cost first."""


def may_be_kept(grant: Grant, prompt: Prompt) -> bool:
    """Whether answers to such requests may be found and kept at all."""
    ask = prompt.ask
    return (
        grant.terms.cache
        and prompt.operation in OPERATIONS
        and prompt.own_key is None  # what a caller pays for is no other caller's
        and ask.candidates == 1  # who asks for several answers wants them to differ
        and (ask.kept is None or not (ask.kept.keep or ask.kept.id))  # a provider keeps it for one owner
        and not (prompt.trail.headers and any(name == INJECT for name, _ in prompt.trail.headers))
    )


def may_be_repeated(prompt: Prompt) -> bool:
    """Whether an idempotency key is heeded: not where the thing itself is kept, and has an owner and an id of its own."""
    kept = prompt.ask.kept
    return kept is None or not (kept.keep or kept.id)


def is_whole(finish: str | None, tool_calls: bool) -> bool:
    """Whether an answer that ended so may be given again."""
    said = (finish or "").lower()
    return said in COMPLETE or (tool_calls and said in TOOLS)


def may_go(record: Record, prompt: Prompt, tool_calls: bool) -> bool:
    """Whether what passed is an answer that others may be given: whole, of the model asked for, with nothing sealed in it."""
    reply = record.reply
    if reply is None or reply.status != 200 or reply.attempt.fallback or reply.attempt.canary or not record.chunks:
        return False
    finish = next((one.finish for one in reversed(record.chunks) if one.finish is not None), None)
    if prompt.operation == "chat" and not is_whole(finish, tool_calls):
        return False
    return not any(one.sealed for one in record.chunks)


class Draft(NamedTuple):
    """What is known of an Entry before its answer."""

    id: str
    grant: Grant
    prompt: Prompt
    shape: bytes
    ttl_s: float


def entry_of(draft: Draft, record: Record, clock: Clock) -> Entry | None:
    """What passed, as an Entry; None where it is not all there."""
    reply, trail, grant = record.reply, draft.prompt.trail, draft.grant
    if reply is None or record.chunks is None or not record.whole:
        return None
    now, where = clock.now(), reply.attempt.deployment
    return Entry(
        id=draft.id,
        tenant=grant.caller.tenant,
        model=grant.model.name,
        policy=grant.policy,
        dialect=reply.dialect,
        stream=reply.stream,
        shape=draft.shape,
        chunks=joined(tuple(record.chunks)),
        headers=tuple(one for one in reply.headers if one[0] in BELONGS),
        provider=where.provider,
        upstream_model=where.model,
        usage=trail.usage,
        cost_nano=trail.cost_nano,
        took_ms=int((clock.monotonic() - trail.started_s) * 1000),
        made_at=now,
        expires_at=now + draft.ttl_s,
    )


@lru_cache(maxsize=1024)
def _kept_at(provider: str, model: str) -> Attempt:
    return kept_at(Deployment(provider, model))


def again(entry: Entry, prompt: Prompt, chunks: tuple[Chunk, ...], headers: tuple[tuple[str, str], ...]) -> Reply:
    """The answer as if it had just been given."""
    return Reply(
        _kept_at(entry.provider, entry.upstream_model), 200, entry.dialect, prompt.ask.stream, NOTHING, headers, chunks
    )
