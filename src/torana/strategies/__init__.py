"""One file per way to choose among deployments."""
