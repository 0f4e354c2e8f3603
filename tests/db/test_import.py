"""R12: importing customers from what spreadsheet programs and other lists really write; all that is wrong is said."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from store import importing
from store.models import Customer
from store.services.customers import FIELDS
from tests.commandline import Answer, Shell

KELLY = {"name": "Kélly", "email": "k@x.test", "phone": "0171"}
PLAIN = "Name,E-Mail,Phone number\nKélly,k@x.test,0171\n"


def bring(shell: Shell, content: str | bytes, *options: str, name: str = "customers.csv") -> Answer:
    file = shell.folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return shell.run("import", "customers", str(file), *options)


def there(shell: Shell, *keys: str) -> list[dict[str, Any]]:
    return [{key: one[key] for key in keys or KELLY} for one in shell.json("list", "customers", "--sort", "id")]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        f"\ufeff{PLAIN}",
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-16-le"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", "|"),
        "sep=;\n" + PLAIN.replace(",", ";"),
        '"sep=|"\r\n' + PLAIN.replace(",", "|"),
        "SEP=\t\n" + PLAIN.replace(",", "\t"),
        "\ufeffsep=,\r\n" + PLAIN,
        "\n\n" + PLAIN + "\n,,\n\n",
        PLAIN.replace("Kélly", '"Kélly"'),
        PLAIN.replace("0171", '"0171"') + "  ,,",
    ],
)
def test_R12_a_csv_file_of_any_program_is_read(shell: Shell, content: str | bytes) -> None:
    answer = bring(shell, content)
    assert (answer.status, answer.err) == (0, "")
    assert there(shell) == [KELLY]


@pytest.mark.parametrize(
    ("titles", "field"),
    [
        ("name|NAME|Full name|Customer name|Customer|Company|Kunde", "name"),
        ("email|E-Mail|e-mail|Mail|e-mail address|E-Mail-Adresse|EMAIL_ADDRESS|Ｅ-Mail", "email"),
        ("phone|Phone number|Tel.|Telephone|Telefon", "phone"),
        ("billing_email|Billing e-mail|billing email|Invoice e-mail", "billing_email"),
        ("external_id|External ID|external-id|Customer number|Kundennummer", "external_id"),
        ("login|User name|Username", "login"),
        ("partner|Provider", "partner"),
    ],
)
def test_R12_usual_titles_are_known(titles: str, field: str, tmp_path: Path) -> None:
    for title in titles.split("|"):
        file = tmp_path / "x.csv"
        file.write_text(f'"{title}",name\nx,y\n' if field != "name" else f'"{title}"\nx\n', encoding="utf-8")
        assert importing.lines_of(file).lines[0][1][field] == "x"


def test_R12_all_that_is_wrong_is_said_in_one_run(shell: Shell) -> None:
    shell.said("customer", "add", "--name", "Old", "--external-id", "7")
    content = (
        "Name,Mail,Kind,External ID,Partner,Colour\n"
        "Kelly,nowhere,friend,1,,red\n"
        '"Lee\nSanders",l@x.test,,2,,\n'
        "\n"
        ",m@x.test,,3,Nobody,\n"
        "Too,many,cells,in,this,line,here\n"
        "Few,f@x.test\n"
        "Twin,t@x.test,lead,1,,\n"
        "Good,Anna <a@x.test>,,7,,\n"
    )
    answer = bring(shell, content, "--dry-run")
    assert (answer.status, answer.out) == (2, "")
    told = answer.err.splitlines()
    assert [line.partition(": ")[0] for line in told] == [
        "Line 1, column 6",
        "Line 2, column kind",
        "Line 2, column email",
        "Line 6, column name",
        "Line 6, column partner",
        "Line 7 has more cells than line 1 names; is a separator not in quotes?",
        "Line 8 has 2 cells, but line 1 names 6.",
        "Line 9, column external_id",
        "Nothing was imported.",
    ]
    assert "“Colour” is no column. They are: name, kind" in told[0]
    assert "“nowhere” is no e-mail address" in told[2]
    assert "“1” is in line 2 already" in told[7]
    assert there(shell, "name") == [{"name": "Old"}]
    errors = shell.run("import", "customers", str(shell.folder / "customers.csv"), "--json")
    found = json.loads(errors.out)
    assert (found["done"], found["lines"], len(found["errors"])) == (False, [], 8)
    assert found["errors"][2] == {"line": 2, "column": "email", "error": "“nowhere” is no e-mail address."}


def test_R12_of_many_wrong_lines_none_is_left_out(shell: Shell) -> None:
    answer = bring(shell, "name,email\n" + "".join(f"C {n},nowhere{n}\n" for n in range(300)))
    assert answer.err.count("is no e-mail address") == 300
    assert "Line 301, column email: “nowhere299”" in answer.err


def test_R12_each_column_that_nobody_knows_or_that_is_there_twice_is_named(shell: Shell) -> None:
    answer = bring(shell, "name,colour,Mail,size,E-Mail\nKelly,red,k@x.test,9,l@x.test\n")
    first, second, twice = answer.err.splitlines()[:3]
    assert first == "Line 1, column 2: “colour” is no column."
    assert second.startswith(
        f"Line 1, column 4: “size” is no column. They are: {', '.join(FIELDS)}. Say which it is by --map"
    )
    assert twice == "Line 1, column 5: “E-Mail” is email, as is “Mail” in column 3: it must not be there twice."
    assert (
        bring(
            shell,
            "name,colour,Mail,size,E-Mail\nKelly,red,k@x.test,9,l@x.test\n",
            *_mapped("colour=", "size=login", "Mail="),
        ).status
        == 0
    )
    assert there(shell, "login", "email") == [{"login": "9", "email": "l@x.test"}]


def _mapped(*maps: str) -> list[str]:
    return [word for one in maps for word in ("--map", one)]


@pytest.mark.parametrize(
    ("maps", "told"),
    [
        (["colour"], "write COLUMN=FIELD"),
        (["name=nmae"], "“nmae” is no field"),
        (["size=login"], "has no column “size”"),
    ],
)
def test_R12_a_map_that_cannot_be_is_named(shell: Shell, maps: list[str], told: str) -> None:
    answer = bring(shell, "name\nKelly\n", *_mapped(*maps))
    assert answer.status == 2
    assert told in answer.err


@pytest.mark.parametrize(
    ("content", "told"),
    [("PK\x03\x04...", "is a workbook, not text: give it the ending .xlsx"), ("\n \n,,\n", "is empty")],
)
def test_R12_what_is_no_csv_file_is_said(shell: Shell, content: str, told: str) -> None:
    answer = bring(shell, content)
    assert answer.status == 2
    assert told in answer.err


def test_R12_a_quote_too_many_swallows_no_other_line(shell: Shell) -> None:
    content = (
        "name,email\n"
        'Ann,"Smith, Ann" <a@x.test>\n'
        '"Lee,l@x.test\n'
        "Mo,nowhere\n"
        '"Joe",j@x.test\n'
        'Kim,"k@x.test\n'
        "Zoe,elsewhere\n"
    )
    answer = bring(shell, content)
    assert answer.err.splitlines() == [
        "Line 3 has a cell that begins with a quote which is not closed.",
        "Line 4, column email: “nowhere” is no e-mail address.",
        "Line 6 has a cell that begins with a quote which is not closed.",
        "Line 7, column email: “elsewhere” is no e-mail address.",
        "Nothing was imported.",
    ]
    assert bring(shell, 'name;email\n"Ann" Smith;"Smith, Ann" <a@x.test>\n').status == 0
    assert there(shell, "name", "email") == [{"name": "Ann Smith", "email": "a@x.test"}]


def test_R12_the_number_of_a_line_is_that_in_the_file(shell: Shell) -> None:
    content = 'sep=,\n\nname,phone\n"A\n\nB",1\n\n"C","2\n3"\nD,4\n'
    answer = bring(shell, content, "--dry-run")
    assert [line.split(":")[0] for line in answer.out.splitlines()[:-1]] == ["line 4", "line 8", "line 10"]


def test_R12_a_file_with_titles_alone_says_so(shell: Shell) -> None:
    answer = bring(shell, "name,email\n")
    assert (answer.status, answer.out) == (0, "There is nothing below the titles.\n")


def test_R12_a_dry_run_says_what_would_be_done(shell: Shell) -> None:
    shell.said("customer", "add", "--name", "Same", "--external-id", "3")
    shell.said("customer", "add", "--name", "Old", "--external-id", "7")
    content = "name,external_id\nKelly,1\nNew,7\nSame,3\n"
    assert bring(shell, content, "--dry-run").out.splitlines() == [
        "line 2: would add Kelly (3)",
        "line 3: would update New (2)",
        "line 4: unchanged Same (1)",
        "Would import 3 customers: would add 1, would update 1, 1 unchanged.",
    ]
    assert bring(shell, content).out.splitlines() == [
        "line 2: added Kelly (3)",
        "line 3: updated New (2)",
        "line 4: unchanged Same (1)",
        "Imported 3 customers: 1 added, 1 updated, 1 unchanged.",
    ]


def test_R4_6_lines_that_share_a_login_or_an_e_mail_are_pointed_out(shell: Shell) -> None:
    content = "name,login,email\nKelly,kelly,k@x.test\nLee,lee,\nAnna,KELLY,a@x.test\nMo,,<K@x.test>; m@x.test\n"
    lines = bring(shell, content, "--dry-run").out.splitlines()
    assert lines[2:4] == [
        "line 4: would add Anna (3); its login KELLY is that of line 2, too",
        "line 5: would add Mo (4); its e-mail K@x.test is that of line 2, too",
    ]
    noted = [
        one.get("note", "") for one in shell.json("import", "customers", str(shell.folder / "customers.csv"))["lines"]
    ]
    assert noted == ["", "", "its login KELLY is that of line 2, too", "its e-mail K@x.test is that of line 2, too"]


def test_R12_another_coding_is_asked_for_and_then_read(shell: Shell) -> None:
    content = "Kunde;E-Mail\nMüller € Söhne;m@x.test\n".encode("cp1252")
    answer = bring(shell, content)
    assert answer.status == 2
    assert "is not in UTF-8; save it as “CSV UTF-8” (in Excel so called), or say what it is" in answer.err
    assert "There is no coding “klingon”" in bring(shell, content, "--encoding", "klingon").err
    assert "is not in ascii" in bring(shell, content, "--encoding", "ascii").err
    assert bring(shell, content, "--encoding", "cp1252").status == 0
    assert there(shell, "name") == [{"name": "Müller € Söhne"}]


# ---- workbooks


def workbook(shell: Shell, fill: Callable[[Workbook, Worksheet], None], *options: str) -> Answer:
    book = Workbook()
    assert isinstance(book.active, Worksheet)
    fill(book, book.active)
    book.save(shell.folder / "customers.xlsx")
    return shell.run("import", "customers", str(shell.folder / "customers.xlsx"), *options)


def test_R12_the_cells_of_a_workbook_are_read_as_they_are_seen(shell: Shell) -> None:
    def fill(book: Workbook, sheet: Worksheet) -> None:
        for row in (
            [None],
            ["Customer name", "Phone number", "External ID", "Login"],
            ["Kelly", 491711234567, 171, datetime(2026, 1, 31)],
            ["Lee", 491711234567.0, 17, datetime(2026, 1, 31, 8, 30)],
            [None, None, None, None],
            [1984, 1.5, "007", True],
            ["Short"],
        ):
            sheet.append(row)
        sheet["C4"].number_format = "00000"

    answer = workbook(shell, fill)
    assert (answer.status, answer.err) == (0, "")
    assert [line.split(" ")[1] for line in answer.out.splitlines()[:-1]] == ["3:", "4:", "6:", "7:"]
    assert there(shell, "name", "phone", "external_id", "login") == [
        {"name": "Kelly", "phone": "491711234567", "external_id": "171", "login": "2026-01-31"},
        {"name": "Lee", "phone": "491711234567", "external_id": "00017", "login": "2026-01-31 08:30:00"},
        {"name": "1984", "phone": "1.5", "external_id": "007", "login": "True"},
        {"name": "Short", "phone": "", "external_id": None, "login": ""},
    ]


def test_R12_the_sheet_with_the_customers_is_read_and_the_others_are_named(shell: Shell) -> None:
    def fill(book: Workbook, sheet: Worksheet) -> None:
        sheet.title = "Read me"
        sheet.append(["This list was made in 2026."])
        hidden = book.create_sheet("Old")
        hidden.append(["name", "email"])
        hidden.append(["Old", "o@x.test"])
        hidden.sheet_state = "hidden"
        book.create_sheet("Empty")
        found = book.create_sheet("Customers")
        found.append(["name", "email"])
        found.append(["Kelly", "k@x.test"])

    answer = workbook(shell, fill)
    assert answer.err == "Only the sheet “Customers” was read, not Read me.\n"
    assert there(shell, "name") == [{"name": "Kelly"}]


def test_R12_hidden_rows_are_read_as_in_a_csv_file_and_named(shell: Shell) -> None:
    def fill(book: Workbook, sheet: Worksheet) -> None:
        for row in (["name"], ["Kelly"], ["Lee"], ["Mo"]):
            sheet.append(row)
        sheet.row_dimensions[3].hidden = True

    answer = workbook(shell, fill)
    assert answer.err == "Rows that are hidden in the sheet were read, too: 3.\n"
    assert [one["name"] for one in there(shell, "name")] == ["Kelly", "Lee", "Mo"]


def test_R12_a_cell_without_a_value_is_no_empty_one(shell: Shell) -> None:
    def fill(book: Workbook, sheet: Worksheet) -> None:
        for row in (["name", "email"], ["Kelly", '="k"&"@x.test"'], ["Lee", "nowhere"], ["Mo", None]):
            sheet.append(row)
        sheet["A4"].value, sheet["A4"].data_type = "#N/A", "e"

    answer = workbook(shell, fill)
    assert answer.status == 2
    assert answer.err.splitlines() == [
        "Line 2, column B: It holds a formula without a value: open and save the file in a spreadsheet program.",
        "Line 3, column email: “nowhere” is no e-mail address.",
        "Line 4, column A: It holds the error #N/A.",
        "Nothing was imported.",
    ]


def test_R12_a_column_without_a_title_is_named(shell: Shell) -> None:
    answer = bring(shell, ",name,\n0,Kelly,\n1,Lee,\n")
    assert (answer.status, answer.err) == (0, "Column 1 has no title, so it was left out.\n")


def test_R12_a_large_file_is_looked_at_in_seconds(shell: Shell) -> None:
    rows = "".join(f"C {n},Anna <c{n}@x.test>,{n}\n" for n in range(5_000))
    began = time.perf_counter()
    answer = bring(shell, f"name,E-Mail,external_id\n{rows}", "--dry-run")
    assert answer.out.splitlines()[-1] == "Would import 5,000 customers: would add 5,000."
    assert time.perf_counter() - began < 10
    with shell.desk():
        assert Customer.select().count() == 0
