"""Completes the field that is being typed in a filter line; the right arrow takes it."""

from textual.suggester import Suggester

from store.filters import RECIPIENTS, Grammar
from tui.filter_line import suggestion


class FieldSuggester(Suggester):
    """`ban` → `banned:yes`."""

    def __init__(self, grammar: Grammar = RECIPIENTS) -> None:
        super().__init__(case_sensitive=True)
        self._grammar = grammar

    async def get_suggestion(self, value: str) -> str | None:
        return suggestion(value, self._grammar)
