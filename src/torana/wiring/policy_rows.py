"""Completes checked settings: the rows that policies imply, such as guardrails of packs, and the policy of everybody.

It judges nothing (``settings_policies_checks`` did). Called by ``settings.load``, and where stored policies are laid over
the file's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from torana.wiring.available import Available
from torana.wiring.packs import Rule, packs
from torana.wiring.settings_policies import Policy, PolicyGuardrail
from torana.wiring.settings_rules import Guardrail

if TYPE_CHECKING:
    from torana.wiring.settings import Settings

DEFAULT_POLICY = "default"


def resolved(settings: Settings, available: Available) -> Settings:
    """The settings with a row for every guardrail that is named, each with its sides, and with a policy for everybody.

    Where no policy is named ``default``, one for everybody has the guardrails that no policy names.
    """
    rows = {one.id: one for one in settings.guardrails}
    for policy in settings.policies:
        for name in policy.packs:
            rows.update((rule.id, _of_pack(rule, available)) for rule in packs()[name].rules)
        for named in policy.guardrails or ():
            if named.id not in rows and named.id in available.guardrails:
                rows[named.id] = Guardrail(id=named.id, settings=available.guardrails[named.id].settings()())
    policies = tuple(_with_packs(one) for one in settings.policies)
    if all(one.name != DEFAULT_POLICY for one in policies):
        policies = (_everybodys(settings.guardrails, policies), *policies)
    guardrails = tuple(_with_side(one, available) for one in rows.values())
    return msgspec.structs.replace(settings, guardrails=guardrails, policies=policies)


def _of_pack(rule: Rule, available: Available) -> Guardrail:
    kind = available.guardrails[rule.kind]
    return Guardrail(
        id=rule.id,
        kind=rule.kind,
        mode=rule.mode,
        side=rule.side,
        on_error=rule.on_error,
        settings=msgspec.convert(rule.settings, kind.settings()),
    )


def _with_packs(policy: Policy) -> Policy:
    """The policy with the guardrails of its packs behind its own, but those that it names itself."""
    if not policy.packs:
        return policy
    own = policy.guardrails or ()
    named = {one.id for one in own}
    rules = dict.fromkeys(rule.id for name in policy.packs for rule in packs()[name].rules)
    more = tuple(PolicyGuardrail(id=one) for one in rules if one not in named)
    return msgspec.structs.replace(policy, guardrails=own + more)


def _everybodys(guardrails: Iterable[Guardrail], policies: Iterable[Policy]) -> Policy:
    used = {named.id for policy in policies for named in policy.guardrails or ()}
    left = tuple(PolicyGuardrail(id=one.id) for one in guardrails if one.id not in used)
    return Policy(name=DEFAULT_POLICY, guardrails=left or None)


def _with_side(row: Guardrail, available: Available) -> Guardrail:
    kind = available.guardrails.get(row.plugin)
    if row.side is not None or kind is None:
        return row
    sides = tuple(kind.sides())
    side = "both" if len(sides) > 1 else "output" if sides == ("output",) else "input"
    return msgspec.structs.replace(row, side=side)
