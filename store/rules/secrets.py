"""Secrets are references, never values in the store or in a file of ours (R12)."""

from store.errors import BadInput

SECRETS = ("env:", "file:", "command:", "keyring:")


def insist_on_reference(secret: str) -> None:
    """Raises BadInput unless this is a reference to a secret, or ''.  Never repeats what was given."""
    if secret and not secret.startswith(SECRETS):
        raise BadInput(
            "A secret is a reference (env:NAME, file:PATH, command:… or keyring:SERVICE/USER), not a password."
        )
