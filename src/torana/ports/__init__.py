"""What the line asks of the world: Protocols only."""
