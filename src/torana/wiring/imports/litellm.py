"""Reads a LiteLLM proxy configuration (YAML) into a draft of ours.

It opens nothing: bytes in, text and findings out. Called by ``torana config import-litellm``.
Format: https://docs.litellm.ai/docs/proxy/configs
"""

from __future__ import annotations

from torana.wiring.available import Available
from torana.wiring.imports.draft import Draft, Imported, Names
from torana.wiring.imports.hosts import Desk, every_unread
from torana.wiring.imports.litellm_models import read_models
from torana.wiring.imports.litellm_routing import read_routing
from torana.wiring.imports.report import Findings
from torana.wiring.imports.source import Source
from torana.wiring.nodes import Node
from torana.wiring.yaml_text import read_yaml

REFERENCE = "os.environ/"
MASTER_NAME = "LITELLM_MASTER_KEY"

REASONS: dict[str, tuple[str, str]] = {
    "environment_variables": ("values for the environment are not kept in our file", "set the name in the environment"),
    "include": ("other files are not followed", "import each of them, and join the results"),
    "general_settings.database_url": (
        "its virtual keys, teams, users and spending live in that database and are not in this file",
        "make keys with `torana keys create`",
    ),
    "general_settings.alerting": ("alerts are not sent", "alert on /metrics"),
    "litellm_settings.cache": ("answers are not cached from this file", "set cache by hand where available"),
    "litellm_settings.cache_params": ("answers are not cached from this file", "set cache by hand where available"),
    "litellm_settings.success_callback": ("no callbacks", "records go to SQLite, audit.jsonl and /metrics"),
    "litellm_settings.failure_callback": ("no callbacks", "records go to SQLite, audit.jsonl and /metrics"),
    "litellm_settings.callbacks": ("no callbacks", "records go to SQLite, audit.jsonl and /metrics"),
    "litellm_settings.drop_params": (
        "members of a request that a host refuses are dropped by host, not in general",
        "set drop_fields of the provider",
    ),
    "litellm_settings.modify_params": ("requests are not changed to please a host", "change the application"),
    "router_settings.redis_host": ("this file does not share counters", "see redis_url in docs/configuration.md"),
    "model_list.litellm_params.max_retries": ("retries are one setting for all", "set routing.retries"),
    "model_list.litellm_params.num_retries": ("retries are one setting for all", "set routing.retries"),
    "model_list.litellm_params.temperature": ("requests go on as they came", "let the application send it"),
    "model_list.litellm_params.max_tokens": ("requests go on as they came", "let the application send it"),
    "credential_list": ("credentials by name are not followed", "write them under credentials of the provider"),
    "model_list.litellm_params.litellm_credential_name": (
        "credentials by name are not followed",
        "write it under credentials of the provider",
    ),
}
NOTHING = ("nothing here corresponds to it", "leave it out, or see docs/configuration.md")
HARMLESS = frozenset({
    "litellm_settings.set_verbose", "litellm_settings.json_logs", "litellm_settings.telemetry",
    "router_settings.set_verbose", "router_settings.debug_level", "model_list.model_info.mode", "model_list.model_info.id",
    "model_list.model_info.base_model", "model_list.model_info.description",
})  # fmt: skip
"""Settings whose loss changes no answer: how much is logged, and labels."""


def import_litellm(data: bytes, file: str, available: Available, not_yet: frozenset[str]) -> Imported:
    """The configuration as ours. ``not_yet``: what ``settings_not_yet`` says this version refuses.

    Raises ConfigError when it is no readable YAML; see ``yaml_text.read_yaml``.
    """
    root = Source(read_yaml(data, file))
    desk = Desk(Draft(Names(_names_in(root.node))), Findings(), available, REFERENCE)
    _general(desk, root)
    models = read_models(desk, root, not_yet)
    read_routing(desk, root, models, not_yet)
    for model in models.values():
        desk.draft.models.append(model.row())
        desk.draft.limits.extend(model.limits)
    _guardrails(desk, root)
    _harmless(desk, root)
    every_unread(desk, root, _reason)
    head = ["Made by `torana config import-litellm`; what was carried, changed or lost is in its report."]
    return Imported(desk.draft.text(head), desk.findings, desk.draft.needs())


def _names_in(node: Node) -> set[str]:
    """Every environment name that the source refers to."""
    if isinstance(node.value, dict):
        return {name for below in node.value.values() for name in _names_in(below)}
    if isinstance(node.value, list):
        return {name for below in node.value for name in _names_in(below)}
    return {node.text.removeprefix(REFERENCE).strip()} if node.text.startswith(REFERENCE) else set()


def _general(desk: Desk, root: Source) -> None:
    """``master_key`` as a virtual key for all models."""
    general = root.get("general_settings")
    master = general.get("master_key") if general is not None else None
    if master is None or not master.text().strip():
        return
    names, name = desk.draft.names, desk.name_in(master.text())
    key = names.ref(name) if name else names.invent(master.text(), MASTER_NAME)
    desk.draft.keys.append({"name": "litellm master key", "key": key, "models": ["*"]})
    desk.findings.changed(
        master.at,
        "a virtual key for every model; it administers nothing"
        + ("" if name else "; the key itself is not repeated here"),
        f"set {key.name} to it; better, give each application a key of its own: `torana keys create`",
    )


def _guardrails(desk: Desk, root: Source) -> None:
    given = root.get("guardrails")
    for one in given.items() if given is not None else []:
        name = one.get("guardrail_name")
        shown = f'the guardrail "{name.text()}"' if name is not None else "a guardrail"
        desk.findings.lost(
            one.whole().at, f"{shown}: nothing checks it here until you write it", "see docs/providers.md"
        )


def _harmless(desk: Desk, root: Source) -> None:
    for one in list(root.unread()):
        if ".".join(_steps(one)) in HARMLESS:
            desk.findings.changed(one.whole().at, "left out: it changes no answer")
        elif one.node.value is False:
            desk.findings.changed(one.whole().at, "left out: it was off")


def _steps(one: Source) -> list[str]:
    return [str(step) for step in one.path if not isinstance(step, int)]


def _reason(one: Source) -> tuple[str, str]:
    """The reason of the nearest setting above that has one."""
    steps = _steps(one)
    for length in range(len(steps), 0, -1):
        said = REASONS.get(".".join(steps[:length]))
        if said is not None:
            return said
    return NOTHING
