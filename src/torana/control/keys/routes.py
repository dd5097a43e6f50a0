"""Key routes: making, seeing, changing, rotating and revoking virtual keys; and keys that were found somewhere.

Who may give what is decided in ``rights``. A secret is shown once and kept as a keyed digest only.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

from fastapi import Query, Request

from torana.control.admission import Asking, address_of, room
from torana.control.audit.entries import Actor, Entry
from torana.control.auth.entering import demand_turn
from torana.control.auth.people_rows import one_change_of_people, tenant_row
from torana.control.auth.throttle import forgive
from torana.control.changes import change, change_as, office_of
from torana.control.keys import queries
from torana.control.keys.queries import Key, Secrets, Wanted
from torana.control.keys.rights import demand_no_mightier, owner_of, permissions_of, policy_named
from torana.control.keys.shapes import (
    DAY_S,
    KeyAsk,
    KeyMade,
    KeyPatch,
    Keys,
    KeysAsk,
    KeyShown,
    KeyTerms,
    LeakAsk,
    Received,
    RotateAsk,
)
from torana.control.keys.showing import of_file, shown
from torana.control.people.rights import conflict, invalid, unknown
from torana.control.principal import Principal
from torana.control.shapes_errors import refusals
from torana.core.errors import GatewayError
from torana.core.keys import new_key_text, shown_prefix
from torana.core.snapshot import KeyEntry
from torana.ports.database import Connection

router = room("keys")


@router.get("/api-keys", response_model=Keys, responses=refusals())
async def keys(request: Request, principal: Asking, wanted: Annotated[KeysAsk, Query()]) -> Keys:
    """The keys within one's reach, the newest first; those of the configuration file after them."""
    office = office_of(request)
    columns = {"user_id": wanted.user, "team": wanted.team, "environment": wanted.environment}
    asked = {name: value for name, value in columns.items() if value}
    page = Wanted(principal.reach, before(wanted.cursor), wanted.limit, asked)
    found = await office.database.read(queries.page, page)
    used = await used_last(request, principal.tenant, [one.key_id for one in found])
    items = [shown(one, office.now(), used.get(one.key_id)) for one in found]
    if len(found) == wanted.limit:
        return Keys(items=items, next_cursor=f"{found[-1].created_at!r}:{found[-1].key_id}")
    mine = [
        one
        for one in file_keys(request, principal).values()
        if wanted.user in ("", one.user) and wanted.team in ("", one.team) and not wanted.environment
    ]
    used = await used_last(request, principal.tenant, [one.key_id for one in mine])
    return Keys(items=items + [of_file(one, office.now(), used.get(one.key_id)) for one in mine], next_cursor=None)


@router.post("/api-keys", response_model=KeyMade, status_code=201, responses=refusals())
async def create(request: Request, asked: KeyAsk, principal: Asking) -> KeyMade:
    """Make a key. Its secret is in the answer, this once."""
    office = office_of(request)
    user, home = await owner_of(request, principal, asked)
    text = new_key_text()
    secrets = secrets_of(request, text)
    blank = Key(
        office.new_id("key_"), asked.name, secrets.prefix, principal.tenant, home.department, home.team, user, ["*"], [],
        None, None, [], {}, office.now(), "", {}, principal.label, "", None, None,
    )  # fmt: skip
    key = with_terms(request, principal, await with_defaults(request, blank), asked)
    entry = Entry("key", "keys.create", f"key:{key.key_id}", {"name": key.name, "team": key.team, "user": key.user})
    known = user and await office.database.read(queries.user_status, principal.tenant, user) is not None

    def work(connection: Connection) -> None:
        one_change_of_people(connection)
        if known and queries.user_status(connection, principal.tenant, user) is None:
            raise invalid("user", "was removed at this moment")  # else their key would outlive them
        queries.add(connection, key, secrets)

    await change(request, entry, work)
    await office.people.catch_up()
    return KeyMade(**shown(key, office.now(), None).model_dump(), key=text, secret=text)


async def with_defaults(request: Request, blank: Key) -> Key:
    """A key as the tenant's settings have new ones."""
    _, _, settings = await office_of(request).database.read(tenant_row, blank.tenant)
    said = settings.get("defaults") or {}
    ends = blank.created_at + said["key_days"] * DAY_S if said.get("key_days") else None
    return blank._replace(models=said.get("models") or blank.models, expires_at=ends)


@router.get("/api-keys/{key_id}", response_model=KeyShown, responses=refusals("NOT_FOUND"))
async def key(request: Request, key_id: str, principal: Asking) -> KeyShown:
    """One key within one's reach."""
    office = office_of(request)
    used = (await used_last(request, principal.tenant, [key_id])).get(key_id)
    here = file_keys(request, principal)
    if key_id in here:
        return of_file(here[key_id], office.now(), used)
    return shown(await within(request, principal, key_id), office.now(), used)


@router.patch("/api-keys/{key_id}", response_model=KeyShown, responses=refusals("NOT_FOUND", "CONFLICT"))
async def patch(request: Request, key_id: str, asked: KeyPatch, principal: Asking) -> KeyShown:
    """Change a key; within a second everywhere."""
    office = office_of(request)
    there = await within(request, principal, key_id)
    demand_alive(there)
    await demand_no_mightier(request, principal, there)

    def work(connection: Connection) -> Key:
        queries.one_at_a_time(connection)
        now = queries.one(connection, principal.reach, key_id) or there
        demand_alive(now)
        fresh = with_terms(request, principal, now, asked)._replace(name=asked.name or now.name)
        queries.rewrite(connection, fresh)
        return fresh

    entry = Entry("key", "keys.update", f"key:{key_id}", {"fields": sorted(asked.model_fields_set)})
    fresh = await change(request, entry, work)
    await office.people.catch_up()
    return shown(fresh, office.now(), None)


@router.delete("/api-keys/{key_id}", response_model=KeyShown, responses=refusals("NOT_FOUND"))
async def revoke(request: Request, key_id: str, principal: Asking) -> KeyShown:
    """End a key, everywhere within a second. Doing it twice changes nothing."""
    office = office_of(request)
    there = await within(request, principal, key_id)
    if there.revoked_at is None:
        there = there._replace(revoked_at=office.now(), revoked_by=principal.label, old_until=None)
        entry = Entry("key", "keys.revoke", f"key:{key_id}")
        await change(request, entry, queries.revoke, there.tenant, [key_id], principal.label, office.now())
        await office.people.catch_up()
    return shown(there, office.now(), None)


@router.post("/api-keys/{key_id}/rotate", response_model=KeyMade, responses=refusals("NOT_FOUND", "CONFLICT"))
async def rotate(request: Request, key_id: str, principal: Asking, asked: RotateAsk | None = None) -> KeyMade:
    """Give a key a new secret. The one before counts until the grace period ends; one before that no more."""
    office = office_of(request)
    there = await within(request, principal, key_id)
    demand_alive(there)
    await demand_no_mightier(request, principal, there)
    grace_s = (asked or RotateAsk()).grace_s
    until = office.now() + grace_s if grace_s else None
    text = new_key_text()
    secrets = secrets_of(request, text)
    entry = Entry("key", "keys.rotate", f"key:{key_id}", {"grace_s": grace_s})
    await change(request, entry, rotated, there, secrets, until)
    await office.people.catch_up()
    fresh = there._replace(prefix=secrets.prefix, old_until=until)
    return KeyMade(**shown(fresh, office.now(), None).model_dump(), key=text, secret=text)


def rotated(connection: Connection, there: Key, secrets: Secrets, until: float | None) -> None:
    """Keep the new secret. Raises GatewayError CONFLICT for a key that was revoked at this moment."""
    if not queries.rotate(connection, there, secrets, until):
        raise conflict("This key was revoked. Make another.")


@router.post(
    "/api-keys/report-leak",
    response_model=Received,
    status_code=202,
    responses=refusals("RATE_LIMIT_EXCEEDED", public=True),
)
async def report_leak(request: Request, asked: LeakAsk) -> Received:
    """Report a key that was found in the open. If it is one of ours it ends within a second; whether it is, nobody is told."""
    office = office_of(request)
    text = asked.secret.get_secret_value() if asked.secret else ""
    fingerprint = sha256(text.encode("utf-8", "replace")).hexdigest() if text else (asked.hash or "").lower()
    counted = await demand_turn(request, "leak", fingerprint)
    digest = office.people.digest(text) if text else bytes.fromhex(fingerprint)
    prefix = shown_prefix(text) if text else asked.prefix or ""
    found = await office.database.read(queries.found_by, digest, prefix, fingerprint)
    of_configuration = office.people.file_keys().get(digest)
    if found is not None or of_configuration is not None:
        await office.database.write(forgive, *counted, office.now())
    by = Actor("", "", address=address_of(request), request_id=str(request.scope.get("torana.request_id", "")))
    details = {"url": asked.url}
    if found is not None:
        tenant, key_id = found
        entry = Entry("security", "keys.leaked", f"key:{key_id}", details)
        work = change_as(
            request, by._replace(tenant=tenant), entry, queries.revoke, tenant, [key_id], "leaked", office.now()
        )
        await work
        await office.people.catch_up()
    elif of_configuration is not None and not of_configuration.revoked:
        entry = Entry("security", "keys.leaked", f"key:{of_configuration.key_id}", details)
        about = by._replace(tenant=of_configuration.tenant)
        await change_as(request, about, entry, revoked_of_file, of_configuration, digest, office.now())
        await office.people.catch_up()
    return Received(status="received")


def revoked_of_file(connection: Connection, entry: KeyEntry, digest: bytes, now: float) -> None:
    """Keep a revoked twin of a key of the configuration: it wins over that one."""
    there = connection.execute("SELECT 1 FROM virtual_keys WHERE digest = ?", (digest,)).fetchone()
    if there is None:
        twin = Key(
            entry.key_id, entry.name, entry.prefix, entry.tenant, entry.department, entry.team, entry.user, entry.models,
            sorted(entry.permissions), None, now, [], {}, now, "", {}, "configuration", "leaked", None, None,
        )  # fmt: skip
        queries.add(connection, twin, Secrets(digest, "", entry.prefix))


def secrets_of(request: Request, text: str) -> Secrets:
    """What a fresh secret is found by."""
    return Secrets(office_of(request).people.digest(text), sha256(text.encode()).hexdigest(), shown_prefix(text))


async def within(request: Request, principal: Principal, key_id: str) -> Key:
    """A stored key within reach. Raises GatewayError NOT_FOUND, CONFLICT for a key of the file."""
    if key_id in file_keys(request, principal):
        raise conflict("This key stands in the configuration file. Change it there.")
    found = await office_of(request).database.read(queries.one, principal.reach, key_id)
    if found is None:
        raise unknown("key")
    return found


def file_keys(request: Request, principal: Principal) -> dict[str, KeyEntry]:
    """The keys of the configuration within reach, by id."""
    reach = principal.reach
    rows = office_of(request).people.file_keys().values()
    return {
        one.key_id: one
        for one in rows
        if one.tenant == reach.tenant and reach.covers(one.department, one.team, one.user)
    }


async def used_last(request: Request, tenant: str, key_ids: list[str]) -> dict[str, float]:
    """When these were used last."""
    office = office_of(request)
    return await office.database.read(queries.last_used, tenant, key_ids, office.now())


def demand_alive(there: Key) -> None:
    """Raise GatewayError CONFLICT for a key that was revoked: that is for good."""
    if there.revoked_at is not None:
        raise conflict("This key was revoked. Make another.")


def with_terms(request: Request, principal: Principal, there: Key, asked: KeyTerms) -> Key:
    """The key with what was said; what was left out stays. Raises GatewayError for what may not be."""
    said: dict[str, Any] = {name: getattr(asked, name) for name in asked.model_fields_set}
    rules = dict(there.rules)
    for name in ("limits", "budgets"):
        if name in said:
            rules[name] = [one.model_dump(mode="json", exclude_none=True) for one in said[name] or []]
    if "policy" in said:
        rules["policy"] = policy_named(request, principal, said["policy"] or "")
    changed: dict[str, Any] = {"rules": {name: value for name, value in rules.items() if value}}
    if said.get("permissions") is not None:
        changed["permissions"] = permissions_of(principal, said["permissions"])
    if "expires_at" in said:
        changed["expires_at"] = ends_at(request, said["expires_at"])
    plain = {"environment": "", "models": ["*"], "ip_allow": [], "metadata": {}}
    changed |= {name: empty if said[name] is None else said[name] for name, empty in plain.items() if name in said}
    return there._replace(**changed)


def ends_at(request: Request, moment: Any) -> float | None:
    """When a key ends. Raises GatewayError REQUEST_INVALID for a time that has passed."""
    at: float | None = None if moment is None else moment.timestamp()
    if at is not None and at <= office_of(request).now():
        raise invalid("expires_at", "has passed; to end a key now, revoke it")
    return at


def before(cursor: str) -> tuple[float, str] | None:
    """Where a page goes on. Raises GatewayError REQUEST_INVALID for a text that is no cursor."""
    if not cursor:
        return None
    at, _, key_id = cursor.partition(":")
    try:
        return float(at), key_id
    except ValueError:
        raise GatewayError("REQUEST_INVALID", "cursor: not one of ours.", details={"field": "cursor"}) from None
