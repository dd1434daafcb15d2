"""The School Data API v1.0, as apps call it."""
