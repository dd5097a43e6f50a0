"""``router_settings`` of a LiteLLM configuration, and what ``litellm_settings`` says of the same: strategy, retries,
patience, fallbacks, aliases.

It changes the models that ``litellm_models.py`` made. Called by ``litellm.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from torana.wiring.imports.draft import Row, why_no_name
from torana.wiring.imports.hosts import Desk, seconds
from torana.wiring.imports.litellm_models import Model
from torana.wiring.imports.source import Source

USUAL = "simple-shuffle"
WEIGHTED = "weighted"
STRATEGIES = {
    USUAL: WEIGHTED,
    "least-busy": "least_busy",
    "latency-based-routing": "least_latency",
    "cost-based-routing": "lowest_cost",
}
FALLBACKS = {
    "fallbacks": "fallbacks",
    "context_window_fallbacks": "for_long",
    "content_policy_fallbacks": "for_refused",
}
"""Their name → where a Model of ours has them."""
SAID_OF = {"fallbacks": "", "for_long": " for prompts that are too long", "for_refused": " for refused content"}
MOST_RETRIES = 10
MOST_FAILURES = 1_000
USUAL_REST_S = 5
"""Seconds a deployment rests in LiteLLM when the file does not say."""


def read_routing(desk: Desk, root: Source, models: dict[str, Model], not_yet: frozenset[str]) -> None:
    """Carry what is said of all models."""
    aliases = _aliases(desk, root, models)
    _strategy(desk, root, models)
    _retries(desk, root)
    _breaker(desk, root, not_yet)
    _deadline(desk)
    _fallbacks(desk, root, models, aliases)
    for alias, name in aliases.items():
        for kept in FALLBACKS.values():
            usual = [one for one in getattr(models[name], kept) if one != alias]
            setattr(models[alias], kept, getattr(models[alias], kept) or usual)


def _said(desk: Desk, root: Source, key: str) -> Source | None:
    """A setting of the router, else of the library."""
    sections = [below for name in ("router_settings", "litellm_settings") if (below := root.get(name)) is not None]
    found = [one for below in sections if (one := below.get(key)) is not None]
    for one in found[1:]:
        desk.findings.changed(one.whole().at, f"left out: {found[0].at} says it too, and wins")
    return found[0] if found else None


def _aliases(desk: Desk, root: Source, models: dict[str, Model]) -> dict[str, str]:
    """``model_group_alias``: another name for a model, here a row of its own. Gives the model of each alias."""
    made: dict[str, str] = {}
    given = _said(desk, root, "model_group_alias")
    for alias, target in given.entries() if given is not None else ():
        source = (target.get("model") if target.is_mapping else target) or target
        model = models.get(source.text())
        if model is None or alias in models or why_no_name(alias):
            desk.findings.lost(target.whole().at, f'the alias "{alias}" names no model that was carried')
            continue
        models[alias] = replace(model, name=alias, fallbacks=[], for_long=[], for_refused=[], limits=[])
        made[alias] = model.name
        desk.findings.changed(
            source.at, f'"{alias}" is a model of its own, with the same deployments, without its limits'
        )
        hidden = target.get("hidden") if target.is_mapping else None
        if hidden is not None and hidden.is_true():
            desk.findings.lost(hidden.at, "models cannot be hidden from the list of models")
    return made


def _strategy(desk: Desk, root: Source, models: Mapping[str, Model]) -> None:
    source = _said(desk, root, "routing_strategy")
    said = source.text() if source is not None else USUAL
    ours = STRATEGIES.get(said, "")
    known = ours in desk.available.strategies
    for model in models.values():
        model.strategy = ours if known else WEIGHTED if WEIGHTED in desk.available.strategies else ""
    if source is None:
        return
    if known:
        desk.findings.carried(source.at, f"strategy {ours} of every model")
    else:
        why = f'strategy "{ours}" is not in this version' if ours else "no strategy here corresponds to it"
        desk.findings.lost(source.at, f"{why}; deployments are drawn by weight", "`torana config kinds` lists them")


def _retries(desk: Desk, root: Source) -> None:
    source = _said(desk, root, "num_retries")
    if source is None:
        return
    count = source.count()
    if count is None or count < 0:
        desk.findings.lost(source.whole().at, "no whole number", "set routing.retries by hand")
        return
    desk.draft.routing["retries"] = min(count, MOST_RETRIES)
    most = f", at most {MOST_RETRIES}" if count > MOST_RETRIES else ""
    desk.findings.changed(source.at, f"routing.retries: further tries of one deployment, before the next one{most}")


def _breaker(desk: Desk, root: Source, not_yet: frozenset[str]) -> None:
    fails, rest = _said(desk, root, "allowed_fails"), _said(desk, root, "cooldown_time")
    breaker: Row = {}
    if fails is not None:
        count = fails.count()
        if count is None or not 0 <= count < MOST_FAILURES:
            desk.findings.lost(fails.whole().at, "no whole number below 1,000", "set routing.breaker by hand")
            fails = None
        else:
            breaker["failures"] = count + 1
    open_s = seconds(desk, rest)
    if open_s is not None:
        breaker["open_s"] = open_s
    if not breaker:
        return
    desk.draft.routing["breaker"] = {"failures": 5, "open_s": USUAL_REST_S, **breaker, "window_s": 60}
    for source in (fails, rest if open_s is not None else None):
        if source is None:
            continue
        if "circuit breakers are" in not_yet:
            desk.findings.lost(
                source.at, "written down as routing.breaker, which this version does not heed yet", "nothing: wait"
            )
        else:
            desk.findings.changed(
                source.at, "routing.breaker, which counts failures in a row, not all those of a minute"
            )


def _deadline(desk: Desk) -> None:
    """Our deadline to the first content must not end what the source was patient with."""
    longest = Decimal(60)
    for row in desk.draft.providers:
        times = row.get("timeout_s")
        if isinstance(times, Mapping) and isinstance(total := times.get("total"), Decimal):
            longest = max(longest, total)
    if longest > 60:
        desk.draft.routing["deadline_s"] = longest


def _fallbacks(desk: Desk, root: Source, models: dict[str, Model], aliases: Mapping[str, str]) -> None:
    """The three kinds of fallbacks by model, ``*`` for those that have none, and ``default_fallbacks`` for the first kind."""
    for section in ("router_settings", "litellm_settings"):
        below = root.get(section)
        if below is None:
            continue
        for key, kept in FALLBACKS.items():
            rest = _by_model(desk, below.get(key), models, kept)
            usual = below.get("default_fallbacks") if key == "fallbacks" else None
            rest += usual.items() if usual is not None else []
            for model in models.values():
                if rest and not getattr(model, kept) and model.name not in aliases:
                    _add(desk, model, [one for one in rest if one.text() != model.name], models, kept)


def _by_model(desk: Desk, given: Source | None, models: Mapping[str, Model], kept: str) -> list[Source]:
    """Carry what is said for a model by its name; gives what is said for all that are not named."""
    rest: list[Source] = []
    for entry in given.items() if given is not None else []:
        for name, targets in entry.entries():
            if name == "*":
                rest += targets.items()
            elif name in models:
                _add(desk, models[name], targets.items(), models, kept)
            else:
                desk.findings.lost(targets.whole().at, f'no model "{name}" was carried')
    return rest


def _add(desk: Desk, model: Model, targets: list[Source], models: Mapping[str, Model], kept: str) -> None:
    names: list[str] = getattr(model, kept)
    for target in targets:
        name = target.text()
        if name not in models:
            desk.findings.lost(target.whole().at, f'"{name}" is no model that was carried' if name else "no plain name")
        elif name == model.name:
            desk.findings.lost(target.at, "a model cannot be its own fallback")
        else:
            if name not in names:
                names.append(name)
            desk.findings.carried(target.at, f'fallback of "{model.name}"{SAID_OF[kept]}')
