"""Where the browser of somebody goes who signs out here and came by a provider: there, to be signed out there too.

It ends nothing itself (OpenID Connect RP-Initiated Logout 1.0). Called by the sign-out route.
"""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request

from torana.control.changes import office_of
from torana.control.sso import queries
from torana.control.sso.config_routes import origin
from torana.control.sso.shapes import SsoAsk
from torana.core.errors import GatewayError


async def way_out(request: Request, tenant: str, session: str) -> str | None:
    """The address; None for whoever came otherwise, or where the provider has none or cannot be asked."""
    office = office_of(request)
    found = await office.database.read(queries.came, tenant, session)
    if found is None:
        return None
    row, subject = found
    ask = SsoAsk.model_validate(row.document)
    try:
        there = ask.logout_url or (await office.identity.providers.discover(ask.issuer)).end_session_endpoint
    except GatewayError:
        return None  # signing out here must not fail with the provider
    if not there:
        return None
    said = {
        "client_id": ask.client_id,
        "post_logout_redirect_uri": f"{origin(request)}/sign-in",
        "logout_hint": subject,
    }
    return f"{there}{'&' if '?' in there else '?'}{urlencode(said)}"
