"""Who somebody is here who comes from a provider: found by its own name for them, else by a verified address, else made.

Within one transaction: person, link, role, teams and session are kept together or not at all. Called by the callback.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from torana.control.auth.entering import entered, suspended
from torana.control.auth.people_rows import ACTIVE, INVITED, PERSON, Person, add_user, by_id, one_change_of_people
from torana.control.auth.signing_in import Beginning
from torana.control.people_desk import Place
from torana.control.sso import queries
from torana.control.sso.claims import Comer, standing
from torana.control.sso.groups_kept import keep
from torana.control.sso.queries import ProviderRow
from torana.control.sso.shapes import SsoAsk
from torana.core.errors import GatewayError
from torana.ports.database import Connection


class Arrival(NamedTuple):
    """Somebody at the door."""

    provider: ProviderRow
    ask: SsoAsk
    comer: Comer
    user_id: str
    """Of a new user, should one be made."""
    places: Mapping[str, Place]

    @property
    def subject(self) -> tuple[str, str, str]:
        """Tenant, provider, and the provider's name for them."""
        return self.provider.tenant, self.provider.id, self.comer.subject


def known(connection: Connection, arrival: Arrival) -> Person | None:
    """The user who it is; None: nobody yet."""
    tenant, provider, subject = arrival.subject
    user = queries.linked(connection, tenant, provider, subject)
    person = by_id(connection, tenant, user) if user else None
    if person is not None or not arrival.comer.vouched:
        return person
    row = connection.execute(
        "SELECT id FROM users WHERE tenant = ? AND email = ? AND kind = 'person'", (tenant, arrival.comer.email)
    ).fetchone()
    return None if row is None else by_id(connection, tenant, row[0])


def joined(connection: Connection, arrival: Arrival, session: Beginning) -> Person:
    """Let them in. Raises GatewayError PERMISSION_DENIED with the reason why not."""
    one_change_of_people(connection)
    person, comer, now = known(connection, arrival), arrival.comer, session.now
    demand_welcome(arrival, person)
    if person is not None and queries.known_otherwise(connection, arrival.subject, person.id):
        # An address that was given to somebody else since: it is a name for them at this moment, 'sub' is them (OpenID Connect
        # Core 1.0, section 5.7).
        raise refused(
            "The provider knows whoever has this address here by another 'sub'. If they were made anew there, their account here"
            " must be unlinked from the provider first."
        )
    if person is None:
        person = Person(
            arrival.provider.tenant, arrival.user_id, comer.email, comer.name or comer.email.partition("@")[0], PERSON,
            arrival.ask.otherwise, ACTIVE, "", "", "", 0, None, 1,
        )  # fmt: skip
        add_user(connection, person, now)
    elif person.status == INVITED:
        # Whoever has the address and comes by the provider has accepted.
        connection.execute(
            "UPDATE users SET status = 'active', updated_at = ?, version = version + 1 WHERE tenant = ? AND id = ?",
            (now, person.tenant, person.id),
        )
    queries.link(connection, arrival.subject, person.id, comer.groups, now)
    place = arrival.places.get(person.tenant)
    if place is not None and place.suspended:
        raise suspended()
    groups = (*comer.groups, *queries.scim_groups_of(connection, person.tenant, person.id))
    if place is not None:
        wanted = standing(arrival.ask.role_map, groups, comer.role, arrival.ask.otherwise)
        if arrival.ask.claims.role and not wanted.role:
            wanted = wanted._replace(role=arrival.ask.otherwise)
        keep(connection, person, wanted, place, now)
    entered(connection, person, session, ("", ""))
    queries.came_by(connection, session.session, person.tenant, arrival.provider.id, comer.subject)
    return by_id(connection, person.tenant, person.id) or person


def demand_welcome(arrival: Arrival, person: Person | None) -> None:
    """Raise GatewayError PERMISSION_DENIED for whoever does not come in by this provider."""
    comer, ask = arrival.comer, arrival.ask
    if ask.email_domains and comer.email.partition("@")[2] not in ask.email_domains:
        raise refused("The address is of a domain that does not come in by this provider.")
    if person is None:
        if not comer.vouched:
            raise refused("The provider does not say that the e-mail address is verified.")
        if not ask.create_users:
            raise refused("Nobody here has this address, and this provider makes no accounts.")
    elif person.operator and not arrival.provider.by_operator:
        # Else the administrators of a tenant could make themselves operators, by a provider of their own.
        raise refused("Operators come in by a provider that an operator configured.")


def refused(why: str) -> GatewayError:
    """They do not come in."""
    return GatewayError("PERMISSION_DENIED", f"{why} Ask an administrator.")
