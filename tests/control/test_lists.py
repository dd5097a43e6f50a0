"""What lists and documents are asked with: a cursor that is none, a limit out of bounds, a text that nobody can keep are refused by name."""

from __future__ import annotations

import pytest

from tests.control.standing import ADMIN, Standing, key_of

BY_ID = (
    "approvals",
    "audit/logs",
    "audit/security-events",
    "billing/invoices",
    "billing/reconciliations",
    "billing/rerates",
    "billing/adjustments",
)
OF_ROWS = ("budgets", "limits", "models")


@pytest.mark.parametrize("path", [*BY_ID, *OF_ROWS, "usage/requests", "guardrails/findings", "api-keys"])
def test_a_cursor_that_is_none_is_refused_by_its_name(standing: Standing, path: str) -> None:
    said = standing.ask("GET", f"{ADMIN}/{path}?cursor=nonsense", key_of("admin"))
    assert (said.status, said.body["error_code"]) == (400, "REQUEST_INVALID"), said.body
    assert said.body["details"] == {"field": "cursor"}
    assert "nonsense" not in said.raw.decode()
    assert standing.ask("GET", f"{ADMIN}/{path}?cursor=", key_of("admin")).status == 200


def test_versions_go_on_after_a_version_and_nothing_else(standing: Standing) -> None:
    body = {"document": {"scope": "team", "match": "books", "limit": "5", "per": "day", "hard": False}}
    assert standing.ask("PUT", f"{ADMIN}/budgets/listed", key_of("admin"), body).status < 300
    path = f"{ADMIN}/budgets/listed/versions"
    assert len(standing.ask("GET", f"{path}?cursor=2", key_of("admin")).body["items"]) == 1
    for cursor in ("nonsense", "-1", "9" * 40, "%D9%A3"):
        said = standing.ask("GET", f"{path}?cursor={cursor}", key_of("admin"))
        assert (said.status, said.body["details"]) == (400, {"field": "cursor"}), cursor


@pytest.mark.parametrize("limit", ["0", "-1", "1000000000000", "9" * 40, "1.5", "many", ""])
@pytest.mark.parametrize("path", [*BY_ID, *OF_ROWS, "usage/requests", "usage/by/model", "users", "teams"])
def test_a_limit_out_of_bounds_is_refused_by_its_name(standing: Standing, path: str, limit: str) -> None:
    said = standing.ask("GET", f"{ADMIN}/{path}?limit={limit}", key_of("admin"))
    assert (said.status, said.body["error_code"]) == (400, "REQUEST_INVALID"), said.body
    assert "limit" in said.body["details"]["field"]


def test_a_text_with_nul_is_refused_whatever_the_database(standing: Standing) -> None:
    for path, body in (
        ("audit/legal-holds", {"reason": "a case\0of law"}),
        ("users", {"email": "nul@acme.example", "name": "Nu\0l", "role": "user"}),
        ("api-keys", {"name": "a\0b", "models": ["*"]}),
    ):
        said = standing.ask("POST", f"{ADMIN}/{path}", key_of("admin"), body)
        assert (said.status, said.body["error_code"]) == (400, "REQUEST_INVALID"), (path, said.body)
    said = standing.ask("GET", f"{ADMIN}/audit/logs?actor=%00", key_of("admin"))
    assert said.status == 400


@pytest.mark.parametrize("half", [b"\\ud800", b"\\uDFFF", b"\xed\xa0\x80"])
def test_half_of_a_character_is_refused_by_its_place(standing: Standing, half: bytes) -> None:
    for path, body, place in (
        (
            "budgets/half",
            b'{"document": {"scope": "team", "match": "HALF", "limit": "1", "per": "day"}}',
            "document.match",
        ),
        ("policies/half", b'{"document": {"attach": [{"team": "x"}, {"team": "HALF"}]}}', "document.attach.1.team"),
        ("limits/half", b'{"document": {"HALF": 1}}', "document"),
    ):
        said = standing.ask("PUT", f"{ADMIN}/{path}", key_of("admin"), body.replace(b"HALF", half))
        assert (said.status, said.body["details"]) == (400, {"field": place}), said.body
    said = standing.ask("POST", f"{ADMIN}/audit/legal-holds", key_of("admin"), {"reason": "whole \U0001f600"})
    assert (said.status, said.body["reason"]) == (201, "whole \U0001f600")
    assert standing.ask("DELETE", f"{ADMIN}/audit/legal-holds/{said.body['id']}", key_of("admin")).status == 204
