"""The report: counts, groups, whole words, nothing that could forge a line of it."""

from __future__ import annotations

from torana.wiring.imports.report import Findings


def test_lost_comes_first_and_counts_are_said() -> None:
    findings = Findings()
    findings.carried("a", "as it was")
    assert findings.complete
    findings.lost("b[0].c", "no such thing", "do this")
    assert not findings.complete
    assert findings.text() == (
        "1 carried, 0 changed, 1 lost\n\nCould not be carried:\n  b[0].c\n    no such thing\n    -> do this\n"
        "\nCarried:\n  a\n    as it was\n"
    )


def test_a_name_cannot_forge_a_line() -> None:
    findings = Findings()
    findings.lost("a\nCarried:", "b\r\nc")
    assert "a\\nCarried:" in findings.text()
    assert "b\\r\\nc" in findings.text()
