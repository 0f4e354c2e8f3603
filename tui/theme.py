"""The window's colours: calm, of high contrast, one dark and one light."""

from textual.theme import Theme

THEMES: tuple[Theme, ...] = (
    Theme(
        name="calm-dark",
        primary="#5b8fd6",
        secondary="#3d5f8f",
        accent="#8ab4f8",
        warning="#e0b050",
        error="#ff6b6b",
        success="#6fc28b",
        foreground="#dcdfe4",
        background="#14171c",
        surface="#181c22",
        panel="#232932",
        dark=True,
    ),
    Theme(
        name="calm-light",
        primary="#2f6fc4",
        secondary="#a9c3e8",
        accent="#1f5fb4",
        warning="#9a6700",
        error="#b3131f",
        success="#1a7f37",
        foreground="#1f2328",
        background="#f4f5f7",
        surface="#ffffff",
        panel="#e4e8ee",
        dark=False,
    ),
)
