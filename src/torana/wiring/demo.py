"""What ``--demo`` adds: a tenant with teams, four keys that everyone knows, offline models, a policy with guardrails.

Whatever the file or the environment already names stays as it is; a real provider key in the environment makes that
provider serve its own models. Called by ``settings.load``, and by ``serve`` for what to print.
"""

from __future__ import annotations

from collections.abc import Sequence

from torana.wiring.available import Available
from torana.wiring.environment_models import home_of, model_node, rows, text_of
from torana.wiring.nodes import Node, append_at, from_plain, scalar, set_at
from torana.wiring.problems import Place, Report
from torana.wiring.settings_checks import is_loopback

TENANT = "demo"
OFFLINE = "echo"
"""The provider that answers without a network."""
PLACE = Place("--demo")
TEAMS = {
    "finance": "finance-team",
    "engineering": "engineering-team",
    "marketing": "marketing-team",
    "default": "default",
}
MODELS = (
    "gpt-4o-mini",
    "gpt-4o",
    "gpt-4",
    "gpt-4.1",
    "gpt-4.1-mini",
    "openai/gpt-4.1",
    "claude-opus-4-6",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
    "gemini-2.5-pro",
    "gemini-2.5-flash",
    "llama",
    "llama-2",
    "mistral",
    "text-embedding-3-small",
    "text-embedding-3-large",
)
"""Names that examples of existing users ask for, so that those run unchanged."""


PRICES = {"input": "0.50", "output": "1.50"}
"""Of a million tokens of offline models: made up, so that costs, budgets and invoices have something to count."""
GUARDRAILS = (
    {"id": "pii", "mode": "redact", "side": "input"},
    {"id": "secrets", "mode": "block", "side": "both"},
    {"id": "injection", "mode": "block", "side": "input"},
)
"""Personal data is taken out of prompts, secrets and attacks are refused."""


def demo_key(name: str) -> str:
    """The key of one demo team. Known to everyone: that is why ``--demo`` serves on loopback only."""
    return f"sk-gateway-{name}-001"


def says_what_is_guarded(root: Node) -> bool:
    """Whether a file has guardrails or policies, and with them the last word."""
    return bool(rows(root, "policies") or rows(root, "guardrails"))


def overlay(root: Node, available: Available, guarded: bool) -> None:
    """Add the demo to the tree. ``guarded``: what the file says of guardrails stands; what the environment asks for is beside ours."""
    if not _has(root, "tenants", "id", TENANT):
        departments = [{"id": name, "teams": [team]} for name, team in TEAMS.items() if name != "default"]
        tenant = {"id": TENANT, "name": "Demo", "departments": departments, "teams": [TEAMS["default"]]}
        append_at(root, "tenants", [from_plain(tenant, PLACE)])
    for name, team in TEAMS.items():
        key = {"name": f"demo {name}", "key": demo_key(name), "tenant": TENANT, "team": team}
        if not _has(root, "keys", "name", key["name"]) and not _has(root, "keys", "key", key["key"]):
            append_at(root, "keys", [from_plain(key, PLACE)])
    if not _has(root, "providers", "id", OFFLINE):
        append_at(root, "providers", [from_plain({"id": OFFLINE, "kind": OFFLINE}, PLACE)])
    for model in MODELS:
        if not _has(root, "models", "name", model):
            home = home_of(model, root, available) or (OFFLINE, model.rpartition("/")[2])
            made = model_node(model, *home, PLACE)
            if home[0] == OFFLINE:
                set_at(made, ("prices",), from_plain(PRICES, PLACE))
            append_at(root, "models", [made])
    if not guarded:
        asked = {text_of(one, "kind") for one in rows(root, "guardrails")}
        guardrails = [one for one in GUARDRAILS if one["id"] in available.guardrails and one["id"] not in asked]
        policy = {"name": "demo", "attach": [{"tenant": TENANT}], "guardrails": guardrails}
        append_at(root, "policies", [from_plain(policy, PLACE)])
    auth = root.child("auth")
    if auth is None or auth.child("registration") is None:
        set_at(root, ("auth", "registration"), scalar("open", PLACE))
    default = root.child("default_model")
    if default is None or default.value is None:
        set_at(root, ("default_model",), scalar(MODELS[0], PLACE))


def _has(root: Node, section: str, field: str, value: str) -> bool:
    return any(text_of(row, field) == value for row in rows(root, section))


def refuse_strangers(host: str, report: Report) -> None:
    """Refuse every address but loopback: anyone who knows this page knows the keys."""
    if not is_loopback(host):
        report.error(
            ("server", "host"),
            f"--demo has keys that everyone knows and serves on loopback only, not on {host}",
            "add --host 127.0.0.1, or leave --demo out",
        )


def next_steps(base_url: str, models: Sequence[str] = MODELS) -> str:
    """What to type next, for the terminal.

    ``base_url``: where it listens, such as ``http://127.0.0.1:8000``; ``models``: those offered, a good one first.
    """
    key = demo_key("default")
    shown = ", ".join(models[:4]) + (" …" if len(models) > 4 else "")
    body = f'{{"model": "{models[0]}", "messages": [{{"role": "user", "content": "Hello!"}}]}}'
    return "\n".join(
        (
            "",
            f"  Torana is serving its demo at {base_url}",
            "",
            f"  key      {key}",
            f"  models   {shown} (GET {base_url}/v1/models)",
            f"  console  {base_url}/ (register: your organisation has its own keys; the one above is of the demo's)",
            "",
            "  Try it:",
            f"    curl {base_url}/v1/chat/completions \\",
            f'      -H "Authorization: Bearer {key}" -H "Content-Type: application/json" \\',
            f"      -d '{body}'",
            "",
        )
    )
