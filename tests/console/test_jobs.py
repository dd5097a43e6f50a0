"""Each page's main job, done by clicking by everybody who may; whoever may only read reads, and is refused the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Error as PlaywrightError

from tests.console.clicking import closed
from tests.console.company import Company
from tests.console.jobs import guarding, money, people
from tests.console.jobs.person import PEOPLE, Person, role_of
from tests.console.jobs.table import JOBS, has, may
from tests.console.pages import is_theirs, pages
from tests.console.visit import Visit
from tests.control.standing import ADMIN
from torana.control.permissions import ROUTES

NO_SUCH = "no-such-thing-7f3a"
PERMISSIONS = {path: permission for path, _, permission in pages()}


def test_every_page_has_a_main_job_in_the_table() -> None:
    assert sorted(JOBS) == sorted(PERMISSIONS)
    assert {job.operation for job in JOBS.values()} <= set(ROUTES)


def test_whoever_sees_a_page_does_its_job_or_reads_it() -> None:
    for path, job in JOBS.items():
        seen = [who for who in PEOPLE if is_theirs(role_of(who), PERMISSIONS[path])]
        assert any(may(who, job) for who in seen), path
        assert (job.reads is None) == all(may(who, job) for who in seen), path
        assert job.beyond <= {who for who in seen if has(who, job)}, path


@pytest.fixture(scope="module")
def furnished(company: Company) -> Iterator[Company]:
    """The company with something on every page for readers to see; taken away afterwards, when lists are empty again."""
    ask = company.gateway.ask
    cache, budget, policy = f"{ADMIN}/objects/cache/cache", f"{ADMIN}/budgets/{money.WATCHED}", f"{ADMIN}/policies"
    spent = {"document": {"scope": "team", "limit": "90000.00", "per": "month"}}
    rule = {"document": {"attach": [{"tenant": company.tenant}], "cache": True}}
    made = [
        ask("PUT", cache, company.token, {"document": {"exact": {"enabled": True}}}),
        ask("PUT", budget, company.token, spent),
        ask("PUT", f"{policy}/{guarding.FOR_ALL}", company.token, rule),
    ]
    token = company.make("sso/scim-tokens", name=people.STANDING)
    assert [one.status for one in made if one.status >= 300] == [], made
    guarding.asked_for(company, guarding.ASKED_FOR, PEOPLE["admin"])
    for _ in range(2):
        assert company.call("What is kept for readers?").status == 200
    yield company
    gone = (cache, budget, f"{policy}/{guarding.FOR_ALL}", f"{ADMIN}/sso/scim-tokens/{token['id']}")
    assert [one for one in (*gone, f"{ADMIN}/cache") if ask("DELETE", one, company.token).status >= 300] == []


def is_refused(company: Company, token: str, operation: str) -> None:
    """The server says no to an operation, whatever the console shows."""
    method, path = re.sub(r"\{[^}]*\}", NO_SUCH, operation).split(" ")
    said = company.gateway.ask(method, path, token, None if method in ("GET", "DELETE") else {"name": NO_SUCH})
    assert (said.status, said.body["error_code"]) == (403, "PERMISSION_DENIED"), (operation, said.body)


def does_what_they_may(person: Person, path: str) -> bool:
    """Somebody at a page: does the job, or reads, or is told that there is no such page. Whether they may do it."""
    job, page = JOBS[path], person.visit.go(path)
    if not is_theirs(person.role, PERMISSIONS[path]):
        expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
        return False
    for role in ("status", "alert"):
        expect(page.get_by_role("main").get_by_role(role)).to_have_count(0)
    if may(person.who, job):
        job.does(person)
        return True
    assert job.reads is not None
    expect(page.get_by_role("button", name=job.offered, exact=True)).to_have_count(0)
    job.reads(person)
    expect(page.get_by_role("button", name=job.offered, exact=True)).to_have_count(0)
    return False


@pytest.mark.long  # everybody on every page in both sizes
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("who", PEOPLE)
def test_the_main_job_of_every_page_is_done_by_whoever_may_and_by_nobody_else(
    who: str, width: int, furnished: Company, browser: Browser
) -> None:
    token = furnished.token_of(PEOPLE[who])
    with Visit(browser, furnished.gateway.origin, width, "light") as visit:
        visit.sign_in(PEOPLE[who])
        for path, job in JOBS.items():
            try:
                if not does_what_they_may(Person(visit, furnished, who), path):
                    is_refused(furnished, token, job.operation)
                assert visit.complaints == []
            except (AssertionError, PlaywrightError) as failure:
                said = visit.page.get_by_role("alert").all_inner_texts()
                failure.add_note(f"at {path}; the page says {said}, the browser {visit.complaints}")
                raise
            closed(visit.page)
