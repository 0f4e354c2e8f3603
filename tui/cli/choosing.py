"""Which objects, in which order, for the shorter lists: `status:new messages:>3 -smith` over plain JSON objects.

Recipients have a grammar and an index of their own (`store.filters`); this one reads any object by its keys.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import eq, ge, gt, le, lt
from typing import Any, NamedTuple

from store.cleantext import as_json, clean
from store.errors import BadInput
from store.rules.text import search_key, search_text

Shape = dict[str, Any]
_TOKEN = re.compile(r'(-?)(?:([A-Za-z_]+):)?("[^"]*"?|\S+)')
_COMPARED = re.compile(r"^(>=|<=|>|<)(.+)$")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {">": gt, "<": lt, ">=": ge, "<=": le, "": eq}
_NAMED = ({"id", "name", "kind"}, {"id", "email", "name"}, {"login", "name"}, {"name", "type", "size"})
_YES = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}


class Condition(NamedTuple):
    """One condition; `key` is '' for a word that may stand anywhere in the object."""

    key: str
    value: str
    negated: bool


def conditions(line: str, keys: Sequence[str]) -> list[Condition]:
    """The conditions of a filter line, all of which must hold.  Raises BadInput for a key that there is not."""
    found = []
    for minus, key, raw in _TOKEN.findall(line):
        value = search_key(raw.strip('"'))
        if key.lower() in keys:
            found.append(Condition(key.lower(), value, bool(minus)))
        elif key and not raw.startswith(("/", '"')):
            raise BadInput(f"“{clean(key, limit=30)}:” is no filter here. There are: {', '.join(keys)}.")
        elif value:
            found.append(Condition("", f"{search_key(key)}:{value}" if key else value, bool(minus)))
    return found


def chosen(
    objects: Iterable[Shape], keys: Sequence[str], *, line: str, sort: str, limit: int | None
) -> Iterator[Shape]:
    """Those that meet the filter line, sorted by `COLUMN[:desc]` ('' keeps their order), at most `limit`.

    Raises BadInput, at once, for a line or column that cannot be used.
    """
    wanted = conditions(line, keys)
    matching = (one for one in objects if all(_holds(condition, one) for condition in wanted))
    return islice(_sorted(matching, keys, sort), limit)


def columns_of(text: str, keys: Sequence[str]) -> list[str]:
    """The keys of `--columns a,b`, all of them for ''.  Raises BadInput for one that there is not."""
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    for key in wanted:
        if key not in keys:
            raise BadInput(f"There is no column “{clean(key, limit=40)}”. The columns are: {', '.join(keys)}.")
    return list(dict.fromkeys(wanted)) or list(keys)


def words(value: Any) -> str:
    """One value as a person reads it: of a person or an attachment the name, of a list its parts, of changes each."""
    if isinstance(value, dict):
        if value.keys() in _NAMED:
            return str(value["name"] or value.get("email", ""))
        return ", ".join(f"{key}: {words(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(words, value))
    return "" if value is None else str(value)


def _sorted(objects: Iterable[Shape], keys: Sequence[str], sort: str) -> Iterable[Shape]:
    if not sort:
        return objects
    key, _, way = sort.partition(":")
    if key not in keys or way not in ("", "asc", "desc"):
        raise BadInput(f"Cannot sort by “{clean(sort, limit=40)}”. Columns: {', '.join(keys)}; add :desc to go down.")
    return sorted(objects, key=lambda one: _rank(one[key]), reverse=way == "desc")


def _rank(value: object) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return 1, float(value), ""
    return (0, 0.0, "") if value is None else (2, 0.0, search_key(words(value)))


def _holds(condition: Condition, one: Shape) -> bool:
    if condition.key == "":
        return (condition.value in _text(one)) != condition.negated
    return _matches(one[condition.key], condition.value) != condition.negated


def _matches(value: Any, wanted: str) -> bool:
    """`yes` for a flag, `>3` for a number, `<2026-11` for a time, `none` for nothing, else a part of the text."""
    if isinstance(value, bool):
        return value is _YES.get(wanted)
    if value is None or value == []:
        return wanted == "none"
    compared = _COMPARED.match(wanted)
    way, bound = (compared[1], compared[2]) if compared else ("", wanted)
    if isinstance(value, int):
        return bound.isascii() and bound.isdigit() and _COMPARE[way](value, int(bound))
    return _COMPARE[way](_text(value), bound) if way else wanted in _text(value)


def _text(value: Any) -> str:
    """All that an object says, as it is searched."""
    if isinstance(value, dict):
        return " ".join(map(_text, value.values()))
    if isinstance(value, list | tuple):
        return " ".join(map(_text, value))
    return search_text(value if isinstance(value, str) else as_json(value))
