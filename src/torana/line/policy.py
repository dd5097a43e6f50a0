"""May they: which model is meant, and whether this Caller may have it, by its key and its policies. Issues the Grant.

Pure: no clock, no I/O. It does not look at budgets or content. Called by the line after identify.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from torana.core.call import ANY_PROVIDER, Call
from torana.core.errors import GatewayError
from torana.core.kept import ANSWER, Pin
from torana.core.policies import Terms, matches
from torana.core.snapshot import Deployment, KeyEntry, ModelEntry, Prices, Snapshot
from torana.core.tickets import Caller, Dropped, Grant
from torana.line.chains import Chains
from torana.line.kept_models import kept_model, where_kept
from torana.line.narrowing import fitted, would_refuse
from torana.line.passed import OPERATION as PASSED
from torana.line.passed import passed_model
from torana.line.whereabouts import first_of, narrowed, provider_ids

MODELS_NAMED_IN_REFUSAL = 20
PriceOf = Callable[[str, str, str], Prices | None]
"""Tenant, provider id, model there → prices; None: nobody knows."""

MOST_REMEMBERED = 65_536
Fitted = tuple[ModelEntry | None, tuple[Dropped, ...]]
"""What policies leave of a model, and what was left out."""


class Policy:
    """Judges requests by one Snapshot."""

    __slots__ = ("_fitted", "_grants", "_kept", "_price_of", "_snapshot", "chains")

    def __init__(self, snapshot: Snapshot, price_of: PriceOf | None = None) -> None:
        """``price_of``: what a model costs that is named as ``provider/model``; None: nobody knows of any."""
        self._snapshot = snapshot
        self._price_of = price_of
        self._grants: dict[tuple[int, str | None], Grant] = {}
        """By the identity of the Caller, whom the Grant keeps alive, and the name asked for."""
        self._kept: dict[tuple[str, tuple[Deployment, ...], Prices | None], ModelEntry] = {}
        self._fitted: dict[tuple[int, int], tuple[Terms, ModelEntry, Fitted]] = {}
        """By the identity of Terms and model: the same question has the same object for an answer."""
        base = Terms(
            snapshot.policy,
            guardrails=snapshot.guardrails,
            own_keys=snapshot.own_keys,
            shadows=snapshot.shadows,
            assumed_max_tokens=snapshot.assumed_max_tokens,
        )
        self.chains = Chains(snapshot.policies, base)

    def allow(self, caller: Caller, call: Call) -> Grant:
        """The Grant. Raises GatewayError: REQUEST_INVALID, MODEL_NOT_FOUND, MODEL_NOT_ALLOWED."""
        if call.ask.provider is not None:
            return self._allow_at(caller, call)
        if call.pin is not None:
            return self._allow_kept(caller, call, call.pin)
        return self._allow_named(caller, call)

    def _allow_named(self, caller: Caller, call: Call) -> Grant:
        snapshot = self._snapshot
        name = call.ask.model or snapshot.default_model
        known = self._grants.get((id(caller), name))
        if known is not None and known.caller is caller:
            call.trail.grant = known
            return known
        call.trail.policy = self.chains.terms_of(caller).name
        if name is None:
            raise GatewayError("REQUEST_INVALID", "Name a model: no default model is configured.", param="model")
        model = self._demanded(
            caller, name, snapshot.models_of(caller.tenant).get(name) or self.named_by_provider(name, caller.tenant)
        )
        return self._granted(caller, name, model, call)

    def _allow_at(self, caller: Caller, call: Call) -> Grant:
        """The Grant for a request that wants a certain provider, or names no model and takes any."""
        provider = self._snapshot.provider_meant(caller.tenant, call.ask.provider or ANY_PROVIDER)
        name = call.ask.model or ""
        wanted = f"{provider}\0{name}"
        if call.operation == PASSED:
            wanted = f"{PASSED}\0{call.ask.max_tokens != 0}\0{wanted}"
        known = self._grants.get((id(caller), wanted))
        if known is not None and known.caller is caller:
            call.trail.grant = known
            return known
        call.trail.policy = self.chains.terms_of(caller).name
        snapshot = self._snapshot
        model: ModelEntry | None
        if call.operation == PASSED:
            model = passed_model(
                snapshot, caller.key, call.ask, call.ask.max_tokens != 0, lambda _, name: self.may_use(caller, name)
            )
        elif not name:
            usable = {model.name for model in self.models_for(caller)}
            ordered = [model for name, model in snapshot.models_of(caller.tenant).items() if name in usable]
            model = first_of(ordered, snapshot.default_model, provider, snapshot.kinds_for(caller.tenant))
        elif name in snapshot.models_of(caller.tenant):
            model = self._demanded(caller, name, snapshot.models_of(caller.tenant)[name])
            model = narrowed(model, provider_ids(snapshot.kinds_for(caller.tenant), provider))
        else:
            name = f"{provider}/{name}"
            model = self._demanded(caller, name, self.named_by_provider(name, caller.tenant))
        if model is None:
            what = f"The model {shown(name)!r} is not" if name else "None of your models is"
            where = "here" if provider == ANY_PROVIDER else f"at the provider {shown(provider)!r} here"
            raise GatewayError("MODEL_NOT_FOUND", f"{what} {where}.", param="provider")
        return self._granted(caller, wanted, model, call)

    def _allow_kept(self, caller: Caller, call: Call, pin: Pin) -> Grant:
        """The Grant for a request about files or batches, which names the model of its lines, or none.

        One for an answer names its model; where it goes on from a kept one, it goes where that is.
        """
        kept = call.ask.kept
        if kept is not None and kept.deed == ANSWER:
            grant = self._allow_named(caller, call)
            return self._noted(replace(grant, model=where_kept(grant.model, pin)), call) if pin.provider else grant
        call.trail.policy = self.chains.terms_of(caller).name
        model = kept_model(
            self._snapshot, call.ask, pin, self.models_for(caller),
            lambda name: self._demanded(caller, name, self._snapshot.models_of(caller.tenant).get(name)),
        )  # fmt: skip
        return self._noted(self._judged(caller, model, call), call)

    def _noted(self, grant: Grant, call: Call) -> Grant:
        """The Grant with a model that other rooms, which go by its identity, know again."""
        model = grant.model
        if len(self._kept) >= MOST_REMEMBERED:
            self._kept.clear()
        known = self._kept.setdefault((model.name, model.deployments, model.prices), model)
        return self._begun(replace(grant, model=known), call)

    def _demanded(self, caller: Caller, name: str, model: ModelEntry | None) -> ModelEntry:
        """The model. Raises GatewayError MODEL_NOT_FOUND, MODEL_NOT_ALLOWED."""
        if model is None:
            raise GatewayError(
                "MODEL_NOT_FOUND", f"There is no model {shown(name)!r} here. GET /v1/models lists yours.", param="model"
            )
        by_key = may_use(caller.key, name)
        if by_key and self.chains.terms_of(caller).models.permits(name):
            return model
        allowed = self.names_for(caller)
        who = "Your policy does not let you" if by_key else f"The key {caller.key.prefix} may not"
        raise GatewayError(
            "MODEL_NOT_ALLOWED",
            f"{who} use {shown(name)!r}. {'You' if by_key else 'It'} may use: {listed(allowed)}.",
            param="model",
            details={"allowed_models": allowed[:MODELS_NAMED_IN_REFUSAL]},
        )

    def _granted(self, caller: Caller, name: str, model: ModelEntry, call: Call) -> Grant:
        grant = self._judged(caller, model, call)
        if not grant.terms.watches:  # else each request is looked at
            if len(self._grants) >= MOST_REMEMBERED:
                self._grants.clear()
            self._grants[id(caller), name] = grant
        return self._begun(grant, call)

    def _judged(self, caller: Caller, model: ModelEntry, call: Call) -> Grant:
        """The Grant for what the policies leave of the model. Raises GatewayError MODEL_NOT_ALLOWED."""
        terms = self.chains.terms_of(caller)
        left, barred = self._fit(model, terms)
        if left is None:
            reasons = sorted({one.reason for one in barred})
            message = f"Your policy allows no place where {shown(model.name)!r} is: {'; '.join(reasons)}."
            raise GatewayError("MODEL_NOT_ALLOWED", message, param="model", details={"policy": terms.name})
        return Grant(caller, left, terms.name, terms.guardrails, terms, barred)

    def of_guardrail(self, caller: Caller, name: str, call: Call) -> Grant:
        """The Grant under which a guardrail asks a model for a request of this caller, who need not be allowed it.

        No guardrail judges that; where it may go the caller's policies say all the same. Raises GatewayError
        MODEL_NOT_FOUND, MODEL_NOT_ALLOWED.
        """
        model = self._snapshot.models_of(caller.tenant).get(name) or self.named_by_provider(name, caller.tenant)
        if model is None:
            raise GatewayError("MODEL_NOT_FOUND", f"There is no model {shown(name)!r} here.", param="model")
        grant = replace(self._judged(caller, model, call), guardrails=())
        call.trail.grant = grant
        return grant

    def trying(self, caller: Caller, terms: Terms) -> Grant:
        """A Grant to try guardrails with: for no model, and with the rules of these Terms."""
        return Grant(caller, ModelEntry("", ()), terms.name, terms.guardrails, terms)

    def _begun(self, grant: Grant, call: Call) -> Grant:
        """The Grant, when the request as a whole may be made; what policies on trial would refuse is written down.

        Raises GatewayError PERMISSION_DENIED.
        """
        call.trail.grant = grant
        terms = grant.terms
        if not terms.watches:
            return grant
        if not terms.dialects.permits(call.dialect):
            message = f"Your policy does not let you use the dialect {call.dialect}."
            raise GatewayError("PERMISSION_DENIED", message, details={"policy": terms.name, "dialect": call.dialect})
        trial = terms.trial
        if trial is not None:
            reason = would_refuse(trial, grant.model, call.dialect, self._snapshot.provider_kinds)
            if reason:
                call.trail.verdicts.append(f"policy:would_refuse_{reason}")
        return grant

    def _fit(self, model: ModelEntry, terms: Terms) -> Fitted:
        if not terms.narrows and terms.fallbacks:
            return model, ()
        place = (id(terms), id(model))
        known = self._fitted.get(place)
        if known is None:
            if len(self._fitted) >= MOST_REMEMBERED:
                self._fitted.clear()
            # Both are kept with it, so that nothing else can get their identities.
            known = self._fitted[place] = (terms, model, fitted(model, terms, self._snapshot.provider_kinds))
        return known[2]

    def named_by_provider(self, name: str, tenant: str = "") -> ModelEntry | None:
        """The model of a ``provider/model`` name, by provider id first, then by kind; None when there is none.

        ``tenant``: who asks, at whose prices; its own providers come first, other tenants' are none.
        """
        provider, slash, model = name.partition("/")
        if not slash or not model:
            return None
        kinds = self._snapshot.kinds_for(tenant)
        provider = self._snapshot.provider_meant(tenant, provider)
        if provider not in kinds:
            provider = next((id_ for id_, kind in kinds.items() if kind == provider), "")
            if not provider:
                return None
        prices = self._price_of(tenant, provider, model) if self._price_of is not None else None
        return ModelEntry(name, (Deployment(provider, model, prices=prices),), prices=self._snapshot.assumed_prices)

    def models_for(self, caller: Caller) -> list[ModelEntry]:
        """The models this Caller may use, by name."""
        models = self._snapshot.models_of(caller.tenant)
        return [models[name] for name in sorted(models) if self.model_for(caller, name) is not None]

    def model_for(self, caller: Caller, name: str) -> ModelEntry | None:
        """The model of this name, all of it; None when the caller may not use any of it, or there is none."""
        model = self._snapshot.models_of(caller.tenant).get(name)
        ours = model is not None
        if model is None:
            model = self.named_by_provider(name, caller.tenant)
        if model is None or not self.may_use(caller, name):
            return None
        terms = self.chains.terms_of(caller)
        fit = self._fit(model, terms) if ours else fitted(model, terms, self._snapshot.provider_kinds)
        return None if fit[0] is None else model

    def may_use(self, caller: Caller, name: str) -> bool:
        """Whether the caller's key and policies both let it ask for the name."""
        return may_use(caller.key, name) and self.chains.terms_of(caller).models.permits(name)

    def names_for(self, caller: Caller) -> list[str]:
        """The names of the models this Caller may use, sorted."""
        return [model.name for model in self.models_for(caller)]


def may_use(key: KeyEntry, name: str) -> bool:
    """Whether the key's model list has the name: exactly, as ``*``, or as a ``prefix*``."""
    return matches(key.models, name)


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
