"""Decides whether a token carries the checksum that its issuer puts into it.

It does not find tokens. Called by ``issuers``.
"""

from __future__ import annotations

import base64
import binascii
import json
import string
import zlib
from collections.abc import Callable, Mapping

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECK_SIGNS = 6


def crc32_base62(token: str) -> bool:
    """Whether the last six signs are the CRC32 of what lies between the prefix and them, in base 62.

    GitHub ("Behind GitHub's new authentication token formats", 2021) and npm, which took over the format.
    """
    body = token[token.index("_") + 1 :]
    left = zlib.crc32(body[:-_CHECK_SIGNS].encode())
    signs = ""
    while left:
        left, digit = divmod(left, 62)
        signs = _BASE62[digit] + signs
    return signs.rjust(_CHECK_SIGNS, "0") == body[-_CHECK_SIGNS:]


def crc32_hex(token: str) -> bool:
    """Whether the eight hexadecimal digits behind the last ``_`` are the CRC32 of all before it. Grafana."""
    body, _, sum_ = token.rpartition("_")
    return f"{zlib.crc32(body.encode()):08x}" == sum_.lower()


def aws_account(token: str) -> bool:
    """Whether the key id holds an account number: base 32 behind the prefix, twelve decimal digits at most.

    AWS writes the account into the first 48 bits of ids made since 2019; older ids begin with I or J and hold none.
    """
    if token[4] in "IJ":
        return False
    try:
        number = int.from_bytes(base64.b32decode(token[4:])[:6], "big")
    except binascii.Error:
        return False
    return 0 < ((number & 0x7FFFFFFFFF80) >> 7) < 10**12


def jwt_header(token: str) -> bool:
    """Whether the first part is base64url of a JSON object that names an algorithm or a type (RFC 7515)."""
    head, _, rest = token.partition(".")
    body = rest.partition(".")[0]
    header = _json_part(head)
    return isinstance(header, dict) and ("alg" in header or "typ" in header) and isinstance(_json_part(body), dict)


def _json_part(part: str) -> object:
    try:
        return json.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        return None


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "crc32_base62": crc32_base62,
    "crc32_hex": crc32_hex,
    "aws_account": aws_account,
    "jwt_header": jwt_header,
}
"""By the name that a row of ``issuers.toml`` gives."""
