"""The control plane's application (FastAPI): admin routes under ``/api/v1/admin``.

It is loaded after the data plane serves and is never on the way of an AI request. Built by ``wiring``.
"""

from __future__ import annotations

import math

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from torana.control.guardrails.routes import router as guardrails_router
from torana.control.office import Office
from torana.control.policies.routes import router as policies_router
from torana.control.policies.routes import short as short_router
from torana.control.routing.routes import router as routing_router
from torana.control.system.routes import router as system_router
from torana.control.tokens.routes import router as tokens_router
from torana.core.errors import GatewayError

PREFIX = "/api/v1/admin"


def control_application(office: Office, version: str) -> FastAPI:
    """The application over one Office."""
    app = FastAPI(title="Torana", version=version, openapi_url="/openapi.json", docs_url=None, redoc_url=None)
    app.state.office = office
    app.include_router(system_router, prefix=PREFIX)
    app.include_router(routing_router, prefix=PREFIX)
    app.include_router(tokens_router, prefix=PREFIX)
    app.include_router(guardrails_router, prefix=PREFIX)
    app.include_router(policies_router, prefix=PREFIX)
    app.include_router(short_router, prefix="/admin")
    app.add_exception_handler(GatewayError, refuse)
    app.add_exception_handler(RequestValidationError, refuse_shape)
    return app


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
        "status": "error",
        "error_code": error.code,
        "message": error.message,
        "details": error.details,
    }
    return JSONResponse(content, status_code=error.status, headers=headers)
