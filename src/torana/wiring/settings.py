"""The configuration as one typed value: ``Settings``, and ``load``, which reads it from file, environment and command line.

It compiles nothing (``compile.py`` does) and opens nothing. Called by ``wiring/live.py`` and the CLI.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from torana.core.secret import Secret
from torana.wiring.available import Available
from torana.wiring.options import Overrides
from torana.wiring.problems import Problem
from torana.wiring.settings_forms import Name, Texts, says
from torana.wiring.settings_models import Model, Provider, Routing
from torana.wiring.settings_people import Auth, Key, Tenant
from torana.wiring.settings_rules import Budget, Cache, Guardrail, Limit, Policy
from torana.wiring.settings_server import Audit, Server, Telemetry


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file. Everything has a default."""

    server: Annotated[Server, says("where it listens")] = Server()
    data_dir: Annotated[Name, says("folder for the SQLite file, the spool, generated secrets")] = "./data"
    database_url: Annotated[Secret | None, says("null: SQLite in data_dir")] = None
    redis_url: Annotated[Secret | None, says("shared counters; null: memory")] = None
    currency: Annotated[str, says("ISO 4217 code of prices and budgets", pattern="^[A-Z]{3}$")] = "USD"
    time_zone: Annotated[str, says("IANA name, for calendar windows", form="zone")] = "UTC"
    auth: Annotated[Auth, says("tokens")] = Auth()
    tenants: Annotated[tuple[Tenant, ...], says("tenants, departments, teams; `default` always exists")] = ()
    keys: Annotated[tuple[Key, ...], says("virtual keys")] = ()
    providers: Annotated[tuple[Provider, ...], says("whom we call")] = ()
    models: Annotated[tuple[Model, ...], says("what applications may ask for")] = ()
    default_model: Annotated[str | None, says("used when a request names no model")] = None
    provider_priority: Annotated[Texts, says("provider ids or kinds, dearest to you first")] = ()
    routing: Annotated[Routing, says("retries and deadlines")] = Routing()
    limits: Annotated[tuple[Limit, ...], says("rates and concurrency")] = ()
    budgets: Annotated[tuple[Budget, ...], says("caps on spending")] = ()
    guardrails: Annotated[tuple[Guardrail, ...], says("checks of what goes in and out")] = ()
    policies: Annotated[tuple[Policy, ...], says("which guardrails apply to whom")] = ()
    cache: Annotated[Cache, says("answers kept")] = Cache()
    audit: Annotated[Audit, says("the audit trail")] = Audit()
    telemetry: Annotated[Telemetry, says("metrics and traces")] = Telemetry()


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration that was read without error."""

    settings: Settings
    warnings: tuple[Problem, ...] = ()
    source: str = ""
    """The file it came from; empty: none, defaults and environment only."""


def load(path: Path | None, environ: Mapping[str, str], overrides: Overrides, available: Available) -> Loaded:
    """The settings from ``path`` (None: no file), the environment and the command line.

    Raises ConfigError with every problem found, each with its place and a suggestion.
    """
    raise NotImplementedError
