"""make guardrail-quality: writes docs/guardrail-quality.md from a folder of labelled texts.

python scripts/guardrail_quality.py DATA [--silver FILE] [--no-folds]. The folder is what `torana guardrails eval` takes.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torana.scan.gate import Gate, utf8
from torana.scan.normal import normal
from torana.wiring.quality.measure import Figures, Looked, flag_figures, look, place_figures, scored
from torana.wiring.quality.opened import POLICIES, Opened, opened, opened_with
from torana.wiring.quality.rows import read

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "guardrail-quality.md"
HEAD = """# Guardrail quality

Written by `make guardrail-quality ARGS=DATA`; `torana guardrails eval DATA` prints the same for any folder of labelled texts.
Measured on one core, one text after another, on the folder that the guardrails were tuned on: the second part says what they
reach on rows that they have not seen, which is what to expect of texts of your own.

- **F1, precision, recall** of places (pii: same type, at least half of both in common) or of whole texts (the others).
- **leak**: share of personal values of which less than 90 % is covered by anything found. **clean flagged**: share of texts without any in which some was found.
- **FPR**: share of harmless texts that are flagged. **p50**: median time for a text, normal form and gate included.

The *default* policy has the kinds of personal data that have a shape (no names of people), secrets, and injection by its fast path.
*All* has names of people, the slower engine of injection, toxicity and financial advice too.
"""


class Clock:
    """Fine enough for microseconds."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.perf_counter)


CLEAN = (
    "Could you please go through the minutes of the last meeting and list what was decided? The team would like a short "
    "summary for the people who were away, with the open questions at the end. Keep it friendly and use simple words. "
    "After that, suggest a title for the next workshop, which will be about writing tests that can fail. "
)


UNSEEN = ("f1", "precision", "recall", "fpr", "leak", "clean_flagged")


def percent(part: float | None) -> str:
    return "" if part is None else f"{100 * part:.1f} %"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in [heads, ["---"] * len(heads), *rows]]
    return "\n" + "\n".join(lines) + "\n"


def figures_of(name: str, looked: Sequence[Looked], guard: Opened) -> Figures:
    return place_figures(looked, guard) if name == "pii" else flag_figures(looked)


def row(title: str, count: int, figures: Figures) -> list[str]:
    names = ("f1", "precision", "recall", "leak", "clean_flagged", "fpr", "structured_f1")
    return [title, str(count), *(percent(figures.get(one)) for one in names), f"{figures['p50_ms']:.3f} ms"]


def measured(policy: str, sets: dict[str, Any]) -> str:
    heads = ["set", "texts", "F1", "precision", "recall", "leak", "clean flagged", "FPR", "F1 without names", "p50"]
    rows, groups, types = [], [], ""
    for name, texts in sets.items():
        guard = opened(policy, name)
        if guard is None:
            continue
        looked = look(guard, texts, Clock())
        rows.append(
            row(name + (" (its default settings)" if guard.lacks else ""), len(texts), figures_of(name, looked, guard))
        )
        for source, some in by_source(looked):
            groups.append(row(f"{name}: {source}", len(some), figures_of(name, some, guard)))
        if name == "pii":
            types = table(
                ["type", "values", "F1", "precision", "recall"],
                [
                    [kind, str(one.hits + one.missed), *map(percent, (one.f1, one.precision, one.recall))]
                    for kind, one in scored(looked, guard).by_type.items()
                ],
            )
    text = f"\n## Policy: {policy}\n" + table(heads, rows)
    return text + "\nBy source:\n" + table(heads, groups) + ("\nPersonal data by type:\n" + types if types else "")


def by_source(looked: Sequence[Looked]) -> list[tuple[str, list[Looked]]]:
    """Sources by name, without what the rows say of which part was taken."""
    groups: dict[str, list[Looked]] = {}
    for one in looked:
        groups.setdefault(re.split(r" \(|, ", one.row.source)[0], []).append(one)
    return sorted(groups.items())


HELD_OUT = """
## On rows that were not trained on

Each part is judged by a model that was trained on the others: five random parts, or the sources one by one, pooled. In sample: the same rows judged by the
model of this release, which has seen them. pii is with names; its kinds with a shape are rules and the same in both.
"""
RULES = """
## Secrets, whose rules are not trained

There is nothing to hold out: people wrote the rules, and had these rows before them. So each source is told apart, and once more without the list of keys that are
published as samples (`published.txt`), which knows the negatives of some sources.
"""


def unseen(data: Path, sets: dict[str, Any], silver: Path | None) -> str:
    rows = []
    for name, script, extra in trained(silver):
        command = [sys.executable, str(script), str(data), "--folds", *extra]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{script.name}: {done.stderr[-300:]}", file=sys.stderr)
            continue
        policy = "default" if name == "injection" else "all"
        if name in sets and (guard := opened(policy, name)) is not None:
            seen = figures_of(name, look(guard, sets[name], Clock()), guard)
            rows.append([name, "in sample", *(percent(seen.get(one)) for one in UNSEEN)])
        rows += [[name, way, *cells] for way, cells in flat(json.loads(done.stdout))]
    return HELD_OUT + table(
        ["guardrail", "held out", "F1", "precision", "recall", "FPR", "leak", "clean flagged"], rows
    )


def trained(silver: Path | None) -> list[tuple[str, Path, list[str]]]:
    """What is trained, by which script, with which arguments."""
    scripts = [(one.stem.removeprefix("train_"), one, []) for one in sorted(HERE.glob("train_*.py"))]
    return [*scripts, ("pii", HERE / "names" / "train.py", ["--silver", str(silver)] if silver else [])]


def rules(sets: dict[str, Any]) -> str:
    if "secrets" not in sets:
        return ""
    rows = []
    for title, settings in (("with the list", {}), ("without it", {"samples": True})):
        guard = opened_with("secrets", settings)
        looked = look(guard, sets["secrets"], Clock())
        for source, some in [("all", looked), *by_source(looked)]:
            figures = flag_figures(some)
            cells = [percent(figures.get(one)) for one in ("f1", "precision", "recall", "fpr")]
            rows.append([title, source, str(len(some)), *cells])
    return RULES + table(["published samples", "source", "texts", "F1", "precision", "recall", "FPR"], rows)


def flat(figures: dict[str, Any], path: str = "") -> list[tuple[str, list[str]]]:
    """The figures in a report of a training script, however deep."""
    if "f1" in figures:
        return [(path, [percent(figures.get(name)) for name in UNSEEN])]
    found = []
    for name, inner in figures.items():
        if isinstance(inner, dict):
            found += flat(inner, f"{path}, {name}".removeprefix(", ").replace("_", " "))
    return found


def speed() -> str:
    guards = [one for name in POLICIES["default"] if (one := opened("default", name))]
    instant = [one.guardrail for one in guards if one.guardrail.triggers is not None]
    gate = Gate([one.triggers for one in instant])

    def all_of(text: str) -> Callable[[], object]:
        def run() -> object:
            form = normal(text).text
            return [instant[at].check(form) for at in gate.asked(utf8(form))]

        return run

    small, large = (CLEAN * 10)[:1024], CLEAN * (1_000_000 // len(CLEAN))
    rows = [
        ["clean prompt of 1 KB", f"{1e6 * best(all_of(small), 2000):.1f} µs"],
        ["clean text of 1 MB", f"{len(large) / 1e6 / best(all_of(large), 5):.0f} MB/s"],
    ]
    return "\n## Speed of the instant guardrails together\n" + table(["what", "cost"], rows)


def best(run: Callable[[], object], times: int) -> float:
    run()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        took.append(time.perf_counter() - began)
    return sorted(took)[len(took) // 2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--silver", type=Path, help="what scripts/names/silver.py wrote, for the names of pii")
    parser.add_argument("--no-folds", action="store_true", help="leave out what takes minutes")
    args = parser.parse_args()
    try:
        sets = dict(read(args.data))
    except (OSError, ValueError) as fault:
        print(fault, file=sys.stderr)
        return 1
    text = HEAD + "".join(measured(policy, sets) for policy in POLICIES)
    text += ("" if args.no_folds else unseen(args.data, sets, args.silver)) + rules(sets) + speed()
    kept = (
        re.search(r"\n## Where a figure is not reached\n.*", PAGE.read_text("utf-8"), re.DOTALL)
        if PAGE.exists()
        else None
    )
    PAGE.write_text(text + (kept[0] if kept else ""), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
