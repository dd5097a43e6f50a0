"""The report of a run: lines of Markdown, the bounds reached or not, and the places they are written to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.processes import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
JSON = ROOT / "build" / "bench" / "latest.json"
_LATEST = ("<!-- latest -->", "<!-- /latest -->")
_HISTORY_END = "<!-- /history -->"

BOUNDS = (
    ("CPU a request, times nginx", ("request", "torana", "ratio"), 11.0, "{:.1f} ×"),
    ("CPU a streamed event, times nginx", ("event", "torana", "ratio"), 3.0, "{:.2f} ×"),
    ("cold start to the first answer", ("cold", "median_ms"), 1500.0, "{:.0f} ms"),
    ("idle memory, everything in one process", ("idle", "all"), 120.0, "{:.0f} MB"),
    ("memory of an open stream", ("streams", "torana", "kb_each"), 60.0, "{:.1f} KB"),
)
"""Name, where the figure is in the result, the most it may be, how it is written. Each has a column in the table of runs."""

TRANSLATED = tuple(
    (f"{what}, {road}, times the same dialect", (part, road, "ratio"), 2.0, "{:.2f} ×")
    for part, what in (("translated", "CPU a request"), ("translated_event", "CPU a streamed event"))
    for road in ("messages to chat", "chat to messages")
)
"""The same for translated traffic."""

APART = "two processes, processors of their own"
ADMIN = (
    ("p99 while files are read, times without", ("files", "torana", "p99_times"), 1.1, "{:.2f} ×"),
    (
        "p99 while files are read, times without, two processes on processors of their own",
        ("files", APART, "p99_times"),
        1.1,
        "{:.2f} ×",
    ),
    ("the same, times what it does to the upstream alone", ("files", APART, "p99_own"), 1.1, "{:.2f} ×"),
    (
        "p99 with admin traffic, times without, two processes on processors of their own",
        ("admin", APART, "p99_times"),
        1.1,
        "{:.2f} ×",
    ),
    ("the same, times what it does to the upstream alone", ("admin", APART, "p99_own"), 1.1, "{:.2f} ×"),
)
"""The same for the two planes."""

LADDER = (
    ("CPU a request answered from the cache, times nginx", ("request", "torana cached", "ratio"), 8.0, "{:.1f} ×"),
    ("CPU a request, nothing but keys, times nginx", ("request", "torana plain", "ratio"), 11.0, "{:.1f} ×"),
    ("CPU a request with hard budgets, times nginx", ("request", "torana budgets", "ratio"), 12.0, "{:.1f} ×"),
    ("CPU a request, counted in Valkey, times nginx", ("request", "torana shared", "ratio"), 14.0, "{:.1f} ×"),
    ("CPU a request with guardrails, times nginx", ("request", "torana guarded", "ratio"), 15.0, "{:.1f} ×"),
    ("CPU a streamed event with guardrails, times nginx", ("event", "torana guarded", "ratio"), 4.0, "{:.2f} ×"),
)
"""The same for a run with ``--ladder``. Guardrails come on top of budgets: PII redacted and injection refused on the way in,
secrets refused both ways."""

_OTHER_LOAD = (
    "Without wrk the load arrives in smaller batches, which costs nginx more than it costs a Python gateway: "
    "ratios of such a run come out lower and do not compare with runs under wrk."
)


def _at(result: dict[str, Any], path: tuple[str, ...]) -> float | None:
    found: Any = result
    for name in path:
        if name not in found:
            return None
        found = found[name]
    return float(found)


def bounds(result: dict[str, Any]) -> Iterator[str]:
    """One row for each bound: the figure, the bound, reached or not reached."""
    yield "| bound | most | here | |"
    yield "|---|---|---|---|"
    ladder = [
        one for one in LADDER if _at(result, one[1]) is not None and "torana guarded" in result.get("request", {})
    ]
    for name, path, most, form in (*BOUNDS, *TRANSLATED, *ADMIN, *ladder):
        figure = _at(result, path)
        if figure is None:
            yield f"| {name} | {form.format(most)} | not measured | |"
        else:
            reached = "reached" if figure <= most else "**not reached**"
            yield f"| {name} | {form.format(most)} | {form.format(figure)} | {reached} |"


def _rounds(title: str, table: dict[str, dict[str, float]]) -> Iterator[str]:
    yardstick = next(iter(table))  # the first that was measured
    yield ""
    yield f"| {title} | median µs | lowest – highest | times {yardstick} | lowest – highest | rounds |"
    yield "|---|---|---|---|---|---|"
    for name, row in table.items():
        yield (
            f"| {name} | {row['median']:.1f} | {row['low']:.1f} – {row['high']:.1f} | {row['ratio']:.2f} "
            f"| {row['ratio_low']:.2f} – {row['ratio_high']:.2f} | {row['rounds']:.0f} |"
        )


def _latency(result: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield f"| latency at {result['rate']:.0f} requests/s, open loop | p50 µs | p99 µs | added p50 | added p99 |"
    yield "|---|---|---|---|---|"
    for name, row in result["latency"].items():
        added = f"{row['added_p50']:.0f} | {row['added_p99']:.0f}" if name != "direct" else "– | –"
        yield f"| {name} | {row['p50']:.0f} | {row['p99']:.0f} | {added} |"


def _beside(result: dict[str, Any], part: str, load: str, counted: str) -> Iterator[str]:
    yield ""
    yield (
        f"| AI requests at {result['rate']:.0f}/s, open loop, beside {load} | p50 µs without | with "
        f"| p99 µs without | with | times | lowest – highest | times the upstream alone | {counted} | rounds |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, row in result[part].items():
        yield (
            f"| {name} | {row['p50_quiet']:.0f} | {row['p50_loud']:.0f} | {row['p99_quiet']:.0f} | {row['p99_loud']:.0f} "
            f"| {row['p99_times']:.2f} | {row['p99_times_low']:.2f} – {row['p99_times_high']:.2f} "
            f"| {row.get('p99_own', 1):.2f} | {row['admin_a_second']:.1f} | {row['rounds']:.0f} |"
        )


def _memory(result: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield "| start and memory | figure |"
    yield "|---|---|"
    if "cold" in result:
        cold = result["cold"]
        each = ", ".join(f"{run:.0f}" for run in cold["runs_ms"])
        yield f"| cold start to the first answer | {cold['median_ms']:.0f} ms (runs: {each}) |"
    for role, megabytes in result.get("idle", {}).items():
        yield f"| idle, role `{role}` | {megabytes:.1f} MB |"
    for name, held in result.get("streams", {}).items():
        yield (
            f"| {held['streams']:,} open streams, {name} | {held['kb_each']:.1f} KB each "
            f"({held['before_mb']:.0f} → {held['during_mb']:.0f} MB, {held['after_mb']:.0f} MB after) |"
        )
    for name, grown in result.get("slope", {}).items():
        yield (
            f"| RSS over {grown['requests']:,} requests, {name} | {grown['bytes_per_1000']:+,.0f} bytes for 1,000 "
            f"requests ({grown['first_mb']:.1f} → {grown['last_mb']:.1f} MB) |"
        )


def lines(result: dict[str, Any]) -> list[str]:
    """The whole report in Markdown."""
    facts = result["machine"]
    run = f"{facts['date']}, commit `{facts['commit']}`, {result['plan']} run"
    where = f"{facts['cores']} cores ({facts['processor']}), {facts['python']}, {facts['system']}"
    page = [f"{run}: {where}; load: {facts['load']}."]
    if not facts["load"].startswith("wrk"):
        page += ["", _OTHER_LOAD]
    for reason in result["missing"]:
        page += ["", f"Not measured: {reason}"]
    page += ["", *bounds(result)]
    titles = {
        "request": "CPU a request",
        "event": "CPU a streamed event",
        "translated": "translated by torana, CPU a request",
        "translated_event": "translated by torana, CPU an event of the provider",
        "floors": "servers alone, CPU a request",
    }
    for part, title in titles.items():
        if result.get(part):
            page += _rounds(title, result[part])
    if "latency" in result:
        page += _latency(result)
    if "admin" in result:
        page += _beside(result, "admin", "admin requests at full speed", "admin requests/s")
    if "files" in result:
        page += _beside(result, "files", "files that are read", "files/s")
    if {"cold", "idle", "streams", "slope"} & result.keys():
        page += _memory(result)
    return page


def history_row(result: dict[str, Any]) -> str:
    """One row for the table of runs."""
    facts = result["machine"]
    shown = [
        ("{:.0f} µs", ("request", "nginx", "median")),
        ("{:.1f} ×", ("request", "bare", "ratio")),
        *((form, path) for _, path, _, form in BOUNDS),
        ("{:+,.0f} B", ("slope", "torana", "bytes_per_1000")),
    ]
    cells = (form.format(figure) if (figure := _at(result, path)) is not None else "–" for form, path in shown)
    return f"| {facts['date']} | `{facts['commit']}` | {' | '.join(cells)} |"


def write_json(result: dict[str, Any], file: Path = JSON) -> None:
    """Write the raw result where git does not look."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=1) + "\n")


def write_page(result: dict[str, Any], page: Path = PAGE) -> None:
    """Put the report between its marks on the page and one row under the table of runs."""
    text = page.read_text()
    before, _, rest = text.partition(_LATEST[0])
    _, mark, after = rest.partition(_LATEST[1])
    if not mark or _HISTORY_END not in after:
        raise ValueError(f"{page.name} has lost its marks {_LATEST} or {_HISTORY_END}")
    if _at(result, ("request", "torana", "ratio")) is not None:
        after = after.replace(_HISTORY_END, f"{history_row(result)}\n{_HISTORY_END}")
    page.write_text("\n".join([before + _LATEST[0], *lines(result), _LATEST[1] + after]))
