"""What the line asks of what keeps the values that tokens stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Vault(Protocol):
    """Values by conversation and token, each kept until it expires."""

    async def keep(self, conversation: str, values: Mapping[str, str]) -> None:
        """Keep what these tokens stand for, from now for as long as everything is kept. Raises OSError when it cannot."""
        ...

    async def recall(self, conversation: str) -> Mapping[str, str]:
        """Token → value, for everything of the conversation that has not expired. Raises OSError when it cannot be known."""
        ...
