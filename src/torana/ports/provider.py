"""What the line asks of a model provider: two methods, and a third of those that can be probed.

A provider speaks one upstream protocol. It does not retry, choose, meter money or judge: the walker
does. A module in ``providers/`` offers ``Settings`` (a msgspec Struct, defaults for everything but what
it cannot guess) and ``open(settings, upstream) -> Provider``; it is found by its file name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from torana.core.call import Prompt, Reply
from torana.core.snapshot import Deadlines
from torana.core.tickets import Attempt


class KeyNames(NamedTuple):
    """Names of the environment that hold one credential."""

    needed: Mapping[str, str]
    """Field of the credential → name; all of them must be set."""
    also: Mapping[str, str] = {}
    """Fields that it may have besides."""


class FromEnvironment(NamedTuple):
    """Names of the environment that make a provider available. A module with more of them than one key has such an
    ``ENVIRONMENT``; one with a key alone says its name as ``SECRET``."""

    credentials: tuple[KeyNames, ...]
    """The first that is all there counts."""
    settings: Mapping[str, tuple[str, ...]] = {}
    """Setting → its names, of which the first that is set counts; without one of these settings there is no provider."""
    also: Mapping[str, str] = {}
    """Settings that it may have besides."""
    model: str = ""
    """The name that holds a model's name there; empty: none does."""

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        keys = (name for one in self.credentials for name in (*one.needed.values(), *one.also.values()))
        settings = (name for names in self.settings.values() for name in names)
        return frozenset((*keys, *settings, *self.also.values(), *([self.model] if self.model else ())))


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


@runtime_checkable
class Probed(Protocol):
    """A provider that can be asked whether it is there. Its module says ``PROBES = True``."""

    async def probe(self, deadlines: Deadlines) -> bool:
        """Ask for something that costs nothing and generates nothing, such as the list of models.

        True when it answered, with whatever says that it is alive; False when nobody was asked because every credential
        is parked or rests: those come back by requests alone. Raises an UpstreamFault when it is not there, or not well.
        No money can be spent by it, so there is no Hold and no Receipt.
        """
        ...
