"""``model_list`` of a LiteLLM configuration: rows of one name become one model with as many deployments.

It carries limits and prices with them; retries and fallbacks are ``litellm_routing.py``'s. Called by ``litellm.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from torana.wiring.imports.draft import Row, Value, why_no_name
from torana.wiring.imports.hosts import Desk, Params, provider_row
from torana.wiring.imports.kinds import Kind, Unknown, kind_by_model, kind_of
from torana.wiring.imports.report import printable
from torana.wiring.imports.shares import places, whole_weights
from torana.wiring.imports.source import Source

USUAL_WORD = "custom_openai"
"""What an address without a provider's word is taken for."""
PER_MILLION = Decimal(1_000_000)
COSTS = {
    "input": ("input_cost_per_token",),
    "output": ("output_cost_per_token",),
    "cache_read": ("cache_read_input_token_cost",),
    "cache_write": ("cache_creation_input_token_cost",),
}
CREDENTIAL = ("api_key", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "vertex_credentials",
              "azure_ad_token", "tenant_id", "client_id", "client_secret")  # fmt: skip
OURS = {"vertex_credentials": "service_account"}
"""Parts of a credential that have another name here. Of a key file its text is carried, not its path."""
SETTINGS = {
    "api_version": "api_version",
    "aws_region_name": "region",
    "vertex_project": "project",
    "vertex_location": "location",
}


class Served(NamedTuple):
    """One row of ``model_list`` that can be carried."""

    source: Source
    params: Source
    provider: str
    model: str


@dataclass
class Model:
    """One model while its rows are gathered."""

    name: str
    served: list[Served] = field(default_factory=list)
    weights: list[int] | None = None
    priorities: list[int] | None = None
    strategy: str = ""
    fallbacks: list[str] = field(default_factory=list)
    for_long: list[str] = field(default_factory=list)
    """Models tried when the prompt is too long for this one."""
    for_refused: list[str] = field(default_factory=list)
    """Models tried when a provider's policy refuses the content."""
    prices: Row = field(default_factory=dict)
    own_prices: list[Row] = field(default_factory=list)
    """Of each deployment, when they differ."""
    sizes: Row = field(default_factory=dict)
    limits: list[Row] = field(default_factory=list)

    def row(self) -> Row:
        """The row of ``models``."""
        deployments: list[Value] = []
        for index, one in enumerate(self.served):
            entry: Row = {"provider": one.provider, "model": one.model}
            if self.weights is not None:
                entry["weight"] = self.weights[index]
            if self.priorities is not None:
                entry["priority"] = self.priorities[index]
            if self.own_prices and self.own_prices[index]:
                entry["prices"] = self.own_prices[index]
            deployments.append(entry)
        row: Row = {"name": self.name, "deployments": deployments}
        if self.strategy and len(self.served) > 1:
            row["strategy"] = self.strategy
        if self.fallbacks:
            row["fallbacks"] = list(self.fallbacks)
        if self.for_long:
            row["context_window_fallbacks"] = list(self.for_long)
        if self.for_refused:
            row["content_policy_fallbacks"] = list(self.for_refused)
        if self.prices:
            row["prices"] = self.prices
        return {**row, **self.sizes}


def read_models(desk: Desk, root: Source, not_yet: frozenset[str]) -> dict[str, Model]:
    """The models by name, with everything that their own rows say."""
    models: dict[str, Model] = {}
    rows = root.get("model_list")
    for source in rows.items() if rows is not None else []:
        name = source.get("model_name")
        text = name.text() if name is not None else ""
        served = _served(desk, root, source, text)
        if served is not None:
            models.setdefault(text, Model(text)).served.append(served)
            desk.findings.carried(source.at, f'model "{text}": {served.provider}/{served.model}')
    for model in models.values():
        _shares(desk, model)
        _limits(desk, model, not_yet)
        _prices(desk, model)
        _sizes(desk, model)
    return models


def _served(desk: Desk, root: Source, row: Source, name: str) -> Served | None:
    """The deployment of one row; None, with a finding and a comment, when it cannot be carried."""
    params = row.get("litellm_params")
    wanted = params.get("model") if params is not None else None
    said = wanted.text() if wanted is not None else ""
    why = why_no_name(name) or (why_no_name(said) if said else "it names no model of a provider")
    if params is None or wanted is None or why:
        _leave(desk, row, name, said, (why, "write the row by hand"))
        return None
    if desk.name_in(said):
        _leave(desk, row, name, said, ("the model comes from the environment", "write the row by hand"))
        return None
    kind, model = _kind(desk, params, said)
    if isinstance(kind, Unknown):
        about = f'no kind "{kind.wanted}" in this version' if kind.wanted else "no kind of provider has this name"
        _leave(desk, row, name, said, (f"{about}", "`torana config kinds` lists what there is"))
        return None
    if why_no_name(model):
        _leave(desk, row, name, said, (why_no_name(model), "write the row by hand"))
        return None
    if "*" in name or "*" in model:
        _wildcard(desk, root, row, (name, said, model, kind))
        return None
    return _placed(desk, root, row, (name, said, model, kind))


def _kind(desk: Desk, params: Source, said: str) -> tuple[Kind | Unknown, str]:
    """The kind, and the model's name there. LiteLLM takes the text before the first slash for the provider."""
    elsewhere = params.first("api_base", "base_url") is not None
    given = params.get("custom_llm_provider")
    if given is not None:
        word = given.text()
        return kind_of("litellm", word, desk.available, elsewhere=elsewhere), said.removeprefix(f"{word}/")
    prefix, slash, model = said.partition("/")
    if slash and model:
        return kind_of("litellm", prefix, desk.available, elsewhere=elsewhere), model
    if elsewhere:
        return kind_of("litellm", USUAL_WORD, desk.available, elsewhere=True), said
    return kind_by_model(said, desk.available), said


Asked = tuple[str, str, str, Kind]
"""The model's name for applications, as the source writes it there, its name at the provider, the kind."""


def _placed(desk: Desk, root: Source, row: Source, asked: Asked) -> Served | None:
    name, said, model, kind = asked
    params = row.get("litellm_params")
    assert params is not None  # noqa: S101 - the caller's case
    settings = provider_row(desk, row, _params(root, params, kind))
    if settings is None:
        _leave(desk, row, name, said, ("its provider cannot be carried", "see the entry before"))
        return None
    return Served(row, params, desk.draft.provider(kind.name, settings), model)


def _wildcard(desk: Desk, root: Source, row: Source, asked: Asked) -> None:
    """``groq/*`` for ``groq/*``: a provider's models are reached as ``provider/model`` without being listed."""
    name, said, model, kind = asked
    provider, _, rest = name.partition("/")
    if model != "*" or rest != "*":
        _leave(desk, row, name, said, ("a pattern of model names", "list the models one by one"))
        return
    served = _placed(desk, root, row, asked)
    if served is None:
        return
    if provider in (served.provider, kind.name):
        desk.findings.changed(row.at, f'"{name}": its models are reached as {served.provider}/MODEL without a row')
    else:
        desk.findings.lost(
            row.at, f'"{name}": its models are reached as {served.provider}/MODEL here', "change the applications"
        )


def _params(root: Source, params: Source, kind: Kind) -> Params:
    headers: dict[str, Source] = {}
    extra = params.get("extra_headers")
    if extra is not None:
        headers.update(extra.entries())
    organisation = params.get("organization")
    if organisation is not None:
        headers["OpenAI-Organization"] = organisation
    return Params(
        kind=kind,
        stem=f"imported_{kind.name}",
        address=params.first("api_base", "base_url"),
        settings={ours: found for theirs, ours in SETTINGS.items() if (found := params.get(theirs)) is not None},
        credential={OURS.get(name, name): found for name in CREDENTIAL if (found := params.get(name)) is not None},
        headers=headers,
        times=_times(root, params),
    )


def _times(root: Source, params: Source) -> Mapping[str, Source]:
    """The patience of a row, else that of the router, else that of the library."""
    times: dict[str, Source] = {}
    router, library = root.get("router_settings"), root.get("litellm_settings")
    for phase, own, of_router, of_library in (
        ("first_token", "stream_timeout", "stream_timeout", ""),
        ("total", "timeout", "timeout", "request_timeout"),
    ):
        source = params.get(own) or (router.get(of_router) if router is not None else None)
        if source is None and library is not None and of_library:
            source = library.get(of_library)
        if source is not None:
            times[phase] = source
    return times


def _leave(desk: Desk, row: Source, name: str, said: str, why: tuple[str, str]) -> None:
    """Note a row that is left behind, and leave it in the file as a comment."""
    shown, model = printable(name), printable(said)
    desk.findings.lost(row.whole().at, f'model "{shown}" on {model or "nothing"}: {why[0]}', why[1])
    desk.draft.comment("models", f"{row.at}: {shown} on {model or 'nothing'}: not carried: {why[0]}")


def _shares(desk: Desk, model: Model) -> None:
    """``weight`` (else ``rpm``, which LiteLLM draws by) and ``order``."""
    weights = [one.params.get("weight") for one in model.served]
    if any(weight is not None for weight in weights):
        model.weights = whole_weights([one.number() if one is not None else Decimal(0) for one in weights])
        for weight in weights:
            if weight is None:
                continue
            if model.weights is None:
                desk.findings.lost(weight.at, "these weights cannot be kept as whole numbers", "set weight by hand")
            else:
                desk.findings.carried(weight.at, "weight of the deployment")
    orders = [one.params.get("order") for one in model.served]
    if any(order is not None for order in orders):
        model.priorities = places([one.count() if one is not None else None for one in orders])
        for order in orders:
            if order is not None and order.count() is not None:
                desk.findings.carried(order.at, "priority of the deployment")
            elif order is not None:
                desk.findings.lost(order.at, "no whole number", "set priority by hand")


def _limits(desk: Desk, model: Model, not_yet: frozenset[str]) -> None:
    """``rpm`` and ``tpm`` of all rows together as limits on the model."""
    for setting, counted, what in (("rpm", "requests", ""), ("tpm", "tokens", "limits on tokens are")):
        given = [found for one in model.served if (found := one.params.get(setting) or _info(one, setting)) is not None]
        if not given:
            continue
        counts = [one.count() for one in given]
        total = sum(count for count in counts if count is not None)
        if what and what in not_yet:
            why = ("limits on tokens are not available in this version", "limit requests: rpm")
        elif len(given) < len(model.served):
            why = ("another deployment of this model has none, so the model as a whole has none", "set limits by hand")
        elif any(count is None or count < 1 for count in counts):
            why = ("no whole number of at least 1", "set limits by hand")
        else:
            row: Row = {"scope": "model", "match": model.name, counted: total, "per": "1m"}
            model.limits.append(row)
            for one in given:
                desk.findings.changed(
                    one.at, f'counted for the model "{model.name}" as a whole: {total} {counted} a minute'
                )
            if setting == "rpm" and model.weights is None and len(given) > 1:
                model.weights = whole_weights([one.number() for one in given])
            continue
        for one in given:
            desk.findings.lost(one.whole().at, *why)


def _info(one: Served, key: str) -> Source | None:
    info = one.source.get("model_info")
    return info.get(key) if info is not None else None


def _prices(desk: Desk, model: Model) -> None:
    """Prices per token as prices per million: of the model when all rows agree, else of each deployment."""
    rows = [_price(desk, model, one) for one in model.served]
    if all(row == rows[0] for row in rows):
        model.prices = rows[0]
    else:
        model.own_prices = rows


def _price(desk: Desk, model: Model, one: Served) -> Row:
    """The prices of one row; empty, with findings, when they cannot be carried."""
    costs = _costs(one)
    price = {name: _per_million(source) for name, source in costs.items()}
    if "output" not in price and "input" in price and _is_embedding(one):
        price["output"] = Decimal(0)
    if any(value is None for value in price.values()):
        why = "no amount, or finer than nine decimals per million tokens"
    elif costs and not {"input", "output"} <= price.keys():
        why = "prices need both input and output"
    else:
        for source in costs.values():
            desk.findings.carried(source.at, f'a price of "{model.name}", per million tokens')
        return {name: f"{value:f}" for name, value in price.items() if value is not None}
    for source in costs.values():
        desk.findings.lost(source.whole().at, why, f'set prices of "{model.name}" by hand')
    return {}


def _is_embedding(one: Served) -> bool:
    mode = _info(one, "mode")
    return mode is not None and mode.text() == "embedding"


def _costs(one: Served) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for name, keys in COSTS.items():
        for key in keys:
            source = one.params.get(key) or _info(one, key)
            if source is not None:
                found[name] = source
    return found


def _per_million(source: Source) -> Decimal | None:
    """The exact price of a million; None when our file cannot hold it."""
    number = source.number()
    if number is None or number < 0 or len(number.as_tuple().digits) > 28 or number > PER_MILLION:
        return None
    price = number * PER_MILLION
    exact = price <= 1_000_000_000 and price == price.quantize(Decimal("1e-9"))
    return price.normalize() if exact else None


def _sizes(desk: Desk, model: Model) -> None:
    """``max_input_tokens`` and ``max_output_tokens``; what it can do is its provider's to say."""
    for key, ours in (("max_input_tokens", "context_tokens"), ("max_output_tokens", "max_output_tokens")):
        given = [found for one in model.served if (found := _info(one, key)) is not None]
        counts = {one.count() for one in given}
        least = min((count for count in counts if count is not None and count > 0), default=None)
        if least is not None:
            model.sizes[ours] = least
        for one in given:
            if least is None:
                desk.findings.lost(one.whole().at, "no whole number of at least 1", f"set {ours} by hand")
            else:
                desk.findings.changed(one.at, f'{ours} of "{model.name}": {least}')
    for source in _abilities(model.served):
        desk.findings.changed(source.whole().at, "left out: what a model can do, its provider's row says")


def _abilities(served: Iterable[Served]) -> Iterable[Source]:
    for one in served:
        info = one.source.get("model_info")
        if info is not None:
            yield from (below for key, below in info.entries() if key.startswith("supports_"))
