"""Compiles policies into the documents that the line combines, and the limits that hold for some callers only.

It checks nothing: the settings were checked when they were loaded. Called by ``compile``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from torana.core.policies import EVERYONE, SIDES, Attachment, Choice, Document, Stance, Terms, Wish, Wishes, both_wishes
from torana.line.chains import Chains
from torana.wiring.fingerprints import fingerprint
from torana.wiring.settings import Settings
from torana.wiring.settings_files import terms_of
from torana.wiring.settings_policies import Attach, Policy, PolicyGuardrail
from torana.wiring.settings_rules import Budget, Guardrail, Limit

CHOICES = ("models", "providers", "dialects", "regions")
PLAIN = ("shadows", "fallbacks", "cache", "semantic_cache", "assumed_max_tokens")
ABOUT_PEOPLE = frozenset({"name", "attach"})
Row = TypeVar("Row", Limit, Budget)


def documents_of(settings: Settings, key_ids: Mapping[str, str]) -> tuple[Document, ...]:
    """Every policy. ``key_ids``: by key name."""
    rows = {one.id: one for one in settings.guardrails}
    return tuple(document(one, rows, key_ids) for one in settings.policies)


def document(policy: Policy, rows: Mapping[str, Guardrail], key_ids: Mapping[str, str]) -> Document:
    """One policy. ``rows``: the guardrails by id."""
    said: dict[str, Any] = {}
    for name in CHOICES:
        allowed, denied = getattr(policy, name), getattr(policy, f"{name}_denied")
        if allowed is not None or denied:
            within = frozenset() if allowed is None else frozenset({frozenset(allowed)})
            said[name] = Choice(within, frozenset(denied))
    for name in PLAIN:
        if getattr(policy, name) is not None:
            said[name] = getattr(policy, name)
    if policy.upstream_keys is not None:
        said["own_keys"] = frozenset(policy.upstream_keys)
    if policy.files is not None:
        said["files"] = terms_of(policy.files)
    if policy.guardrails is not None:
        said["guardrails"] = wishes(policy.guardrails, rows)
    loose = {"own_keys" if name == "upstream_keys" else name for name in policy.widen}
    content = {name: value for name, value in msgspec.structs.asdict(policy).items() if name not in ABOUT_PEOPLE}
    used = [rows[one.id] for one in policy.guardrails or ()]
    return Document(
        policy.name,
        fingerprint([content, used])[:16],
        Stance(
            {name: value for name, value in said.items() if name not in loose},
            {name: value for name, value in said.items() if name in loose},
        ),
        tuple(attachment(one, key_ids) for one in policy.attach) or (EVERYONE,),
        policy.shadow,
    )


def wishes(named: Iterable[PolicyGuardrail], rows: Mapping[str, Guardrail]) -> Wishes:
    """What the policy wants of guardrails, by id and side."""
    found: Wishes = {}
    for one in named:
        row = rows[one.id]
        side = one.side or row.side or "both"
        wish = Wish(one.mode or row.mode, (one.on_error or row.on_error) == "closed")
        found = both_wishes(found, {(one.id, each): wish for each in (SIDES if side == "both" else (side,))})
    return found


def attachment(row: Attach, key_ids: Mapping[str, str]) -> Attachment:
    """Whom the row is about."""
    return Attachment(row.tenant, row.department, row.team, row.user, key_ids.get(row.key, row.key))


def everybodys(documents: Iterable[Document]) -> Terms:
    """What holds for callers whom no policy names."""
    return Chains(documents, Terms()).terms_for(EVERYONE)


def by_policies(settings: Settings, key_ids: Mapping[str, str]) -> Settings:
    """The settings with limits and budgets that some policies name turned into rows about those whom they are for."""
    real = [one for one in settings.policies if not one.shadow]
    return msgspec.structs.replace(
        settings,
        limits=tuple(_placed(settings.limits, [(one, one.limits) for one in real], key_ids)),
        budgets=tuple(_placed(settings.budgets, [(one, one.budgets) for one in real], key_ids)),
    )


def _placed(
    rows: Sequence[Row], named: Sequence[tuple[Policy, Sequence[str]]], key_ids: Mapping[str, str]
) -> Iterable[Row]:
    for row in rows:
        if not row.by_policy:
            yield row
            continue
        for policy, ids in named:
            if row.id not in ids:
                continue
            for place in policy.attach or (Attach(),):
                about = {name: value for name, value in attachment(place, key_ids)._asdict().items() if value}
                if all(row.where.get(name, value) == value for name, value in about.items()):
                    changed = msgspec.structs.replace(row, id=f"{row.id}@{policy.name}", where={**row.where, **about})
                    yield changed
