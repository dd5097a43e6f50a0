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

from torana.control.approvals.routes import router as approvals_router
from torana.control.audit.routes import router as audit_router
from torana.control.auth.account_routes import router as account_router
from torana.control.auth.invitation_routes import router as invitation_router
from torana.control.auth.passwords import Passwords
from torana.control.auth.routes import router as auth_router
from torana.control.billing.forecast_routes import router as forecast_router
from torana.control.billing.invoice_routes import router as invoices_router
from torana.control.billing.reconcile_routes import router as reconcile_router
from torana.control.billing.rerate_routes import router as rerate_router
from torana.control.billing.routes import router as billing_router
from torana.control.budgets.routes import router as budgets_status_router
from torana.control.cache.routes import router as cache_router
from torana.control.config.routes import router as config_router
from torana.control.denials import keep_denial
from torana.control.description import describe
from torana.control.files.routes import router as files_router
from torana.control.guardrails.routes import router as guardrails_router
from torana.control.keys.routes import router as keys_router
from torana.control.objects import routes as objects
from torana.control.office import Office
from torana.control.people.grant_routes import router as grants_router
from torana.control.people.group_routes import router as groups_router
from torana.control.people.identity_routes import router as identity_router
from torana.control.people.tenant_routes import router as tenants_router
from torana.control.people.user_routes import router as users_router
from torana.control.policies.routes import router as policies_router
from torana.control.policies.routes import short as short_router
from torana.control.prices.routes import router as prices_router
from torana.control.reference import add_reference
from torana.control.routing.routes import router as routing_router
from torana.control.scim.about_routes import router as scim_router
from torana.control.scim.group_routes import router as scim_groups_router
from torana.control.scim.refusing import BEGIN, Refused, refuse_as_scim, refuse_scim
from torana.control.scim.search_routes import router as scim_search_router
from torana.control.scim.tokens import router as scim_tokens_router
from torana.control.scim.user_routes import router as scim_users_router
from torana.control.sso.config_routes import router as sso_router
from torana.control.sso.sign_in_routes import router as sso_sign_in_router
from torana.control.system.routes import router as system_router
from torana.control.tokens.routes import router as tokens_router
from torana.control.usage.request_routes import router as requests_router
from torana.control.usage.routes import router as usage_router
from torana.core.errors import GatewayError

ROOMS = (
    audit_router,
    auth_router,
    account_router,
    invitation_router,
    sso_sign_in_router,
    sso_router,
    scim_tokens_router,
    scim_router,
    scim_search_router,
    scim_users_router,
    scim_groups_router,
    keys_router,
    tenants_router,
    groups_router,
    users_router,
    grants_router,
    identity_router,
    system_router,
    routing_router,
    tokens_router,
    usage_router,
    billing_router,
    invoices_router,
    forecast_router,
    rerate_router,
    reconcile_router,
    requests_router,
    guardrails_router,
    files_router,
    cache_router,
    policies_router,
    short_router,
    approvals_router,
    config_router,
    prices_router,
    objects.routing,
    objects.providers,
    objects.models,
    objects.limits,
    budgets_status_router,
    objects.budgets,
    objects.others,
)
"""The rooms of the office; those with a word for a path before those with a name in its place."""


def control_application(office: Office, version: str) -> FastAPI:
    """The application over one Office."""
    app = FastAPI(title="Torana", version=version, openapi_url="/openapi.json", docs_url=None, redoc_url=None)
    describe(app)
    add_reference(app)
    app.state.office = office
    app.state.passwords = Passwords()
    for router in ROOMS:
        app.include_router(router)
    app.add_exception_handler(GatewayError, refuse)
    app.add_exception_handler(Refused, refuse_scim)
    app.add_exception_handler(HTTPException, refuse_path)
    app.add_exception_handler(RequestValidationError, refuse_shape)
    app.add_exception_handler(Exception, fail)
    return app


WHERE = ("body", "query", "path", "header", "cookie")
"""Where a field stands: said by the route, not by its name."""


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
    parts = first["loc"][1:] if first["loc"][:1] and first["loc"][0] in WHERE else first["loc"]
    place, why = ".".join(map(str, parts)), first["msg"].removeprefix("Value error, ")
    if not place and first["type"] == "value_error" and why.partition(": ")[0].isidentifier():
        place, _, why = why.partition(": ")  # of several fields together, it names the one to mend
    message = f"{place}: {why}" if place else f"The body cannot be read: {why}"
    if not place and first["type"] == "value_error":
        message = f"{why[:1].upper()}{why[1:]}."
    if first["type"] == "json_invalid":
        message = f"The body is not JSON: {first['ctx']['error']}, at character {place}."
    return await refuse(request, GatewayError("REQUEST_INVALID", message, details={"field": place}))


async def fail(request: Request, error: Exception) -> JSONResponse:
    """A fault of ours. The server's log has it."""
    message = "The gateway failed on this request. The log names it by its id."
    return await refuse(request, GatewayError("INTERNAL", message))


async def refuse(request: Request, error: Exception) -> JSONResponse:
    """A GatewayError in the product's own shape."""
    if not isinstance(error, GatewayError):
        raise error
    await keep_denial(request, error)
    if request.url.path.startswith(BEGIN):
        return refuse_as_scim(error)
    headers = {}
    if error.retry_after_s is not None:
        headers["retry-after"] = str(math.ceil(error.retry_after_s))
    content = {
        "request_id": request.scope.get("torana.request_id", ""),
        "status": "error",
        "error_code": error.code,
        "message": error.message,
        "details": error.details or ({"field": error.param} if error.param else {}),
    }
    return JSONResponse(content, status_code=error.status, headers=headers)
