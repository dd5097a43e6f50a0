"""The command starts Streamlit with nothing secret in its words, and says how to get it where it is missing."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from torana.wiring.cli import dashboard
from torana.wiring.dashboard import page


def asked(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    dashboard.configure(parser)
    return parser.parse_args(words)


def test_without_the_extra_it_says_how_to_get_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert dashboard.run(asked(), needed="no_such_module") == 1
    assert 'pip install "torana[streamlit]"' in capsys.readouterr().err


def test_the_token_is_in_no_word_of_the_program_that_is_started(capsys: pytest.CaptureFixture[str]) -> None:
    started: list[Any] = []

    def start(words: Sequence[str], env: Mapping[str, str]) -> int:
        started.append((words, env))
        return 3

    given = asked("--url", "http://127.0.0.1:9000", "--token", "sk-secret", "--host", "0.0.0.0", "--port", "8600")
    assert dashboard.run(given, needed="argparse", start=start) == 3
    ((words, env),) = started
    assert "sk-secret" not in " ".join(words) and env[page.TOKEN] == "sk-secret"
    assert env[page.URL] == "http://127.0.0.1:9000"
    assert words[words.index("--browser.gatherUsageStats") + 1] == "false"
    assert words[words.index("--server.port") + 1] == "8600"
    assert "everybody who reaches this address" in capsys.readouterr().err
