"""Stand-ins for those whom guardrails ask: a model and servers that know the samples and nothing else."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from torana.ports.guardrail import Answered, Finding, Guardrail, Judge, Request, Said, Tools, Where
from torana.testing.clock import FakeClock

NOWHERE = Where()
FOLDER = Path(__file__).with_name("rails")
FOUND = {"PERSON": "Priya Sharma", "EMAIL_ADDRESS": "priya.sharma@example.com"}


async def model(
    messages: Sequence[Said], model: str, /, *, max_tokens: int | None = None, stop: Sequence[str] = ()
) -> str:
    """Knows a lawsuit when it sees one; answers rails with yes or no."""
    asked = messages[-1].text
    if not asked.startswith("{"):
        return "Yes" if "falcon" in asked.lower() else "No"
    texts = json.loads(asked)["texts"]
    legal = [bool(re.search(r"sue my|plead", one["text"])) for one in texts]
    return json.dumps(
        {"verdicts": [{"id": t["id"], "scores": {"legal_advice": 0.9 * f}} for t, f in zip(texts, legal, strict=True)]}
    )


async def server(request: Request, /) -> Answered:
    """A Presidio server that knows one person, and a webhook that knows one project."""
    asked = msgspec.json.decode(request.body)
    found = presidio(asked["text"]) if request.url.endswith("/analyze") else project(asked["texts"])
    return Answered(200, msgspec.json.encode(found))


def presidio(text: str) -> list[dict[str, Any]]:
    return [
        {"entity_type": entity, "start": match.start(), "end": match.end(), "score": 0.85}
        for entity, words in FOUND.items()
        for match in re.finditer(re.escape(words), text)
    ]


def project(texts: list[dict[str, str]]) -> dict[str, Any]:
    found = [
        {"text": number, "kind": "project", "start": match.start(), "end": match.end()}
        for number, one in enumerate(texts)
        for match in re.finditer("project falcon", one["text"], re.IGNORECASE)
    ]
    return {"verdict": "findings", "findings": found} if found else {"verdict": "allow"}


TOOLS = Tools(model, server, FakeClock(1_750_000_000.0))


class Asked:
    """A guardrail that asks, looked at as if it did not."""

    triggers = None

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    def check(self, text: str, where: Where = NOWHERE) -> Sequence[Finding]:
        (found,) = asyncio.run(self._judged(text, where))
        return found

    async def _judged(self, text: str, where: Where) -> Sequence[Sequence[Finding]]:
        return await self.judge.judge([(text, where)])

    def tail(self, text: str) -> int:
        """All is held until it is judged."""
        return 0


@cache
def opened(module: ModuleType) -> Guardrail:
    """The module's guardrail with its sample settings; opened once, for some load a model."""
    settings = module.SAMPLE
    if hasattr(settings, "folder"):
        settings = msgspec.structs.replace(settings, folder=str(FOLDER))
    opens: Callable[..., Any] = module.open
    guardrail: Guardrail = Asked(opens(settings, TOOLS)) if getattr(module, "NEEDS_TOOLS", False) else opens(settings)
    return guardrail
