"""The refusals of the control plane, as the OpenAPI file declares them.

It refuses nothing. Used by the routes of every room, as ``responses=refusals("PERMISSION_DENIED", …)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, Field

from torana.core.errors import CODES

EVERYWHERE = ("REQUEST_INVALID", "REQUEST_TOO_LARGE", "OVERLOADED")
WITH_A_CREDENTIAL = (
    "KEY_INVALID",
    "KEY_EXPIRED",
    "TOKEN_INVALID",
    "TOKEN_EXPIRED",
    "TOKEN_REVOKED",
    "PERMISSION_DENIED",
)


class Refusal(BaseModel):
    """Why a request was refused."""

    request_id: str = Field(description="the id of the request, as in the header `x-request-id` and in the log")
    status: str = Field(description="always `error`")
    error_code: str = Field(description="what went wrong, for programs")
    message: str = Field(description="the same for people, with a remedy")
    details: dict[str, Any] = Field(description="what else is known, such as the field at fault")


def refusals(*codes: str | int, public: bool = False) -> dict[int | str, dict[str, Any]]:
    """What a route may answer besides: its own ``codes``, and those of every route; without a credential when ``public``.

    A number stands for every code of that status.
    """
    found: dict[int | str, dict[str, Any]] = {}
    named = [one for code in codes for one in ([code] if isinstance(code, str) else _of_status(code))]
    for code in dict.fromkeys((*named, *(() if public else WITH_A_CREDENTIAL), *EVERYWHERE)):
        meaning = CODES[code]
        # By reference and not as a model: FastAPI makes a validator for each that a route declares; the eight hundred of
        # all routes cost a start 0.05 s and 4 MB.
        plain = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}, "examples": {}}}
        here = found.setdefault(meaning.status, {"description": "", "content": plain})
        here["description"] = ", ".join(filter(None, (here["description"], f"{code}: {meaning.cause}")))
        here["content"]["application/json"]["examples"][code] = _example(code)
    return found


@cache
def _example(code: str) -> Mapping[str, Any]:
    return {
        "value": {
            "request_id": "req_0192f3a1b2c30000000000000001",
            "status": "error",
            "error_code": code,
            "message": CODES[code].cause,
            "details": {},
        }
    }


def _of_status(status: int) -> list[str]:
    known = {*WITH_A_CREDENTIAL, *EVERYWHERE}
    found = [code for code, meaning in CODES.items() if meaning.status == status]
    return [code for code in found if code in known] or found
