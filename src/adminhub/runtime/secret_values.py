"""Makes and keeps the secrets of one data folder; they are never in the repository."""

import base64
import json
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def make_secrets() -> dict[str, str]:
    """Return fresh values, by the name of the environment variable that carries each."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    app_token = secrets.token_hex(20)
    return {
        "HUB_SECRET_KEY": secrets.token_urlsafe(48),
        "BROKER_SECRET_KEY": secrets.token_urlsafe(48),
        "WELLBEING_SECRET_KEY": secrets.token_urlsafe(48),
        "HUB_WEBHOOK_KEY": secrets.token_urlsafe(24),
        "HUB_WEBHOOK_SECRET": secrets.token_urlsafe(32),
        "HUB_TOKEN_KEY": Fernet.generate_key().decode(),
        "HUB_OIDC_PRIVATE_KEY": pem,
        "HUB_BROKER_API_TOKEN": app_token,
        "BROKER_HUB_APP_TOKEN": app_token,
        "WELLBEING_CLIENT_SECRET": secrets.token_urlsafe(32),
        "WELLBEING_WEBHOOK_SECRET": "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode(),
        "DEMO_PASSWORD": "-".join(secrets.token_hex(2) for _ in range(4)),
    }


def read_or_make(path: Path) -> dict[str, str]:
    """Return the secrets in the file (0600), making the file, or values added since, when missing."""
    stored: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if "DEMO_PASSWORD" in stored and "HUB_WEBHOOK_SECRET" in stored:
        return stored
    complete = make_secrets() | stored
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(complete, file, indent=1)
    draft.replace(path)
    return complete
