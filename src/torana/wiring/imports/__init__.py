"""Reads other gateways' configurations and writes ours, with a report of what was carried, changed or left behind."""
