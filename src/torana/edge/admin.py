"""Hands requests of people on to the control plane: with an id, the client's own address, and a bounded body.

It judges no credential. Called by ``app``.
"""

from __future__ import annotations

from torana.core.errors import GatewayError
from torana.edge.head import read_head
from torana.edge.house import House, Message, Receive, Scope, Send

REQUEST_ID = "torana.request_id"
"""Where in the scope the control plane finds the id of the request."""


async def to_control(house: House, scope: Scope, receive: Receive, send: Send) -> None:
    """Hand on to the control plane, which loads after the data plane serves. Raises GatewayError before an answer began."""
    if house.control is None:
        if house.control_wanted:
            raise GatewayError("OVERLOADED", "The control plane is still starting. Try again.", retry_after_s=1)
        raise elsewhere()
    head = read_head(scope, house)
    most = house.bounds.max_body_bytes
    if head.content_length is not None and head.content_length > most:
        raise too_large(most)
    client = (head.address, scope["client"][1]) if scope.get("client") else None
    asked = {**scope, "client": client, REQUEST_ID: head.request_id}
    id_header = (b"x-request-id", head.request_id.encode("latin-1"))
    began = over = False

    async def answered(message: Message) -> None:
        nonlocal began
        if over and not began:
            return  # the framework makes a 400 of whatever stopped it from reading
        if message["type"] == "http.response.start":
            began = True
            message = {**message, "headers": [*message.get("headers", ()), id_header]}
        await send(message)

    seen = 0

    async def bounded() -> Message:
        nonlocal seen, over
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            over = True
            raise too_large(most)
        return message

    try:
        await house.control(asked, bounded, answered)
    except GatewayError:
        if began:
            return
        raise
    if over and not began:
        raise too_large(most)


def too_large(most: int) -> GatewayError:
    """The refusal of a body over the bound."""
    return GatewayError("REQUEST_TOO_LARGE", f"The body is larger than {most} bytes (server.max_body_mb).")


def elsewhere() -> GatewayError:
    """The refusal of everything that the control plane serves, in a process of the data plane."""
    return GatewayError(
        "NOT_FOUND",
        "The control plane and its console are not served by this process (--role data). Ask one with --role control, "
        "or the address in front of both.",
    )
