"""``torana dashboard``: a page about providers, budgets, cost and findings of a running gateway (extra ``streamlit``)."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from torana.wiring.cli.installation import environment, port
from torana.wiring.cli.say import say
from torana.wiring.dashboard import page

EXAMPLES = """examples:
  torana dashboard                                      asks for a key in the browser
  TORANA_DASHBOARD_TOKEN=sk-... torana dashboard        whoever opens the page sees what that key may see
  torana dashboard --url https://gateway.example.com --port 8600
"""
MISSING = 'torana dashboard: Streamlit is not installed.\n  pip install "torana[streamlit]"'
HERE = ("127.0.0.1", "localhost", "::1")
OPEN = "torana dashboard: everybody who reaches this address sees what the token may see; leave it out and each gives their own."


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument(
        "--url", default="", help="the gateway (default: TORANA_DASHBOARD_URL, else http://127.0.0.1:8000)"
    )
    parser.add_argument("--token", default="", help="key or token of the gateway; others on the machine can read it here, "
                        "so better TORANA_DASHBOARD_TOKEN, or give it in the browser")  # fmt: skip
    parser.add_argument("--host", default="127.0.0.1", help="where the page listens (default: 127.0.0.1)")
    parser.add_argument("--port", type=port, default=8501, help="and its port (default: 8501)")


def run(
    args: argparse.Namespace,
    needed: str = "streamlit",
    start: Callable[[Sequence[str], Mapping[str, str]], int] | None = None,
) -> int:
    """Become Streamlit, which serves the page until it is told to stop."""
    if find_spec(needed) is None:
        say(MISSING, err=True)
        return 1
    environ = environment()
    for name, given in ((page.URL, args.url), (page.TOKEN, args.token)):
        if given:
            environ[name] = given
    if environ.get(page.TOKEN) and args.host not in HERE:
        say(OPEN, err=True)
    return (start or become)(command(args.host, args.port), environ)


def become(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Go on as this program: a signal that ends the command ends the page."""
    os.execve(words[0], list(words), dict(environ))  # noqa: S606 - this Python, no shell


def command(host: str, number: int) -> Sequence[str]:
    """The words that start Streamlit: nothing is told to its makers, nothing is watched, no browser is opened."""
    options = {
        "server.address": host,
        "server.port": str(number),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "runner.magicEnabled": "false",
        "client.toolbarMode": "viewer",
    }
    said = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(Path(page.__file__)), *said]
