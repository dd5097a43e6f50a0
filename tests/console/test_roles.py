"""Each role sees the pages and actions that its permissions give, and nothing else. The table of permissions says which."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.company import OWNER, Company
from tests.console.visit import Visit
from tests.control.standing import ADMIN
from tests.e2e.process import REPO
from torana.control.permissions import OPERATOR, of_role

APP = REPO / "console" / "src" / "app"
ENTRY = re.compile(
    r'path: "(?P<path>[^"]*)", label: pages\.(?P<label>\w+), .*?(?:permission: "(?P<permission>[^"]+)".*)?\}'
)
ADDRESSES = {role: f"{role}@books.test" for role in ("admin", "manager", "user", "viewer", "auditor")} | {
    OPERATOR: OWNER
}
"""Who registers first runs the installation, and so has every permission."""
SIZES = [pytest.param(1440, id="1440"), pytest.param(390, id="390", marks=pytest.mark.long)]


def pages() -> list[tuple[str, str, str]]:
    """Path, label and permission of every page of the navigation; no permission: for all who are signed in."""
    words = (APP / "strings.ts").read_text(encoding="utf-8")
    labels = dict(re.findall(r'(\w+): "([^"]*)"', words[words.index("pages: {") : words.index("skip:")]))
    lines = (APP / "navigation.ts").read_text(encoding="utf-8").splitlines()
    found = [found for line in lines if (found := ENTRY.search(line))]
    return [(one["path"], labels[one["label"]], one["permission"] or "") for one in found]


def is_theirs(role: str, permission: str) -> bool:
    return permission == "" or permission in of_role(role)


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


def makes_a_team(visit: Visit) -> None:
    name = f"Made by an admin {visit.width}"
    page = visit.go("/teams")
    page.get_by_role("button", name="New team").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill(name)
    page.get_by_role("dialog").get_by_label("Department", exact=True).select_option("finance")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("main").get_by_role("button", name=name, exact=True)).to_be_visible()


def makes_a_key(visit: Visit) -> None:
    page = visit.go("/keys")
    page.get_by_role("button", name="New key").first.click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill(f"by hand {visit.width}")
    page.get_by_role("button", name="Create the key").click()
    expect(page.get_by_label("The new key")).to_be_visible()


def tries_a_text(visit: Visit) -> None:
    page = visit.go("/guardrails?tab=text")
    page.get_by_label("Text", exact=True).fill("Write to ann.smith@example.org")
    page.get_by_text("An answer", exact=True).click()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Blocked", exact=True)).to_be_visible()


def proves_the_trail(visit: Visit) -> None:
    page = visit.go("/audit?tab=proof")
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("The trail is whole.")).to_be_visible()


def reads_the_file_again(visit: Visit) -> None:
    page = visit.go("/system?tab=config")
    page.get_by_role("button", name="Read the file again").click()
    page.get_by_role("dialog").get_by_role("button", name="Read the file again").click()
    expect(page.get_by_text(re.compile("Taken: Snapshot"))).to_be_visible()


DOES: dict[str, Callable[[Visit], None]] = {
    "admin": makes_a_team,
    "manager": makes_a_key,
    "user": makes_a_key,
    "viewer": tries_a_text,
    "auditor": proves_the_trail,
    OPERATOR: reads_the_file_again,
}
"""What each may do."""
NOT_OFFERED = {
    "admin": ("/routing?tab=rules", "Change the rules"),
    "manager": ("/models", "New model"),
    "user": ("/budgets", "New budget"),
    "viewer": ("/keys", "New key"),
    "auditor": ("/audit?tab=retention", "Begin a hold"),
}
"""A page that each may see, and what on it they may not do."""


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("role", ADDRESSES)
def test_a_role_sees_and_does_what_it_may_and_is_offered_nothing_else(
    role: str, width: int, company: Company, browser: Browser
) -> None:
    listed = pages()
    with Visit(browser, company.gateway.origin, width, "light") as visit:
        visit.sign_in(ADDRESSES[role])
        page = visit.go("/settings?tab=account")
        assert menu(visit, page) == {label for _, label, permission in listed if is_theirs(role, permission)}
        for path in [path for path, _, permission in listed if not is_theirs(role, permission)][:2]:
            expect(visit.go(path).get_by_role("heading", level=1)).to_have_text("There is no such page")
        DOES[role](visit)
        if role in NOT_OFFERED:
            path, action = NOT_OFFERED[role]
            page = visit.go(path)
            expect(page.get_by_role("main").get_by_role("status")).to_have_count(0)
            expect(page.get_by_role("button", name=action)).to_have_count(0)
        assert visit.complaints == []


@pytest.mark.long
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("role", ADDRESSES)
def test_every_page_of_a_role_opens_and_asks_for_nothing_that_is_refused(
    role: str, width: int, company: Company, browser: Browser
) -> None:
    with Visit(browser, company.gateway.origin, width, "light") as visit:
        visit.sign_in(ADDRESSES[role])
        for path, _, permission in pages():
            if is_theirs(role, permission):
                page = visit.go(path)
                expect(page.get_by_role("heading", level=1)).to_be_visible()
                expect(page.get_by_role("main").get_by_role("status")).to_have_count(0)
                expect(page.get_by_role("main").get_by_role("alert")).to_have_count(0)
                assert visit.complaints == [], path


def test_a_service_account_does_not_sign_in_and_asks_by_its_key(company: Company, desk: Visit, shots: Path) -> None:
    robot = company.made("users", {"name": "Nightly report", "kind": "service", "role": "service", "team": "books"})
    key = company.make("api-keys", name="nightly", user=robot["id"], team="books")
    assert company.gateway.ask("POST", f"{ADMIN}/users/{robot['id']}/password-reset", company.token).status >= 400
    page = desk.go("/playground")
    page.get_by_label("API key").fill(str(key["secret"]))
    page.get_by_role("button", name="Use this key").click()
    expect(page.get_by_role("region", name="fast-one")).to_be_visible()
    assert {text.strip() for text in page.get_by_role("navigation").get_by_role("link").all_inner_texts()} == {
        "Torana",
        "Playground",
    }
