"""Page → its main job: the operation that it comes to, and so who may do it, how it is done, and what readers do instead.

A page of the navigation that is not here fails ``test_jobs``. Who may is what ``control/permissions.py`` says of the operation.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.console.jobs import guarding, money, people, running, watching
from tests.console.jobs.person import Do, role_of
from tests.control.standing import ADMIN
from torana.control.permissions import ROUTES, of_role

NOBODY: frozenset[str] = frozenset()


class Job(NamedTuple):
    """What a page is for."""

    operation: str
    does: Do
    reads: Do | None = None
    """Of who may not do it and sees the page; None: there is nobody."""
    offered: str = ""
    """The button it begins with, which readers do not find."""
    beyond: frozenset[str] = NOBODY
    """Who has the permission and is refused all the same, because it is beyond their reach."""


JOBS: dict[str, Job] = {
    "/": Job(f"GET {ADMIN}/usage/dashboard", watching.follows_a_figure),
    "/requests": Job(f"GET {ADMIN}/usage/requests", watching.finds_a_request),
    "/usage": Job(f"GET {ADMIN}/usage/by/{{dimension}}", watching.splits_usage),
    "/playground": Job(f"GET {ADMIN}/auth/me", watching.asks_a_model),
    "/keys": Job(f"POST {ADMIN}/api-keys", people.makes_and_revokes_a_key, people.reads_keys, "New key"),
    "/models": Job(f"POST {ADMIN}/models", running.makes_and_takes_back_a_model, running.reads_models, "New model"),
    "/budgets": Job(
        f"POST {ADMIN}/budgets", money.makes_and_takes_back_a_budget, money.reads_budgets_and_tries_one, "New budget"
    ),
    "/billing": Job(f"POST {ADMIN}/billing/invoice", money.drafts_an_invoice, money.reads_the_bill, "New draft"),
    "/routing": Job(
        f"POST {ADMIN}/providers",
        running.makes_and_takes_back_a_provider,
        running.reads_providers_and_has_a_way_explained,
        "New provider",
    ),
    "/cache": Job(f"DELETE {ADMIN}/cache", running.clears_the_cache, running.reads_the_cache, "Clear the cache"),
    "/users": Job(
        f"POST {ADMIN}/auth/invitations", people.invites_and_takes_back, people.reads_users, "Invite somebody"
    ),
    "/teams": Job(
        f"POST {ADMIN}/teams",
        people.makes_and_removes_a_team,
        people.reads_teams,
        "New team",
        frozenset({"manager"}),  # of one team, who makes no others
    ),
    "/access": Job(
        f"POST {ADMIN}/sso/scim-tokens", people.makes_and_revokes_a_scim_token, people.reads_scim_tokens, "New token"
    ),
    "/guardrails": Job(f"POST {ADMIN}/guardrails/test", guarding.tries_a_text),
    "/policies": Job(
        f"PUT {ADMIN}/policies/{{name}}",
        guarding.writes_and_withdraws_a_policy,
        guarding.reads_policies,
        "Write a policy",
    ),
    "/approvals": Job(
        f"POST {ADMIN}/approvals/{{approval_id}}/refuse",
        guarding.refuses_what_was_asked_for,
        guarding.reads_approvals,
        "Refuse",
    ),
    "/audit": Job(
        f"POST {ADMIN}/audit/legal-holds", guarding.holds_records_back, guarding.reads_the_trail, "Begin a hold"
    ),
    "/settings": Job(
        f"PUT {ADMIN}/tenants/{{tenant_id}}", running.changes_the_settings, running.reads_the_settings, "Save"
    ),
    "/tenants": Job(f"POST {ADMIN}/tenants", people.makes_and_removes_an_organisation, offered="New organisation"),
    "/system": Job(f"POST {ADMIN}/config/reload", running.reads_the_file_again, offered="Read the file again"),
}


def has(who: str, job: Job) -> bool:
    """Whether somebody of PEOPLE has the permission that the job needs."""
    needed = ROUTES[job.operation]
    return needed == ("signed-in",) or not of_role(role_of(who)).isdisjoint(needed)


def may(who: str, job: Job) -> bool:
    """Whether somebody of PEOPLE may do the job."""
    return who not in job.beyond and has(who, job)
