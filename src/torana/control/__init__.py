"""The control plane, one folder per room of the office."""
