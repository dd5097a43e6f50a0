"""The room of signing in through identity providers."""
