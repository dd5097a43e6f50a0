"""System routes: configuration in force, reload, features, facts of the process.

They show and trigger; the reload itself is wiring's. Operators only, by permission.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse

from torana.control.admission import room
from torana.control.asking import needs, needs_one
from torana.control.audit.entries import Entry
from torana.control.changes import note
from torana.control.office import Office
from torana.control.system.shapes import FeaturesAnswer, ReloadAnswer
from torana.core.errors import GatewayError
from torana.core.tickets import Caller

router = room("system")

MayReload = Annotated[Caller, Depends(needs("config.reload"))]
MayRead = Annotated[Caller, Depends(needs("system.read"))]
MaySee = Annotated[Caller, Depends(needs_one("system.read", "features.read"))]


@router.post("/config/reload", response_model=ReloadAnswer, responses={409: {"model": ReloadAnswer}})
async def reload(request: Request, caller: MayReload) -> JSONResponse:
    """Read the configuration again. A bad file is refused (409) while the old one serves."""
    office: Office = request.app.state.office
    outcome = await office.reload()
    told = {"snapshot_version": outcome.version, "snapshot_digest": outcome.digest, "problems": len(outcome.problems)}
    with suppress(GatewayError):  # with the database away the file holds all the same
        await note(request, Entry("config", "config.reload", details=told, outcome="ok" if outcome.taken else "failed"))
    answer = ReloadAnswer(
        status="taken" if outcome.taken else "refused",
        snapshot_version=outcome.version,
        snapshot_digest=outcome.digest,
        problems=list(outcome.problems),
    )
    return JSONResponse(answer.model_dump(), status_code=200 if outcome.taken else 409)


@router.get("/config")
async def configuration(request: Request, caller: MayRead) -> dict[str, Any]:
    """The settings in force, secrets masked."""
    office: Office = request.app.state.office
    return dict(office.configuration())


@router.get("/features/status", response_model=FeaturesAnswer)
async def features(request: Request, caller: MaySee) -> FeaturesAnswer:
    """What this version does and does not do yet."""
    office: Office = request.app.state.office
    return FeaturesAnswer(features=dict(office.features))


@router.get("/system/info")
async def info(request: Request, caller: MayRead) -> dict[str, Any]:
    """Facts of this process."""
    office: Office = request.app.state.office
    return dict(office.system())
