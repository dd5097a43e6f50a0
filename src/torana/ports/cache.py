"""What the line asks of an answer cache: find before the plan, keep after the answer."""

from __future__ import annotations

from typing import Protocol

from torana.core.call import Prompt, Reply
from torana.core.tickets import Grant


class Cache(Protocol):
    """Answers that may be given again."""

    async def find(self, grant: Grant, prompt: Prompt) -> Reply | None:
        """An answer kept for an equal prompt of the same tenant, policy and model; None when there is none."""
        ...
