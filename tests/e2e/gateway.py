"""A running Torana process for tests: its configuration, its start and end, and what it left behind.

It drives the program only from outside: command line, HTTP, the audit file, the database file. Called
by the fixtures and by tests that end the process.
"""

from __future__ import annotations

import http.client
import json
import re
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.e2e import mould
from tests.e2e.process import Process, answers, bare_environment, free_port, written_lines

CALLER_KEY = "sk-torana-e2e-9Qm4Zt7Lw2Xc"
NARROW_KEY = "sk-torana-e2e-narrow-5Rb8Hn1Kd"
"""A key that may use the first model of the configuration only."""

Row = Mapping[str, object]


def provider(provider_id: str, origin: str, *, api_key: str = "sk-upstream-any", **more: object) -> dict[str, object]:
    """A provider that speaks the OpenAI protocol at ``origin``."""
    return {
        "id": provider_id,
        "kind": "openai",
        "base_url": f"{origin}/v1",
        "credentials": [{"api_key": api_key}],
        **more,
    }


def model(name: str, provider_id: str, upstream_model: str | None = None, **more: object) -> dict[str, object]:
    """A model with one deployment."""
    return {"name": name, "deployments": [{"provider": provider_id, "model": upstream_model or name}], **more}


def configuration(
    providers: Sequence[Row],
    models: Sequence[Row],
    *,
    server: Row | None = None,
    routing: Row | None = None,
) -> dict[str, object]:
    """The configuration of a test gateway, with both keys; no retries unless ``routing`` says so."""
    return {
        "server": dict(server or {}),
        "keys": [
            {"name": "e2e", "key": CALLER_KEY, "tenant": "acme", "team": "engineers", "models": ["*"]},
            {"name": "narrow", "key": NARROW_KEY, "tenant": "acme", "models": [models[0]["name"]]},
        ],
        "tenants": [{"id": "acme", "departments": [{"id": "engineering", "teams": ["engineers"]}]}],
        "providers": list(providers),
        "models": list(models),
        "routing": {"retries": 0, **(routing or {})},
    }


class Gateway:
    """One ``torana serve`` process on its own port and data folder."""

    options: Sequence[str] = ()
    """Further words of its command line."""
    python: str = sys.executable
    """Whose package it is."""

    def __init__(self, folder: Path, config: Mapping[str, object], **environment: str) -> None:
        """``environment``: names that it has besides the bare ones, or instead of them."""
        self.folder = folder
        self.environment = environment
        self.data = folder / "data"
        self.file = folder / "torana.yaml"
        folder.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(config, indent=1))  # YAML 1.2 holds JSON
        self.process: Process
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start (again) on a fresh port and the same data folder; returns when it is ready."""
        self.port = free_port()
        argv = [
            self.python,
            "-m",
            "torana.wiring.cli",
            "serve",
            "--config",
            str(self.file),
            "--port",
            str(self.port),
            "--data-dir",
            str(self.data),
            *self.options,
        ]
        made = mould.Moulded if mould.fits(self.python, self.environment) else Process
        self.process = made(argv, self.folder / "output.log", bare_environment(**self.environment), self.folder)
        self.process.wait_ready(lambda: answers(self.port, "/health/ready"))

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> str:
        """The body of a GET that must answer 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read().decode()
            assert answer.status == 200, (path, answer.status, body)
            return body
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; fails when it is not there."""
        found = re.findall(rf"^{re.escape(name)}(?:\{{[^}}]*\}})? ([0-9.eE+-]+)$", self.get("/metrics"), re.MULTILINE)
        assert found, f"/metrics has no {name}"
        return sum(float(value) for value in found)

    def audit(self) -> list[dict[str, object]]:
        """The entries of requests in the audit file, in order; a cut last line fails once the gateway has ended."""
        ended = self.process.child.poll() is not None
        path = self.data / "audit.jsonl"
        if not path.exists():
            return []
        return [json.loads(line) for line in written_lines(path.read_text("utf-8"), ended=ended) if line]

    def rows(self, query: str) -> list[sqlite3.Row]:
        """Rows of the gateway's SQLite database, read only."""
        files = sorted(self.data.glob("*.db")) + sorted(self.data.glob("*.sqlite*"))
        mains = [path for path in files if not path.name.endswith(("-wal", "-shm", "-journal"))]
        assert len(mains) == 1, f"expected one database in {self.data}, found {[path.name for path in mains]}"
        connection = sqlite3.connect(f"file:{mains[0]}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def left_behind(self) -> str:
        """Everything it wrote that people read: its output and the audit file."""
        path = self.data / "audit.jsonl"
        return self.process.output() + (path.read_text("utf-8", "replace") if path.exists() else "")
