"""Seals tokens with HUB_TOKEN_KEY before they rest in the database."""

from __future__ import annotations

from cryptography.fernet import Fernet
from django.conf import settings


def seal(token: str) -> bytes:
    """Encrypt a token."""
    return _key().encrypt(token.encode())


def unseal(sealed: bytes) -> str:
    """Decrypt a sealed token. Raises InvalidToken when HUB_TOKEN_KEY is not the one that sealed it."""
    return _key().decrypt(sealed).decode()


def _key() -> Fernet:
    return Fernet(settings.HUB_TOKEN_KEY)
