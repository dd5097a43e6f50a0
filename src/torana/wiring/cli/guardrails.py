"""``torana guardrails``: measure how well the guardrails find what labelled texts say there is."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from torana.core.clock import SystemClock
from torana.wiring.cli.say import say, table
from torana.wiring.quality.measure import Figures, Looked, flag_figures, look, place_figures, scored
from torana.wiring.quality.opened import POLICIES, Opened, opened
from torana.wiring.quality.rows import SETS, Row, read

EXAMPLES = """examples:
  torana guardrails eval labelled/                      both policies, as a table
  torana guardrails eval labelled/ --json               everything on, as JSON: fractions and milliseconds
  torana guardrails eval labelled/ --only pii --by source

The folder holds pii.jsonl, secrets.jsonl, injection.jsonl, toxicity.jsonl, finance_advice.jsonl, or some of them.
One JSON object a line: id, text, label (1: should be flagged); pii rows have spans instead: start, end, type.
"""
CANNOT_OPEN = (ImportError, LookupError, OSError, ValueError)


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    ways = parser.add_subparsers(dest="way", metavar="eval", required=True)
    one = ways.add_parser("eval", help="score the guardrails on a folder of labelled texts", allow_abbrev=False)
    one.add_argument("folder", type=Path, metavar="DIR", help="the folder")
    one.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    one.add_argument("--policy", choices=sorted(POLICIES), help="default: both; with --json, all")
    one.add_argument("--only", choices=SETS, action="append", metavar="SET", help="this set; may be repeated")
    one.add_argument("--by", choices=["source", "kind", "type"], help="one line for each of these too, in the tables")


def run(args: argparse.Namespace) -> int:
    """Measure. 1 when the folder cannot be read or a guardrail cannot be opened."""
    try:
        sets = {name: rows for name, rows in read(args.folder).items() if not args.only or name in args.only}
        if not sets:
            raise ValueError(f"{args.folder}: {' and '.join(args.only)} is not there")
    except (OSError, ValueError) as fault:
        say(f"torana guardrails eval: {fault}", err=True)
        return 1
    if args.json:
        return _as_json(sets, args.policy or "all")
    codes = [_as_table(sets, policy, args.by) for policy in ([args.policy] if args.policy else ["default", "all"])]
    return max(codes)


def _as_json(sets: Mapping[str, Sequence[Row]], policy: str) -> int:
    figures, code = {}, 0
    for name, rows in sets.items():
        guard, fault = _open(policy, name)
        code = max(code, fault)
        if guard is not None:
            figures[name] = _figures(name, look(guard, rows, SystemClock()), guard)
    say(json.dumps(figures, indent=1))
    return code


def _as_table(sets: Mapping[str, Sequence[Row]], policy: str, by: str | None) -> int:
    heads = ["set", "rows", "F1", "precision", "recall", "leak", "clean flagged", "FPR", "F1 without names", "p50"]
    cells, code = [], 0
    for name, rows in sets.items():
        guard, fault = _open(policy, name)
        code = max(code, fault)
        if guard is None:
            cells.append([name, str(len(rows)), "could not be opened" if fault else "off"])
            continue
        looked = look(guard, rows, SystemClock())
        cells.append(_cells(name, len(rows), _figures(name, looked, guard)))
        if by == "type" and name == "pii":
            cells += _by_type(looked, guard)
        elif by in {"source", "kind"}:
            cells += [
                _cells("  " + group[:50], len(some), _figures(name, some, guard))
                for group, some in _grouped(looked, by)
            ]
    say(f"policy: {policy}")
    say(table(heads, [[*row, *[""] * (len(heads) - len(row))] for row in cells]) + "\n")
    return code


def _open(policy: str, name: str) -> tuple[Opened | None, int]:
    try:
        guard = opened(policy, name)
    except CANNOT_OPEN as fault:
        say(f"torana guardrails eval: {name} of policy {policy}: {fault}", err=True)
        return None, 1
    if guard is not None and guard.lacks:
        say(f"torana guardrails eval: {name}: measured with its default settings, for {guard.lacks}", err=True)
    return guard, 0


def _figures(name: str, looked: Sequence[Looked], guard: Opened) -> Figures:
    return place_figures(looked, guard) if name == "pii" else flag_figures(looked)


def _grouped(looked: Sequence[Looked], by: str) -> list[tuple[str, list[Looked]]]:
    groups: dict[str, list[Looked]] = {}
    for one in looked:
        groups.setdefault(f"{one.row.kind} ({one.row.label})" if by == "kind" else one.row.source, []).append(one)
    return sorted(groups.items())


def _by_type(looked: Sequence[Looked], guard: Opened) -> list[list[str]]:
    return [
        [f"  {name}", str(one.hits + one.missed), *map(_percent, (one.f1, one.precision, one.recall))]
        for name, one in scored(looked, guard).by_type.items()
    ]


def _cells(name: str, rows: int, figures: Figures) -> list[str]:
    shares = ("f1", "precision", "recall", "leak", "clean_flagged", "fpr", "structured_f1")
    shown = [_percent(figures[one]) if one in figures else "" for one in shares]
    return [name, str(rows), *shown, f"{figures['p50_ms']:.3f} ms"]


def _percent(part: float | None) -> str:
    return "-" if part is None else f"{100 * part:.1f} %"
