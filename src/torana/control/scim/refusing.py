"""Refusals of SCIM, in the shape of RFC 7644, section 3.12.

Raised by this room; every refusal on its paths is told so, those of ``admission`` too.
"""

from __future__ import annotations

import math
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from torana.core.errors import GatewayError

MEDIA = "application/scim+json"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
BEGIN = "/scim/"
KINDS = {"REQUEST_INVALID": "invalidValue"}


class Refused(Exception):
    """A refusal. ``kind``: a ``scimType`` of RFC 7644, table 9; empty: none fits."""

    def __init__(self, status: int, detail: str, kind: str = "") -> None:
        super().__init__(detail)
        self.status, self.detail, self.kind = status, detail, kind


class ScimRefusal(BaseModel):
    """Why a SCIM request was refused."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"schemas": [ERROR], "status": "400", "scimType": "invalidFilter", "detail": "…"}]
        }
    )
    schemas: list[str]
    status: str = Field(description="the HTTP status, as a text")
    scimType: str | None = Field(default=None, description="what went wrong, for programs")  # noqa: N815 - its name in the RFC
    detail: str = Field(description="the same for people")


async def refuse_scim(request: Request, error: Exception) -> JSONResponse:
    """The answer to a Refused."""
    if not isinstance(error, Refused):
        raise error
    return told(error.status, error.detail, error.kind)


def refuse_as_scim(error: GatewayError) -> JSONResponse:
    """The answer to a GatewayError on a path of this room."""
    headers = {} if error.retry_after_s is None else {"retry-after": str(math.ceil(error.retry_after_s))}
    return told(error.status, error.message, KINDS.get(error.code, ""), headers)


def told(status: int, detail: str, kind: str = "", headers: dict[str, str] | None = None) -> JSONResponse:
    """A refusal as it is sent."""
    content: dict[str, Any] = {"schemas": [ERROR], "status": str(status), "detail": detail}
    if kind:
        content["scimType"] = kind
    return JSONResponse(content, status, headers, MEDIA)
