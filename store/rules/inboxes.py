"""What the fields of an inbox may hold (R5.1), and what stands for one that holds something else."""

from collections.abc import Mapping
from typing import Any

PORTS = {"tls": 993, "starttls": 143, "none": 143}
CHOICES = {
    "security": ("tls", "starttls", "none"),
    "auth": ("password", "xoauth2"),
    "process": ("all", "unread"),
    "address_header": ("From", "Reply-To", "Sender"),
}
"""The first of each is the default."""


def is_port(value: object) -> bool:
    """Whether it is the number of a TCP port."""
    return isinstance(value, int) and 0 < value < 65_536


def usable(fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of an inbox as they can be used, and by name those that the store keeps in a way that cannot: it was
    edited, or is of another version."""
    found, wrong = dict(fields), {}
    for key, choices in CHOICES.items():
        if key in found and found[key] not in (*choices, None):
            found[key], wrong[key] = choices[0], found[key]
    if "port" in found and not is_port(found["port"]):
        found["port"], wrong["port"] = PORTS[found.get("security") or "tls"], found["port"]
    return found, wrong
