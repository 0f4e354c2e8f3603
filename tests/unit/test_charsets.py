"""What mail says of its charset is wrong at times, or not there: the text is read all the same (R5.3, RFC 2047)."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.charsets import decode
from mail.parse import parse

JAPANESE = "お問い合わせの件、会議テスト"
CHINESE = "你好，我们需要您的帮助"
TAIWANESE = "您好，請問訂單什麼時候到"
KOREAN = "안녕하세요 문의드립니다"
RUSSIAN = "Здравствуйте, вопрос о заказе"
GERMAN = "Größe und Übergröße, schön"
FRENCH = "Où est ma commande n° 5, déjà payée à l’été ?"
CZECH = "Žluťoučký kůň píše že šel"
WRONG = [
    *(
        (JAPANESE, real, said)
        for real in ("cp932", "euc_jp")
        for said in ("iso-2022-jp", "utf-8", "iso-8859-1", "us-ascii")
    ),
    *(
        (JAPANESE, "iso2022_jp", said)
        for said in ("shift_jis", "euc-jp", "utf-8", "iso-8859-1", "us-ascii", "x-unknown")
    ),
    (JAPANESE, "cp932", "euc-jp"),
    (JAPANESE, "euc_jp", "shift_jis"),
    *((CHINESE, "gb18030", said) for said in ("gb2312", "gbk", "iso-8859-1", "utf-8", "us-ascii", "windows-1252")),
    *((TAIWANESE, "big5", said) for said in ("gb2312", "iso-8859-1", "utf-8", "us-ascii")),
    *((KOREAN, "cp949", said) for said in ("ks_c_5601-1987", "iso-8859-1", "utf-8", "us-ascii", "iso-2022-kr")),
    *((RUSSIAN, "cp1251", said) for said in ("koi8-r", "iso-8859-5", "iso-8859-1", "utf-8", "us-ascii")),
    *((RUSSIAN, "koi8_r", said) for said in ("windows-1251", "iso-8859-1", "utf-8")),
    *((FRENCH, "cp1252", said) for said in ("iso-8859-1", "iso-8859-15", "utf-8", "us-ascii")),
    (CZECH, "cp1250", "iso-8859-2"),
    *(
        (GERMAN, "utf-8", said)
        for said in ("iso-8859-1", "latin1", "windows-1251", "koi8-r", "gb2312", "big5", "euc-kr")
    ),
    *(
        (JAPANESE, "utf-8", said)
        for said in ("iso-2022-jp", "shift_jis", "euc-jp", "iso-8859-1", "windows-1252", "gbk")
    ),
    *((RUSSIAN, "utf-8", said) for said in ("windows-1251", "koi8-r", "iso-8859-1", "iso-8859-5")),
]
RIGHT = [
    *((JAPANESE, codec, codec) for codec in ("cp932", "euc_jp", "iso2022_jp")),
    (CHINESE, "gbk", "gb2312"),
    (TAIWANESE, "big5", "big5"),
    (KOREAN, "euc_kr", "euc-kr"),
    *((RUSSIAN, codec, codec) for codec in ("cp1251", "koi8_r", "iso8859_5", "cp866")),
    *(("ВНИМАНИЕ СРОЧНО", codec, codec) for codec in ("cp1251", "koi8_r")),
    ("Юля", "cp1251", "windows-1251"),
    ("ÀÉÈÙ ÇÏÜÖ ÄÖÜÄÖÜß", "cp1252", "iso-8859-1"),
    ("Ελληνικά, καλημέρα", "cp1253", "iso-8859-7"),
    ("שלום עולם", "cp1255", "windows-1255"),
    ("สวัสดีครับ", "cp874", "tis-620"),
    ("رسالة جديدة", "cp1256", "windows-1256"),
    (CZECH, "iso8859_2", "iso-8859-2"),
]


@pytest.mark.parametrize(("text", "real", "said"), [*WRONG, *RIGHT])
def test_R5_3_a_text_is_read_whatever_charset_it_is_said_to_be_in(text: str, real: str, said: str) -> None:
    data = text.encode(real)
    assert decode(data, said) == text
    words = f"=?{said}?b?{base64.b64encode(data).decode()}?=".encode()
    assert parse(b"From: a@b.test\r\nSubject: " + words + b"\r\n\r\nx").subject == text
    mail = f'From: a@b.test\r\nContent-Type: text/plain; charset="{said}"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
    assert parse(mail.encode() + data).text == text


@pytest.mark.parametrize(
    ("text", "real"),
    [
        *((text, "utf-8") for text in (JAPANESE, CHINESE, TAIWANESE, KOREAN, RUSSIAN, GERMAN, FRENCH)),
        *((JAPANESE, codec) for codec in ("cp932", "euc_jp", "iso2022_jp")),
        *((RUSSIAN, codec) for codec in ("cp1251", "koi8_r")),
        (CHINESE, "gb18030"),
        (TAIWANESE, "big5"),
        (KOREAN, "cp949"),
        (GERMAN, "cp1252"),
        (FRENCH, "cp1252"),
    ],
)
def test_R5_3_a_header_of_bare_bytes_is_read(text: str, real: str) -> None:
    data = text.encode(real)
    read = parse(b"From: a@b.test (" + data + b")\r\nSubject: " + data + b"\r\n\r\nx")
    assert (read.subject, read.sender) == (text, "a@b.test")


@pytest.mark.parametrize("said", ["utf-8", "iso-8859-1", "us-ascii", "windows-1252", "UTF-8*de"])
@pytest.mark.parametrize("real", ["utf-8", "latin-1"])
def test_R5_3_bytes_that_should_have_been_encoded_in_a_word_are_read(said: str, real: str) -> None:
    word = f"=?{said}?q?".encode() + "Größe_über".encode(real) + b"?="
    read = parse(b"From: " + word + b" <a@b.test>\r\nSubject: " + word + b"\r\n\r\nx")
    assert (read.subject, read.sender_name, read.sender) == ("Größe über", "Größe über", "a@b.test")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"=?utf-8?q?Gr=C3=B6=C3=9Fe und mehr?=", "Größe und mehr"),
        (b"=?utf-8?q?Gr=C3=B6=C3=\r\n =9Fe?=", "Größe"),
        (b"=?utf-8?b?R3LDtsOf ZQ==?=", "Größe"),
        (b"=?utf-8?b?R3LDtsOfZQ?=", "Größe"),
        (b"=?utf-8?b?R3LDtsOfZQ===?=", "Größe"),
        (b"=?utf-8?b?R3I=?==?utf-8?b?w7Y=?=", "Grö"),
        (b"=?utf-8?q?Gr=C3=B6?= =?iso-8859-1?q?=DFe?=", "Größe"),
        (b"=?utf-8?q?Gr=C3?=\r\n\t=?UTF-8?Q?=B6=C3=9Fe?=", "Größe"),
        (b"=?utf-8?q?Wie?_Gr=C3=B6=C3=9Fe??=", "Wie? Größe?"),
        (b"Re: =?utf-8?q?Gr=C3=B6=C3=9F", "Re: Größ"),
        (b'"=?utf-8?q?Gr=C3=B6=C3=9Fe?="', '"Größe"'),
        ("Größe ".encode("latin-1") + b"=?utf-8?q?Gr=C3=B6=C3=9Fe?=", "Größe Größe"),
        (b"=?x-unknown?q?Gr=C3=B6=C3=9Fe?= =?unknown-8bit?q?Gr=F6?=", "GrößeGrö"),
        ("a\u3000b\u00a0c".encode(), "a\u3000b\u00a0c"),
    ],
)
def test_R5_3_encoded_words_are_read_in_whatever_form_they_come(written: bytes, meant: str) -> None:
    assert parse(b"From: a@b.test\r\nSubject: " + written + b"\r\n\r\nx").subject == meant


@given(st.binary(max_size=40), st.sampled_from(["", "iso-2022-jp", "gb18030", "shift_jis", "big5"]))
def test_I2_no_reading_of_bare_bytes_makes_or_hides_an_at(data: bytes, body: str) -> None:
    read = decode(data.replace(b"\x1b", b""), guess=body, structured=True)
    assert read.count("@") == data.count(b"@")


@pytest.mark.parametrize("name", [b"\x83\x40\x83@", "ファイル".encode("cp932"), b"\xb0@\xa1"])
def test_I2_a_name_in_bare_bytes_leaves_the_address_as_it_is(name: bytes) -> None:
    read = parse(b"From: " + name.replace(b"@", b"A") + b" <a@b.test>\r\nSubject: x\r\n\r\nx")
    assert read.sender == "a@b.test"
    assert re.sub("[\ufffd]", "", read.sender_name)
