"""What the window tells its screens."""

from textual.message import Message


class StoreChanged(Message, bubble=False):
    """Something in the store has changed, perhaps by another process (R1.7)."""
