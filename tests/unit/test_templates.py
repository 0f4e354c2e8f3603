"""R7.3: templates of notifications: what they say, what they cannot do, and that they end (THREATS: one that loops)."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import patterns, templates
from store.errors import BadInput
from store.rules.events import EVENTS
from store.rules.subjects import numbers_in
from store.templates import bounds, sandbox

ROOT = Path(__file__).parents[2]
NUMBER = patterns.compiled(r"#(?P<number>\d{1,})")
ADMIN, CUSTOMER = "changes_admin", "new_message_customer"
CUSTOMERS = [event.key for event in EVENTS if event.audience == "customer"]
ADMINS = [event.key for event in EVENTS if event.audience == "admin"]
NAMES = frozenset(templates.names_for(ADMIN))


def rendered(body: str, facts: dict[str, Any] | None = None, event: str = ADMIN) -> str:
    """The text of a template that must not fail."""
    found = templates.render(event, "", body, templates.sample_facts() if facts is None else facts)
    assert found.problem == ""
    return found.body


def refusal(body: str, event: str = ADMIN) -> str:
    with pytest.raises(BadInput) as caught:
        templates.check(event, "", body, NUMBER)
    return str(caught.value)


@pytest.mark.parametrize("event", [event.key for event in EVENTS])
def test_R7_3_every_event_has_a_default_that_passes_its_own_check(event: str) -> None:
    templates.check(event, "", "", NUMBER)
    found = templates.render(event, "", "", templates.sample_facts())
    assert found.problem == ""
    assert numbers_in(found.subject, NUMBER) == (4711,)
    assert "4711" in found.body
    assert "{" not in found.subject + found.body


@pytest.mark.parametrize("event", ADMINS)
def test_R7_3_an_administrator_reads_the_ticket_and_may_answer_above_the_line(event: str) -> None:
    body = templates.render(event, "", "", templates.sample_facts()).body
    assert body.splitlines()[0] == templates.REPLY_MARKER == "## Reply above this line ##"
    for told in ("The printer does not print", "kelly@example.com", "Kelly Sanders", "it only blinks."):
        assert told in body


@pytest.mark.parametrize("event", ["changes_admin", "closed_admin", "opened_admin", "watchers"])
def test_R7_3_changes_say_from_what_to_what(event: str) -> None:
    facts = templates.sample_facts()
    facts["changes"] = [
        {"what": "priority", "before": "", "after": "High"},
        {"what": "type", "before": "a", "after": "b"},
    ]
    body = templates.render(event, "", "", facts).body
    assert "Priority: none → High\nType: a → b\n" in body


@pytest.mark.parametrize("event", CUSTOMERS)
def test_O7_what_a_customer_gets_holds_nothing_internal(event: str) -> None:
    """Not who changed what; nor a message, unless it is the agent's to him."""
    facts = templates.sample_facts()
    facts["message"]["text"] = "SAID"
    facts["changes"] = [{"what": "note", "before": "CHANGED", "after": "CHANGED"}]
    body = templates.render(event, "", "", facts).body
    assert "CHANGED" not in body
    assert ("SAID" in body) == (event in ("new_message_customer", "new_ticket_customer"))
    assert templates.REPLY_MARKER not in body


@pytest.mark.parametrize("event", CUSTOMERS)
def test_O7_no_own_template_can_show_a_customer_the_changes(event: str) -> None:
    own = "x{% for change in changes %}{{ change.after }}{% endfor %}"
    assert "there is no “changes” here" in refusal(own, event) or "only go over changes" in refusal(own, event)
    found = templates.render(event, "", own, templates.sample_facts())
    assert "Work in progress" not in found.body
    assert found.problem


@pytest.mark.parametrize("event", ["ticket_received_customer", "closed_customer", "opened_customer"])
def test_O5_a_confirmation_cannot_quote_a_stranger(event: str) -> None:
    assert "there is no “message” here" in refusal("{{ message.text }}", event)
    assert "blinks" not in templates.render(event, "", "{{ message.text }}", templates.sample_facts()).body


def test_O5_the_default_confirmation_does_not_quote_the_subject_in_its_text() -> None:
    body = templates.render("ticket_received_customer", "", "", templates.sample_facts()).body
    assert "printer" not in body


def test_R7_3_facts_that_are_missing_are_empty() -> None:
    assert (
        rendered(
            "a{{ customer.name }}b{{ ticket.nothing.at.all }}c{% if message %}!{% endif %}d", {"ticket": {"id": 1}}
        )
        == "abcd"
    )
    for event in EVENTS:
        assert templates.render(event.key, "", "", {}).problem == ""


def test_R7_3_none_and_filters_and_conditions() -> None:
    facts = {"ticket": {"id": 7, "status": "New", "priority": None}, "customer": {"name": "Kelly"}}
    text = '{% if ticket.status in ["New", "x"] and not ticket.group %}{{ customer["name"] | upper }}{% endif %}'
    assert rendered(text + "{{ ticket.priority }}|{{ ticket.type | d('no') }}", facts) == "KELLY|no"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("a\n{{ ticket.id", "line 2: "),
        ("a\n\n{% if ticket.id %}", "line 3: "),
        ("a\n{{ tiket.id }}", "line 2: there is no “tiket” here, only actor, "),
        ("{{ loop.index }}", "line 1: there is no “loop” here"),
        ("a\n{{ ticket }}", "line 2: this is a group of values"),
        ("a\n{% for c in changes %}\n{{ c }}{% endfor %}", "line 3: this is a group of values"),
        ("a\n{{ ticket.id < ticket.subject }}", "line 2: '<' not supported"),
        ("{{ ticket.subject | join }}", "line 1: the filter “join” cannot be used in a template, only "),
        ("{% if 0 %}x{% endif %}", "would be empty"),
        ("x" * 20_001, "it has 20,001 characters, more than 20,000"),
    ],
)
def test_R7_3_a_wrong_template_is_told_with_its_line(body: str, says: str) -> None:
    sentence = refusal(body)
    assert says in sentence
    assert "“Ticket changes (message to admins)”" in sentence


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ range(10) }}",
        "{{ ticket.items() }}",
        "{{ self.__init__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum.__globals__ }}",
        "{{ ''|attr('__class__') }}",
        "{{ ['a']|map('upper') }}",
        "{{ '%s'|format(ticket) }}",
        "{{ 'a'|center(1000000000) }}",
        "{{ 'a'|indent(1000000000) }}",
        "{{ 'a'|replace('a', message.text) }}",
        "{{ ticket.subject|upper(*changes) }}",
        "{{ message.text|trim(message.text) }}",
        "{{ message.text|truncate(9, true, message.text) }}",
        "{{ ticket is callable }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%1000000000s' % 1 }}",
        "{{ message.text ~ message.text }}",
        "{{ message.text + message.text }}",
        "{{ message.text[::-1] }}",
        "{{ -1 }}",
        "{{ {1: 2} }}",
        "{% set a = 1 %}",
        "{% set a %}x{% endset %}",
        "{% macro a() %}{{ a() }}{% endmacro %}",
        "{% call ticket() %}{% endcall %}",
        "{% include '/etc/passwd' %}",
        "{% import 'a' as b %}",
        "{% from 'a' import b %}",
        "{% extends 'a' %}",
        "{% block a %}{% endblock %}",
        "{% with %}{% endwith %}",
        "{% filter upper %}{% endfilter %}",
        "{% autoescape true %}{% endautoescape %}",
        "{% do 1 %}",
        "{% debug %}",
        "{% for x in message.text %}{% endfor %}",
        "{% for x in ticket %}{% endfor %}",
        "{% for x in [1, 2] %}{% endfor %}",
        "{% for x in changes recursive %}{{ loop(changes) }}{% endfor %}",
        "{% for a, b, c in changes %}{% endfor %}",
        "{% for a in changes %}{% for b in changes %}{% for c in changes %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in changes %}{% for b in changes %}{{ message.text | upper }}{% endfor %}{% endfor %}",
        "{{" + "(" * 19_000,
        "{{" + "not " * 4_900 + "1 }}",
        "{% if 1 %}" * 1_900,
        "{{ " + "1 and " * 3_000 + "1 }}",
        "{{ 1" + "<1" * 9_000 + " }}",
        "{{ " + "9" * 19_000 + " }}",
        "{{ ticket.id in [" + "1," * 9_000 + "] }}",
        "{{ ticket.id }}" * 1_300,
        "{% if message.text | upper | lower %}{% endif %}" * 400,
    ],
)
def test_R7_3_what_a_template_must_not_do_is_refused_before_it_runs(attack: str) -> None:
    with pytest.raises(sandbox.Trouble):
        sandbox.compiled(attack, NAMES)
    assert refusal("x" + attack if len(attack) < 19_999 else attack)
    found = templates.render(ADMIN, "", attack, templates.sample_facts())
    assert found.body.startswith(templates.REPLY_MARKER)
    assert "The default stands for it." in found.problem


@pytest.mark.parametrize(
    "harmless",
    ["{{ ''.__class__ }}", "{{ ticket.items }}", "{{ ticket['__class__'] }}", "{{ changes.__class__.__mro__ }}",
     "{{ message.text.format }}", "{% for c in changes %}{{ loop.__init__ }}{{ loop._iterator }}{% endfor %}"],
)  # fmt: skip
def test_R7_3_a_dot_reads_facts_and_no_attribute_of_python(harmless: str) -> None:
    assert rendered(f"a{harmless}b") == "ab"


@pytest.mark.parametrize(
    "heavy",
    [
        "{% if message.text | upper | lower == message.text | capitalize | trim %}{% endif %}" * 35,
        "{% if message.text | trim in message.text %}{% endif %}" * 60,
        "{% for c in changes %}{% if message.text | upper | lower | upper %}{% endif %}{% endfor %}" * 3,
        "{% for a in changes %}{% for b in changes %}x{% endfor %}{% endfor %}" * 2,
        "{{ message.text }}" * 900,
        "{{ message.text | truncate(1000000000) }}",
        "{{ ticket.id }}" * 950,
    ],
)
def test_R7_3_the_heaviest_template_that_is_allowed_ends_soon_on_the_longest_message(heavy: str) -> None:
    facts = templates.sample_facts()
    facts["message"]["text"] = "\u0390" * 5_000_000
    facts["changes"] = facts["changes"] * 100_000
    sandbox.compiled(f"a{heavy}", NAMES)
    began = time.process_time()
    found = templates.render(ADMIN, "", f"a{heavy}", facts)
    assert time.process_time() - began < 4
    assert len(found.body) <= bounds.LONGEST_OUTPUT
    assert found.problem == "" or "gets longer than 500,000 characters" in found.problem


def test_R7_3_a_message_that_is_too_long_is_cut_and_says_so() -> None:
    facts = templates.sample_facts()
    facts["message"]["text"] = "x" * 200_001
    body = templates.render(CUSTOMER, "", "", facts).body
    assert "x" * 200_000 + "\n[The message is longer than can be sent; the ticket has all of it.]" in body


_PIECES = st.sampled_from(
    [
        *"{{ }} {% %} {# #} for in if endif endfor else elif changes a ticket . id subject message text |".split(),
        *"upper default ( ) [ ] ' 'x' 1 , == and not * ** % ~ + - loop __class__ set macro raw endraw is".split(),
        *"defined recursive : { \\ é 999999999999999999999999999999".split(),
        *(" ", "\n", "\u2028", "\x00", "\ud800"),
    ]
)


@settings(max_examples=200)
@given(st.lists(_PIECES, max_size=40).map("".join) | st.text(max_size=80))
def test_R7_3_whatever_is_typed_is_rendered_or_refused_in_words(typed: str) -> None:
    found = templates.render(ADMIN, typed, typed, templates.sample_facts())
    assert found.body
    assert found.subject
    assert "\n" not in found.subject
    try:
        templates.check(ADMIN, typed, typed, NUMBER)
    except BadInput as problem:
        assert str(problem).endswith((".", "}}."))
    else:
        assert found.problem == ""
        assert 4711 in numbers_in(found.subject, NUMBER)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(["text", "sender", "created"]), st.text(max_size=300) | st.none()))
def test_R7_3_facts_are_text_and_never_template(message: dict[str, Any]) -> None:
    facts = {**templates.sample_facts(), "message": message}
    assert templates.render("new_message_admin", "", "", facts).problem == ""
    facts["message"] = {"text": "{{ ticket.id }}{% for"}
    assert rendered("a{{ message.text }}", facts) == "a{{ ticket.id }}{% for"


@pytest.mark.parametrize(
    "subject",
    [
        "New ticket created",
        "{{ ticket.id }} without its sign",
        "#4711 by hand",
        "#{{ ticket.number }}5",
        "{% if customer.name %}#{{ ticket.id }}{% endif %} only with a customer",
        "{{ ticket.subject }} {{ customer.name }} #{{ ticket.id }}",
        "# {{ ticket.id }}",
    ],
)
def test_R6_1_a_subject_from_which_the_number_cannot_be_read_is_refused(subject: str) -> None:
    with pytest.raises(BadInput, match="does not find the ticket's number"):
        templates.check(ADMIN, subject, "", NUMBER)


def test_R6_1_another_regex_takes_other_subjects() -> None:
    other = patterns.compiled(r"\[T-(?P<number>\d+)\]")
    templates.check(ADMIN, "[T-{{ ticket.id }}] changed", "", other)
    with pytest.raises(BadInput, match=r"“#4711 Ticket has changes”, in which"):
        templates.check(ADMIN, "", "", other)


def test_R7_6_a_subject_is_one_clean_line_that_keeps_its_number() -> None:
    facts = templates.sample_facts()
    facts["ticket"]["subject"] = "Bcc: all\r\nX: y\x1b]0;x\x07 \u202e" + "long " * 300
    subject = templates.render("ticket_received_customer", "", "", facts).subject
    assert len(subject) <= 200
    assert subject.isprintable()
    assert subject.startswith("#4711 Request received: Bcc: all X: y␛]0;x␇ �long")
    late = templates.render(ADMIN, "{{ ticket.subject }} #{{ ticket.id }}", "", facts).subject
    assert numbers_in(late, NUMBER) == (4711,)


def test_R7_3_an_empty_subject_or_text_is_the_default_one() -> None:
    found = templates.render(ADMIN, "{% if 0 %}x{% endif %}", "{{ ticket.nothing }}", templates.sample_facts())
    assert found.subject == "#4711 Ticket has changes"
    assert found.body.startswith(templates.REPLY_MARKER)
    assert found.problem.count("came out empty. The default stands for it.") == 2


def test_R7_3_an_event_that_does_not_exist_is_told() -> None:
    with pytest.raises(BadInput, match=r"There is no event “nothing”\. See: recipients notify list"):
        templates.render("nothing", "", "", {})


def test_R7_3_rendering_costs_little_once_compiled() -> None:
    facts = templates.sample_facts()
    templates.render(ADMIN, "", "", facts)
    began = time.process_time()
    for _ in range(200):
        templates.render(ADMIN, "", "", facts)
    assert (time.process_time() - began) / 200 < 0.0012  # 0.15 ms on a machine with nothing else to do


def test_jinja2_has_one_home_and_is_imported_when_used() -> None:
    users = [p for p in ROOT.glob("[st]*/**/*.py") if "tests" not in p.parts and "jinja2" in p.read_text().split()]
    assert users == [ROOT / "store/templates/sandbox.py"]
    names = "store.services.settings, store.services.notices, store.queries.notifications, tui.cli.notify, tui.window"
    code = f"import sys, {names}; print('jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
