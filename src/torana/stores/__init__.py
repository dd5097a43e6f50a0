"""One file per engine that keeps counters or keys."""
