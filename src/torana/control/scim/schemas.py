"""The schemas of this room's resources (RFC 7643, sections 4, 6 and 7), in the form in which they are published.

Pure. Documents are read by them (``documents``); what is not in them is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"
_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
_CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
MOST_AT_ONCE = 200
READ_ONLY = "readOnly"

Attribute = Mapping[str, Any]


def _one(name: str, about: str, kind: str = "string", **more: Any) -> Attribute:
    found: dict[str, Any] = {
        "name": name,
        "type": kind,
        "multiValued": False,
        "description": about,
        "required": False,
        "mutability": "readWrite",
        "returned": "default",
    }
    if kind in ("string", "reference"):
        found |= {"caseExact": kind == "reference", "uniqueness": "none"}
    renamed = {"parts": "subAttributes", "many": "multiValued", "exact": "caseExact", "refers": "referenceTypes"}
    return found | {renamed.get(key, key): value for key, value in more.items()}


def _many(name: str, about: str, *kinds: str) -> Attribute:
    typed: dict[str, Any] = {"canonicalValues": list(kinds)} if kinds else {}
    parts = [
        _one("value", "the value"),
        _one("display", "how it is shown"),
        _one("type", "what it is for", **typed),
        _one("primary", "whether it is the first choice; of one at most", "boolean"),
    ]
    return _one(name, about, "complex", many=True, parts=parts)


_NAME = [
    _one("formatted", "the whole name"),
    _one("familyName", "family name"),
    _one("givenName", "given name"),
    _one("middleName", "middle names"),
    _one("honorificPrefix", "such as Dr."),
    _one("honorificSuffix", "such as III"),
]
_GROUPS = [
    _one("value", "the id of the group", mutability=READ_ONLY, exact=True),
    _one("$ref", "where it is", "reference", mutability=READ_ONLY, refers=["Group"]),
    _one("display", "its name", mutability=READ_ONLY),
    _one("type", "always direct", mutability=READ_ONLY, canonicalValues=["direct"]),
]
_MANAGER = [
    _one("value", "the id of the manager", exact=True),
    _one("$ref", "where they are", "reference", refers=["User"]),
    _one("displayName", "their name", mutability=READ_ONLY),
]
_MEMBERS = [
    _one("value", "the id of the member", mutability="immutable", exact=True),
    _one("$ref", "where they are", "reference", mutability="immutable", refers=["User"]),
    _one("type", "always User", mutability="immutable", canonicalValues=["User"]),
]
ATTRIBUTES: Mapping[str, tuple[Attribute, ...]] = {
    USER: (
        _one("userName", "the provider's name for them", required=True, uniqueness="server"),
        _one("name", "the parts of their name", "complex", parts=_NAME),
        _one("displayName", "how they are shown"),
        _one("nickName", "how they are called"),
        _one("profileUrl", "a page about them", "reference", refers=["external"]),
        _one("title", "what they do"),
        _one("userType", "such as Employee"),
        _one("preferredLanguage", "such as en-IN"),
        _one("locale", "such as en-IN"),
        _one("timezone", "such as Asia/Kolkata"),
        _one("active", "whether they may come in; false ends their sessions and keys", "boolean"),
        _many("emails", "addresses; they sign in by the primary one", "work", "home", "other"),
        _many("phoneNumbers", "telephone numbers", "work", "home", "mobile", "fax", "pager", "other"),
        _one("groups", "the groups that they are in", "complex", many=True, mutability=READ_ONLY, parts=_GROUPS),
    ),
    ENTERPRISE: (
        _one("employeeNumber", "their number"),
        _one("costCenter", "the cost centre"),
        _one("organization", "the organisation"),
        _one("division", "the division"),
        _one("department", "the department"),
        _one("manager", "whom they report to", "complex", parts=_MANAGER),
    ),
    GROUP: (
        _one("displayName", "its name, by which the role map knows it", required=True),
        _one("members", "who is in it", "complex", many=True, parts=_MEMBERS),
    ),
}
_ABOUT = {USER: ("User", "User account"), ENTERPRISE: ("EnterpriseUser", "Enterprise user"), GROUP: ("Group", "Group")}


class Kind(NamedTuple):
    """A kind of resource."""

    name: str
    path: str
    schema: str
    extensions: tuple[str, ...] = ()

    def container(self, urn: str) -> str | None:
        """The extension that a URN in lower case names; empty for the core schema, None: none of this kind."""
        if urn in ("", self.schema.lower()):
            return ""
        return next((one for one in self.extensions if one.lower() == urn), None)


USERS = Kind("User", "Users", USER, (ENTERPRISE,))
GROUPS = Kind("Group", "Groups", GROUP)
KINDS = (USERS, GROUPS)


def attribute(schema: str, name: str) -> Attribute | None:
    """An attribute by its name in any case."""
    return next((one for one in ATTRIBUTES[schema] if one["name"].lower() == name.lower()), None)


def part(of: Attribute, name: str) -> Attribute | None:
    """A part of a complex attribute by its name in any case."""
    return next((one for one in of.get("subAttributes", ()) if one["name"].lower() == name.lower()), None)


def published(base: str) -> list[dict[str, Any]]:
    """The schemas as they are shown. ``base``: the address of this room."""
    return [
        {
            "schemas": [_SCHEMA],
            "id": urn,
            "name": _ABOUT[urn][0],
            "description": _ABOUT[urn][1],
            "attributes": list(rows),
            "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{urn}"},
        }
        for urn, rows in ATTRIBUTES.items()
    ]


def types(base: str) -> list[dict[str, Any]]:
    """The kinds of resources as they are shown."""
    return [
        {
            "schemas": [_TYPE],
            "id": one.name,
            "name": one.name,
            "endpoint": f"/{one.path}",
            "description": _ABOUT[one.schema][1],
            "schema": one.schema,
            "schemaExtensions": [{"schema": more, "required": False} for more in one.extensions],
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{one.name}"},
        }
        for one in KINDS
    ]


def config(base: str) -> dict[str, Any]:
    """What this room can (RFC 7643, section 5)."""
    no = {"supported": False}
    return {
        "schemas": [_CONFIG],
        "patch": {"supported": True},
        "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MOST_AT_ONCE},
        "changePassword": no,
        "sort": {"supported": True},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "a SCIM token of the tenant, made by POST sso/scim-tokens",
                "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }
