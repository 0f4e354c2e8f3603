"""What mail programs make of an answer, in their users' languages: only his own words are left (R5.8, THREATS O7)."""

import time

import pytest

from mail.parse import parse
from store.rules.quotes import parts
from store.templates import REPLY_MARKER as MARK
from tests.answers import own_text

NOTICE = f"{MARK}\n\nTicket #7: Help\nRequester: Kelly\n\nSECRET of the ticket, in a line that is long enough.\nPrice?"
ADDRESS = "Help Desk <admin@us.test>"
WORDS = "We come at noon.\n\nAnna\nTel: 030 123\nE-Mail: anna@us.test"


def quoted(text: str, mark: str = "> ") -> str:
    return "\n".join(f"{mark}{line}".rstrip() for line in text.splitlines())


INTRODUCTIONS = {
    "gmail": f"On Mon, Nov 23, 2026 at 10:00\u202fAM {ADDRESS} wrote:",
    "gmail wrapped": "On Mon, Nov 23, 2026 at 10:00 AM The Help Desk of a Company\n<admin24@us.test> wrote:",
    "gmail wrapped before the verb": f"On Mon, Nov 23, 2026 at 10:00 AM {ADDRESS}\nwrote:",
    "gmail German": f"Am Mo., 23. Nov. 2026 um 10:00 Uhr schrieb {ADDRESS}:",
    "gmail French": f"Le lun. 23 nov. 2026 à 10:00, {ADDRESS} a écrit\u00a0:",
    "gmail Spanish": "El lun, 23 nov 2026 a las 10:00, Help Desk (<admin@us.test>) escribió:",
    "gmail Portuguese": f"Em seg., 23 de nov. de 2026 às 10:00, {ADDRESS} escreveu:",
    "gmail Italian": f"Il giorno lun 23 nov 2026 alle ore 10:00 {ADDRESS} ha scritto:",
    "gmail Dutch": f"Op ma 23 nov 2026 om 10:00 schreef {ADDRESS}:",
    "gmail Polish": f"pon., 23 lis 2026 o 10:00 {ADDRESS} napisał(a):",
    "gmail Czech": f"po 23. 11. 2026 v 10:00 odesílatel {ADDRESS} napsal:",
    "gmail Russian": f"пн, 23 нояб. 2026 г. в 10:00, {ADDRESS}:",
    "gmail Norwegian": f"man. 23. nov. 2026 kl. 10:00 skrev {ADDRESS}:",
    "gmail Finnish": "ma 23. marrask. 2026 klo 10.00 Help Desk (admin@us.test) kirjoitti:",
    "gmail Hungarian": f"{ADDRESS} ezt írta (időpont: 2026. nov. 23., H, 10:00):",
    "gmail Turkish": f"{ADDRESS}, 23 Kas 2026 Pzt, 10:00 tarihinde şunu yazdı:",
    "gmail Romanian": f"În lun., 23 nov. 2026 la 10:00, {ADDRESS} a scris:",
    "gmail Greek": f"Στις Δευ 23 Νοε 2026 στις 10:00 π.μ., ο χρήστης {ADDRESS} έγραψε:",
    "gmail Japanese": f"2026年11月23日(月) 10:00 {ADDRESS}:",
    "gmail Chinese": f"{ADDRESS} 于2026年11月23日周一 10:00写道：",
    "gmail Korean": f"2026년 11월 23일 (월) 오전 10:00, {ADDRESS}님이 작성:",
    "gmail Hebrew": "\u202bבתאריך יום ב׳, 23 בנוב׳ 2026 ב-10:00 מאת <\u202aadmin@us.test\u202c>:\u202c",
    "thunderbird": "On 23.11.26 10:00, Help Desk wrote:",
    "thunderbird German": "Am 23.11.26 um 10:00 schrieb Help Desk:",
    "thunderbird Polish": "W dniu 23.11.2026 o 10:00, Help Desk pisze:",
    "thunderbird Russian": "23.11.2026 10:00, Help Desk пишет:",
    "yandex": '23.11.2026, 10:00, "Help Desk" <admin@us.test>:',
    "mail.ru": f"Понедельник, 23 ноября 2026, 10:00 +03:00 от {ADDRESS}:",
    "zimbra": "----- On Nov 23, 2026, at 10:00 AM, Help Desk admin@us.test wrote:",
    "notes": "Help Desk/ACME wrote on 11/23/2026 10:00:00 AM:",
    "gnus": f"{ADDRESS} writes:",
    "proton": f"-------- Original Message --------\nOn 11/23/26 10:00, {ADDRESS} wrote:",
}
FIELDS = {
    "outlook": ("From", "Sent", "To", "Subject"),
    "outlook German": ("Von", "Gesendet", "An", "Betreff"),
    "outlook French": ("De ", "Envoyé ", "À ", "Objet "),
    "outlook Spanish": ("De", "Enviado el", "Para", "Asunto"),
    "outlook Italian": ("Da", "Inviato", "A", "Oggetto"),
    "outlook Polish": ("Od", "Wysłane", "Do", "Temat"),
    "outlook Czech": ("Od", "Odesláno", "Komu", "Předmět"),
    "outlook Swedish": ("Från", "Skickat", "Till", "Ämne"),
    "outlook Danish": ("Fra", "Sendt", "Til", "Emne"),
    "outlook Finnish": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "outlook Hungarian": ("Feladó", "Elküldve", "Címzett", "Tárgy"),
    "outlook Turkish": ("Kimden", "Gönderildi", "Kime", "Konu"),
    "outlook Russian": ("От", "Отправлено", "Кому", "Тема"),
    "outlook Greek": ("Από", "Στάλθηκε", "Προς", "Θέμα"),
    "outlook Japanese": ("差出人", "送信日時", "宛先", "件名"),
    "outlook Chinese": ("发件人", "发送时间", "收件人", "主题"),
    "outlook Korean": ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
    "outlook for Mac": ("From", "Date", "To", "Subject"),
    "in bold": ("*From", "*Sent", "*To", "*Subject"),
}


def fields(names: tuple[str, ...]) -> str:
    values = ("Help Desk <admin@us.test>", "Monday, November 23, 2026 10:00", "Anna", "#7 New note in ticket")
    star = "*" if names[0].startswith("*") else ""
    return "\n".join(f"{name}:{star} {value}" for name, value in zip(names, values, strict=True))


@pytest.mark.parametrize("program", INTRODUCTIONS)
def test_R5_8_above_a_marked_quotation_only_his_own_words_are_left(program: str) -> None:
    for between in ("\n", "\n\n"):
        assert own_text(f"{WORDS}\n\n{INTRODUCTIONS[program]}{between}{quoted(NOTICE)}\n", NOTICE) == WORDS


@pytest.mark.parametrize("program", INTRODUCTIONS)
def test_R5_8_above_an_unmarked_quotation_only_his_own_words_are_left(program: str) -> None:
    assert own_text(f"{WORDS}\n\n{INTRODUCTIONS[program]}\n\n{NOTICE}", NOTICE) == WORDS


@pytest.mark.parametrize("program", INTRODUCTIONS)
def test_R5_8_below_the_quotation_only_his_own_words_are_left(program: str) -> None:
    assert own_text(f"{INTRODUCTIONS[program]}\n{quoted(NOTICE)}\n\n{WORDS}", NOTICE) == WORDS


@pytest.mark.parametrize("rule", ["", "_" * 32, "-----", "-----Original Message-----", "-----Původní zpráva-----"])
@pytest.mark.parametrize("program", FIELDS)
def test_O7_of_a_mail_quoted_by_its_fields_nothing_goes_on(program: str, rule: str) -> None:
    head = f"{rule}\n{fields(FIELDS[program])}".strip()
    assert own_text(f"{WORDS}\n\n{head}\n\n{NOTICE}", NOTICE) == WORDS
    assert own_text(f"{WORDS}\n\n{head}\n\nSECRET of the ticket, in a line that is long enough.", NOTICE) == WORDS


def test_O7_what_a_colleague_wrote_between_does_not_go_on() -> None:
    mails = f"{fields(FIELDS['outlook German'])}\n\nNO WAY we pay.\n\n{fields(FIELDS['outlook'])}\n\n{NOTICE}"
    assert own_text(f"{WORDS}\n\n{mails}", NOTICE) == WORDS
    marked = quoted(f"NO WAY we pay.\n{INTRODUCTIONS['gmail']}\n{quoted(NOTICE)}")
    assert own_text(f"{WORDS}\n\n{INTRODUCTIONS['gmail German']}\n{marked}", NOTICE) == WORDS


def test_R5_8_answers_between_the_lines_go_on_also_below_words_above() -> None:
    start, end = quoted(NOTICE).rsplit("\n", 1)
    reply = f"Dear Kelly,\n\n{INTRODUCTIONS['thunderbird German']}\n{start}\n\nYes.\n\n{end}\n12 EUR.\n\n-- \nAnna"
    assert own_text(reply, NOTICE) == "Dear Kelly,\n\nYes.\n\n12 EUR.\n\n-- \nAnna"


@pytest.mark.parametrize("above", ["", "See below."])
def test_O7_the_end_of_a_quoted_line_that_was_wrapped_does_not_go_on(above: str) -> None:
    broken = quoted(NOTICE).replace("ticket, in a line that", "ticket,\nin a\nline that")
    reply = f"{above}\n\n{INTRODUCTIONS['gmail']}\n{broken}\nNo price."
    assert own_text(reply, NOTICE) == f"{above}\n\nNo price.".strip()


@pytest.mark.parametrize(
    "own",
    [
        "From: Berlin\nTo: Munich\nTrain: ICE 5",
        "Opening hours:\n- Monday: 9:00\n- Tuesday: 10:00",
        "Please write on 3 May to:\nbilling@us.test",
        "On the other hand: no.",
        "---\nA line of its own",
    ],
)
def test_R5_8_own_words_that_look_like_a_quotation_stay(own: str) -> None:
    assert own_text(f"{own}\n\nAnna\n\n{INTRODUCTIONS['gmail']}\n{quoted(NOTICE)}", NOTICE) == f"{own}\n\nAnna"


APPLE = """<div>We come at noon.</div><div><br><blockquote type="cite">
<div>On 23 Nov 2026, at 10:00, Help &lt;a@us.test&gt; wrote:"""
PAGES = {
    "gmail": '<div dir="ltr">We come at noon.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
    "Am Mo., 23. Nov. 2026 um 10:00 Uhr schrieb Help &lt;<a href='mailto:a@us.test'>a@us.test</a>&gt;:<br></div>"
    "<blockquote class='gmail_quote'>{}</blockquote></div>",
    "apple mail": f"{APPLE}</div><br><div>{{}}</div></blockquote></div>",
    "outlook for the web": "<div>We come at noon.</div><hr tabindex='-1'><div id='divRplyFwdMsg'><b>Von:</b> Help &lt;"
    "admin@us.test&gt;<br><b>Gesendet:</b> Montag, 23. November 2026 10:00<br><b>An:</b> Anna<br><b>Betreff:</b> #7 New"
    "</div><div>{}</div>",
    "outlook": "<p>We come at noon.</p><div style='border-top:solid'><p class=MsoNormal><b>From:</b> Help &lt;"
    "admin@us.test&gt; <br><b>Sent:</b> Monday, November 23, 2026 10:00 AM<br><b>To:</b> Anna<br><b>Subject:</b> #7 New"
    "</p></div><p>&nbsp;</p><div>{}</div>",
    "thunderbird": "<p>We come at noon.</p><div class='moz-cite-prefix'>On 23.11.26 10:00, Help wrote:<br></div>"
    "<blockquote type='cite'>{}</blockquote>",
}


@pytest.mark.parametrize("program", PAGES)
@pytest.mark.parametrize("line", ["<br>", "\n"])
def test_R5_8_of_an_answer_in_html_alone_only_his_own_words_are_left(program: str, line: str) -> None:
    page = PAGES[program].replace("{}", NOTICE.replace("\n", line))
    raw = f"From: anna@us.test\nContent-Type: text/html; charset=utf-8\n\n<html><body>{page}</body></html>"
    assert own_text(parse(raw.encode()).text, NOTICE) == "We come at noon."


@pytest.mark.parametrize("program", [*INTRODUCTIONS, *FIELDS])
def test_R5_6_a_customers_quotation_is_folded_in_any_language(program: str) -> None:
    if program in FIELDS:
        text = f"It works.\n\n{fields(FIELDS[program])}\n\nHave you tried it?"
    else:
        text = f"It works.\n\n{INTRODUCTIONS[program]}\n> Have you tried it?"
    first, *rest = parts(text)
    assert (first.quoted, "\n".join(first.lines).strip()) == (False, "It works.")
    assert all(part.quoted for part in rest)


@pytest.mark.parametrize(
    "lines",
    [
        "> a\nb\n",
        "> my router is down since yesterday\nand I {} switched it off\n",
        "From: x\n",
        "my router and {} ",
        "see https://x.test/and?b=c{} ",
        "On 3 May 2026 10:00 Help wrote:\n> and\n",
        "a@and ",
    ],
)
def test_R5_3_many_quotations_do_not_make_it_slow(lines: str) -> None:
    def seconds(times: int) -> float:
        text = "".join(lines.replace("{}", str(number)) for number in range(times))
        began = time.process_time()
        own_text(f"Yes.\n{text}", f"{NOTICE}\n{text.replace('and', 'so')}", public=(text.replace(">", ""),))
        return time.process_time() - began

    few = seconds(500)
    assert seconds(5_000) < max(30 * few, 0.5)  # ten times the text: far from a hundred times as long
