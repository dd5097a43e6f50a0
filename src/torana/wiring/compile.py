"""Settings and stored keys to the Snapshot that the line reads.

Pure: the same settings and keys give the same digest. It opens nothing. Called by ``build`` and ``live``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from torana.core.keys import key_digest, shown_prefix
from torana.core.snapshot import (
    Breaker,
    Canary,
    Deployment,
    Hedge,
    KeyEntry,
    ModelEntry,
    Probe,
    Shadow,
    Snapshot,
)
from torana.ports.store import StoredKey
from torana.wiring.compile_policies import by_policies, documents_of, everybodys
from torana.wiring.compile_queue import capacities, queue_rules
from torana.wiring.compile_rules import assuming, budget_rules, dearest_of, limit_rules
from torana.wiring.fingerprints import fingerprint
from torana.wiring.issuers import issuer_entries
from torana.wiring.key_rules import with_key_rules
from torana.wiring.prices.book import PriceBook
from torana.wiring.settings import Settings
from torana.wiring.settings_models import Breaker as BreakerSettings
from torana.wiring.settings_models import Deployment as DeploymentSettings
from torana.wiring.settings_models import Hedge as HedgeSettings
from torana.wiring.settings_models import Model
from torana.wiring.settings_people import Key
from torana.wiring.settings_people_checks import key_id, tree_of


def compile_snapshot(
    settings: Settings, stored_keys: Sequence[StoredKey], version: int, hash_key: bytes, book: PriceBook
) -> Snapshot:
    """The Snapshot. ``hash_key``: the installation's key-hash key. ``settings`` were checked by ``load``.

    A key of the file wins over a stored one with the same digest, unless that one was revoked. Raises ConfigError for
    prices that ``book`` cannot put in the installation's currency.
    """
    settings = with_key_rules(settings, stored_keys)
    tree = tree_of(settings)
    teams = {tenant: dict(rows) for tenant, rows in tree.teams.items()}
    suspended = frozenset(one.id for one in settings.tenants if one.status == "suspended")
    of_file = dict(key_entry(one, hash_key, teams) for one in settings.keys)
    keys = both_keys({one.digest: one.entry for one in stored_keys}, of_file, suspended)
    ids = {one.name: key_id(one) for one in settings.keys}
    general = [one for one in settings.models if not one.tenant]
    models = {one.name: model_entry(one, settings, book) for one in general}
    assumed = dearest_of(models.values()) if settings.unknown_price == "estimate" else None
    tenants = {
        tenant: {
            one.name: assuming(model_entry(one, settings, book, tenant), assumed)
            for one in (*general, *(one for one in settings.models if one.tenant == tenant))
        }
        for tenant in sorted(book.tenants | {one.tenant for one in settings.models if one.tenant})
    }
    policies = documents_of(settings, ids)
    everybody = everybodys(policies)
    settings = by_policies(settings, ids)
    snapshot = Snapshot(
        version=version,
        digest="",
        keys=keys,
        models={name: assuming(one, assumed) for name, one in models.items()},
        provider_kinds={one.id: one.kind for one in settings.providers},
        provider_owners={one.id: one.tenant for one in settings.providers if one.tenant},
        default_model=settings.default_model,
        limits=limit_rules(settings.limits, ids),
        budgets=budget_rules(settings, ids),
        unknown_price=settings.unknown_price,
        assumed_prices=assumed,
        guardrails=everybody.guardrails,
        policy=everybody.name,
        policies=policies,
        currency=settings.currency,
        assumed_max_tokens=everybody.assumed_max_tokens,
        retries=settings.routing.retries,
        deadline_s=settings.routing.deadline_s,
        breaker=breaker(settings.routing.breaker),
        inject=settings.routing.inject,
        passthrough=frozenset(one.id for one in settings.providers if one.passthrough),
        issuers=issuer_entries(settings),
        teams={tenant: rows for tenant, rows in teams.items() if tenant not in suspended},
        departments=tree.departments,
        operations={one.id: offers for one in settings.providers if (offers := operations(one.settings))},
        keepers=frozenset(one.id for one in settings.providers if keeps(one.settings)),
        hedge=hedge(settings.routing.hedge),
        probes=probes(settings),
        shadows=everybody.shadows,
        own_keys=frozenset(name for one in settings.policies for name in one.upstream_keys or ()),
        tenant_models=tenants,
        capacities=capacities(settings),
        queue=queue_rules(settings, ids),
    )
    return _with_digest(snapshot)


def keeps(provider: object) -> bool:
    """Whether a provider's settings say that it keeps files."""
    return "files" in operations(provider)


def operations(provider: object) -> frozenset[str]:
    """What a provider's settings say that it offers; empty: they say nothing of it."""
    return frozenset(getattr(provider, "operations", ()))


def key_entry(key: Key, hash_key: bytes, teams: Mapping[str, Mapping[str, str]]) -> tuple[bytes, KeyEntry]:
    """A key of the file as digest and entry. ``teams``: the department of each team, by tenant."""
    text = key.key.reveal() if key.key else ""
    digest = key_digest(hash_key, text) if text else bytes.fromhex(key.key_hash or "")
    return digest, KeyEntry(
        key_id=key_id(key),
        name=key.name,
        prefix=shown_prefix(text) if text else "",
        tenant=key.tenant,
        department=key.department or teams.get(key.tenant, {}).get(key.team, ""),
        team=key.team,
        user=key.user,
        models=key.models,
        permissions=frozenset(key.permissions),
        expires_at=key.expires_at,
        ip_allow=key.ip_allow,
        metadata=dict(key.metadata),
        shadows=key.shadows,
    )


def both_keys(
    stored: Mapping[bytes, KeyEntry], of_file: Mapping[bytes, KeyEntry], suspended: frozenset[str]
) -> dict[bytes, KeyEntry]:
    """Keys of the database and of the file; those of suspended tenants are refused like revoked ones."""
    stay = {digest: entry for digest, entry in of_file.items() if digest not in stored or not stored[digest].revoked}
    both = {**stored, **stay}
    if suspended:
        return {
            one: replace(entry, revoked=True) if entry.tenant in suspended else entry for one, entry in both.items()
        }
    return both


def model_entry(model: Model, settings: Settings, book: PriceBook, tenant: str = "") -> ModelEntry:
    """A model with its deployments ranked, at the prices that the tenant pays; without one, at everybody's."""
    kinds = {one.id: one.kind for one in settings.providers}
    own = book.written(model.prices) if model.prices else None
    declared = {one.id: getattr(one.settings, "capabilities", None) for one in settings.providers}

    def deployed(one: DeploymentSettings) -> Deployment:
        return Deployment(
            one.provider,
            one.model,
            one.weight,
            _priority(one, kinds, settings.provider_priority),
            one.region,
            None if (costs := book.deployed(one, model, tenant)) == own else costs,
            capabilities(one, model, declared.get(one.provider)),
            one.context_tokens or model.context_tokens,
            tuple(one.when.items()),
        )

    canary, shadow = model.canary, model.shadow
    return ModelEntry(
        name=model.name,
        deployments=tuple(deployed(one) for one in model.deployments),
        canary=Canary(deployed(canary), canary.percent / 100, canary.sticky) if canary else None,
        shadow=Shadow(deployed(shadow), shadow.percent / 100, shadow.deadline_s, shadow.at_once) if shadow else None,
        strategy=model.strategy,
        fallbacks=model.fallbacks,
        context_window_fallbacks=model.context_window_fallbacks,
        content_policy_fallbacks=model.content_policy_fallbacks,
        prices=own,
        capabilities=frozenset(model.capabilities),
        context_tokens=model.context_tokens,
        max_output_tokens=model.max_output_tokens,
    )


def _priority(one: DeploymentSettings, kinds: Mapping[str, str], order: Sequence[str]) -> int:
    """The deployment's own priority, else its provider's place in ``provider_priority``; those not in it come last."""
    if one.priority is not None:
        return one.priority
    ranks = [rank for rank, name in enumerate(order, 1) if name in (one.provider, kinds.get(one.provider))]
    return ranks[0] if ranks else len(order) + 1


def capabilities(one: DeploymentSettings, model: Model, provider: Sequence[str] | None) -> frozenset[str] | None:
    """What requests may use there: its own word, else what provider and model both declare; None: neither does.

    ``provider``: what its Settings declare, None when its kind declares nothing. A model without a list says nothing.
    """
    if one.capabilities is not None:
        return frozenset(one.capabilities)
    if provider is None:
        return frozenset(model.capabilities) or None
    return frozenset(provider) & frozenset(model.capabilities) if model.capabilities else frozenset(provider)


def breaker(given: BreakerSettings | None) -> Breaker | None:
    """When a failing deployment rests; None: never."""
    return None if given is None else Breaker(given.failures, given.window_s, given.open_s)


def hedge(given: HedgeSettings | None) -> Hedge | None:
    """When a second deployment is asked; None: never."""
    return None if given is None else Hedge(None if given.after_ms is None else given.after_ms / 1000)


def probes(settings: Settings) -> dict[str, Probe]:
    """Provider id → how it is probed: its own way, else that of all."""
    found = ((one.id, one.probe or settings.routing.probe) for one in settings.providers)
    return {
        name: Probe(given.interval_s, given.timeout_s, given.failures)
        for name, given in found
        if given is not None and given.enabled
    }


def _with_digest(snapshot: Snapshot) -> Snapshot:
    content = {
        one.name: getattr(snapshot, one.name) for one in fields(snapshot) if one.name not in ("version", "digest")
    }
    return Snapshot(version=snapshot.version, digest=fingerprint(content), **content)
