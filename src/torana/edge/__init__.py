"""The data plane's ASGI application."""
