"""May they: which model is meant, and whether this Caller may have it. Issues the Grant.

Pure: no clock, no I/O. It does not look at budgets or content. Called by the line after identify.
"""

from __future__ import annotations

from collections.abc import Callable

from torana.core.call import ANY_PROVIDER, Call
from torana.core.errors import GatewayError
from torana.core.kept import Pin
from torana.core.snapshot import Deployment, KeyEntry, ModelEntry, Prices, Snapshot
from torana.core.tickets import Caller, Grant
from torana.line.kept_models import kept_model
from torana.line.passed import OPERATION as PASSED
from torana.line.passed import passed_model
from torana.line.whereabouts import first_of, narrowed, provider_ids

MODELS_NAMED_IN_REFUSAL = 20
PriceOf = Callable[[str, str, str], Prices | None]
"""Tenant, provider id, model there → prices; None: nobody knows."""


MOST_REMEMBERED = 65_536


class Policy:
    """Judges requests by one Snapshot."""

    __slots__ = ("_grants", "_kept", "_price_of", "_snapshot")

    def __init__(self, snapshot: Snapshot, price_of: PriceOf | None = None) -> None:
        """``price_of``: what a model costs that is named as ``provider/model``; None: nobody knows of any."""
        self._snapshot = snapshot
        self._price_of = price_of
        self._grants: dict[tuple[int, str | None], Grant] = {}
        """By the identity of the Caller, whom the Grant keeps alive, and the name asked for."""
        self._kept: dict[tuple[str, tuple[Deployment, ...]], ModelEntry] = {}

    def allow(self, caller: Caller, call: Call) -> Grant:
        """The Grant. Raises GatewayError: REQUEST_INVALID, MODEL_NOT_FOUND, MODEL_NOT_ALLOWED."""
        if call.ask.provider is not None:
            return self._allow_at(caller, call)
        if call.pin is not None:
            return self._allow_kept(caller, call, call.pin)
        snapshot = self._snapshot
        name = call.ask.model or snapshot.default_model
        known = self._grants.get((id(caller), name))
        if known is not None and known.caller is caller:
            call.trail.grant = known
            return known
        if name is None:
            raise GatewayError("REQUEST_INVALID", "Name a model: no default model is configured.", param="model")
        model = self._demanded(
            caller, name, snapshot.models_of(caller.tenant).get(name) or self.named_by_provider(name, caller.tenant)
        )
        return self._granted(caller, name, model, call)

    def _allow_at(self, caller: Caller, call: Call) -> Grant:
        """The Grant for a request that wants a certain provider, or names no model and takes any."""
        provider, name = call.ask.provider or ANY_PROVIDER, call.ask.model or ""
        wanted = f"{provider}\0{name}"
        if call.operation == PASSED:
            wanted = f"{PASSED}\0{call.ask.max_tokens != 0}\0{wanted}"
        known = self._grants.get((id(caller), wanted))
        if known is not None and known.caller is caller:
            call.trail.grant = known
            return known
        snapshot = self._snapshot
        model: ModelEntry | None
        if call.operation == PASSED:
            model = passed_model(snapshot, caller.key, call.ask, call.ask.max_tokens != 0, may_use)
        elif not name:
            usable = [model for model in snapshot.models_of(caller.tenant).values() if may_use(caller.key, model.name)]
            model = first_of(usable, snapshot.default_model, provider, snapshot.provider_kinds)
        elif name in snapshot.models:
            model = self._demanded(caller, name, snapshot.models_of(caller.tenant)[name])
            model = narrowed(model, provider_ids(snapshot.provider_kinds, provider))
        else:
            name = f"{provider}/{name}"
            model = self._demanded(caller, name, self.named_by_provider(name, caller.tenant))
        if model is None:
            what = f"The model {shown(name)!r} is not" if name else "None of your models is"
            where = "here" if provider == ANY_PROVIDER else f"at the provider {shown(provider)!r} here"
            raise GatewayError("MODEL_NOT_FOUND", f"{what} {where}.", param="provider")
        return self._granted(caller, wanted, model, call)

    def _allow_kept(self, caller: Caller, call: Call, pin: Pin) -> Grant:
        """The Grant for a request about files or batches, which names the model of its lines, or none."""
        model = kept_model(
            self._snapshot, call.ask, pin, self.models_for(caller),
            lambda name: self._demanded(caller, name, self._snapshot.models_of(caller.tenant).get(name)),
        )  # fmt: skip
        # Other rooms remember models by identity: the same one must be the same object.
        model = self._kept.setdefault((model.name, model.deployments), model)
        grant = Grant(caller, model, self._snapshot.policy, self._snapshot.guardrails)
        call.trail.grant = grant
        return grant

    def _demanded(self, caller: Caller, name: str, model: ModelEntry | None) -> ModelEntry:
        """The model. Raises GatewayError MODEL_NOT_FOUND, MODEL_NOT_ALLOWED."""
        if model is None:
            raise GatewayError(
                "MODEL_NOT_FOUND", f"There is no model {shown(name)!r} here. GET /v1/models lists yours.", param="model"
            )
        key = caller.key
        if not may_use(key, name):
            allowed = self.names_for(caller)
            raise GatewayError(
                "MODEL_NOT_ALLOWED",
                f"The key {key.prefix} may not use {shown(name)!r}. It may use: {listed(allowed)}.",
                param="model",
                details={"allowed_models": allowed[:MODELS_NAMED_IN_REFUSAL]},
            )
        return model

    def _granted(self, caller: Caller, name: str, model: ModelEntry, call: Call) -> Grant:
        grant = Grant(caller, model, self._snapshot.policy, self._snapshot.guardrails)
        if len(self._grants) >= MOST_REMEMBERED:
            self._grants.clear()
        self._grants[id(caller), name] = grant
        call.trail.grant = grant
        return grant

    def named_by_provider(self, name: str, tenant: str = "") -> ModelEntry | None:
        """The model of a ``provider/model`` name, by provider id first, then by kind; None when there is none.

        ``tenant``: at whose prices.
        """
        provider, slash, model = name.partition("/")
        if not slash or not model:
            return None
        kinds = self._snapshot.provider_kinds
        if provider not in kinds:
            provider = next((id_ for id_, kind in kinds.items() if kind == provider), "")
            if not provider:
                return None
        prices = self._price_of(tenant, provider, model) if self._price_of is not None else None
        return ModelEntry(name, (Deployment(provider, model, prices=prices),), prices=self._snapshot.assumed_prices)

    def models_for(self, caller: Caller) -> list[ModelEntry]:
        """The models this Caller may use, by name."""
        models = self._snapshot.models_of(caller.tenant)
        return [models[name] for name in sorted(models) if may_use(caller.key, name)]

    def names_for(self, caller: Caller) -> list[str]:
        """The names of the models this Caller may use, sorted."""
        return [model.name for model in self.models_for(caller)]


def may_use(key: KeyEntry, name: str) -> bool:
    """Whether the key's model list has the name: exactly, as ``*``, or as a ``prefix*``."""
    patterns = key.models
    if "*" in patterns or name in patterns:
        return True
    return any(pattern[-1:] == "*" and name.startswith(pattern[:-1]) for pattern in patterns)


def shown(name: str) -> str:
    """A caller's text, bounded and printable, fit to be repeated to the same caller."""
    text = name if len(name) <= 64 else name[:61] + "…"
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def listed(names: list[str]) -> str:
    """A short list for a sentence."""
    if not names:
        return "no model"
    head = ", ".join(names[:MODELS_NAMED_IN_REFUSAL])
    rest = len(names) - MODELS_NAMED_IN_REFUSAL
    return head if rest <= 0 else f"{head} and {rest} more"
