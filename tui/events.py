"""What the window tells its screens."""

from textual.message import Message


class StoreTrouble(Message, bubble=False):
    """The store cannot be read, and why; '' when it can again."""

    def __init__(self, told: str) -> None:
        super().__init__()
        self.told = told


class StoreChanged(Message, bubble=False):
    """Something in the store has changed, perhaps by another process (R1.7)."""
