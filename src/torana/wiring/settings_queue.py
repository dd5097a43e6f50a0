"""Settings of capacity, and of the queues before it. Part of ``settings.Settings``."""

from __future__ import annotations

from typing import Annotated

import msgspec

from torana.wiring.settings_forms import Name, says
from torana.wiring.settings_rules import Scope

CLASSES = {"interactive": 8, "normal": 4, "batch": 1}


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """``capacity`` of a deployment or a provider: what it takes from this process; more waits in a queue."""

    concurrency: Annotated[int | None, says("requests at the same time", ge=1, le=100_000)] = None
    requests_per_minute: Annotated[int | None, says("requests begun within any 60 seconds", ge=1, le=100_000)] = None


class Priority(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``routing.queue.priorities``; the first one about a request decides."""

    scope: Annotated[Scope, says("what of a request is looked at")]
    match: Annotated[Name, says("this key, user, team …")]
    where: Annotated[
        dict[str, str], says("scope and value that a request must have as well, such as model: gpt-4o")
    ] = {}
    priority: Annotated[Name, says("a class of `classes`")]


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """``routing.queue``: how requests wait for a deployment that is at its capacity."""

    classes: Annotated[
        dict[str, int],
        says("priority classes with their weights, 1 to 1,000; empty: `interactive` 8, `normal` 4, `batch` 1"),
    ] = {}
    default: Annotated[Name, says("the class of requests that no row of `priorities` is about")] = "normal"
    most: Annotated[
        int, says("requests that may wait in each class for one capacity; 0: none waits", ge=0, le=10_000)
    ] = 100
    priorities: Annotated[tuple[Priority, ...], says("whose requests wait in which class")] = ()

    @property
    def weights(self) -> dict[str, int]:
        """The classes that there are."""
        return self.classes or dict(CLASSES)
