"""The route through Wonde's School Data API v1.0, which our own broker speaks as well."""

from __future__ import annotations


class WondeProvider:
    """Still to come."""

    def __init__(self, *, base_url: str, token: str, broker_name: str, per_page: int) -> None:
        raise NotImplementedError
