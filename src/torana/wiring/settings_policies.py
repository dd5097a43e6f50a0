"""Settings of policies: what callers may do, and whom each policy is about.

How wide and narrow ones combine stands in ``core/policies.py``. Part of ``settings.Settings``; stored policies have the
same shape.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from torana.wiring.settings_files import PolicyFiles
from torana.wiring.settings_forms import Name, Texts, says
from torana.wiring.settings_rules import Mode, OnError, Side

WIDEN = (
    "models",
    "providers",
    "dialects",
    "regions",
    "guardrails",
    "upstream_keys",
    "shadows",
    "fallbacks",
    "cache",
    "semantic_cache",
    "assumed_max_tokens",
    "files",
)
"""What a policy may let narrower ones widen; ``packs`` go with ``guardrails``, denials with what they deny."""


class Attach(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a policy's ``attach``: whoever has all that it names."""

    tenant: Annotated[str, says("tenant id")] = ""
    department: Annotated[str, says("department id")] = ""
    team: Annotated[str, says("team id")] = ""
    user: Annotated[str, says("user")] = ""
    key: Annotated[str, says("key name, or the id of a stored key")] = ""


class PolicyGuardrail(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a policy's ``guardrails``; written as a text it is the id alone."""

    id: Annotated[Name, says("id of a guardrail, or a kind that needs no settings")]
    mode: Annotated[Mode | None, says("instead of the guardrail's own")] = None
    side: Annotated[Side | None, says("instead of the guardrail's own")] = None
    on_error: Annotated[OnError | None, says("instead of the guardrail's own")] = None


Named = Annotated[PolicyGuardrail, says("", short="id")]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``policies``. What is null says nothing; an empty list allows nothing."""

    name: Annotated[Name, says("name, unique")]
    attach: Annotated[tuple[Attach, ...], says("for whom; empty: everyone")] = ()
    guardrails: Annotated[tuple[Named, ...] | None, says("guardrails: ids, or rows with a mode of their own")] = None
    packs: Annotated[Texts, says("compliance packs: named sets of guardrails")] = ()
    models: Annotated[Texts | None, says("model names that may be used; `gpt-*` by prefix")] = None
    models_denied: Annotated[Texts, says("model names that may not")] = ()
    providers: Annotated[Texts | None, says("provider ids or kinds that may be asked")] = None
    providers_denied: Annotated[Texts, says("provider ids or kinds that may not")] = ()
    dialects: Annotated[Texts | None, says("dialects in which may be asked")] = None
    dialects_denied: Annotated[Texts, says("dialects in which may not")] = ()
    regions: Annotated[Texts | None, says("regions of deployments that may be used; those without one may not")] = None
    regions_denied: Annotated[Texts, says("regions of deployments that may not be used")] = ()
    fallbacks: Annotated[bool | None, says("whether another model may answer; null: it may")] = None
    shadows: Annotated[bool | None, says("whether requests may be copied to a model's `shadow`; null: they may")] = None
    cache: Annotated[bool | None, says("whether answers may be kept and found again; null: they may")] = None
    semantic_cache: Annotated[
        bool | None, says("whether an answer may be given to the same question in other words; null: it may not")
    ] = None
    retention_days: Annotated[int | None, says("days that records are kept", ge=1)] = None
    assumed_max_tokens: Annotated[
        int | None, says("answer length that is assumed when none is asked for; null: 4096", ge=1)
    ] = None
    upstream_keys: Annotated[
        Texts | None, says("providers for which callers may bring keys of their own; null: none")
    ] = None
    files: Annotated[PolicyFiles | None, says("what becomes of files; null: those under guardrails are judged")] = None
    limits: Annotated[Texts, says("ids of limits with `by_policy`")] = ()
    budgets: Annotated[Texts, says("ids of budgets with `by_policy`")] = ()
    shadow: Annotated[bool, says("on trial: what it would do is recorded, nothing is done")] = False
    widen: Annotated[Texts, says("what narrower policies may widen, such as models; else they may only restrict")] = ()
