"""Providers and models that exist because of the environment: a key in it makes its provider available.

Which key belongs to which provider, and which models are a provider's own, the catalogue says; no vendor is named
here. Called by ``environment_names.py`` and ``settings.load``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

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


def add_providers(root: Node, environ: Mapping[str, str], available: Available, report: Report) -> None:
    """A provider for each key in the environment whose kind the file does not name; else the key fills a gap there."""
    written = rows(root, "providers")
    for kind, known in sorted(available.providers.items()):
        value = environ.get(known.secret, "").strip() if known.secret else ""
        if not value:
            continue
        place = place_of(environ, known.secret)
        if PLACEHOLDER.fullmatch(value):
            report.warn((), f"{known.secret} is left out: it holds a placeholder", "put a real key there", place)
            continue
        credentials = sequence(place, [mapping(place, {"api_key": scalar(value, place, expanded=True)})])
        same = [row for row in written if text_of(row, "kind") == kind]
        for row in same:
            if row.child("credentials") is None:
                put(row, "credentials", credentials)
        if not same and not any(text_of(row, "id") == kind for row in written):
            new = {"id": scalar(kind, place), "kind": scalar(kind, place), "credentials": credentials}
            append_at(root, "providers", [mapping(place, new)])
            names = [name for name in known.serves if "*" not in name]
            add_models(root, names, available, place)


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
