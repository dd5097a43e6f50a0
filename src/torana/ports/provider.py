"""What the line asks of a model provider: two methods.

A provider speaks one upstream protocol. It does not retry, choose, meter money or judge: the walker
does. A module in ``providers/`` offers ``Settings`` (a msgspec Struct, defaults for everything but what
it cannot guess) and ``open(settings, upstream) -> Provider``; it is found by its file name.
"""

from __future__ import annotations

from typing import Protocol

from torana.core.call import Prompt, Reply
from torana.core.tickets import Attempt


class Provider(Protocol):
    """One configured upstream."""

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """Send the prompt; return when the status line said success.

        The Reply's source then gives the chunks. Raises an UpstreamFault for every failure, its
        ``sent`` telling whether the provider may have seen the request; GatewayError
        CAPABILITY_MISSING for what the provider never declared.
        """
        ...

    async def aclose(self) -> None:
        """Give back what ``open`` took. Running replies end by themselves."""
        ...
