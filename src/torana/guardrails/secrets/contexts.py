"""Decides which values are secrets because of what stands before them: a name, a header, a scheme, an armour.

It knows no issuers. Called by the guardrail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from torana.guardrails.secrets import commands, spoken
from torana.guardrails.secrets.carriers import COMMON, Place, armour, curl, header, userinfo, whole
from torana.guardrails.secrets.names import NONE, PASSWORD, STRONG, WORDS, strength
from torana.guardrails.secrets.values import named, password_like, placeholder, random_looking, uuid
from torana.ports.guardrail import Finding
from torana.scan.one_byte import Pattern, compiled

_QUOTE = r"""\\{0,2}["'`]"""
_QUOTED = r"""\\{0,2}"([^"\n\\]{4,})\\{0,2}"|\\{0,2}'([^'\n\\]{4,})\\{0,2}'|`([^`\n]{4,})`"""
_BARE = r"""([^\s"'`,;&<>(){}\[\]]{4,})"""
_NAME = rf"""([\w.\-]{{0,60}}(?:{WORDS})[\w.\-]{{0,40}})"""
_SPACES = r"[ \t]{0,20}"

PATTERNS = {
    # name = value, "name": "value", name => value, name("value"), <name>value<, .name=value
    "assigned": rf"(?i){_NAME}(?:{_QUOTE})?\]?{_SPACES}(?::=|=>|==?|:|>|\({_SPACES}|,)(?:\s{{0,20}})(?:{_QUOTED}|{_BARE})",
    # key="name" value="value"
    "attribute": rf"""(?i)\b(?:key|name|field|env|var)["']?\s{{0,5}}[=:]\s{{0,5}}["']?{_NAME}["']?[\s,]{{1,20}}["']?value["']?\s{{0,5}}[=:]\s{{0,5}}(?:{_QUOTED}|{_BARE})""",
    # my password for the test system is value; here is the token you asked for: value
    "said": rf"(?i)\b((?:{WORDS}|tokens|authorization|(?:api|access|secret) keys?|login)\b[ \w'.()-]{{0,50}}?)(?:\bis|\bwas|\bhai|\bto|:|=)[ \t]{{1,4}}(?:{_QUOTED}|([^\s\"'`]{{6,}}))",
    # password value, --token value, Bearer value: a digit at least, or every "token usage" would be looked at
    "told": r"(?i)\b(password|passwd|pwd|passphrase|passcode|token|secret|bearer|api[ _-]?key)[ \t]{1,3}[\"'`]?([^\s\"'`,;]*[0-9][^\s\"'`,;]*)",
    # Authorization: Bearer value; X-Api-Key: value
    "header": r"""(?i)\b(authorization|(?:x-)?[a-z0-9-]{0,30}(?:token|api-?key|secret|auth))["']?[ \t]{0,3}[:=][ \t]{0,5}["']?((?:bearer|basic|token|api-?token|apikey|api-key|key|digest|sso-key|ssws|bot)[ \t]{1,5})?["']?([^\s"'`,;]{6,})""",
    # curl -u user:password
    "curl": r"""(?i)\bcurl\b[^\n]*?[ \t](?:-u|--user|--proxy-user)[ \t=]{0,4}(?:("[^"\n]{0,100}":"[^"\n]{2,}"|'[^'\n]{0,100}':'[^'\n]{2,}')|"([^"\n]{3,})"|'([^'\n]{3,})'|([^\s"':]{0,100}:'[^'\n]{2,}'|[^\s"'][^\s]{2,}))""",
    "command": commands.PATTERN,
    # my password is value, of letters alone
    "spoken": spoken.PATTERN,
    # scheme://user:password@host
    "userinfo": r"""(?i)\b[a-z][a-z0-9+.-]{1,30}://[^\s:/@?#"'<>]{0,100}:([^\s/"'<>]{2,})@([\w.%$\[{<*-]+)""",
    "armour": r"-----BEGIN[ A-Z0-9]{0,40}PRIVATE KEY(?: BLOCK)?-----",
    "putty": r"PuTTY-User-Key-File-\d: ",
    "npm": r"//[\w.-]{3,100}(?::\d{1,5})?/[\w/.-]{0,100}:_(?:authToken|password|auth)=[ \t]?([^\s\"'`]{6,})",
}
"""What each kind of context looks like, over one byte a code point; values in groups. RE2 syntax."""


class Contexts(NamedTuple):
    """The patterns, compiled."""

    patterns: dict[str, Pattern]
    prefixes: tuple[str, ...]
    issuers: frozenset[str]

    def find(self, text: str, data: bytes) -> Iterator[Finding]:
        """Each secret known by its surroundings; ``data`` is the text as one byte a code point."""
        for kind, pattern in self.patterns.items():
            judged = _JUDGES[kind]
            for match in pattern.finditer(data):
                groups = [match.span(number) for number in range(_GROUPS[kind] + 1)]
                yield from judged(Place(text, groups, self.prefixes, self.issuers))


def _assigned(place: Place) -> Iterator[Finding]:
    level = strength(place.group(1), place.issuers)
    if level == NONE:
        return
    quoted = place.value(2, 3, 4)
    start, end = quoted if quoted[0] >= 0 else place.value(5)
    between = place.text[place.spans[1][1] : start]
    if quoted[0] < 0 and "value" not in between and _code(between, place.text[end : end + 1]):
        return
    if "," in between and level == PASSWORD:
        level = STRONG
    end = start + len(place.text[start:end].rstrip("\\,.;)"))
    value = place.text[start:end]
    if value.lower().startswith(("bearer ", "basic ", "token ")):
        return
    if _secret(value, level, place.prefixes):
        yield Finding("password" if level == PASSWORD else "assigned_secret", start, end, 0.8)


def _code(between: str, behind: str) -> bool:
    """Whether a value without quotes is code: an argument, a call, the next line; or no element's text behind a ``>``."""
    return (
        bool(set(between) & set(",(\n"))
        or behind in {"(", "["}
        or (">" in between and "=>" not in between and behind != "<")
    )


def _secret(value: str, level: int, prefixes: tuple[str, ...]) -> bool:
    if placeholder(value):
        return False
    if _issued(value, prefixes):
        return True
    if level == PASSWORD:
        return password_like(value) and value.lower() not in COMMON
    if uuid(value):
        return level == STRONG
    return random_looking(value, 10 if level == STRONG else 14)


def _issued(value: str, prefixes: tuple[str, ...]) -> bool:
    """Whether the value begins as some issuer's secrets do. Behind a secret's name a short rest is enough."""
    prefix = next((one for one in prefixes if value.startswith(one)), "")
    if not prefix or not any(map(str.isdigit, value)):
        return False
    return random_looking(value[len(prefix) :], 8) if prefix.endswith(".") else not named(value)


def _said(place: Place) -> Iterator[Finding]:
    words = place.group(1)
    if place.text[max(place.spans[1][0] - 1, 0) : place.spans[1][0]] in {"-", "_", "."}:
        return  # part of a longer name
    start, end = place.value(2, 3, 4, 5)
    end = start + len(place.text[start:end].rstrip("\\,.;)!?"))
    value = place.text[start:end]
    level = strength(words.split()[0]) or STRONG
    found = password_like(value) and _kinds(value) >= 2 if level == PASSWORD else random_looking(value, 11)
    if not placeholder(value) and (found or _issued(value, place.prefixes)):
        yield Finding("password" if level == PASSWORD else "assigned_secret", start, end, 0.7)


def _told(place: Place) -> Iterator[Finding]:
    start, end = place.spans[2]
    end = start + len(place.text[start:end].rstrip("\\,.;)!?"))
    value = place.text[start:end]
    if placeholder(value):
        return
    if strength(place.group(1)) == PASSWORD:
        if password_like(value) and _kinds(value) >= 3:
            yield Finding("password", start, end, 0.7)
    elif random_looking(value, 16) and len(value) - sum(map(str.isdigit, value)) >= 4:
        yield Finding("assigned_secret", start, end, 0.7)


def _kinds(value: str) -> int:
    return sum((any(map(str.isupper, value)), any(map(str.islower, value)), any(map(str.isdigit, value))))


_JUDGES: dict[str, Callable[[Place], Iterator[Finding]]] = {
    "assigned": _assigned,
    "attribute": _assigned,
    "said": _said,
    "told": _told,
    "header": header,
    "curl": curl,
    "command": commands.argument,
    "spoken": spoken.words,
    "userinfo": userinfo,
    "armour": armour,
    "putty": whole("private_key", 0),
    "npm": whole("npm_token", 1),
}
_GROUPS = {
    "assigned": 5,
    "attribute": 5,
    "said": 5,
    "told": 2,
    "header": 3,
    "curl": 4,
    "command": commands.GROUPS,
    "spoken": spoken.GROUPS,
    "userinfo": 2,
    "armour": 0,
    "putty": 0,
    "npm": 1,
}


def load(prefixes: tuple[str, ...], issuers: frozenset[str] = frozenset()) -> Contexts:
    """The patterns above, compiled. ``prefixes``: what a value begins with that some issuer gave out; ``issuers``: their names."""
    return Contexts({kind: compiled(pattern) for kind, pattern in PATTERNS.items()}, prefixes, issuers)
