"""Guardrails on the way in and on the way out. Issues the Prompt.

It decides what a finding leads to; finding is the guardrails' work. Clean text is judged by one scan over the body; only
what that scan suspects is taken apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from torana.core.call import Call, Chunk, Prompt, Reply
from torana.core.clock import Clock
from torana.core.errors import GatewayError, UpstreamAnswered
from torana.core.file_terms import SILENT
from torana.core.json_texts import texts_of
from torana.core.tickets import Grant
from torana.core.trail import Trail
from torana.line.answer_files import AnswerFiles, Judges, terms_of_answers
from torana.line.files import FileRoom, rules_for_files
from torana.line.guard_body import Body, plain_texts, read_body
from torana.line.guard_glance import is_clean, wanted
from torana.line.guard_look import JUDGED, Judging, Lasting
from torana.line.guard_memory import Memory
from torana.line.guard_refusal import readable
from torana.line.guard_stream import GuardedStream
from torana.line.guard_team import Guard as Guard  # noqa: PLC0414 - a word of this room
from torana.line.guard_team import Team, Teams, makes_tokens, primed
from torana.line.guard_threads import Crews
from torana.line.guard_trial import Trial, TrialMeans
from torana.line.guard_verdict import Verdicts
from torana.line.vault import Tokens, conversation_key
from torana.ports.vault import Vault

if TYPE_CHECKING:
    from torana.line.rooms import Rooms

T = TypeVar("T")
ON_LOOP_BYTES = 32 * 1024
"""Larger bodies are looked at in a thread: other callers do not wait for them. A first look takes up to 1 ms for so many."""
CLOSER_ON_LOOP_BYTES = 8 * 1024
"""The same of the closer look, which a text full of names and numbers makes twenty times as long."""
WITHOUT_TEXT = frozenset({"embeddings", "count_tokens"})
"""Operations whose answers are numbers."""
NO_VAULT = "The values that tokens of this conversation stand for cannot be read or kept now."
NO_TEXT = ("audio/", "image/", "video/")


class Means(NamedTuple):
    """What outlives a Snapshot."""

    key: bytes = b""
    """Under which findings are hashed and tokens made."""
    vault: Vault | None = None
    """None: nothing can be tokenised, and what should be is redacted."""
    memory: Memory | None = None
    crews: Crews | None = None
    clock: Clock | None = None
    """None: nobody is told that a stream which is held back is alive."""
    silent: frozenset[str] = frozenset()
    """Dialects whose clients take no comments in streams."""
    files: FileRoom | None = None
    """None: nobody reads files, and they pass."""


class Guards:
    """Runs the guardrails that a Grant names."""

    __slots__ = ("_means", "_teams", "_trial_means", "rooms")

    def __init__(self, guards: Mapping[str, Guard], means: Means | None = None) -> None:
        """Raises ValueError for a guardrail whose triggers RE2 does not take."""
        self._teams = Teams(guards)
        self._means = means or Means()
        lasting = Lasting(self._means.memory or Memory(self._means.key), self._means.crews or Crews())
        self._trial_means = TrialMeans(
            self._teams.gate, lasting, CLOSER_ON_LOOP_BYTES, self._means.clock, self._means.silent
        )
        self.rooms: Rooms | None = None
        """Those that it is one of, set once they are built: guardrails ask models through them."""

    @property
    def vault(self) -> Vault | None:
        """What keeps the values behind tokens."""
        return self._means.vault

    def warm(self, texts: Iterable[bytes]) -> None:
        """Read texts, so that those of the first requests are not the first. For the thread that builds the Rooms."""
        self._teams.gate.warm(texts)

    async def inbound(self, grant: Grant, call: Call) -> Prompt:
        """The Prompt that may go on. Raises GatewayError GUARDRAIL_BLOCKED, naming rule and kinds, never text."""
        body, team = call.body, self._teams.of(grant.guardrails, "input") if grant.guardrails else None
        if team is None or not team.members:
            prompt = Prompt(call, grant.model.name, body)
        else:
            look = (self._teams.gate, team, body, call.ask.texts)
            asked = wanted(*look) if len(body) <= ON_LOOP_BYTES else await asyncio.to_thread(wanted, *look)
            if asked or call.ask.unread:
                prompt = await self._of_texts(grant, call, team, asked)
            else:
                call.trail.verdicts.extend(team.passes)
                prompt = Prompt(call, grant.model.name, body)
        files = self._means.files
        if files is not None and files.is_wanted(grant, prompt):
            await self._of_files(grant, prompt, files)
        return prompt

    async def of_file(self, grant: Grant, trail: Trail, judge: Callable[[Trial | None], Awaitable[T]]) -> T:
        """What ``judge`` says of files before the guardrails that look at requests; what tokens they make is kept.

        Raises GatewayError GUARDRAIL_BLOCKED.
        """
        terms = grant.terms.files or SILENT
        team = self._teams.of(rules_for_files(grant.guardrails, terms.does), "input")
        if not team.members:
            return await judge(None)
        tokens = await self._tokens(grant, trail)
        if team.others:
            JUDGED.set(Judging(trail, self.rooms))
        verdicts = Verdicts(team, trail, self._means.key, ":files")
        found = await judge(Trial(team, verdicts, self._trial_means, tokens))
        verdicts.close()
        if tokens is not None:
            await self._keep(grant, trail, tokens)
        return found

    async def _of_files(self, grant: Grant, prompt: Prompt, files: FileRoom) -> None:
        terms = grant.terms.files
        if terms is None and not self._teams.of(grant.guardrails, "input").members:
            return
        await self.of_file(grant, prompt.trail, lambda trial: files.judge(terms or SILENT, prompt, trial))

    async def _of_texts(self, grant: Grant, call: Call, team: Team, asked: frozenset[int]) -> Prompt:
        """The Prompt, once its texts were judged. ``asked``: who wants to look closer."""
        texts, body, unread = call.ask.texts, call.body, call.ask.unread
        big = len(body) > ON_LOOP_BYTES
        verdicts = Verdicts(team, call.trail, self._means.key)
        if unread:
            verdicts.unread(unread)
        if not asked:
            verdicts.close()
            return Prompt(call, grant.model.name, body)
        if team.others:
            JUDGED.set(Judging(call.trail, self.rooms))
        tokens = await self._tokens(grant, call.trail)
        trial = Trial(team, verdicts, self._trial_means, tokens)
        if texts is None or body.lstrip()[:1] in (b"{", b"["):
            texts = None if texts is None else _besides(texts, body)
            body = await trial.judged(await self._read(body, big, trial))
        if texts:
            await trial.judged(plain_texts(texts))
        verdicts.close()
        prompt = Prompt(call, grant.model.name, body)
        if tokens is not None:
            await self._keep(grant, call.trail, tokens)
        return prompt

    async def outbound(self, grant: Grant, prompt: Prompt, reply: Reply) -> Reply:
        """The Reply that may leave. Raises GatewayError GUARDRAIL_BLOCKED; of a stream, later, when it is read."""
        if not grant.guardrails or prompt.operation in WITHOUT_TEXT:
            return reply
        team = self._teams.of(grant.guardrails, "output")
        if not team.tokenises and (not team.members or is_clean(self._teams.gate, team, reply, ON_LOOP_BYTES)):
            prompt.trail.verdicts.extend(team.passes)
            return reply
        trial = await self._of_answer(grant, prompt.trail, prompt.body)
        if trial is None or (reply.headers and kind_of(reply).startswith(NO_TEXT)):
            return reply
        files = AnswerFiles(partial(self._judges_of_files, grant, prompt.trail, trial))
        if reply.stream:
            return reply.through(GuardedStream(reply, trial, files), ())
        return await self._whole(prompt.trail, reply, trial, files)

    async def refusal(self, grant: Grant, prompt: Prompt, error: UpstreamAnswered) -> None:
        """Make the provider's words in its refusal what may leave, or withhold them."""
        if not grant.guardrails or not error.passed_on or not error.body:
            return
        error.body, why = await readable(self._refusal(grant, prompt, error.body))
        if why:
            error.withhold(why)

    async def _refusal(self, grant: Grant, prompt: Prompt, words: bytes) -> bytes:
        trial = await self._of_answer(grant, prompt.trail, prompt.body)
        if trial is None:
            return words
        judged = await self._answer(Chunk(words), trial)
        trial.verdicts.close()
        return judged

    def _judges_of_files(self, grant: Grant, trail: Trail, trial: Trial) -> Judges | None:
        """Who judges files in the answer; None: nobody does."""
        terms = terms_of_answers(grant.terms.files or SILENT)
        team = self._teams.of(rules_for_files(grant.guardrails, terms.does), "output")
        if self._means.files is None or not team.members:
            return None
        verdicts = Verdicts(team, trail, self._means.key, ":files")
        return Judges(self._means.files, terms, trail, Trial(team, verdicts, self._trial_means, trial.tokens))

    async def answer(self, grant: Grant, trail: Trail, wire: bytes) -> bytes:
        """A body as it might leave if it were an answer: for those who try guardrails. Raises GatewayError GUARDRAIL_BLOCKED."""
        trial = await self._of_answer(grant, trail, b"{}")
        if trial is None:
            return wire
        out = await self._answer(Chunk(wire), trial)
        trial.verdicts.close()
        return out

    async def _of_answer(self, grant: Grant, trail: Trail, body: bytes) -> Trial | None:
        """Where the answer to the request with this body is tried; None when nobody looks at it."""
        team = self._teams.of(grant.guardrails, "output")
        tokens = None if self._means.vault is None else await self._tokens(grant, trail)
        if not team.members and (tokens is None or not tokens.known):
            return None
        if team.others:
            JUDGED.set(Judging(trail, self.rooms))
        team = primed(team, body)
        return Trial(team, Verdicts(team, trail, self._means.key), self._trial_means, tokens)

    async def _whole(self, trail: Trail, reply: Reply, trial: Trial, files: AnswerFiles) -> Reply:
        """A plain answer, judged."""
        chunks = list(reply.seen)
        if not any(chunk.wire for chunk in chunks):
            chunks += [chunk async for chunk in reply.source]
        for chunk in chunks:  # billed, whatever becomes of it
            trail.usage = chunk.usage or trail.usage
        for number, chunk in enumerate(chunks):
            if (wire := await files.whole(chunk.wire)) is not chunk.wire:
                chunks[number] = chunk.bearing(wire)
        files.close()
        seen = [await self._judged(chunk, trial) if chunk.wire else chunk for chunk in chunks]
        trial.verdicts.close()
        return reply.begun(tuple(seen))

    async def _judged(self, chunk: Chunk, trial: Trial) -> Chunk:
        wire = await self._answer(chunk, trial)
        return chunk if wire is chunk.wire else chunk.bearing(wire)

    async def _answer(self, chunk: Chunk, trial: Trial) -> bytes:
        body = chunk.wire
        big = len(body) > ON_LOOP_BYTES
        team = trial.team
        if team.members:
            gate = self._teams.gate
            if await asyncio.to_thread(wanted, gate, team, body) if big else wanted(gate, team, body):
                return await trial.judged(await self._read(body, big, trial))
        return trial.restored(body)

    async def _read(self, body: bytes, big: bool, trial: Trial) -> Body:
        role = "assistant" if trial.team.side == "output" else ""
        return await asyncio.to_thread(read_body, body, role) if big else read_body(body, role)

    async def _tokens(self, grant: Grant, trail: Trail) -> Tokens | None:
        """The tokens of the conversation, where a guardrail of the Grant makes any."""
        vault = self._means.vault
        if vault is None or not makes_tokens(grant.guardrails):
            return None
        conversation = conversation_of(grant, trail)
        try:
            return Tokens(conversation, self._means.key, await vault.recall(conversation))
        except OSError as fault:
            raise GatewayError("OVERLOADED", NO_VAULT, retry_after_s=1) from fault

    async def _keep(self, grant: Grant, trail: Trail, tokens: Tokens) -> None:
        if not tokens.new or self._means.vault is None:
            return
        try:
            await self._means.vault.keep(conversation_of(grant, trail), tokens.new)
        except OSError as fault:
            raise GatewayError("OVERLOADED", NO_VAULT, retry_after_s=1) from fault


def kind_of(reply: Reply) -> str:
    """The content type of an answer that is no JSON; empty: it is."""
    return next((value for name, value in reply.headers if name == "content-type"), "")


def unguarded(grant: Grant, call: Call) -> Prompt:
    """What a guardrail itself asks a model: were that judged, it would be asked about its own question, without end."""
    return Prompt(call, grant.model.name, call.body)


def conversation_of(grant: Grant, trail: Trail) -> str:
    """What belongs together: the caller's word for it, else all that one user, or key, of a tenant says."""
    caller = grant.caller
    return conversation_key(caller.tenant, trail.conversation, caller.user or "", caller.key_id)


def _besides(texts: tuple[str, ...], body: bytes) -> tuple[str, ...]:
    """Those of the texts that are not in the body of JSON. Raises ValueError, RecursionError."""
    within = set(texts_of(body))
    return tuple(text for text in texts if text not in within)
