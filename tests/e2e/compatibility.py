"""Writes docs/compatibility.md from a run of the matrix: every cell is a test that was run just now, none is claimed.

Run by ``make compatibility``. Raises SystemExit when a cell failed: a page that hides failures would be worse than none.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "compatibility.md"
FILES = (
    "tests/e2e/test_matrix.py",
    "tests/e2e/test_matrix_schema.py",
    "tests/e2e/test_litellm.py",
    "tests/e2e/frameworks",
)
BEGIN, END = "<!-- matrix -->", "<!-- /matrix -->"
CHAINS = ("<!-- langchain -->", "<!-- /langchain -->")
NAMES = {
    "test_text_and_usage": {"whole": "text, usage", "stream": "stream, usage"},
    "test_parallel_tool_calls": {"whole": "tools", "stream": "streamed tools"},
    "test_a_picture": {"": "image"},
    "test_a_wanted_shape": {"": "JSON schema"},
    "test_a_wanted_object": {"": "JSON schema"},
    "test_a_tool_call": {"whole": "tools", "stream": "streamed tools"},
    "test_an_error_of_the_provider": {"whole": "error", "stream": "error on a stream"},
    "test_embeddings": {"": "embeddings"},
}
"""Test → its way of answering → the column."""
COLUMNS = list(dict.fromkeys(column for ways in NAMES.values() for column in ways.values()))
CLIENTS = {
    "chat": "openai SDK, chat completions",
    "responses": "openai SDK, responses",
    "messages": "anthropic SDK, messages",
    "generate": "google-genai SDK, generate content",
    "ai_chat": "Vercel AI SDK, chat completions",
    "ai_responses": "Vercel AI SDK, responses",
    "ai_messages": "Vercel AI SDK, messages",
    "ai_generate": "Vercel AI SDK, generate content",
}


def main() -> None:
    """Run the matrix and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "matrix.xml"
        argv = ["-m", "pytest", "-q", "-n0", "-m", "not bench", *FILES, f"--junitxml={report}"]
        run = subprocess.run([sys.executable, *argv], cwd=ROOT, check=False)
        if run.returncode:
            raise SystemExit("a cell of the matrix failed: the page was left as it is")
        page = between(PAGE.read_text(), (BEGIN, END), table(cells(report)))
        PAGE.write_text(between(page, CHAINS, standard_tests(report)))


def between(page: str, marks: tuple[str, str], text: str) -> str:
    """The page with this text between its marks."""
    head, rest = page.split(marks[0])
    return head + marks[0] + "\n" + text + marks[1] + rest.split(marks[1])[1]


def standard_tests(report: Path) -> str:
    """LangChain's standard tests, counted for each of its clients and each provider."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for case in ET.parse(report).iter("testcase"):
        group = case.attrib["classname"].rpartition(".")[2]
        if "Before" in group:
            client, _, provider = group.removeprefix("Test").partition("Before")
            counts[client, provider.lower()][case.find("skipped") is not None] += 1
    lines = ["| client | provider | passed | left out by its flags |", "|---|---|---|---|"]
    lines += [
        f"| {client} | {provider} | {ran} | {left} |" for (client, provider), (ran, left) in sorted(counts.items())
    ]
    return "\n".join(lines) + "\n"


def cells(report: Path) -> dict[tuple[str, str], set[str]]:
    """The columns that passed, by client and provider."""
    passed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for case in ET.parse(report).iter("testcase"):
        name, _, rest = case.attrib["name"].partition("[")
        if name not in NAMES:
            continue  # no cell: a fact beside the matrix
        words = rest.rstrip("]").split("-")
        way = words.pop(0) if words[0] in ("whole", "stream") else ""
        client, provider = (words[0], words[1]) if len(words) == 2 else (words[0], "openai")
        if len(case) == 0:
            passed[client, provider].add(NAMES[name][way])
    return passed


def table(passed: dict[tuple[str, str], set[str]]) -> str:
    """The table in Markdown; a cell that was not run is a dash."""
    lines = ["| client | provider | " + " | ".join(COLUMNS) + " |", "|---|---|" + "---|" * len(COLUMNS)]
    for (client, provider), found in sorted(passed.items()):
        marks = " | ".join("yes" if column in found else "–" for column in COLUMNS)
        lines.append(f"| {CLIENTS[client]} | {provider} | {marks} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
