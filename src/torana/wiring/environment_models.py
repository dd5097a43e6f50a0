"""Providers and models that exist because of the environment: a key in it makes its provider available.

Which key belongs to which provider, and which models are a provider's own, the catalogue says; no vendor is named
here. Called by ``environment_names.py`` and ``settings.load``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from torana.ports.provider import FromEnvironment
from torana.wiring.available import Available
from torana.wiring.environment import place_of
from torana.wiring.nodes import Node, append_at, mapping, plain, put, scalar, sequence
from torana.wiring.problems import Place, Report

PLACEHOLDER = re.compile(r".*\.\.\.|your[-_ ].*|<.*>|change[-_]?me.*|x{4,}|sk-x+", re.IGNORECASE)
"""What people leave in a copied ``.env.example``."""


def rows(root: Node, key: str) -> list[Node]:
    """The items of a list of the root; none when it is missing or no list."""
    there = root.child(key)
    return there.value if there is not None and isinstance(there.value, list) else []


def text_of(node: Node, key: str) -> str:
    """A text of a mapping; empty when missing."""
    below = node.child(key)
    return below.value if below is not None and isinstance(below.value, str) else ""


class Offer(NamedTuple):
    """What the environment has for one kind of provider."""

    name: str
    """The first name of its credential."""
    place: Place
    credentials: Node
    settings: dict[str, Node]
    missing: str
    """Names of which one would have to be set for a setting that it needs; empty: it has all."""


def add_providers(root: Node, environ: Mapping[str, str], available: Available, report: Report) -> None:
    """A provider for each key in the environment whose kind the file does not name; else the key fills a gap there."""
    written = rows(root, "providers")
    for kind, known in sorted(available.providers.items()):
        said = known.from_environment
        offer = None if said is None else offered(said, environ, report)
        if said is None or offer is None:
            continue
        place = offer.place
        same = [row for row in written if text_of(row, "kind") == kind]
        for row in same:
            _fill(row, offer)
        if same or any(text_of(row, "id") == kind for row in written):
            continue
        if offer.missing:
            report.warn((), f"{offer.name} makes no provider available: {offer.missing} is not set", "", place)
            continue
        new = {"id": scalar(kind, place), "kind": scalar(kind, place), "credentials": offer.credentials}
        append_at(root, "providers", [mapping(place, {**new, **offer.settings})])
        add_models(root, [name for name in known.serves if "*" not in name], available, place)
        model = environ.get(said.model, "").strip()
        if model and not any(text_of(row, "name") == model for row in rows(root, "models")):
            append_at(root, "models", [model_node(model, kind, model, place_of(environ, said.model))])


def offered(said: FromEnvironment, environ: Mapping[str, str], report: Report) -> Offer | None:
    """What the environment has for a provider; None: no credential for it."""
    there = {name: value for name in said.names if (value := environ.get(name, "").strip())}
    keys = next((one for one in said.credentials if there.keys() >= set(one.needed.values())), None)
    if keys is None:
        return None
    names = {**keys.needed, **{field: name for field, name in keys.also.items() if name in there}}
    for name in names.values():
        if PLACEHOLDER.fullmatch(there[name]):
            place = place_of(environ, name)
            report.warn((), f"{name} is left out: it holds a placeholder", "put a real key there", place)
            return None

    def told(name: str) -> Node:
        return scalar(there[name], place_of(environ, name), expanded=True)

    wanted = {**said.settings, **{field: (name,) for field, name in said.also.items()}}
    settings = {field: told(name) for field, tried in wanted.items() for name in tried[::-1] if name in there}
    missing = next((" or ".join(tried) for field, tried in said.settings.items() if field not in settings), "")
    first = next(iter(names.values()))
    place = place_of(environ, first)
    credential = mapping(place, {field: told(name) for field, name in names.items()})
    return Offer(first, place, sequence(place, [credential]), settings, missing)


def _fill(row: Node, offer: Offer) -> None:
    """Give a provider of the file a credential where it has none, and the address with it where it has none of that."""
    if row.child("credentials") is not None or row.child("api_key") is not None:
        return
    put(row, "credentials", offer.credentials)
    if not any(row.child(field) is not None for field in ("base_url", *offer.settings)):
        for field, value in offer.settings.items():
            put(row, field, value)


def set_timeouts(root: Node, environ: Mapping[str, str], available: Available) -> None:
    """MODEL_API_TIMEOUT: the patience with every provider that has time-outs, over what the file says."""
    value = environ.get("MODEL_API_TIMEOUT", "").strip()
    if not value:
        return
    place = place_of(environ, "MODEL_API_TIMEOUT")
    for row in rows(root, "providers"):
        kind = available.providers.get(text_of(row, "kind"))
        if kind is None or "timeout_s" not in kind.settings().__struct_fields__:
            continue
        timeouts = row.child("timeout_s")
        if timeouts is None or not isinstance(timeouts.value, dict):
            timeouts = mapping(place)
            put(row, "timeout_s", timeouts)
        put(timeouts, "first_token", plain(value, place))
        put(timeouts, "idle", plain(value, place))


def home_of(model: str, root: Node, available: Available) -> tuple[str, str] | None:
    """The provider id that serves a model name of its own, and the name there; None when none does."""
    prefix, slash, rest = model.partition("/")
    for row in rows(root, "providers"):
        kind = available.providers.get(text_of(row, "kind"))
        if slash and prefix in (text_of(row, "id"), text_of(row, "kind")):
            return text_of(row, "id"), rest
        if kind is not None and any(fnmatchcase(model, pattern) for pattern in kind.serves):
            return text_of(row, "id"), model
    return None


def add_models(root: Node, names: Iterable[str], available: Available, place: Place) -> list[str]:
    """Make the models that a provider here serves by name and the file does not have; gives the others back."""
    homeless: list[str] = []
    for name in names:
        if any(text_of(row, "name") == name for row in rows(root, "models")):
            continue
        home = home_of(name, root, available)
        if home is None:
            homeless.append(name)
        else:
            append_at(root, "models", [model_node(name, *home, place)])
    return homeless


def model_node(name: str, provider: str, model: str, place: Place) -> Node:
    """A model with one deployment."""
    deployment = mapping(place, {"provider": scalar(provider, place), "model": scalar(model, place)})
    return mapping(place, {"name": scalar(name, place), "deployments": sequence(place, [deployment])})


def offer_models(root: Node, environ: Mapping[str, str], available: Available, report: Report) -> None:
    """AVAILABLE_MODELS and DEFAULT_MODEL: make what can be made, and offer nothing beside what is listed."""
    default = environ.get("DEFAULT_MODEL", "").strip()
    if default:
        add_models(root, [default], available, place_of(environ, "DEFAULT_MODEL"))
    listed = [word.strip() for word in environ.get("AVAILABLE_MODELS", "").split(",") if word.strip()]
    if not listed:
        return
    place = place_of(environ, "AVAILABLE_MODELS")
    for name in add_models(root, listed, available, place):
        report.warn((), f'AVAILABLE_MODELS names "{name}", which no provider here serves', "", place)
    models = root.child("models")
    if models is None or not isinstance(models.value, list):
        return
    keep = {*listed, default}
    dropped = {text_of(row, "name") for row in models.value} - keep
    models.value = [row for row in models.value if text_of(row, "name") in keep]
    for row in models.value:
        fallbacks = row.child("fallbacks")
        if fallbacks is not None and isinstance(fallbacks.value, list):
            fallbacks.value = [below for below in fallbacks.value if below.value not in dropped]
