"""The upstreams written by others, each as a process: aimock (npm) and llmock (PyPI).

Called by the fixtures; tests ask them what they saw.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.e2e.node import NODE_FOLDER, node_program
from tests.e2e.process import Process, answers, bare_environment, free_port

HERE = Path(__file__).resolve().parent
UPSTREAM_KEY = "sk-upstream-e2e-3f9c1d7b"


def ask(method: str, url: str, body: object | None = None) -> object:
    """One JSON exchange with a mock's own control routes."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


class Aimock:
    """aimock: answers by the fixtures in a folder; refuses callers without the upstream key."""

    name = "aimock"
    chat_model = "gpt-4o-mini"
    embedding_model = "text-embedding-3-small"

    def __init__(self, log: Path, fixtures: Path = HERE / "aimock") -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        program = NODE_FOLDER / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
        self.process = Process(
            [
                node_program(),
                str(program),
                "-p",
                str(self.port),
                "-f",
                str(fixtures),
                "--strict",
                "--validate-on-load",
                "--log-level",
                "warn",
            ],
            log,
            bare_environment(AIMOCK_API_KEYS=UPSTREAM_KEY),
        )
        self.process.wait_ready(lambda: answers(self.port, "/health"))

    def seen(self) -> Sequence[Mapping[str, object]]:
        """The requests it served, oldest first."""
        request = urllib.request.Request(
            f"{self.origin}/__aimock/journal?limit=1000",
            headers={"authorization": f"Bearer {UPSTREAM_KEY}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            found = json.load(answer)
        return found if isinstance(found, list) else found["entries"]


class Llmock:
    """llmock: says something of its own, and breaks on command."""

    name = "llmock"
    chat_model = "gpt-4o"
    embedding_model = "text-embedding-3-large"

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        argv = [
            sys.executable,
            "-c",
            "from llmock.cli import app; app()",
            "serve",
            "--port",
            str(self.port),
            "--host",
            "127.0.0.1",
        ]
        self.process = Process([*argv, "--log-level", "warning"], log)
        self.process.wait_ready(lambda: answers(self.port, "/health"))

    def script(self, *behaviours: Mapping[str, object]) -> None:
        """What the next requests will meet, after forgetting everything before."""
        ask("POST", f"{self.origin}/_llmock/reset", {})
        if behaviours:
            ask("POST", f"{self.origin}/_llmock/scenario", {"behaviors": list(behaviours)})

    def seen(self) -> Sequence[Mapping[str, object]]:
        """The requests it served since the last script, oldest first."""
        found = ask("GET", f"{self.origin}/_llmock/requests")
        assert isinstance(found, dict)
        return found["requests"]
