"""``torana audit``: prove the audit trail, take it away as a file that others can prove."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from torana.stores import sql
from torana.wiring import audit_proof
from torana.wiring.audit_lines import is_audit_file, verify
from torana.wiring.audit_sources import DatabaseSource, FileSource, RowsLook, exported
from torana.wiring.cli import installation
from torana.wiring.cli.say import refuse, say, table
from torana.wiring.options import Overrides
from torana.wiring.paths import database_url
from torana.wiring.problems import ConfigError
from torana.wiring.settings import Mode

EXAMPLES = """examples:
  torana audit verify --database                         every tenant's trail in the database of this installation
  torana audit export --tenant acme audit-acme.jsonl     the chains of a tenant, with checkpoints and public keys
  torana audit verify audit-acme.jsonl --key 9f2c…       with the key that you wrote down, not the one in the file
  torana audit verify audit.17.jsonl audit.jsonl         audit files, in their order, with the proofs beside them
  torana audit keys                                      the public keys that signed: keep them somewhere else

Where something is not as it was written, the first such entry is named and the exit code is 1.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of each."""
    ways = parser.add_subparsers(dest="way", metavar="verify|export|keys", required=True)
    verify = ways.add_parser("verify", help="say whether the trail is as it was written", allow_abbrev=False)
    which = verify.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "file",
        nargs="*",
        type=Path,
        default=[],
        metavar="FILE",
        help="one that was exported, or audit files, oldest first",
    )
    which.add_argument("--database", action="store_true", help="that of the installation")
    verify.add_argument(
        "--key", action="append", default=[], metavar="HEX", help="a public key that counts, and no other"
    )
    verify.add_argument("--tenant", help="whose (default: all)")
    export = ways.add_parser("export", help="write the chains into a file", allow_abbrev=False)
    export.add_argument("file", type=Path, metavar="FILE", help="a new file")
    export.add_argument("--tenant", help="whose (default: all)")
    keys = ways.add_parser("keys", help="show the public keys that signed", allow_abbrev=False)
    for one in (verify, export, keys):
        installation.add_config_options(one)


def run(args: argparse.Namespace) -> int:
    """Do it. 1 when it cannot be done, or the trail is broken."""
    try:
        if args.way == "verify" and args.file:
            return _file_told(args.file, _trusted(args.key), args.tenant)
        overrides = Overrides(data_dir=args.data_dir)
        loaded = installation.loaded(args.config, overrides, installation.environment(), Mode())
        url = database_url(loaded.settings)
        if not sql.check(url):
            say("torana audit: the database is empty", err=True)
            return 1
        with closing(sql.connect(url)) as connection:
            connection.at_one_moment()
            return _asked(args, connection)
    except ConfigError as fault:
        return refuse(fault)
    except sql.faults(ValueError, OSError) as fault:
        say(f"torana audit: {fault}", err=True)
        return 1


def _asked(args: argparse.Namespace, connection: sql.Connection) -> int:
    source = DatabaseSource(connection, getattr(args, "tenant", None))
    if args.way == "verify":
        return _told(audit_proof.verify(source, _trusted(args.key), RowsLook(connection)), args.tenant)
    if args.way == "keys":
        rows = [[key_id, public.hex()] for key_id, public in sorted(source.keys().items())]
        say(table(["KEY", "PUBLIC (Ed25519)"], rows) if rows else "nothing was signed yet")
        return 0
    with args.file.open("xb") as file:
        for line in exported(source):
            file.write(line)
    say(f"written to {args.file}; `torana audit verify {args.file}` proves it")
    return 0


def _file_told(files: list[Path], trusted: dict[str, bytes] | None, tenant: str | None) -> int:
    if not all(is_audit_file(one) for one in files):
        if len(files) > 1:
            raise ValueError(
                "an exported trail is verified alone; several files are audit files that follow each other"
            )
        return _told(audit_proof.verify(FileSource(files[0]), trusted), tenant)
    verdict = verify(files, trusted)
    if verdict.unbound:
        say(f"        {verdict.unbound} lines are from before lines were bound to each other")
    mine = [one for one in verdict.tenants.values() if tenant in (None, one.tenant)]
    for one in sorted(mine, key=lambda one: one.tenant):
        name = one.tenant or "(nobody)"
        begins = (
            ""
            if one.proven_start or not one.lines
            else f" from entry {one.first} on; what was before is in earlier files"
        )
        signed = "their end is signed" if one.signed else "their end is not signed"
        say(f"BROKEN  {name}: {one.broken}" if one.broken else f"whole   {name}: {one.lines} lines{begins}, {signed}")
    if verdict.broken:
        say(f"BROKEN  {verdict.broken}")
    if not mine:
        say("there is no trail yet")
    return 1 if verdict.broken or any(one.broken for one in mine) else 0


def _trusted(keys: list[str]) -> dict[str, bytes] | None:
    if not keys:
        return None
    found = [bytes.fromhex(one) for one in keys]
    return {audit_proof.key_id(one): one for one in found}


def _told(verdicts: list[audit_proof.Verdict], tenant: str | None) -> int:
    mine = [one for one in verdicts if tenant in (None, one.tenant)]
    for one in mine:
        name = f"{one.tenant or '(nobody)'} {one.chain}"
        if one.broken is None:
            signed = f"{one.checkpoints} signed checkpoints agree" if one.checkpoints else "nothing is signed yet"
            say(f"whole   {name}: {one.entries} entries, {signed}")
        else:
            say(f"BROKEN  {name}: at entry {one.broken.entry} (link {one.broken.link}): {one.broken.what}")
    if not mine:
        say("there is no trail yet")
    return 1 if audit_proof.first_broken(mine) is not None else 0
