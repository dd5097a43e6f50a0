"""SCIM routes that tell what this room can: configuration, kinds of resources, schemas (RFC 7644, section 4).

Nothing of a tenant is in them; like the rest they are for those who have a token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from torana.control.admission import room
from torana.control.scim.answers import base, listing
from torana.control.scim.refusing import MEDIA, Refused
from torana.control.scim.schemas import config, published, types
from torana.control.scim.shapes import ListShown, Sent, told_by

router = room("scim", "/scim/v2")


@router.get("/ServiceProviderConfig", response_model=Sent, responses=told_by())
async def provider_config(request: Request) -> Response:
    """What of SCIM there is here."""
    return JSONResponse(config(base(request)), media_type=MEDIA)


@router.get("/ResourceTypes", response_model=ListShown, responses=told_by())
async def resource_types(request: Request) -> Response:
    """The kinds of resources."""
    return all_of(request, types(base(request)))


@router.get("/ResourceTypes/{name}", response_model=Sent, responses=told_by(404))
async def resource_type(request: Request, name: str) -> Response:
    """One kind of resources."""
    return named(types(base(request)), name)


@router.get("/Schemas", response_model=ListShown, responses=told_by())
async def schemas(request: Request) -> Response:
    """The schemas."""
    return all_of(request, published(base(request)))


@router.get("/Schemas/{name}", response_model=Sent, responses=told_by(404))
async def schema(request: Request, name: str) -> Response:
    """One schema, by its URN."""
    return named(published(base(request)), name)


def all_of(request: Request, found: Sequence[dict[str, Any]]) -> Response:
    """All of them; filters are refused here (RFC 7644, section 4)."""
    if "filter" in request.query_params:
        raise Refused(403, "These are listed whole, without a filter.")
    return listing(found, len(found))


def named(found: Sequence[dict[str, Any]], name: str) -> Response:
    """The one of this id. Raises Refused 404."""
    for one in found:
        if one["id"] == name:
            return JSONResponse(one, media_type=MEDIA)
    raise Refused(404, "There is no such thing.")
