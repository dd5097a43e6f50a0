"""What each environment name means: one table of names, each with its rule and its line in the reference.

It reads no environment (it is given one) and changes only the tree of Nodes before it is bound. Called by
``settings.load`` and by the reference page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from torana.wiring import environment_models as from_names
from torana.wiring.available import Available
from torana.wiring.environment import place_of
from torana.wiring.environment_protection import protect
from torana.wiring.nodes import Node, append_at, mapping, plain, scalar, sequence, set_at
from torana.wiring.own_issuer import own_row
from torana.wiring.problems import Report, did_you_mean

TRUE = frozenset({"1", "true", "yes", "on", "y", "t", "enabled"})
LEVELS = {"warn": "warning", "critical": "error", "fatal": "error", "trace": "debug", "notset": "debug"}


class Overlay(NamedTuple):
    """What a rule works with: the tree it changes, the environment it reads, the report it complains to."""

    root: Node
    environ: Mapping[str, str]
    available: Available
    report: Report

    def text(self, name: str) -> str:
        """The value of a name, trimmed; empty when unset."""
        return self.environ.get(name, "").strip()

    def on(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.text(name).lower() in TRUE

    def warn(self, name: str, message: str, suggestion: str = "") -> None:
        """Warn about a name."""
        self.report.warn((), f"{name} {message}", suggestion, place_of(self.environ, name))

    def refuse(self, name: str, message: str, suggestion: str = "") -> None:
        """Refuse to start because of a name."""
        self.report.error((), f"{name} {message}", suggestion, place_of(self.environ, name))

    def put(self, name: str, *path: str, text: str | None = None) -> None:
        """Set a setting from a name."""
        set_at(self.root, path, plain(self.text(name) if text is None else text, place_of(self.environ, name)))


PROVIDER = "provider"


class EnvName(NamedTuple):
    """One name. ``apply`` runs when it is set to something; None: it is read elsewhere, as ``meaning`` says."""

    name: str
    meaning: str
    apply: Callable[[Overlay, str], None] | None = None
    status: str = "honoured"
    """honoured, warned, refused; PROVIDER: honoured when a kind of provider takes its key from this name."""


def _set(*path: str) -> Callable[[Overlay, str], None]:
    return lambda overlay, name: overlay.put(name, *path)


def _log_level(overlay: Overlay, name: str) -> None:
    level = overlay.text(name).lower()
    overlay.put(name, "server", "log_level", text=LEVELS.get(level, level))


def _secret(*path: str) -> Callable[[Overlay, str], None]:
    def apply(overlay: Overlay, name: str) -> None:
        set_at(overlay.root, path, scalar(overlay.text(name), place_of(overlay.environ, name), expanded=True))

    return apply


def _redis_host(overlay: Overlay, name: str) -> None:
    if "REDIS_URL" in overlay.environ:
        return
    host = overlay.text(name)
    url = f"redis://{host if ':' in host else host + ':6379'}/0"
    set_at(overlay.root, ("redis_url",), scalar(url, place_of(overlay.environ, name), expanded=True))


def _words(*path: str) -> Callable[[Overlay, str], None]:
    def apply(overlay: Overlay, name: str) -> None:
        place = place_of(overlay.environ, name)
        words = [word.strip() for word in overlay.text(name).split(",") if word.strip()]
        set_at(overlay.root, path, sequence(place, [scalar(word, place) for word in words]))

    return apply


def _own_jwt(field: str) -> Callable[[Overlay, str], None]:
    """A setting of the tokens that we sign ourselves: the entry of issuer ``torana``, made when missing."""

    def apply(overlay: Overlay, name: str) -> None:
        place = place_of(overlay.environ, name)
        set_at(own_row(overlay.root, place), (field,), plain(overlay.text(name), place))

    return apply


def _hourly_limit(overlay: Overlay, name: str) -> None:
    _limit_callers(overlay, name, "1h", overlay.text("RATE_LIMIT_ALGORITHM"))


def _window_limit(overlay: Overlay, name: str) -> None:
    window = overlay.text("RATE_WINDOW") or "60"
    _limit_callers(overlay, name, f"{window}s" if window.isdigit() else window, overlay.text("RATE_LIMIT_ALGORITHM"))


def _limit_callers(overlay: Overlay, name: str, per: str, algorithm: str) -> None:
    """A rate for each caller: each user, and each key that belongs to none."""
    place = place_of(overlay.environ, name)
    row = {
        "scope": scalar("user", place),
        "id": scalar(name.lower(), place),
        "requests": plain(overlay.text(name), place),
        "per": scalar(per, place),
    }
    if algorithm:
        row["algorithm"] = scalar(algorithm, place_of(overlay.environ, "RATE_LIMIT_ALGORITHM"))
    if algorithm == "token_bucket" and overlay.text("RATE_LIMIT_BURST_SIZE"):
        row["burst"] = plain(overlay.text("RATE_LIMIT_BURST_SIZE"), place)
    append_at(overlay.root, "limits", [mapping(place, row)])


def _burst(overlay: Overlay, name: str) -> None:
    if overlay.text("RATE_LIMIT_ALGORITHM") != "token_bucket":
        overlay.warn(name, "is left out: only a token bucket has a burst")


def _orphan(*needs: str) -> Callable[[Overlay, str], None]:
    def apply(overlay: Overlay, name: str) -> None:
        if not any(overlay.text(need) for need in needs):
            overlay.warn(name, f"is left out: it belongs to {' or '.join(needs)}, not set")

    return apply


def _pii(mode: str) -> Callable[[Overlay, str], None]:
    """Personal data is looked for in every prompt."""

    def apply(overlay: Overlay, name: str) -> None:
        if overlay.on(name):
            _protect(overlay, name, mode)

    return apply


def _pii_patterns(overlay: Overlay, name: str) -> None:
    """Whoever names kinds wants them masked, unless the switch beside it says no."""
    if not overlay.text("ENABLE_PII_MASKING"):
        _protect(overlay, name, "mask")


def _protect(overlay: Overlay, name: str, mode: str) -> None:
    why, advice = protect(overlay.root, overlay.environ, overlay.available, name, mode)
    if why:
        overlay.refuse(name, f"asks for PII protection, {why}", advice)


def _team_budget(per: str) -> Callable[[Overlay, str], None]:
    """A hard budget for each team, in US dollars: its amount would mean something else in another currency."""

    def apply(overlay: Overlay, name: str) -> None:
        currency = overlay.root.child("currency")
        if currency is not None and currency.value not in (None, "USD"):
            advice = f"unset {name} and write the amount in {currency.text} under budgets: scope: team"
            overlay.refuse(name, f"is in USD, and budgets here are in {currency.text}", advice)
            return
        place = place_of(overlay.environ, name)
        row = {
            "scope": scalar("team", place),
            "id": scalar(name.lower(), place),
            "limit": plain(overlay.text(name), place),
            "per": scalar(per, place),
        }
        append_at(overlay.root, "budgets", [mapping(place, row)])

    return apply


def _siem(overlay: Overlay, name: str) -> None:
    """A webhook for records; a row of the file that has the URL is that sink already."""
    place, url = place_of(overlay.environ, name), overlay.text(name)
    audit = overlay.root.child("audit")
    rows = audit.child("sinks") if audit is not None else None
    written = rows.value if rows is not None and isinstance(rows.value, list) else []
    if any((there := row.child("url")) is not None and there.text == url for row in written):
        return
    row = {"kind": plain("webhook", place), "id": plain("siem", place), "url": scalar(url, place, expanded=True)}
    if secret := overlay.text("SIEM_WEBHOOK_SECRET"):
        row["secret"] = scalar(secret, place_of(overlay.environ, "SIEM_WEBHOOK_SECRET"), expanded=True)
    else:
        overlay.warn(name, "makes a sink whose batches are not signed", "set SIEM_WEBHOOK_SECRET to 24 signs or more")
    set_at(overlay.root, ("audit", "sinks"), sequence(place, [*written, mapping(place, row)]))


def _telemetry(overlay: Overlay, name: str) -> None:
    """Whether traces are sent; where to, the file says."""
    place = place_of(overlay.environ, name)
    telemetry = overlay.root.child("telemetry")
    endpoint = telemetry.child("otlp_endpoint") if telemetry is not None else None
    if not overlay.on(name):
        if endpoint is not None:
            set_at(overlay.root, ("telemetry", "otlp_endpoint"), scalar(None, place))
    elif endpoint is None or not endpoint.text.strip():
        overlay.warn(name, "has no effect: nothing says where traces go", "set telemetry.otlp_endpoint")


def _semantic_cache(overlay: Overlay, name: str) -> None:
    """Who switches it on by its old name has no policies that opt in."""
    overlay.put(name, "cache", "semantic", "enabled")
    semantic = overlay.root.child("cache")
    semantic = semantic.child("semantic") if semantic is not None else None
    if overlay.on(name) and (semantic is None or semantic.child("by_policy") is None):
        overlay.put(name, "cache", "semantic", "by_policy", text="false")


def _not_yet(what: str, *, switch: bool = False) -> Callable[[Overlay, str], None]:
    def apply(overlay: Overlay, name: str) -> None:
        if not switch or overlay.on(name):
            overlay.warn(name, f"has no effect: {what}")

    return apply


def _provider_only(overlay: Overlay, name: str) -> None:
    said = [kind.from_environment for kind in overlay.available.providers.values()]
    if not any(name in one.names for one in said if one is not None):
        overlay.warn(name, "has no effect: its provider is not available in this version")


def _keyring(overlay: Overlay, name: str) -> None:
    own_row(overlay.root, place_of(overlay.environ, name))
    others = [other for other in JWT_NAMES if overlay.text(other)]
    if others[0] != name and overlay.text(others[0]) != overlay.text(name):
        overlay.warn(name, f"is left out: {others[0]} is set to something else and wins")


JWT_NAMES = ("JWT_SECRET_KEY", "JWT_SECRET", "SESSION_SECRET")

NAMES: tuple[EnvName, ...] = (
    EnvName("SERVER_HOST", "`server.host`", _set("server", "host")),
    EnvName("SERVER_PORT", "`server.port`", _set("server", "port")),
    EnvName("LOG_LEVEL", "`server.log_level`, in any case", _log_level),
    EnvName("DATABASE_URL", "`database_url`", _secret("database_url")),
    EnvName("REDIS_URL", "`redis_url`", _secret("redis_url")),
    EnvName("REDIS_HOST", "`redis_url` of that host, when `REDIS_URL` is not set", _redis_host),
    EnvName(
        "JWT_SECRET_KEY",
        "secret of our own tokens, which count when it is set; weak ones are refused outside `--dev`",
        _keyring,
    ),
    EnvName("JWT_SECRET", "the same, under another name", _keyring),
    EnvName("SESSION_SECRET", "the same, under another name", _keyring),
    EnvName("JWT_ALGORITHM", "`algorithm` of the tokens we sign", _own_jwt("algorithm")),
    EnvName("JWT_EXPIRATION_HOURS", "life of the tokens we sign, in hours", _own_jwt("expiration_hours")),
    EnvName(
        "RATE_LIMIT_ALGORITHM",
        "`algorithm` of the two rates: sliding_window, token_bucket or fixed_window",
        _orphan("RATE_LIMIT_DEFAULT_PER_HOUR", "RATE_LIMIT"),
    ),
    EnvName(
        "RATE_LIMIT_DEFAULT_PER_HOUR",
        "requests an hour for each user (a key without a user counts as one)",
        _hourly_limit,
    ),
    EnvName("RATE_LIMIT_BURST_SIZE", "`burst`, with the algorithm token_bucket", _burst),
    EnvName("RATE_LIMIT", "requests in RATE_WINDOW for each user (a key without a user counts as one)", _window_limit),
    EnvName("RATE_WINDOW", "seconds RATE_LIMIT counts over; 60 when not set", _orphan("RATE_LIMIT")),
    EnvName(
        "DEFAULT_MODEL",
        "`default_model`; made from the provider it belongs to when not in `models`",
        _set("default_model"),
    ),
    EnvName(
        "AVAILABLE_MODELS",
        "the only models offered, by commas; those not in `models` are made from the provider they belong to",
    ),
    EnvName(
        "MODEL_API_TIMEOUT",
        "seconds a provider may take to its first byte and between two pieces: `timeout_s` `first_token` and `idle` of every provider",
    ),
    EnvName(
        "OPENAI_API_KEY",
        "makes its provider available; so does the key name of every row of the provider catalogue",
        _provider_only,
    ),
    EnvName("ANTHROPIC_API_KEY", "makes its provider available", _provider_only, PROVIDER),
    EnvName("GEMINI_API_KEY", "makes its provider available", _provider_only, PROVIDER),
    EnvName("AZURE_OPENAI_API_KEY", "with the endpoint, makes its provider available", _provider_only, PROVIDER),
    EnvName("AZURE_OPENAI_ENDPOINT", "`base_url` of that provider", _provider_only, PROVIDER),
    EnvName("AZURE_OPENAI_API_VERSION", "its `api_version`; the v1 API when not set", _provider_only, PROVIDER),
    EnvName(
        "AZURE_OPENAI_DEPLOYMENT", "a deployment there, which becomes a model of this name", _provider_only, PROVIDER
    ),
    EnvName(
        "AWS_ACCESS_KEY_ID", "with its secret and a region, makes its provider available; also for `aws-sm:name#field`"
    ),
    EnvName("AWS_SECRET_ACCESS_KEY", "its secret"),
    EnvName("AWS_SESSION_TOKEN", "of temporary credentials"),
    EnvName(
        "AWS_BEARER_TOKEN_BEDROCK", "an API key, with a region instead of the access key", _provider_only, PROVIDER
    ),
    EnvName("AWS_REGION", "`region` of that provider, without which there is none; also for `aws-sm:name#field`"),
    EnvName("AWS_DEFAULT_REGION", "the same, when `AWS_REGION` is not set"),
    EnvName("PROVIDER_PRIORITY", "`provider_priority`, by commas", _words("provider_priority")),
    EnvName("PII_REDACTION_ENABLED", "a guardrail `pii` that redacts prompts, unless the file has one", _pii("redact")),
    EnvName("ENABLE_PII_MASKING", "a guardrail `pii` that masks prompts, unless there is one", _pii("mask")),
    EnvName("PATTERNS_TO_MASK", "its `kinds`, by commas; without a switch it masks", _pii_patterns),
    EnvName("DEFAULT_TEAM_DAILY_BUDGET_USD", "budget a day for each team", _team_budget("day")),
    EnvName("DEFAULT_TEAM_MONTHLY_BUDGET_USD", "budget a month for each team", _team_budget("month")),
    EnvName("SIEM_WEBHOOK_URL", "a sink of kind webhook, unless a row of `audit.sinks` has that url", _siem),
    EnvName("SIEM_WEBHOOK_SECRET", "its `secret`, which signs", _orphan("SIEM_WEBHOOK_URL")),
    EnvName("ENABLE_METRICS", "`telemetry.metrics`", _set("telemetry", "metrics")),
    EnvName("PROMETHEUS_PORT", "`server.metrics_port`", _set("server", "metrics_port")),
    EnvName(
        "ENABLE_TELEMETRY",
        "traces: `false` leaves them out; to whom they go says `telemetry.otlp_endpoint`",
        _telemetry,
    ),
    EnvName(
        "ENABLE_SEMANTIC_CACHE",
        "`cache.semantic.enabled`, and for all callers unless `cache.semantic.by_policy` is written",
        _semantic_cache,
    ),
    EnvName("TORANA_CONFIG", "the configuration file, when `--config` is not given"),
    EnvName("TORANA_DATA_DIR", "`data_dir`", _set("data_dir")),
    EnvName("TORANA_MASTER_KEY", "seals stored secrets; the same for all replicas"),
    EnvName("TORANA_NEW_MASTER_KEY", "what `torana secrets reencrypt` seals them with anew"),
    EnvName("TORANA_API_KEY", "an admin's key, for `torana config … --url`"),
    EnvName("VAULT_ADDR", "HashiCorp Vault, for `vault:path#field`"),
    EnvName("VAULT_TOKEN", "the token for it"),
    EnvName("VAULT_NAMESPACE", "its namespace"),
    EnvName(
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        "where AWS Secrets Manager is, for `aws-sm:name#field`; that of `AWS_REGION`",
    ),
    EnvName(
        "TORANA_AUDIT_KEY",
        "what the key that signs checkpoints of the audit trail is drawn from; else made once and kept in data_dir",
    ),
    EnvName(
        "TORANA_KEY_HASH_KEY",
        "key of the digests of virtual keys, 32 characters or more; else made once and kept in data_dir",
    ),
)


def overlay_environment(overlay: Overlay) -> None:
    """Lay every name that is set over the tree."""
    from_names.add_providers(overlay.root, overlay.environ, overlay.available, overlay.report)
    for one in NAMES:
        if one.apply is not None and overlay.text(one.name):
            one.apply(overlay, one.name)
    known = [one.name for one in NAMES if one.name.startswith("TORANA_")]
    for name in sorted(overlay.environ):
        if name.startswith("TORANA_") and name not in known:
            overlay.warn(name, "is no name we know", did_you_mean(name, known))
