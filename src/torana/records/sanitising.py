"""Takes secrets and personal data out of those texts of a Receipt that callers and providers choose.

Who called (tenant, user, key) stays: that is what an audit is for. Called by the recorder's thread before the spool, so
that no sink, metric or log line sees what a caller put in the place of a name.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from torana.ports.receipt import Receipt
from torana.records.masking import PLAIN, Mask

REMEMBERED = 1024
OUR_REQUEST_ID = "req_"


class Sanitiser:
    """For one thread: it remembers the texts that it has seen lately."""

    __slots__ = ("_addresses", "_mask", "_plain", "_seen")

    def __init__(self, mask: Mask = PLAIN, *, addresses: bool = False) -> None:
        """``addresses``: whether a keyed hash takes the place of the caller's address."""
        self._mask = mask
        self._addresses = addresses
        self._seen: dict[str, str] = {}
        self._plain = {""}
        """Those of the texts seen of which nothing was taken out."""

    def receipt(self, receipt: Receipt) -> Receipt:
        """The Receipt itself when there is nothing to take out, else another."""
        plain = self._plain
        if (
            receipt.model in plain
            and receipt.finish in plain
            and receipt.error_code in plain
            and receipt.request_id.startswith(OUR_REQUEST_ID)
            and not receipt.findings
            and not self._addresses
        ):
            return receipt  # nearly all of them
        changed: dict[str, Any] = {}
        for name, text in (("model", receipt.model), ("finish", receipt.finish), ("error_code", receipt.error_code)):
            if text and (clean := self.text(text)) is not text:
                changed[name] = clean
        if not receipt.request_id.startswith(OUR_REQUEST_ID):
            clean = self._mask.text(receipt.request_id)
            if clean != receipt.request_id:
                changed["request_id"] = clean
        if receipt.findings:
            found = [one._replace(path=self.text(one.path)) for one in receipt.findings]
            if found != receipt.findings:
                changed["findings"] = found
        if self._addresses and receipt.address:
            changed["address"] = self._mask.hint(receipt.address)
        return replace(receipt, **changed) if changed else receipt

    def text(self, text: str) -> str:
        """The text masked; itself when nothing was."""
        clean = self._seen.get(text)
        if clean is None:
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
                self._plain = {""}
            masked = self._mask.text(text)
            clean = self._seen[text] = text if masked == text else masked
            if clean is text:
                self._plain.add(text)
        # Equal texts are not the same object.
        return text if clean == text else clean
