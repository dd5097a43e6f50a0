"""The cache room asks the cache if there is one, and notes what it said."""

from __future__ import annotations

from tests.line.world import ScriptedSource, World, model
from torana.core.call import Prompt, Reply
from torana.core.secret import Secret
from torana.core.tickets import Attempt, Grant
from torana.line.cache import CacheRoom


class Remembers:
    """A cache that has one answer, or none."""

    def __init__(self, reply: Reply | None) -> None:
        self.reply = reply
        self.asked: list[tuple[Grant, Prompt]] = []

    async def find(self, grant: Grant, prompt: Prompt) -> Reply | None:
        self.asked.append((grant, prompt))
        return self.reply


REPLY = Reply(Attempt(model().deployments[0], 1), 200, "openai_chat", False, ScriptedSource([]))
GRANT = Grant(None, model(), "default@1")  # type: ignore[arg-type]


def prompt() -> Prompt:
    call = World().call()
    return Prompt(call, "m", call.body)


async def test_without_a_cache_every_request_passes_by() -> None:
    asked = prompt()
    assert await CacheRoom().find(GRANT, asked) is None
    assert asked.trail.cache == "bypass"


async def test_a_kept_answer_is_a_hit() -> None:
    cache, asked = Remembers(REPLY), prompt()
    assert await CacheRoom(cache).find(GRANT, asked) is REPLY
    assert asked.trail.cache == "hit"
    assert cache.asked == [(GRANT, asked)]


async def test_no_kept_answer_is_a_miss() -> None:
    asked = prompt()
    assert await CacheRoom(Remembers(None)).find(GRANT, asked) is None
    assert asked.trail.cache == "miss"


async def test_an_answer_that_a_callers_own_key_pays_for_is_neither_looked_up_nor_kept() -> None:
    cache, asked = Remembers(REPLY), prompt()
    asked.own_key = Secret("sk-theirs")
    assert await CacheRoom(cache).find(GRANT, asked) is None
    assert (cache.asked, asked.trail.cache) == ([], "bypass")
