"""Messages as facts, as JSON and back: what the process that reads mail may say, and nothing else (D11).

That process works on bytes that anybody may send, so its answer is not believed: only the fields of `Parsed` come
back, each of the type that it has, and no object of another kind can be made from it.
"""

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from store.cleantext import storable
from store.rules.message import Parsed


def encoded(messages: Sequence[Parsed], log: str) -> bytes:
    """The answer: what is known of each message, and what was logged meanwhile."""
    answer = {"messages": list(messages), "log": log}
    return json.dumps(answer, ensure_ascii=False, default=_plain).encode("utf-8", "replace")


def decoded(answer: bytes, count: int) -> tuple[list[Parsed], str]:
    """What `encoded` made of `count` messages.  Raises ValueError for anything else."""
    try:
        said = json.loads(answer)
        read = _reading(Parsed)
        messages = [read(one) for one in said["messages"]]
        log = _text(said["log"])
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it answered what is no message ({type(error).__name__})") from error
    if len(messages) != count:
        raise ValueError(f"it answered {len(messages)} messages to {count}")
    return messages, log


def _plain(value: Any) -> Any:
    """What JSON has no form for: a moment, and the classes of facts."""
    if isinstance(value, datetime):
        return value.isoformat()
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


@functools.cache
def _reading(kind: Any) -> Callable[[Any], Any]:
    """What reads a value of this type, made once: thousands are read a second.

    It raises ValueError, LookupError, TypeError or AttributeError for what is none.
    """
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _reading_fields(kind)
    if kind is str:
        return _text
    if kind is datetime:
        return lambda said: datetime.fromisoformat(said).astimezone(UTC)
    inner = typing.get_args(kind)
    if isinstance(kind, types.UnionType):  # X | None
        some = _reading(inner[0])
        return lambda said: None if said is None else some(said)
    if inner:  # tuple[X, ...]
        each = _reading(inner[0])
        return lambda said: tuple(map(each, _of_type(list, said)))
    return lambda said: _of_type(kind, said)


def _reading_fields(kind: Any) -> Callable[[Any], Any]:
    fields = {name: _reading(inner) for name, inner in typing.get_type_hints(kind).items()}

    def read(said: Any) -> Any:
        if said.keys() != fields.keys():
            raise ValueError("it answered other fields")
        return kind(**{name: inner(said[name]) for name, inner in fields.items()})

    return read


def _text(said: Any) -> str:
    return storable(_of_type(str, said))


def _of_type(kind: type, said: Any) -> Any:
    if type(said) is not kind:
        raise ValueError(f"it answered a {type(said).__name__} for a {kind.__name__}")
    return said
