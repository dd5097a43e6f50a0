"""The control plane's application (FastAPI): admin routes under ``/api/v1/admin``.

It is loaded after the data plane serves and is never on the way of an AI request. Built by ``wiring``.
"""

from __future__ import annotations

import math
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from torana.control.guardrails.routes import router as guardrails_router
from torana.control.office import Office
from torana.control.policies.routes import router as policies_router
from torana.control.policies.routes import short as short_router
from torana.control.routing.routes import router as routing_router
from torana.control.system.routes import router as system_router
from torana.control.tokens.routes import router as tokens_router
from torana.core.errors import GatewayError

ROOMS = (
    system_router,
    routing_router,
    tokens_router,
    guardrails_router,
    policies_router,
    short_router,
)
"""The rooms of the office; those with a word for a path before those with a name in its place."""


def control_application(office: Office, version: str) -> FastAPI:
    """The application over one Office."""
    app = FastAPI(title="Torana", version=version, openapi_url="/openapi.json", docs_url="/docs", redoc_url="/redoc")
    app.state.office = office
    for router in ROOMS:
        app.include_router(router)
    app.add_exception_handler(GatewayError, refuse)
    app.add_exception_handler(HTTPException, refuse_path)
    app.add_exception_handler(RequestValidationError, refuse_shape)
    return app


async def refuse_path(request: Request, error: Exception) -> JSONResponse:
    """A path or a method that nobody serves."""
    if not isinstance(error, HTTPException):
        raise error
    code = "METHOD_NOT_ALLOWED" if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else "NOT_FOUND"
    if error.status_code not in (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_FOUND):
        code = "REQUEST_INVALID"
    return await refuse(request, GatewayError(code, str(error.detail)))


async def refuse_shape(request: Request, error: Exception) -> JSONResponse:
    """A body that has not the route's shape: what is wrong at which place, never the value that was sent."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    message = f"{place}: {first['msg']}" if place else f"The body cannot be read: {first['msg']}"
    return await refuse(request, GatewayError("REQUEST_INVALID", message, details={"field": place}))


async def refuse(request: Request, error: Exception) -> JSONResponse:
    """A GatewayError in the product's own shape."""
    if not isinstance(error, GatewayError):
        raise error
    headers = {}
    if error.retry_after_s is not None:
        headers["retry-after"] = str(math.ceil(error.retry_after_s))
    content = {
        "request_id": request.scope.get("torana.request_id", ""),
        "status": "error",
        "error_code": error.code,
        "message": error.message,
        "details": error.details,
    }
    return JSONResponse(content, status_code=error.status, headers=headers)
