"""The suite of every way to choose among deployments."""
