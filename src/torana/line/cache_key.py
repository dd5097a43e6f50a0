"""The digests that answers are found by: everything that may make two answers different goes into them, the tenant first.

Pure. What one Grant always says is digested once. Called by the cache room.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from torana.core.call import Prompt
from torana.core.snapshot import ModelEntry
from torana.core.tickets import Grant

if TYPE_CHECKING:
    from hashlib import _Hash

MOST_REMEMBERED = 16_384
SMALL, MANY = 2 * 1024, 4096
"""So many ids of bodies of at most so many bytes are known: one that comes again is the same object, as long as its reader knows it."""
FORM = 1
"""Goes up when entries of an older version must not be found."""


class Keys:
    """The ids of entries."""

    __slots__ = ("_begun", "_lately")

    def __init__(self) -> None:
        self._begun: dict[tuple[int, str, str], tuple[Grant, _Hash]] = {}
        """By the identity of the Grant, which is kept with it."""
        self._lately: dict[tuple[int, int, str, str], tuple[Grant, bytes, str]] = {}
        """By the identities of Grant and body, which are kept with it."""

    def id_of(self, grant: Grant, prompt: Prompt, body: bytes) -> str:
        """The id of the answer to this request. ``body``: canonical, after the inbound guardrails."""
        trail = prompt.trail
        if prompt.carried or trail.strict or trail.headers:
            headers = trail.headers if is_chosen(grant.model) else ()
            return self._digest(grant, prompt, repr((prompt.carried, trail.strict, headers)).encode(), body)
        if len(body) > SMALL:
            return self._digest(grant, prompt, b"", body)
        place = (id(grant), id(body), prompt.dialect, prompt.operation)
        known = self._lately.get(place)
        if known is not None and known[0] is grant and known[1] is body:
            return known[2]
        if len(self._lately) >= MANY:
            self._lately.clear()
        found = self._digest(grant, prompt, b"", body)
        self._lately[place] = (grant, body, found)
        return found

    def _digest(self, grant: Grant, prompt: Prompt, said: bytes, body: bytes) -> str:
        digest = self._scope(grant, prompt.dialect, prompt.operation).copy()
        digest.update(said + b"\0" + body)
        return digest.hexdigest()

    def _scope(self, grant: Grant, dialect: str, operation: str) -> _Hash:
        place = (id(grant), dialect, operation)
        known = self._begun.get(place)
        if known is not None and known[0] is grant:
            return known[1]
        if len(self._begun) >= MOST_REMEMBERED:
            self._begun.clear()
        digest = sha256(repr((FORM, *scope_of(grant), dialect, operation)).encode("utf-8", "surrogatepass"))
        self._begun[place] = (grant, digest)
        return digest


def scope_of(grant: Grant) -> tuple[object, ...]:
    """What keeps the answers of one Grant apart from those of others."""
    model = grant.model
    where = tuple((one.provider, one.model, one.region) for one in model.candidates)
    caller = grant.caller
    # Which deployments a caller is sent to may hang on who it is: then nobody else is given the answers.
    who: tuple[object, ...] = ()
    if is_chosen(model):
        claims = sorted(caller.token.claims.items(), key=str) if caller.token is not None else ()
        who = (caller.department, caller.team, caller.user, caller.key_id, sorted(caller.key.metadata.items()), claims)
    return (caller.tenant, grant.policy, model.name, where, model.strategy, who)


def is_chosen(model: ModelEntry) -> bool:
    """Whether some of the model's deployments are for certain callers only."""
    return any(one.when for one in model.candidates)
