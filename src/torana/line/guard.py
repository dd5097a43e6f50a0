"""Guardrails on the way in and on the way out. Issues the Prompt.

It decides what a finding leads to; finding is the guardrails' work. This version runs guardrails of
the mode ``block`` and ``flag`` on the input side; the configuration refuses what is not run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from torana.core.call import Call, Prompt, Reply
from torana.core.errors import GatewayError
from torana.core.json_texts import texts_of
from torana.core.tickets import Grant
from torana.ports.guardrail import Guardrail

ON_LOOP_BYTES = 64 * 1024
"""Larger bodies are looked at in a thread: other callers do not wait for them."""


class Guard(NamedTuple):
    """One guardrail as configured: what finds, and what a finding leads to."""

    guardrail_id: str
    guardrail: Guardrail
    mode: str


class Guards:
    """Runs the guardrails that a Grant names."""

    __slots__ = ("_guards",)

    def __init__(self, guards: Mapping[str, Guard]) -> None:
        self._guards = guards

    async def inbound(self, grant: Grant, call: Call) -> Prompt:
        """The Prompt that may go on. Raises GatewayError GUARDRAIL_BLOCKED, naming rule and kinds, never text."""
        if grant.guardrails:
            if len(call.body) > ON_LOOP_BYTES:
                await asyncio.to_thread(self._look_all, grant, call)
            else:
                self._look_all(grant, call)
        return Prompt(call, grant.model.name, call.body)

    def outbound(self, grant: Grant, reply: Reply) -> Reply:
        """The Reply that may leave: unchanged, for no output guardrail can be configured yet."""
        return reply

    def _look_all(self, grant: Grant, call: Call) -> None:
        given = call.ask.texts
        texts = tuple(texts_of(call.body)) if given is None else given
        for guardrail_id in grant.guardrails:
            self._look(self._guards[guardrail_id], texts, call)

    def _look(self, guard: Guard, texts: tuple[str, ...], call: Call) -> None:
        try:
            kinds = sorted({finding.kind for text in texts for finding in guard.guardrail.check(text)})
        except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as fault:
            call.trail.verdicts.append(f"{guard.guardrail_id}:not_evaluated")
            raise GatewayError(
                "GUARDRAIL_BLOCKED",
                f"The guardrail {guard.guardrail_id} could not look, and nothing unseen passes.",
                details={"guardrail": guard.guardrail_id, "kinds": ["not_evaluated"]},
            ) from fault
        if not kinds:
            call.trail.verdicts.append(f"{guard.guardrail_id}:pass")
            return
        call.trail.verdicts.append(f"{guard.guardrail_id}:{guard.mode}")
        if guard.mode == "block":
            raise GatewayError(
                "GUARDRAIL_BLOCKED",
                f"The guardrail {guard.guardrail_id} refused this request: {', '.join(kinds)}.",
                details={"guardrail": guard.guardrail_id, "kinds": kinds},
            )
