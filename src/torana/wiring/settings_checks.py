"""Relations between settings: names that must exist, names that must be unique, values that exclude each other.

It trusts that single values fit their types (``settings_bind.py`` saw to that) and knows no plug-in but by id.
Called by ``settings.load``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from pathlib import Path as FilePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from torana.wiring.available import Available
from torana.wiring.problems import Path, Report, did_you_mean
from torana.wiring.settings_addresses import check_addresses
from torana.wiring.settings_owned import marked, written

if TYPE_CHECKING:
    from torana.wiring.settings import Settings
    from torana.wiring.settings_models import Model
    from torana.wiring.settings_rules import Guardrail

FALLBACKS = ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks")
"""The lists of a model that name other models."""
PROVIDER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def check_relations(settings: Settings, available: Available, report: Report) -> None:
    """Report everything that does not fit together."""
    check_server(settings, report)
    check_addresses(settings, report)
    check_networks(settings, report)
    check_providers(settings, available, report)
    check_models(settings, available, report)
    check_guardrails(settings, available, report)
    check_cache(settings, report)


def once(names: Iterable[tuple[Path, str]], what: str, report: Report) -> None:
    """Report every name that is there twice; empty names were reported before."""
    first: dict[str, Path] = {}
    for path, name in names:
        if not name:
            continue
        if name in first:
            line = report.place(first[name]).line
            report.error(path, f'{what} "{name}" is there twice', f"first on line {line}" if line else "")
        else:
            first[name] = path


def exists(path: Path, name: str, known: Iterable[str], what: str, report: Report) -> None:
    """Report a name that nothing has."""
    choices = set(known)
    if name and name not in choices:
        report.error(path, f'{what} "{name}" does not exist', did_you_mean(name, choices))


def networks(path: Path, texts: Iterable[str], report: Report) -> None:
    """Report what is neither an address nor a network in CIDR form."""
    for index, text in enumerate(texts):
        try:
            ip_network(text, strict=False)
        except ValueError:
            report.error((*path, index), f'"{text}" is no network', "such as 10.0.0.0/8 or 2001:db8::/32")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on ``host``."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_server(settings: Settings, report: Report) -> None:
    """``server``: ports apart, networks well formed, plain HTTP to strangers said aloud."""
    server = settings.server
    if server.metrics_port is not None and server.metrics_port == server.port != 0:
        report.error(("server", "metrics_port"), "the same as server.port", "null serves metrics on the main port")
    networks(("server", "trusted_proxies"), server.trusted_proxies, report)
    if not is_loopback(server.host) and server.tls is None and not server.behind_proxy:
        report.warn(
            ("server", "host"),
            f"plain HTTP on {server.host}, which other machines can reach",
            "set server.tls, or server.behind_proxy: true when a proxy in front ends TLS",
        )


def check_networks(settings: Settings, report: Report) -> None:
    """``networks``: proxies that can be spoken to, files that are there, and every name a provider uses."""
    for name, one in settings.networks.items():
        path: Path = ("networks", name)
        proxy = one.proxy.reveal() if one.proxy else ""
        if proxy and (urlsplit(proxy).scheme != "http" or not urlsplit(proxy).hostname):
            report.error((*path, "proxy"), "is no http proxy", "such as http://proxy.example.com:3128")
        for field in ("ca_file", "client_cert_file", "client_key_file"):
            file = getattr(one, field)
            if file and not FilePath(file).is_file():
                report.error((*path, field), f'there is no file "{file}"')
        if one.client_key_file and not one.client_cert_file:
            report.error((*path, "client_key_file"), "a key without a certificate", "give client_cert_file too")
    for index, provider in enumerate(settings.providers):
        network = getattr(provider.settings, "network", "")
        if isinstance(network, str):
            exists(("providers", index, "network"), network, settings.networks, "network", report)


def check_providers(settings: Settings, available: Available, report: Report) -> None:
    """``providers``: known kinds, unique ids that can stand before a slash, sound URLs; ``provider_priority``."""
    once(((("providers", i, "id"), one.id) for i, one in enumerate(settings.providers)), "provider", report)
    for index, one in enumerate(settings.providers):
        path: Path = ("providers", index)
        if one.id and not PROVIDER_ID.fullmatch(written(one.id, one.tenant)):
            report.error((*path, "id"), "may hold letters, digits, dots, dashes and underscores only")
        if one.kind and one.kind not in available.providers:
            near = did_you_mean(one.kind, available.providers)
            known = near or "`torana config kinds` lists them"
            report.error((*path, "kind"), f'no provider kind "{one.kind}" in this version', known)
        elif one.passthrough and one.kind and not available.providers[one.kind].passes:
            report.error((*path, "passthrough"), f'the kind "{one.kind}" passes no requests on', "leave it out")
        elif one.probe is not None and one.probe.enabled and one.kind and not available.providers[one.kind].probes:
            report.error((*path, "probe"), f'the kind "{one.kind}" cannot be probed', "leave it out")
        url = getattr(one.settings, "base_url", None)
        if isinstance(url, str) and url and not report.wrong_within((*path, "base_url")):
            _check_url((*path, "base_url"), url, report)
        if one.kind in available.providers and lacks_key(one.settings):
            _check_key(path, one.id, report)
    names = {one.id for one in settings.providers} | {one.kind for one in settings.providers}
    for index, name in enumerate(settings.provider_priority):
        if name in names:
            continue
        where: Path = ("provider_priority", index)
        if name in available.providers or report.place(where).file != report.source:
            report.warn(where, f'no provider "{name}" is configured; it is passed over')
        else:
            exists(where, name, names | set(available.providers), "provider", report)


def lacks_key(settings: object) -> bool:
    """Whether a plug-in's Settings say that a key is needed, and hold none."""
    given = getattr(settings, "credentials", ()) or getattr(settings, "api_key", None)
    return bool(getattr(settings, "needs_key", False)) and not given


def _check_key(path: Path, name: str, report: Report) -> None:
    """No credentials written is a mistake; credentials that are all empty here switch the provider off."""
    if (*path, "credentials") in report.places or (*path, "api_key") in report.places:
        report.warn(path, f'the provider "{name}" has no key here and is not called')
    else:
        report.error(path, "needs credentials", 'such as credentials: [{api_key: "${MY_KEY}"}]')


def _check_url(path: Path, url: str, report: Report) -> None:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
        parts = urlsplit("")
    if not sound:
        report.error(path, "is no http or https URL", "such as https://api.example.com/v1")
    elif parts.username or parts.password:
        report.error(path, "holds a user or password", "put them under credentials")


def check_models(settings: Settings, available: Available, report: Report) -> None:
    """``models``: unique names, deployments on providers that exist, known strategies and fallbacks; ``default_model``."""
    once(
        ((("models", i, "name"), marked(one.name, one.tenant)) for i, one in enumerate(settings.models)),
        "model",
        report,
    )
    names = {one.name for one in settings.models if not one.tenant}
    for index, model in enumerate(settings.models):
        _check_model(("models", index), model, settings, report)
        exists(("models", index, "strategy"), model.strategy, available.strategies, "strategy", report)
        for field in FALLBACKS:
            _check_fallbacks(("models", index, field), model, getattr(model, field), settings, report)
    if settings.default_model and not is_served(settings.default_model, settings):
        exists(("default_model",), settings.default_model, names, "model", report)


def _check_fallbacks(path: Path, model: Model, names: Iterable[str], settings: Settings, report: Report) -> None:
    models = {one.name for one in settings.models if one.tenant in ("", model.tenant)}
    for place, name in enumerate(names):
        if name == model.name:
            report.error((*path, place), "a model cannot be its own fallback", "name another model")
        else:
            exists((*path, place), name, models, "model", report)


def _check_model(path: Path, model: Model, settings: Settings, report: Report) -> None:
    providers = {one.id for one in settings.providers if one.tenant in ("", model.tenant)}
    for index, one in enumerate(model.deployments):
        exists((*path, "deployments", index, "provider"), one.provider, providers, "provider", report)
    if model.deployments and not any(one.weight for one in model.deployments):
        report.error((*path, "deployments"), "every weight is 0: none would ever be chosen", "give one a weight")


def is_served(name: str, settings: Settings) -> bool:
    """Whether a request may name this model: one of ``models``, or ``provider/model``."""
    prefix, slash, rest = name.partition("/")
    by_provider = bool(slash and rest) and any(prefix in (one.id, one.kind) for one in settings.providers)
    return by_provider or any(one.name == name for one in settings.models)


def check_guardrails(settings: Settings, available: Available, report: Report) -> None:
    """``guardrails``: unique, of kinds that exist and can do what their mode says; the models that they ask are there."""
    once(((("guardrails", i, "id"), one.id) for i, one in enumerate(settings.guardrails)), "guardrail", report)
    for index, one in enumerate(settings.guardrails):
        _check_asked(("guardrails", index), one, settings, available, report)
        if one.plugin and one.plugin not in available.guardrails:
            field = "kind" if one.kind else "id"
            report.error(
                ("guardrails", index, field),
                f'no guardrail kind "{one.plugin}" in this version',
                did_you_mean(one.plugin, available.guardrails) or "remove the row: nothing would be checked by it",
            )
        elif one.plugin and one.mode not in (modes := available.guardrails[one.plugin].modes()):
            where = ("guardrails", index, "mode")
            report.error(
                where, f'a guardrail of the kind "{one.plugin}" cannot {one.mode}', f"it can: {', '.join(modes)}"
            )


def _check_asked(path: Path, one: Guardrail, settings: Settings, available: Available, report: Report) -> None:
    """The models that a guardrail asks."""
    kind = available.guardrails.get(one.plugin)
    if kind is None or not isinstance(one.settings, msgspec.Struct):
        return
    names = [each.name for each in settings.models]
    for name in kind.asks(one.settings):
        if not is_served(name, settings):
            report.error(path, f'it asks the model "{name}", which does not exist', did_you_mean(name, names))


def check_cache(settings: Settings, report: Report) -> None:
    """Answers can only be shared where there is something to share them."""
    if settings.cache.exact.store == "shared" and settings.redis_url is None:
        report.error(("cache", "exact", "store"), "answers are shared on Valkey, and there is none", "set redis_url")
    url = settings.database_url.reveal() if settings.database_url else ""
    if settings.cache.semantic.index == "postgres" and not url.startswith(("postgresql://", "postgres://")):
        where = ("cache", "semantic", "index")
        report.error(
            where, "questions are found in PostgreSQL, and there is none", "set database_url, or index: memory"
        )
