"""The line at the bottom: one line, whatever it is told (THREATS T1, T2, T6)."""

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from tui.widgets.status_bar import Severity, StatusBar


class BarApp(App[None]):
    def compose(self) -> ComposeResult:
        yield StatusBar("ready", "inbox ok")


@pytest.mark.parametrize(
    ("left", "right", "width", "shown"),
    [
        ("ready", "inbox ok", 30, " ready               inbox ok "),
        ("ready", "", 12, " ready      "),
        ("", "inbox ok, 3 new", 12, " inbox ok,… "),
        ("[/b] \x1b[2J\u202e", "宽字符", 24, " [/b] ␛[2J\ufffd     宽字符 "),
    ],
)
async def test_T6_both_texts_fit_one_line(left: str, right: str, width: int, shown: str) -> None:
    app = BarApp()
    async with app.run_test(size=(width, 5), notifications=True, tooltips=True) as pilot:
        bar = app.query_one(StatusBar)
        bar.say(left)
        bar.show_right(right)
        await pilot.pause()
        text = bar.render_line(0).text
        assert cell_len(text) == width
        assert text.split() == shown.split()


@pytest.mark.parametrize(
    ("left", "rights", "severity", "shown"),
    [
        ("paired, 14 tickets assigned", ("inbox ok",), "information", ["paired, 14 tickets", "assigned      inbox ok"]),
        ("paired", ("5 recipients, inbox ok", "inbox ok"), "information", ["paired        inbox ok"]),
        ("paired, 14 tickets", ("5 recipients", "inbox ok"), "information", ["paired, 14 tickets"]),
        ("paired, 14 tickets", ("no password",), "error", ["paired, 14 tickets", "           no password"]),
        (
            "a b c d " * 20,
            ("x",),
            "information",
            ["a b c d a b c d a b c", "d a b c d a b c d a b", "c d a b c d a b c d a…"],
        ),
    ],
)
async def test_R1_3_what_is_too_long_for_a_line_is_not_cut_off(
    left: str, rights: tuple[str, ...], severity: Severity, shown: list[str]
) -> None:
    app = BarApp()
    async with app.run_test(size=(24, 5)) as pilot:
        bar = app.query_one(StatusBar)
        bar.say(left)
        bar.show_right(*rights, severity=severity)
        await pilot.pause()
        assert [bar.render_line(y).text[1:].rstrip() for y in range(bar.size.height)] == shown


async def test_R1_7_severity_changes_the_colour_and_nothing_else() -> None:
    app = BarApp()
    async with app.run_test(size=(40, 5)) as pilot:
        bar = app.query_one(StatusBar)
        plain = bar.render_line(0)
        bar.say("ready", "error")
        await pilot.pause()
        assert bar.render_line(0).text == plain.text
        assert [s.style for s in bar.render_line(0)] != [s.style for s in plain]
        assert (bar.text, bar.right, bar.severity) == ("ready", "inbox ok", "error")


async def test_R1_7_saying_the_same_again_paints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    app = BarApp()
    async with app.run_test(size=(40, 5)):
        bar = app.query_one(StatusBar)
        painted: list[int] = []
        monkeypatch.setattr(bar, "refresh", lambda *args, **kwargs: painted.append(1))
        bar.say("ready")
        bar.show_right("inbox ok")
        assert not painted
        bar.say("done")
        assert painted == [1]
