"""Consent as the hub sees it: a Connection and its states, from requested to revoked."""
