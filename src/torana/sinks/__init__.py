"""One file per place where Receipts go."""
