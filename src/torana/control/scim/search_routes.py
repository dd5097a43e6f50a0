"""SCIM searches by POST: of people, of groups, of both (RFC 7644, section 3.4.3).

The same as the lists, whose parts it calls.
"""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from torana.control.admission import Asking, room
from torana.control.scim.answers import Listed, Shown, listed
from torana.control.scim.group_routes import groups
from torana.control.scim.shapes import ListShown, SearchAsk, told_by
from torana.control.scim.user_routes import people

router = room("scim", "/scim/v2")


@router.post("/Users/.search", response_model=ListShown, responses=told_by())
async def search_users(request: Request, asked: SearchAsk, principal: Asking) -> Response:
    """People, by a search in the body."""
    wanted = listing_of(asked)
    return listed(await people(request, principal, wanted), wanted, shown_of(asked))


@router.post("/Groups/.search", response_model=ListShown, responses=told_by())
async def search_groups(request: Request, asked: SearchAsk, principal: Asking) -> Response:
    """Groups, by a search in the body."""
    wanted = listing_of(asked)
    return listed(await groups(request, principal, wanted), wanted, shown_of(asked))


@router.post("/.search", response_model=ListShown, responses=told_by())
async def search(request: Request, asked: SearchAsk, principal: Asking) -> Response:
    """People and groups, by a search in the body."""
    wanted = listing_of(asked)
    both = [*await people(request, principal, wanted), *await groups(request, principal, wanted)]
    return listed(both, wanted, shown_of(asked))


def listing_of(asked: SearchAsk) -> Listed:
    """What is wanted."""
    return Listed(asked.filter, asked.startIndex, asked.count, asked.sortBy, asked.sortOrder)


def shown_of(asked: SearchAsk) -> Shown:
    """Which attributes of it."""
    return Shown(",".join(asked.attributes), ",".join(asked.excludedAttributes))
