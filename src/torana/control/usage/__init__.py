"""The room of usage: sums, the request log, the live tail."""
