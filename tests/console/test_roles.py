"""Each role sees the pages and actions that its permissions give, and nothing else. The table of permissions says which."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.asking import with_key
from tests.console.company import Company
from tests.console.jobs import guarding, people, running
from tests.console.jobs.person import PEOPLE, Do, Person
from tests.console.pages import is_theirs, pages
from tests.console.visit import Visit
from tests.control.standing import ADMIN
from torana.control.permissions import OPERATOR, of_role

SIZES = [pytest.param(1440, id="1440"), pytest.param(390, id="390", marks=pytest.mark.long)]


def test_the_navigation_asks_for_permissions_that_there_are() -> None:
    listed = pages()
    assert len(listed) >= 20
    assert {permission for _, _, permission in listed if permission} <= of_role(OPERATOR)


def menu(visit: Visit, page: Page) -> set[str]:
    """What the navigation offers."""
    if visit.is_phone:
        page.get_by_role("button", name="More").click()
        named = page.get_by_role("navigation", name="Menu")
    else:
        named = page.get_by_role("navigation", name="Main navigation")
    named.get_by_role("link", name="Settings").wait_for()
    shown = {text.strip() for text in named.get_by_role("link").all_inner_texts()} - {"Torana"}
    if visit.is_phone:
        page.keyboard.press("Escape")
    return shown


DOES: dict[str, Do] = {
    "admin": people.makes_and_removes_a_team,
    "manager": people.makes_and_revokes_a_key,
    "user": people.makes_and_revokes_a_key,
    "viewer": guarding.tries_a_text,
    "auditor": guarding.reads_the_trail,
    OPERATOR: running.reads_the_file_again,
}
"""A job of each; `test_jobs` has all jobs of all."""
AT = {"admin": "/teams", "auditor": "/audit"}
"""Where those begin that go to no page themselves."""
NOT_OFFERED = {
    "admin": ("/routing?tab=rules", "Change the rules"),
    "manager": ("/models", "New model"),
    "user": ("/budgets", "New budget"),
    "viewer": ("/keys", "New key"),
    "auditor": ("/audit?tab=retention", "Begin a hold"),
}
"""A page that each may see, and what on it they may not do."""


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("role", DOES)
def test_a_role_sees_and_does_what_it_may_and_is_offered_nothing_else(
    role: str, width: int, company: Company, browser: Browser
) -> None:
    listed = pages()
    with Visit(browser, company.gateway.origin, width, "light") as visit:
        visit.sign_in(PEOPLE[role])
        page = visit.go("/settings?tab=account")
        assert menu(visit, page) == {label for _, label, permission in listed if is_theirs(role, permission)}
        for path in [path for path, _, permission in listed if not is_theirs(role, permission)][:2]:
            expect(visit.go(path).get_by_role("heading", level=1)).to_have_text("There is no such page")
        visit.go(AT.get(role, "/"))
        DOES[role](Person(visit, company, role))
        if role in NOT_OFFERED:
            path, action = NOT_OFFERED[role]
            page = visit.go(path)
            expect(page.get_by_role("main").get_by_role("status")).to_have_count(0)
            expect(page.get_by_role("button", name=action)).to_have_count(0)
        assert visit.complaints == []


def test_a_service_account_does_not_sign_in_and_asks_by_its_key(company: Company, desk: Visit, shots: Path) -> None:
    robot = company.made("users", {"name": "Nightly report", "kind": "service", "role": "service", "team": "books"})
    key = company.make("api-keys", name="nightly", user=robot["id"], team="books")
    assert company.gateway.ask("POST", f"{ADMIN}/users/{robot['id']}/password-reset", company.token).status >= 400
    page = with_key(desk, str(key["secret"]))
    assert {text.strip() for text in page.get_by_role("navigation").get_by_role("link").all_inner_texts()} == {
        "Torana",
        "Playground",
    }
