"""How resources and lists of them are answered: shape, paging, order, version, media type (RFC 7644, section 3).

It reads no database. Called by the routes of this room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import JSONResponse, Response

from torana.control.scim.documents import Document, projected
from torana.control.scim.filters import Filter, attribute_of, fits, parsed, values_at
from torana.control.scim.refusing import MEDIA, Refused
from torana.control.scim.schemas import KINDS, MOST_AT_ONCE, Kind
from torana.control.sso.config_routes import origin

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
BASE = "/scim/v2"
AT_ONCE = 100


class Shown:
    """Which attributes are wanted."""

    def __init__(
        self,
        attributes: Annotated[str, Query(max_length=4000, description="only these, by commas")] = "",
        excluded: Annotated[
            str, Query(alias="excludedAttributes", max_length=4000, description="all but these, by commas")
        ] = "",
    ) -> None:
        self.attributes, self.excluded = attributes, excluded


class Listed:
    """Which resources are wanted, in which order, from where on."""

    def __init__(
        self,
        filter_: Annotated[str, Query(alias="filter", description='such as `userName eq "asha@acme.example"`')] = "",
        start: Annotated[int, Query(alias="startIndex", description="the first is 1", ge=-(2**31), lt=2**31)] = 1,
        count: Annotated[
            int, Query(description="how many at most; 0: only how many there are", ge=-(2**31), lt=2**31)
        ] = AT_ONCE,
        sort_by: Annotated[str, Query(alias="sortBy", max_length=300)] = "",
        sort_order: Annotated[str, Query(alias="sortOrder", max_length=20)] = "ascending",
    ) -> None:
        # RFC 7644, section 3.4.2.4: what is below the least is the least.
        self.filter, self.start, self.count = filter_, max(1, start), min(max(0, count), MOST_AT_ONCE)
        self.sort_by, self.descending = sort_by, sort_order.lower() == "descending"

    @property
    def asked(self) -> Filter | None:
        """The filter. Raises Refused."""
        return parsed(self.filter) if self.filter else None


def base(request: Request) -> str:
    """The address of this room."""
    return origin(request) + BASE


def meta(request: Request, kind: Kind, resource: str, times: tuple[float, float], version: int) -> Mapping[str, Any]:
    """The ``meta`` of a resource."""
    created, changed = (
        datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") for at in times
    )
    return {
        "resourceType": kind.name,
        "created": created,
        "lastModified": changed,
        "location": f"{base(request)}/{kind.path}/{resource}",
        "version": tag(version),
    }


def tag(version: int) -> str:
    """The ETag of a version."""
    return f'W/"{version}"'


def one(request: Request, document: Document, kind: Kind, shown: Shown, status: int = 200) -> Response:
    """A resource; 304 where the client has this version."""
    found = document["meta"]
    headers = {"etag": found["version"]}
    if request.method == "GET" and _names(request.headers.get("if-none-match", ""), found["version"]):
        return Response(status_code=304, headers=headers)
    headers["location" if status == 201 else "content-location"] = found["location"]
    body = projected(document, kind, shown.attributes, shown.excluded)
    return JSONResponse(body, status, headers, MEDIA)


def demand_version(request: Request, version: int) -> None:
    """Raise Refused 412 where ``If-Match`` names another version."""
    wanted = request.headers.get("if-match", "")
    if wanted and not _names(wanted, tag(version)):
        raise Refused(412, "Somebody changed it meanwhile. Read it again.")


def _names(header: str, current: str) -> bool:
    """Compared weakly (RFC 9110, section 8.8.3.2)."""
    given = {one.strip().removeprefix("W/") for one in header.split(",")}
    return "*" in given or current.removeprefix("W/") in given


def listed(documents: Sequence[Document], wanted: Listed, shown: Shown) -> Response:
    """One page of those that fit the filter."""
    asked = wanted.asked
    found = [one for one in documents if asked is None or fits(one, asked)]
    if wanted.sort_by:
        found = in_order(found, wanted.sort_by, wanted.descending)
    page = found[wanted.start - 1 : wanted.start - 1 + wanted.count]
    kinds = {one.name: one for one in KINDS}
    return listing(
        [projected(one, kinds[one["meta"]["resourceType"]], shown.attributes, shown.excluded) for one in page],
        len(found),
        wanted.start,
    )


def listing(page: Sequence[Mapping[str, Any]], total: int, start: int = 1) -> Response:
    """A ListResponse."""
    body = {
        "schemas": [LIST], "totalResults": total, "startIndex": start, "itemsPerPage": len(page), "Resources": list(page),
    }  # fmt: skip
    return JSONResponse(body, media_type=MEDIA)


def in_order(documents: Sequence[Document], by: str, descending: bool) -> list[Document]:
    """By an attribute, case aside; those without it last, or first when descending (RFC 7644, section 3.4.2.3)."""
    try:
        attribute = attribute_of(by)
    except ValueError:
        raise Refused(400, "sortBy is no name of an attribute.", "invalidPath") from None

    def key(document: Document) -> tuple[bool, str]:
        values = values_at(document, attribute)
        primary = [one for one in values if isinstance(one, Mapping) and one.get("primary") is True]
        value = next(iter(primary or values), None)
        plain = value.get("value") if isinstance(value, Mapping) else value
        return plain is None, str(plain if plain is not None else "").casefold()

    return sorted(documents, key=key, reverse=descending)
