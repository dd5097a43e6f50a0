"""A running gateway for tests of the control plane: a real process on a database of its own, asked over HTTP.

It has a key for every role in each of two tenants, so that a test needs nobody to sign in.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPMessage
from pathlib import Path
from typing import Any, NamedTuple

from tests.e2e.gateway import Gateway
from tests.e2e.process import until

ADMIN = "/api/v1/admin"
ROLES = ("operator", "admin", "manager", "user", "viewer", "auditor", "service")
TENANTS = ("acme", "globex")


def key_of(role: str, tenant: str = "acme") -> str:
    """The key of a role. Managers are of the department ``finance``, users are ``ann`` of the team ``books`` in it."""
    return f"sk-torana-test-{tenant}-{role}-0123456789abcdef"


class Said(NamedTuple):
    """One answer."""

    status: int
    headers: HTTPMessage
    body: Any
    """JSON read, else text."""
    raw: bytes


def configuration(database_url: str, **more: Any) -> dict[str, Any]:
    """Two tenants with departments, teams and keys, and the offline models."""
    keys = []
    for tenant in TENANTS:
        for role in ROLES:
            row: dict[str, Any] = {
                "name": f"{tenant} {role}", "key": key_of(role, tenant), "tenant": tenant, "permissions": [f"role:{role}"],
            }  # fmt: skip
            if role == "manager":
                row["department"] = "finance"
            if role in ("user", "service"):
                row |= {"user": "ann" if role == "user" else "robot", "team": "books"}
            keys.append(row)
    tree = [
        {
            "id": tenant,
            "departments": [{"id": "finance", "teams": ["books", "tax"]}, {"id": "engineering", "teams": ["web"]}],
        }
        for tenant in TENANTS
    ]
    return {
        "database_url": database_url,
        # Tests plant rows of whatever year.
        "audit": {"retention_days": 36500, "retention_hourly_days": 36500, "retention_daily_days": 36500},
        "tenants": tree,
        "keys": keys,
        "providers": [{"id": "echo", "kind": "echo"}],
        "models": [
            {
                "name": "echo-1",
                "deployments": [{"provider": "echo", "model": "echo-1"}],
                "prices": {"input": "1", "output": "2"},
            }
        ],
        **more,
    }


class Standing(Gateway):
    """The process, with its control plane loaded."""

    options = ("--dev",)

    def __init__(
        self, folder: Path, database_url: str, config: Mapping[str, Any] | None = None, **environment: str
    ) -> None:
        """``config``: instead of ``configuration``'s."""
        super().__init__(folder, config or configuration(database_url), **environment)
        assert until(lambda: self.ask("GET", f"{ADMIN}/features/status", key_of("admin")).status != 503, 20)

    def ask(
        self,
        method: str,
        path: str,
        key: str = "",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Said:
        """One request; ``key`` goes into Authorization; ``body`` is sent as JSON, bytes as they are."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sent = {"content-type": "application/json", **(headers or {})}
        if key:
            sent["authorization"] = f"Bearer {key}"
        asked = urllib.request.Request(self.origin + path, data=data, method=method, headers=sent)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return _said(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as answer:
            return _said(answer.code, answer.headers, answer.read())


def _said(status: int, headers: HTTPMessage, raw: bytes) -> Said:
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        body = raw.decode("utf-8", "replace")
    return Said(status, headers, body, raw)
