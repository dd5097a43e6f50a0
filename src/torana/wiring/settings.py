"""The configuration as one typed value: ``Settings``, and ``load``, which reads it from file, environment and command line.

It compiles nothing (``compile.py`` does) and opens nothing. Called by ``wiring/live.py`` and the CLI.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from torana.core.secret import Secret
from torana.wiring import demo
from torana.wiring.available import Available
from torana.wiring.empty_values import drop_empty
from torana.wiring.environment_models import offer_models, set_timeouts
from torana.wiring.environment_names import Overlay, overlay_environment
from torana.wiring.nodes import Node, mapping, scalar, set_at
from torana.wiring.options import Overrides
from torana.wiring.own_issuer import own_row
from torana.wiring.policy_rows import resolved
from torana.wiring.problems import ConfigError, Place, Problem, Report
from torana.wiring.references import expand, expand_tree
from torana.wiring.secret_stores import resolver
from torana.wiring.settings_alerts import Alerts, check_alerts
from torana.wiring.settings_bind import Binder, RestKind
from torana.wiring.settings_checks import check_relations
from torana.wiring.settings_conditions import check_conditions
from torana.wiring.settings_files import Files
from torana.wiring.settings_forms import Name, Texts, says
from torana.wiring.settings_issuers import check_issuers
from torana.wiring.settings_models import Model, Network, Provider, Routing
from torana.wiring.settings_not_yet import refuse_not_yet
from torana.wiring.settings_owned import check_owners, owned
from torana.wiring.settings_people import Auth, Key, Tenant
from torana.wiring.settings_people_checks import check_lines, check_people
from torana.wiring.settings_policies import Policy
from torana.wiring.settings_policies_checks import check_policies
from torana.wiring.settings_prices import CurrencyRate, PriceOverride
from torana.wiring.settings_prices_checks import check_money
from torana.wiring.settings_queue_checks import check_queue
from torana.wiring.settings_rules import Budget, Cache, Guardrail, Limit
from torana.wiring.settings_server import Audit, Server, Telemetry
from torana.wiring.settings_sinks import AuditSink, check_sinks
from torana.wiring.settings_trials import check_trials
from torana.wiring.yaml_text import MAX_BYTES, read_yaml

DEFAULT_DATA_DIR = "./data"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file. Everything has a default."""

    server: Annotated[Server, says("where it listens")] = Server()
    data_dir: Annotated[Name, says("folder for the SQLite file, the spool, generated secrets")] = DEFAULT_DATA_DIR
    database_url: Annotated[Secret | None, says("null: SQLite in data_dir")] = None
    redis_url: Annotated[Secret | None, says("shared counters, and the values behind tokens; null: memory")] = None
    currency: Annotated[str, says("ISO 4217 code of prices and budgets", pattern="^[A-Z]{3}$", example="USD")] = "USD"
    time_zone: Annotated[str, says("IANA name, for calendar windows", form="zone")] = "UTC"
    auth: Annotated[Auth, says("tokens")] = Auth()
    tenants: Annotated[tuple[Tenant, ...], says("tenants, departments, teams; `default` always exists")] = ()
    keys: Annotated[tuple[Key, ...], says("virtual keys")] = ()
    networks: Annotated[dict[str, Network], says("ways out to providers, by name: proxy, certificate authorities")] = {}
    providers: Annotated[tuple[Provider, ...], says("whom we call")] = ()
    models: Annotated[tuple[Model, ...], says("what applications may ask for")] = ()
    default_model: Annotated[str | None, says("used when a request names no model")] = None
    provider_priority: Annotated[Texts, says("provider ids or kinds, dearest to you first")] = ()
    routing: Annotated[Routing, says("retries and deadlines")] = Routing()
    limits: Annotated[tuple[Limit, ...], says("rates and concurrency")] = ()
    budgets: Annotated[tuple[Budget, ...], says("caps on spending")] = ()
    unknown_price: Annotated[
        Literal["block", "estimate", "allow"], says("what a hard budget says to a model without a price")
    ] = "block"
    price_overrides: Annotated[
        tuple[PriceOverride, ...], says("prices instead of the catalogue's, or for one tenant instead of any other")
    ] = ()
    currency_rates: Annotated[
        tuple[CurrencyRate, ...], says("dated rates: prices in another currency than `currency` are converted by them")
    ] = ()
    alerts: Annotated[Alerts, says("who is told when a share of a budget is spent")] = Alerts()
    guardrails: Annotated[tuple[Guardrail, ...], says("checks of what goes in and out")] = ()
    policies: Annotated[tuple[Policy, ...], says("what callers may do, by tenant, department, team, user and key")] = ()
    cache: Annotated[Cache, says("answers kept")] = Cache()
    files: Annotated[Files, says("reading files")] = Files()
    audit: Annotated[Audit, says("the audit trail")] = Audit()
    telemetry: Annotated[Telemetry, says("metrics and traces")] = Telemetry()


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration that was read without error."""

    settings: Settings
    warnings: tuple[Problem, ...] = ()
    source: str = ""
    """The file it came from; empty: none, defaults and environment only."""
    implied: Policy | None = None
    """The policy of everybody, where nobody wrote one."""


class Mode(NamedTuple):
    """How the gateway is started."""

    demo: bool = False
    dev: bool = False


PLAIN = Mode()


def load(
    path: Path | None, environ: Mapping[str, str], overrides: Overrides, available: Available, mode: Mode = PLAIN
) -> Loaded:
    """The settings from ``path`` (None: no file), the environment and the command line.

    Precedence: command line, environment, file, defaults. Raises ConfigError with every problem found, each with
    its place and a suggestion. A syntax error hides what is behind it.
    """
    source = str(path) if path is not None else ""
    report = Report(source)
    report.warnings.extend(getattr(environ, "warnings", ()))
    root = read_yaml(read_bytes(path), source) if path is not None else mapping(Place("defaults"))
    root = expand_tree(root, environ, {"data_dir": data_dir_of(root, environ, overrides)}, report, resolver(environ))
    drop_empty(root, report)
    guarded = demo.says_what_is_guarded(root)
    overlay_environment(Overlay(root, environ, available, report))
    overlay_command_line(root, overrides)
    if mode.demo:
        demo.overlay(root, available, guarded)
    if mode.dev:
        own_row(root, Place("--dev"))
    offer_models(root, environ, available, report)
    set_timeouts(root, environ, available)
    settings: Settings = Binder(report, partial(plugin_settings, available)).bind(Settings, root, ())
    check_owners(settings, report)
    settings = owned(settings)
    check_relations(settings, available, report)
    check_conditions(settings, report)
    check_trials(settings, report)
    check_people(settings, report)
    check_lines(settings, report)
    check_policies(settings, available, report)
    check_issuers(settings, report)
    check_money(settings, report)
    check_alerts(settings, report)
    check_queue(settings, report)
    check_sinks(settings, available, report)
    refuse_not_yet(settings, report)
    if mode.demo:
        demo.refuse_strangers(settings.server.host, report)
    report.raise_errors()
    written = {one.name for one in settings.policies}
    settings = resolved(_with_paths(settings), available)
    implied = next((one for one in settings.policies if one.name not in written), None)
    return Loaded(settings=settings, implied=implied, warnings=tuple(dict.fromkeys(report.warnings)), source=source)


def read_bytes(path: Path) -> bytes:
    """The file's bytes. Raises ConfigError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as fault:
        problem = Problem(Place(str(path)), "", f"cannot be read: {fault.strerror}", "`torana init` writes a first one")
        raise ConfigError([problem]) from None


def data_dir_of(root: Node, environ: Mapping[str, str], overrides: Overrides) -> str:
    """The data folder, needed before the rest because ``${data_dir}`` may stand anywhere."""
    if overrides.data_dir:
        return overrides.data_dir
    if environ.get("TORANA_DATA_DIR"):
        return environ["TORANA_DATA_DIR"]
    written = root.child("data_dir")
    if written is not None and isinstance(written.value, str):
        return expand(written.value, environ.get).text or DEFAULT_DATA_DIR
    return DEFAULT_DATA_DIR


def overlay_command_line(root: Node, overrides: Overrides) -> None:
    """Lay what the command line gave over everything else."""
    for option, path, value in (
        ("--host", ("server", "host"), overrides.host),
        ("--port", ("server", "port"), overrides.port),
        ("--data-dir", ("data_dir",), overrides.data_dir),
    ):
        if value is not None:
            set_at(root, path, scalar(value, Place(f"command line {option}"), expanded=True))


def plugin_settings(available: Available, struct: type, values: Mapping[str, Any]) -> RestKind | None:
    """What describes the free keys of a row of providers, guardrails or sinks; None when there is no such plug-in."""
    if struct is Provider:
        provider = available.providers.get(values.get("kind", ""))
        return RestKind(provider.settings(), provider.defaults) if provider else None
    if struct is AuditSink:
        sink = available.sinks.get(values.get("kind", ""))
        return RestKind(sink(), {}) if sink else None
    guardrail = available.guardrails.get(values.get("kind") or values.get("id", ""))
    return RestKind(guardrail.settings(), {}) if guardrail else None


def _with_paths(settings: Settings) -> Settings:
    """The settings with ``${data_dir}`` of defaults filled in."""
    if not settings.audit.jsonl:
        return settings
    jsonl = settings.audit.jsonl.replace("${data_dir}", settings.data_dir)
    return msgspec.structs.replace(settings, audit=msgspec.structs.replace(settings.audit, jsonl=jsonl))
