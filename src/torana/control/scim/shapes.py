"""Asks and answers of SCIM for the OpenAPI file. The schemas themselves judge what is sent (``documents``).

Any attribute may be sent: those that no schema has are left out, as RFC 7644 has it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from torana.control.scim.patching import PATCH
from torana.control.scim.refusing import ERROR, MEDIA, ScimRefusal
from torana.control.scim.schemas import GROUP, USER


def _open(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="allow", json_schema_extra={"examples": [example]})


SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


class Sent(BaseModel):
    """A document as it was sent."""

    model_config = ConfigDict(extra="allow")

    @property
    def sent(self) -> dict[str, Any]:
        """All of it, by its own names."""
        return dict(self.model_extra or {})


class UserDocument(Sent):
    """A user (RFC 7643, section 4.1)."""

    model_config = _open(
        {
            "schemas": [USER],
            "userName": "asha@acme.example",
            "displayName": "Asha Rao",
            "emails": [{"value": "asha@acme.example", "primary": True}],
            "active": True,
        }
    )


class GroupDocument(Sent):
    """A group (RFC 7643, section 4.2)."""

    model_config = _open({"schemas": [GROUP], "displayName": "ai-admins", "members": [{"value": "usr_0192f3a1b2c3"}]})


class PatchAsk(Sent):
    """Operations (RFC 7644, section 3.5.2)."""

    model_config = _open({"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]})


class SearchAsk(BaseModel):
    """A search in a body, where its words shall stand in no log (RFC 7644, section 3.4.3)."""

    model_config = _open({"schemas": [SEARCH], "filter": 'userName sw "asha"', "attributes": ["userName"], "count": 10})
    filter: str = ""
    attributes: list[str] = []
    excludedAttributes: list[str] = []  # noqa: N815 - the RFC's names
    sortBy: str = Field(default="", max_length=300)  # noqa: N815
    sortOrder: str = Field(default="ascending", max_length=20)  # noqa: N815
    startIndex: int = Field(default=1, ge=-(2**31), lt=2**31)  # noqa: N815
    count: int = Field(default=100, ge=-(2**31), lt=2**31)


class ListShown(BaseModel):
    """One page (RFC 7644, section 3.4.2)."""

    model_config = ConfigDict(extra="allow")
    schemas: list[str]
    totalResults: int = Field(description="how many fit, on all pages")  # noqa: N815 - the RFC's names
    startIndex: int = Field(description="the first of this page; they count from 1")  # noqa: N815
    itemsPerPage: int  # noqa: N815
    Resources: list[dict[str, Any]]


def told_by(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route of this room, by status."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, 400, 401, 403, 413, 503}):
        value = {"schemas": [ERROR], "status": str(status), "detail": HTTPStatus(status).phrase}
        found[status] = {
            "model": ScimRefusal,
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/ScimRefusal"}, "example": value}},
        }
    return found
