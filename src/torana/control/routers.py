"""Routers and routes that say at once that a path is none of theirs: by the first part behind the prefix, by what stands before
the first name.

FastAPI tries every route of every router in turn, each by a pattern, twice for a request: 0.5 ms of the event loop with all rooms
of the office, in which AI requests of the same process wait. They decide nothing else, and are included without a prefix of
the application's. Made by ``admission``.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match


class RoomRoute(APIRoute):
    """A route whose path is compared before its pattern is tried."""

    def matches(self, scope: Any) -> tuple[Match, Any]:
        """See ``BaseRoute.matches``."""
        if not scope["path"].startswith(self.path.partition("{")[0]):
            return Match.NONE, {}
        return super().matches(scope)


class RoomRouter(APIRouter):
    """An APIRouter with an index of one level."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._known: tuple[int, frozenset[str] | None] = (-1, None)
        """How many routes there were, and the first parts of all their paths; None: they can be anything."""

    def matches(self, scope: Any) -> tuple[Match, Any]:
        """See ``BaseRoute.matches``."""
        firsts, path = self._firsts(), scope["path"]
        if firsts is not None and not (path.startswith(self.prefix) and first_of(path, self.prefix) in firsts):
            return Match.NONE, {}
        return super().matches(scope)

    def _firsts(self) -> frozenset[str] | None:
        if self._known[0] != len(self.routes):
            found = [self._first(route) for route in self.routes]
            self._known = len(found), None if None in found else frozenset(one for one in found if one is not None)
        return self._known[1]

    def _first(self, route: BaseRoute) -> str | None:
        path = getattr(route, "path", None)
        if not isinstance(path, str) or not path.startswith(self.prefix):
            return None
        first = first_of(path, self.prefix)
        return None if "{" in first else first


def first_of(path: str, prefix: str) -> str:
    """What stands between the slash behind the prefix and the next."""
    return path[len(prefix) + 1 :].partition("/")[0]
