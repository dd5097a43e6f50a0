"""The room where identity providers keep people and groups (SCIM 2.0)."""
