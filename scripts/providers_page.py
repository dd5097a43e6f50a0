"""make gen: writes the catalogue's rows into docs/providers.md, between its markers. ``--check`` only compares."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "src" / "torana" / "providers" / "catalogue.toml"
PAGE = ROOT / "docs" / "providers.md"
BEGIN, END = "<!-- catalogue: written by make gen -->\n", "<!-- /catalogue -->\n"


def table() -> str:
    """The catalogue as a table, one row each, in the order of the file."""
    lines = ["| kind | host | address | key in the environment | good to know |", "|---|---|---|---|---|"]
    for kind, row in tomllib.loads(CATALOGUE.read_text(encoding="utf-8")).items():
        cells = [f"`{kind}`", row["title"]]
        cells += [f"`{row[key]}`" if row.get(key) else "" for key in ("base_url", "key_env")]
        cells.append(row.get("note", "").replace("|", "\\|"))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    old = PAGE.read_text(encoding="utf-8")
    head, rest = old.split(BEGIN)
    new = head + BEGIN + table() + END + rest.split(END)[1]
    if "--check" in sys.argv[1:]:
        return int(new != old)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
