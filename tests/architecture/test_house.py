"""The house keeps its shape: sizes, directions, homes, and a rule book that knows every rule a test names."""

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("tui", "store", "mail")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
HEADLESS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCES
    if (path.is_relative_to(ROOT / "store") or path.is_relative_to(ROOT / "mail") or "cli" in path.parts)
    and not path.name[0].isdigit()
)


def test_files_fit_in_a_head() -> None:
    long = {str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text().splitlines())) > 400}
    assert long == {}


def test_functions_fit_on_a_screen() -> None:
    lengths = [
        (node.end_lineno or 0) - node.lineno + 1
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert statistics.median(lengths) <= 10
    assert statistics.quantiles(lengths, n=20)[-1] <= 40


def test_no_module_is_named_like_the_standard_library() -> None:
    names = {path.stem for path in SOURCES if path.parent.name in PACKAGES and path.stem != "__init__"}
    assert names & sys.stdlib_module_names - {"html"} == set()


def test_imports_keep_their_direction_and_libraries_their_home() -> None:
    done = subprocess.run(["lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False, env=_environment())
    assert done.returncode == 0, done.stdout


def test_R12_a_headless_command_loads_neither_textual_nor_the_heavy_libraries() -> None:
    code = (
        "import importlib, sys\n"
        f"for name in {[n for n in HEADLESS if not n.startswith('mail')]!r}: importlib.import_module(name)\n"
        "print([n for n in ('textual', 'rich', 'openpyxl', 'imap_tools', 'fpdf', 'selectolax') if n in sys.modules])"
    )
    assert _run(code) == "[]"


def test_mail_loads_no_window() -> None:
    names = [n for n in HEADLESS if n.startswith("mail")]
    code = (
        f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\nprint('textual' in sys.modules)"
    )
    assert _run(code) == "False"


def test_each_library_has_one_home() -> None:
    homes = {
        "imap_tools": {"mail/imap.py", "mail/imap_connection.py"},
        "openpyxl": {"store/export/xlsx.py", "store/workbook.py"},
        "fpdf": {"store/export/pdf.py", "store/export/fonts.py"},
        "re2": {"store/patterns.py"},
        "jinja2": {"store/templates/sandbox.py"},
        "selectolax": {"mail/html.py"},
        "pymap": {"mail/demo/server.py"},
        "aiosmtpd": {"mail/demo/server.py"},
        "publicsuffixlist": {"store/rules/addresses.py"},
    }
    for library, home in homes.items():
        users = {
            str(p.relative_to(ROOT))
            for p in SOURCES
            if re.search(rf"^\s*(from|import) {library}\b", p.read_text(), re.M)
        }
        assert users <= home, library


def test_every_rule_that_a_test_names_stands_in_the_rule_book() -> None:
    book = (ROOT / "store/rules/README.md").read_text()
    known = set(re.findall(r"^\| ([A-Z]\d+) \|", book, re.M))
    section = ""
    for line in book.splitlines():
        if match := re.match(r"## (R\d+) ", line):
            section = match[1]
            known.add(section)
        elif match := re.match(r"(\d+)\. (?:– (\d+)\. )?", line):
            for number in range(int(match[1]), int(match[2] or match[1]) + 1):
                known.add(f"{section}_{number}")
    named: dict[str, str] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        for name in re.findall(r"def (test_\w+)", path.read_text()):
            for rule in re.findall(r"(?<=_)(R\d+(?:_\d+)?|[DNITXPS]\d+)(?=_|$)", name):
                named[rule] = name
    assert {rule: name for rule, name in named.items() if rule not in known} == {}


@pytest.mark.parametrize("word", ["Manager", "Helper", "Utils"])
def test_names_say_what_things_are(word: str) -> None:
    guilty = [str(p) for p in SOURCES if re.search(rf"\bclass \w*{word}\b", p.read_text())]
    assert guilty == []


def _run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
