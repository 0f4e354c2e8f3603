"""The one home of Jinja2, which is imported when a template is first used.

A template comes from an administrator, who may be mistaken or not be who he says (THREATS: a template that loops).
What is not on a list here is refused before anything of it runs: a template reaches no Python, calls nothing, computes
nothing, loops over the changes only, and what it may cost is added up beforehand, so that no clock decides.
"""

import functools
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NoReturn

from jinja2 import Template, TemplateError, TemplateRuntimeError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import ChainableUndefined, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from store.templates.bounds import LONGEST_OUTPUT, LONGEST_TEMPLATE, MOST_CHANGES

FILTERS = ("capitalize", "d", "default", "length", "lower", "trim", "truncate", "upper")
_LOOP = ("first", "index", "last")
_DEEPEST = 30
_DEEPEST_LOOP = 2
_MOST_WORK = 40_000
_NAME_WORK = 20  # 2,000 of them take 0.1 s to compile
_TEXT_WORK = 200  # goes through a text that may be as long as a message: 2 ms
_NO_SUCH = "cannot be used in a template"

_ALLOWED: frozenset[type[nodes.Node]] = frozenset(
    {
        nodes.Template,
        nodes.Output,
        nodes.TemplateData,
        nodes.Name,
        nodes.Const,
        nodes.Getattr,
        nodes.Getitem,
        nodes.If,
        nodes.For,
        nodes.CondExpr,
        nodes.Compare,
        nodes.Operand,
        nodes.And,
        nodes.Or,
        nodes.Not,
        nodes.Filter,
        nodes.Test,
        nodes.Keyword,
        nodes.List,
        nodes.Tuple,
    }
)
_CALLED: dict[type[nodes.Node], str] = {
    nodes.Call: "a call, as in name(),",
    nodes.CallBlock: "{% call %}",
    nodes.Concat: "~ (write two {{ }} side by side instead)",
    nodes.Add: "+",
    nodes.Sub: "-",
    nodes.Mul: "*",
    nodes.Div: "/",
    nodes.FloorDiv: "//",
    nodes.Mod: "%",
    nodes.Pow: "**",
    nodes.Neg: "-",
    nodes.Pos: "+",
    nodes.Slice: "a slice, as in [1:2],",
    nodes.Dict: "{ }",
    nodes.Assign: "{% set %}",
    nodes.AssignBlock: "{% set %}",
    nodes.Macro: "{% macro %}",
    nodes.Import: "{% import %}",
    nodes.FromImport: "{% from %}",
    nodes.Include: "{% include %}",
    nodes.Extends: "{% extends %}",
    nodes.Block: "{% block %}",
    nodes.With: "{% with %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.Scope: "{% autoescape %}",
}


class Trouble(Exception):
    """Why a template cannot be used; `line` of the template, 0 if it is about no one line."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(f"line {line}: {words}" if line else words)


@functools.lru_cache(maxsize=128)
def compiled(source: str, known: frozenset[str]) -> Template:
    """A template that may use the `known` names.  Raises Trouble.  1 to 5 ms the first time."""
    if len(source) > LONGEST_TEMPLATE:
        raise Trouble(0, f"it has {len(source):,} characters, more than {LONGEST_TEMPLATE:,}")
    try:
        tree = _ENVIRONMENT.parse(source)
        if _work(tree, known) > _MOST_WORK:
            raise Trouble(0, "it does too much; use fewer loops, filters and comparisons")
        return _ENVIRONMENT.from_string(tree)
    except TemplateSyntaxError as error:
        raise Trouble(error.lineno, (error.message or "it is no template").rstrip(".")) from error
    except (RecursionError, ValueError, SyntaxError, OverflowError, MemoryError) as error:
        raise Trouble(0, "it is nested too deeply, or holds a number that is too long") from error


def filled(template: Template, facts: Mapping[str, object]) -> str:
    """The template's text.  Raises Trouble when it fails or gets longer than 500,000 characters."""
    parts: list[str] = []
    left = LONGEST_OUTPUT
    try:
        for part in template.generate(facts):
            left -= len(part)
            if left < 0:
                raise Trouble(0, f"its text gets longer than {LONGEST_OUTPUT:,} characters")
            parts.append(part)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AssertionError) as error:
        raise Trouble(_line_of(error.__traceback__), str(error) or type(error).__name__) from error
    return "".join(parts)


class _Environment(ImmutableSandboxedEnvironment):
    """A dot reads a fact and nothing else, whatever attributes Python's object may have."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, dict) and argument in obj:
            return obj[argument]
        if isinstance(obj, LoopContext) and argument in _LOOP:
            return getattr(obj, argument)
        return self.undefined(obj=obj, name=argument)

    def call(self, *_: Any, **__: Any) -> NoReturn:
        raise SecurityError(f"a call {_NO_SUCH}")


def _shown(value: object) -> object:
    if value is None or isinstance(value, Undefined):
        return ""
    if isinstance(value, str | int | float):
        return value
    raise TemplateRuntimeError("this is a group of values; name one of them, as in ticket.id")


def _environment() -> _Environment:
    made = _Environment(
        trim_blocks=True, lstrip_blocks=True, undefined=ChainableUndefined, finalize=_shown, cache_size=0
    )
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS}
    made.tests = {"defined": made.tests["defined"]}
    return made


_ENVIRONMENT = _environment()


def _work(node: nodes.Node, known: frozenset[str], depth: int = 0, loops: int = 0) -> int:
    """What it may cost to compile and render this.  Raises Trouble at the first thing that is not allowed."""
    if depth > _DEEPEST:
        raise Trouble(node.lineno, "it is nested too deeply")
    _insist_on_allowed(node, known)
    if isinstance(node, nodes.For):
        return _work_of_loop(node, known, depth, loops)
    own = _TEXT_WORK if isinstance(node, nodes.Filter | nodes.Compare) else _NAME_WORK
    inner = sum(_work(child, known, depth + 1, loops) for child in node.iter_child_nodes())
    return int(own * MOST_CHANGES**loops) + inner


def _work_of_loop(node: nodes.For, known: frozenset[str], depth: int, loops: int) -> int:
    if loops == _DEEPEST_LOOP:
        raise Trouble(node.lineno, "a {% for %} may stand in one other {% for %}, no deeper")
    if node.recursive or not isinstance(node.target, nodes.Name):
        raise Trouble(node.lineno, "a loop is written {% for change in changes %}")
    if not isinstance(node.iter, nodes.Name) or node.iter.name != "changes" or "changes" not in known:
        raise Trouble(node.lineno, "a loop can only go over changes, as in {% for change in changes %}")
    inner = known | {node.target.name, "loop"}
    repeated = [*node.body, *([node.test] if node.test else [])]
    work = sum(_work(child, inner, depth + 1, loops + 1) for child in repeated)
    return (
        int(_NAME_WORK * MOST_CHANGES**loops)
        + work
        + sum(_work(child, known, depth + 1, loops) for child in node.else_)
    )


def _insist_on_allowed(node: nodes.Node, known: frozenset[str]) -> None:
    if type(node) not in _ALLOWED:
        raise Trouble(node.lineno, f"{_CALLED.get(type(node), type(node).__name__)} {_NO_SUCH}")
    if isinstance(node, nodes.Name) and node.name not in known:
        raise Trouble(node.lineno, f"there is no “{node.name}” here, only {', '.join(sorted(known))}")
    if isinstance(node, nodes.Getitem) and not _is_a_name(node.arg):
        raise Trouble(node.lineno, f"[ ] with anything but a name in quotes {_NO_SUCH}")
    if isinstance(node, nodes.Filter):
        _insist_on_filter(node)
    if isinstance(node, nodes.Test) and (node.name != "defined" or node.args or node.dyn_args or node.dyn_kwargs):
        raise Trouble(node.lineno, f"the test “is {node.name}” {_NO_SUCH}, only “is defined”")


def _insist_on_filter(node: nodes.Filter) -> None:
    """What `default` falls back to may be anything; elsewhere a long text as an argument could take minutes."""
    if node.name not in FILTERS or node.dyn_args or node.dyn_kwargs:
        raise Trouble(node.lineno, f"the filter “{node.name}” {_NO_SUCH}, only {', '.join(FILTERS)}")
    given = [*node.args, *(keyword.value for keyword in node.kwargs)]
    if node.name == "trim" and given:
        raise Trouble(node.lineno, "the filter “trim” takes nothing in brackets here")
    if node.name == "truncate" and not all(isinstance(one, nodes.Const) for one in given):
        raise Trouble(node.lineno, "the filter “truncate” takes plain numbers and texts only, as in truncate(80)")


def _is_a_name(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and isinstance(node.value, str)


def _line_of(trace: TracebackType | None) -> int:
    """The template's line in a traceback that Jinja2 has made to speak of the template."""
    line = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
