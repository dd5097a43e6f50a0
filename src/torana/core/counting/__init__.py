"""How things are counted against a limit: one file per algorithm, pure, on integers and a given time.

They share the shape of ``ports.store.Counter`` and nothing else. Used by the stores that count in this process.
"""
