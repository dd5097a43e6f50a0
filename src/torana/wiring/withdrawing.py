"""The way out when stored rows do not fit the configuration: which they are, and withdrawing one without a running gateway.

It serves nothing; gateways that run take what it writes within a second. Called by the command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from torana.control.audit.entries import Actor, Entry
from torana.core.errors import GatewayError
from torana.ports.database import Connection
from torana.ports.objects import StoredObject
from torana.ports.policies import Outdated, StoredPolicy
from torana.stores.sql.policies import SqlPolicies
from torana.stores.sql.tree import SqlTree
from torana.wiring.misfits import POLICIES, with_remedies
from torana.wiring.object_desk import Desk, keep, read
from torana.wiring.object_overlay import laid
from torana.wiring.paths import database_url
from torana.wiring.policy_overlay import laid_over
from torana.wiring.problems import ConfigError, Problem
from torana.wiring.tree_overlay import with_tree

THEN = "gateways refuse it, and do not start with it"


def misfits(desk: Desk) -> Sequence[Problem]:
    """Everything of what is stored that does not fit the file, with what to do; nothing: all fits."""
    _, objects = read(desk)
    refused = judged(desk, objects, stored_policies(desk))
    return () if refused is None else with_remedies(refused, THEN).problems


def withdraw(desk: Desk, tenant: str, kind: str, name: str) -> Sequence[Problem]:
    """Withdraw one row, with an entry of the audit trail; what still does not fit then.

    Raises GatewayError NOT_FOUND when there is no such row, CONFLICT, and REQUEST_INVALID where everything fits and would not
    without it. Where something does not fit already, gateways go by what was before until the last of it is mended.
    """
    counted, objects = read(desk)
    policies = stored_policies(desk)
    before = judged(desk, objects, policies)
    gone = next((one for one in objects if one.place == (tenant, kind, name) and one.document is not None), None)
    policy = next((one for one in policies if kind == POLICIES and one.name == name and one.document is not None), None)
    if policy is not None:
        after = judged(desk, objects, [one for one in policies if one.name != name])
    elif gone is not None:
        after = judged(desk, [one for one in objects if one.place != gone.place], policies)
    else:
        whose = f" of {tenant}" if tenant else ""
        raise GatewayError("NOT_FOUND", f"{kind} {name}{whose} is not stored; `torana config diff` lists what is.")
    if before is None and after is not None:
        raise GatewayError("REQUEST_INVALID", f"Others need it: {after.problems[0]}")
    if policy is not None:
        _withdraw_policy(desk, policy)
    elif gone is not None:
        now = desk.clock.now()
        row = gone._replace(version=gone.version + 1, document=None, written_at=now, written_by=desk.by)
        keep(desk, [row], counted)
    return () if after is None else after.problems


def stored_policies(desk: Desk) -> Sequence[StoredPolicy]:
    """The newest version of each."""
    with closing(SqlPolicies(database_url(desk.settings))) as rows:
        return rows.load()


def judged(desk: Desk, objects: Sequence[StoredObject], policies: Sequence[StoredPolicy]) -> ConfigError | None:
    """Why these do not fit the file; None: they do."""
    with closing(SqlTree(database_url(desk.settings))) as rows:
        tree = rows.load()
    try:
        laid_over(laid(with_tree(desk.settings, tree), objects, desk.means), policies, desk.means.available)
    except ConfigError as refused:
        return refused
    return None


def _withdraw_policy(desk: Desk, policy: StoredPolicy) -> None:
    gone = policy._replace(version=policy.version + 1, document=None, written_at=desk.clock.now(), written_by=desk.by)
    entry = Entry("policy", "policies.withdraw", f"policy:{policy.name}", {"version": gone.version})

    def note(connection: Connection) -> None:
        desk.trail.append(connection, Actor(policy.tenant, "system", desk.by), entry)

    with closing(SqlPolicies(database_url(desk.settings))) as rows:
        try:
            rows.write(gone, note)
        except Outdated:
            raise GatewayError(
                "CONFLICT", "Somebody wrote it at the same moment. Nothing was changed. Try again."
            ) from None
