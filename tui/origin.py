"""From where somebody works, for the history (THREATS S6): his account here, his place on the net, his key."""

import os
from pathlib import Path


def origin() -> str:
    """`uid 1000 from 192.0.2.7 with SHA256:…`: what the operating system and sshd say; '' of what they do not.

    The key is known where sshd_config has `ExposeAuthInfo yes`.  On a shared account it is what the agent lets it be.
    """
    told = [f"uid {os.getuid()}"]
    if address := _address(os.environ.get("SSH_CONNECTION", "")):
        told.append(f"from {address}")
    if key := _key(os.environ.get("SSH_USER_AUTH", "")):
        told.append(f"with {key}")
    return " ".join(told)


def _address(connection: str) -> str:
    """The client's address out of `client port server port`; '' for what is none."""
    if not connection:
        return ""
    import ipaddress

    try:
        return str(ipaddress.ip_address(connection.split(" ", 1)[0].partition("%")[0]))
    except ValueError:
        return ""


def _key(path: str) -> str:
    """The fingerprint, as ssh-keygen writes it, of the key named in sshd's file (lines `publickey TYPE BASE64`)."""
    if not path:
        return ""
    import base64
    import binascii
    import hashlib

    try:
        for line in Path(path).read_text("ascii").splitlines():
            method, _, rest = line.partition(" ")
            if method == "publickey":
                digest = hashlib.sha256(base64.b64decode(rest.split()[1], validate=True)).digest()
                return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"
    except (OSError, ValueError, IndexError, binascii.Error):
        return ""  # sshd's file ends with the session; what is not known is not said
    return ""
