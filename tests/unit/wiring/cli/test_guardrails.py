"""``torana guardrails eval``: tables for people, JSON for programs, and what is wrong said plainly."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.wiring.cli.conftest import Run


def put(folder: Path, name: str, *rows: dict[str, object]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(map(json.dumps, rows)), "utf-8")


def some(folder: Path) -> Path:
    rude = {"id": "1", "text": "You are a stupid idiot.", "label": 1, "kind": "rude", "source": "own"}
    kind = {"id": "2", "text": "You are a kind friend.", "label": 0, "kind": "kind", "source": "own"}
    put(folder, "toxicity.jsonl", rude, kind)
    text = "mail asha@example.org"
    put(folder, "pii.jsonl", {"id": "3", "text": text, "spans": [{"start": 5, "end": 21, "type": "EMAIL"}]})
    return folder


def test_the_json_has_fractions_by_set(run: Run, tmp_path: Path) -> None:
    ran = run("guardrails", "eval", str(some(tmp_path / "d")), "--json")
    figures = json.loads(ran.out)
    assert ran.code == 0
    assert list(figures) == ["pii", "toxicity"]
    assert set(figures["pii"]) == {"f1", "precision", "recall", "leak", "clean_flagged", "structured_f1", "p50_ms"}
    assert set(figures["toxicity"]) == {"f1", "precision", "recall", "fpr", "p50_ms"}
    assert (figures["toxicity"]["f1"], figures["toxicity"]["fpr"]) == (1.0, 0.0)
    assert (figures["pii"]["f1"], figures["pii"]["leak"], figures["pii"]["clean_flagged"]) == (1.0, 0.0, None)


def test_the_default_policy_leaves_out_what_is_off_there(run: Run, tmp_path: Path) -> None:
    ran = run("guardrails", "eval", str(some(tmp_path / "d")), "--json", "--policy", "default")
    assert list(json.loads(ran.out)) == ["pii"]


def test_the_tables_are_of_both_policies_with_the_groups_asked_for(run: Run, tmp_path: Path) -> None:
    ran = run("guardrails", "eval", str(some(tmp_path / "d")), "--by", "kind")
    assert ran.code == 0
    assert ran.out.index("policy: default") < ran.out.index("policy: all")
    assert "rude (1)" in ran.out
    assert "100.0 %" in ran.out
    assert "EMAIL" in run("guardrails", "eval", str(tmp_path / "d"), "--by", "type").out


def test_one_set_may_be_asked_for(run: Run, tmp_path: Path) -> None:
    ran = run("guardrails", "eval", str(some(tmp_path / "d")), "--only", "toxicity", "--json")
    assert list(json.loads(ran.out)) == ["toxicity"]
    ran = run("guardrails", "eval", str(tmp_path / "d"), "--only", "secrets")
    assert (ran.code, ran.out) == (1, "")
    assert "secrets is not there" in ran.err


def test_a_missing_an_empty_and_a_broken_folder_are_said(run: Run, tmp_path: Path) -> None:
    ran = run("guardrails", "eval", str(tmp_path / "nowhere"))
    assert (ran.code, ran.out) == (1, "")
    assert "there is no such folder" in ran.err
    assert "none of pii.jsonl" in run("guardrails", "eval", str(tmp_path)).err
    (tmp_path / "pii.jsonl").write_text('{"id": "1", "text": "a", "spans": []}\n{"id": 2}\n')
    ran = run("guardrails", "eval", str(tmp_path), "--json")
    assert (ran.code, ran.out) == (1, "")
    assert "pii.jsonl, line 2: " in ran.err
