"""Reads a Portkey gateway configuration (JSON) into a draft of ours: one model, whose deployments are the targets.

It opens nothing: bytes in, text and findings out. Called by ``torana config import-portkey``.
Format: https://portkey.ai/docs/api-reference/inference-api/config-object
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NamedTuple

from torana.wiring.available import Available
from torana.wiring.imports.draft import Draft, Imported, Names, Row, Value, why_no_name
from torana.wiring.imports.hosts import Desk, Params, every_unread, provider_row
from torana.wiring.imports.kinds import Kind, Unknown, kind_by_model, kind_of
from torana.wiring.imports.portkey_conditions import NONE, CannotBeSaid, When, alternatives, joined
from torana.wiring.imports.report import Findings, printable
from torana.wiring.imports.shares import whole_weights
from torana.wiring.imports.source import Source
from torana.wiring.nodes import from_plain
from torana.wiring.problems import ConfigError, Place, Problem
from torana.wiring.yaml_text import MAX_BYTES, MAX_DEPTH

WEIGHTED = "weighted"
MOST_RETRIES = 10
FROM_MS = Decimal("0.001")
CREDENTIAL = ("api_key", "aws_access_key_id", "aws_secret_access_key", "aws_session_token")
SETTINGS = {"api_version": "api_version", "azure_api_version": "api_version", "aws_region": "region",
            "vertex_project_id": "project", "vertex_region": "location"}  # fmt: skip
HOOKS = ("before_request_hooks", "after_request_hooks", "input_guardrails", "output_guardrails")

REASONS: dict[str, tuple[str, str]] = {
    "cache": ("answers are not cached from this file", "set cache by hand where available"),
    "on_status_codes": (
        "which answers are tried again is not a setting",
        "leave it out: failures of the provider and the network are tried again",
    ),
    "use_retry_after_headers": ("Retry-After is always heeded", "leave it out"),
    "override_params": ("requests go on as they came, but for the model", "let the application send it"),
    "forward_headers": ("headers of callers are not passed on", "set headers of the provider"),
}
NOTHING = ("nothing here corresponds to it", "leave it out, or see docs/configuration.md")


class Leaf(NamedTuple):
    """One target that can be carried. ``model``: empty when the request names it."""

    source: Source
    provider: str
    model: str
    weight: Decimal
    when: When = NONE


Tiers = list[list[Leaf]]
"""Targets by priority, best first."""


def import_portkey(data: bytes, file: str, available: Available, model: str = "") -> Imported:
    """The configuration as ours. ``model``: what applications ask for; empty: the first target's model.

    Raises ConfigError when it is no readable JSON object.
    """
    root = Source(_read(data, file))
    desk = Desk(Draft(Names(set())), Findings(), available)
    _model(desk, model, _tiers(desk, root))
    _retries(desk, root)
    _hooks(desk, root)
    every_unread(desk, root, _reason)
    head = ["Made by `torana config import-portkey`; what was carried, changed or lost is in its report."]
    return Imported(desk.draft.text(head), desk.findings, desk.draft.needs())


def _read(data: bytes, file: str) -> Any:
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"at most {MAX_BYTES:,} bytes are read")
        value = json.loads(data)
        if _depth(value) > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    except json.JSONDecodeError as fault:
        raise ConfigError([Problem(Place(file, fault.lineno, fault.colno), "", f"not JSON: {fault.msg}")]) from None
    except (ValueError, RecursionError) as fault:
        raise ConfigError([Problem(Place(file), "", str(fault))]) from None
    if not isinstance(value, dict):
        raise ConfigError([Problem(Place(file), "", "the file must be one JSON object")])
    return from_plain(value, Place(file))


def _depth(value: object) -> int:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((_depth(one) for one in below), default=0)


def _tiers(desk: Desk, here: Source) -> Tiers:
    """The targets of one level. A level without targets is a target itself."""
    targets = here.get("targets")
    if targets is None or not targets.items():
        leaf = _leaf(desk, here)
        return [[leaf]] if leaf is not None else []
    strategy = here.get("strategy")
    mode = strategy.get("mode") if strategy is not None else None
    said = mode.text() if mode is not None else "single"
    if said == "conditional" and strategy is not None:
        return _conditional(desk, strategy, targets)
    if said == "single":
        if mode is not None:
            desk.findings.carried(mode.at, "one target")
        for one in targets.items()[1:]:
            desk.findings.lost(one.whole().at, "a second target, which is never called", "leave it out")
        return _tiers(desk, targets.items()[0])
    if mode is not None and said not in ("fallback", "loadbalance"):
        desk.findings.lost(
            mode.at, "no mode that is known; the targets are tried in order", "see docs/configuration.md"
        )
    elif mode is not None:
        desk.findings.carried(mode.at, "weights" if said == "loadbalance" else "priorities")
    below = [_tiers(desk, one) for one in targets.items()]
    return _side_by_side(desk, targets, below) if said == "loadbalance" else [tier for one in below for tier in one]


def _side_by_side(desk: Desk, targets: Source, below: list[Tiers]) -> Tiers:
    """Targets that share: the first tiers of all are one tier, the second tiers the next."""
    shared: Tiers = []
    for target, tiers in zip(targets.items(), below, strict=True):
        weight = target.get("weight")
        share = weight.number() if weight is not None else Decimal(1)
        if weight is not None and (share is None or share < 0):
            desk.findings.lost(weight.whole().at, "no number of at least 0", "set weight by hand")
        elif weight is not None:
            desk.findings.carried(weight.at, "weight of the deployment")
        if len(tiers) > 1:
            desk.findings.changed(target.at, "after a failure, the other targets of the same level are tried as well")
        for place, tier in enumerate(tiers):
            if place == len(shared):
                shared.append([])
            total = sum(one.weight for one in tier) or Decimal(1)
            shared[place] += [one._replace(weight=one.weight * (share or Decimal(0)) / total) for one in tier]
    return shared


def _conditional(desk: Desk, strategy: Source, targets: Source) -> Tiers:
    """Conditions in their order, each a tier of the targets it leads to, and the default behind them all.

    The first that holds is tried first, as there. A target that nothing leads to is a model by its own name.
    """
    read = [(one, _name_of(one), _tiers(desk, one)) for one in targets.items()]
    found: dict[str, Tiers] = {}
    for _, name, made in read:
        found.setdefault(name, made)
    tiers: Tiers = []
    used: set[str] = set()
    conditions = strategy.get("conditions")
    for one in conditions.items() if conditions is not None else []:
        tiers += _condition(desk, one, found, used)
    default = strategy.get("default")
    chosen = default.text() if default is not None else ""
    if default is not None and chosen in found:
        tiers += found[chosen]
        used.add(chosen)
        desk.findings.changed(default.at, f'"{chosen}" is tried last: where no condition holds, and after failures')
    elif default is not None:
        desk.findings.lost(default.whole().at, f'no target is called "{chosen}"')
    for target, name, made in read:
        if not made or (name in used and made is found[name]):
            continue
        if why_no_name(name):
            desk.findings.lost(target.at, "a target without a name", "write it as a model by hand")
        elif name in used:
            desk.findings.lost(target.at, f'a second target called "{name}"', "write it as a model by hand")
        else:
            _model(desk, name, made)
    return tiers


def _name_of(target: Source) -> str:
    named = target.get("name")
    return named.text() if named is not None else ""


def _condition(desk: Desk, one: Source, found: dict[str, Tiers], used: set[str]) -> Tiers:
    """The tiers of one condition; none, with a finding, when it cannot be carried."""
    query, then = one.get("query"), one.get("then")
    name = then.text() if then is not None else ""
    if query is None or not found.get(name):
        about = "it asks for nothing" if query is None else f'no target that could be carried is called "{name}"'
        desk.findings.lost(one.whole().at, f"the condition: {about}")
        return []
    try:
        choices = alternatives(query)
    except CannotBeSaid as why:
        desk.findings.lost(one.whole().at, f"the condition: {why}", "let applications ask for the target by its name")
        return []
    used.add(name)
    desk.findings.changed(
        query.whole().at,
        f'a condition of the deployments of "{name}"; it looks at the metadata of the key, not of the request',
        "give the keys this metadata",
    )
    return [
        [
            leaf._replace(when=both)
            for leaf in tier
            for choice in choices
            if (both := joined(leaf.when, choice)) is not None
        ]
        for tier in found[name]
    ]


def _leaf(desk: Desk, here: Source) -> Leaf | None:
    """A target; None, with a finding and a comment, when it cannot be carried."""
    override = here.get("override_params")
    model = override.get("model") if override is not None else None
    said = model.text() if model is not None else ""
    if said.startswith("@"):
        said = said.partition("/")[2]
    why = why_no_name(said) if model is not None else ""
    kind = _kind(desk, here, said)
    if isinstance(kind, Unknown):
        about = f'no kind "{kind.wanted}" in this version' if kind.wanted else "it does not say whose provider it is"
        why = why or about
    if why or isinstance(kind, Unknown):
        return _leave(desk, here, said, why)
    settings = provider_row(desk, here, _params(here, kind))
    if settings is None:
        return _leave(desk, here, said, "its provider cannot be carried: see the entry before")
    provider = desk.draft.provider(kind.name, settings)
    virtual = here.get("virtual_key")
    if virtual is not None:
        desk.findings.changed(
            virtual.whole().at, "its key is kept by Portkey", "put the provider's own key into the environment"
        )
    desk.findings.carried(here.at, f"a deployment: {provider}/{said or 'the model asked for'}")
    return Leaf(here, provider, said, Decimal(1))


def _leave(desk: Desk, here: Source, said: str, why: str) -> Leaf | None:
    what = printable(said) or "the model asked for"
    desk.findings.lost(here.whole().at, f"the target for {what}: {why}", "`torana config kinds` lists what there is")
    desk.draft.comment("models", f"{here.at or 'the file'}: {what}: not carried: {why}")
    return None


def _kind(desk: Desk, here: Source, model: str) -> Kind | Unknown:
    """By ``provider``; for a slug of Portkey's own, by whose the model's name is."""
    given = here.get("provider")
    word = given.text() if given is not None else ""
    if word and not word.startswith("@"):
        kind = kind_of("portkey", word, desk.available, elsewhere=here.get("custom_host") is not None)
        if given is not None and not isinstance(kind, Unknown):
            desk.findings.carried(given.at, f"kind {kind.name}")
        return kind
    kind = kind_by_model(model, desk.available)
    if not isinstance(kind, Unknown):
        desk.findings.changed(here.at, f"no provider is written: the model's name is of the kind {kind.name}")
    return kind


def _params(here: Source, kind: Kind) -> Params:
    patience = here.get("request_timeout")
    organisation = here.get("openai_organization")
    return Params(
        kind=kind,
        stem=f"imported_{kind.name}",
        address=here.get("custom_host"),
        settings={ours: found for theirs, ours in SETTINGS.items() if (found := here.get(theirs)) is not None},
        credential={name: found for name in CREDENTIAL if (found := here.get(name)) is not None},
        headers={"OpenAI-Organization": organisation} if organisation is not None else {},
        times={"total": patience} if patience is not None else {},
        tick=FROM_MS,
    )


def _model(desk: Desk, wanted: str, tiers: Tiers) -> None:
    """The tiers as one model. Without any name of a model there is nothing to ask for but ``provider/model``."""
    leaves = [leaf for tier in tiers for leaf in tier]
    name = wanted or next((leaf.model for leaf in leaves if leaf.model), "")
    if not leaves:
        return
    if not name:
        providers = ", ".join(sorted({leaf.provider for leaf in leaves}))
        desk.findings.lost(
            leaves[0].source.at, f"no target names a model; models are reached as PROVIDER/MODEL here ({providers})",
            "give --model NAME to make one model of it",
        )  # fmt: skip
        return
    why = "a model of this name is there already" if desk.draft.has_model(name) else why_no_name(name)
    if why:
        desk.findings.lost(leaves[0].source.at, f'no model "{name}" is made of it: {why}', "write it by hand")
        return
    deployments: list[Value] = []
    for priority, tier in enumerate((tier for tier in tiers if tier), 1):
        weights = whole_weights([_rounded(leaf.weight) for leaf in tier])
        for place, leaf in enumerate(tier):
            entry: Row = {"provider": leaf.provider, "model": leaf.model or name}
            if weights is not None and len(tier) > 1:
                entry["weight"] = weights[place]
            if len(tiers) > 1:
                entry["priority"] = priority
            deployments.append({**entry, "when": dict(leaf.when)} if leaf.when else entry)
    row: Row = {"name": name, "deployments": deployments}
    if len(leaves) > 1 and WEIGHTED in desk.available.strategies:
        row["strategy"] = WEIGHTED
    desk.draft.models.append(row)
    at = leaves[0].source.path[:1]
    desk.findings.changed(str(at[0]) if at else "", f'applications ask for the model "{name}"')


def _rounded(weight: Decimal) -> Decimal:
    return weight.quantize(Decimal("0.001")).normalize() if weight < 1_000_000 else weight


def _retries(desk: Desk, root: Source) -> None:
    retry = root.get("retry")
    attempts = retry.get("attempts") if retry is not None else None
    if attempts is None:
        return
    count = attempts.count()
    if count is None or not 0 <= count <= MOST_RETRIES:
        desk.findings.lost(attempts.whole().at, f"no whole number up to {MOST_RETRIES}", "set routing.retries by hand")
        return
    desk.draft.routing["retries"] = count
    desk.findings.carried(attempts.at, "routing.retries")


def _hooks(desk: Desk, here: Source) -> None:
    """Guardrails, at any level."""
    for name in HOOKS:
        given = here.get(name)
        for one in given.items() if given is not None else []:
            desk.findings.lost(
                one.whole().at, "a guardrail: nothing checks it here until you write it", "docs/providers.md"
            )
    targets = here.get("targets")
    for target in targets.items() if targets is not None else []:
        _hooks(desk, target)


def _reason(one: Source) -> tuple[str, str]:
    steps = [str(step) for step in reversed(one.path) if not isinstance(step, int)]
    return next((REASONS[step] for step in steps if step in REASONS), NOTHING)
