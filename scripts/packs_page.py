"""make gen: writes docs/compliance-packs.md from the packs' files. ``--check`` only compares."""

from __future__ import annotations

import sys
from pathlib import Path

from torana.wiring.packs import Pack, Rule, packs

PAGE = Path(__file__).resolve().parents[1] / "docs" / "compliance-packs.md"
HEAD = """# Compliance packs

A pack is a named set of guardrails, each with the provision that it serves. A policy takes one by its name:

```yaml
policies:
  - name: clinic
    attach: [{department: clinic}]
    packs: [hipaa]
```

Every rule is a guardrail of its own, whose id stands in findings and Receipts. A policy that names the id again may make its mode stricter.
`torana guardrails eval` measures what these guardrails find ([guardrail-quality.md](guardrail-quality.md)); they are one measure among those a
law asks for, not legal advice: each pack says what it leaves to you.

<!-- Written by make gen from src/torana/wiring/packs; do not edit. -->
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(map(_pack, packs().values()))


def _pack(pack: Pack) -> str:
    lines = [f"\n## `{pack.name}`: {pack.title}\n", pack.law + ".\n"]
    lines += ["| rule | guardrail | side | mode | serves |", "|---|---|---|---|---|"]
    lines += [_row(rule) for rule in pack.rules]
    lines += ["\nLeft to you:\n", *(f"- {one}" for one in pack.leaves)]
    return "\n".join(lines) + "\n"


def _row(rule: Rule) -> str:
    settings = "".join(f", {name}: {_shown(value)}" for name, value in rule.settings.items())
    serves = "<br>".join(f"**{one.at}**: {one.because}" for one in rule.serves)
    return f"| `{rule.id}` | {rule.kind}{settings} | {rule.side} | {rule.mode} | {serves} |"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def main() -> int:
    new = page()
    if "--check" in sys.argv[1:]:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != new)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
