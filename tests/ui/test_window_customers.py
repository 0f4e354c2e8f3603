"""Customers in the window: add, edit, merge, remove, import with a mapping and a dry run (R5.10, R12)."""

from pathlib import Path

import pytest
from test_window_people import fill
from textual import events
from textual.widgets import Input
from window_world import ANNA, BOB, Driven, add_sender, add_ticket, prepared, window_on

from store.db import session
from store.models import Customer, ProfileAddress, Recipient, Ticket
from store.services import pairing
from tui.dialogs.customer import CustomerForm, MergeCustomerDialog
from tui.dialogs.import_customers import ImportDialog
from tui.dialogs.sure import SureDialog
from tui.screens.customers import CustomersScreen


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Kelly Sanders (4, of Other) has oona and two tickets."""
    with prepared(tmp_path / "store.db") as path:
        oona = add_sender("oona@x.test")
        for subject in ("One", "Two"):
            add_ticket(oona, subject)
        pairing.pair(ANNA, oona, 4, assign_all=True)
    return path


async def customers(driven: Driven) -> CustomersScreen:
    await driven.press("C")
    await driven.until(lambda: isinstance(driven.screen, CustomersScreen) and "John Doe" in driven.text)
    assert isinstance(driven.screen, CustomersScreen)
    return driven.screen


async def test_R5_7_T4_addresses_that_are_pasted_line_by_line_are_all_kept(store: Path) -> None:
    async with window_on(store, size=(110, 30)) as driven:
        screen = await customers(driven)
        await driven.press("n")
        await fill(driven, CustomerForm, name="Lena", email="", billing_email="Anna anna@x.test")
        email = driven.screen.query_one("#email", Input)
        email.focus()
        await driven.until(lambda: email.has_focus)
        driven.window.post_message(events.Paste("Lena <lena@x.test>;\nmailto:l%40y.test\n"))
        await driven.until(lambda: "l%40y" in email.value)
        await driven.press("enter")
        await driven.until(lambda: "“Anna” is no e-mail address" in driven.dialog_text)
        await fill(driven, CustomerForm, billing_email="<anna@x.test>")
        await driven.press("enter")
        await driven.until(lambda: screen.status.text == "Added Lena (5).")
    with session():
        row = Customer.get_by_id(5)
        assert (row.email, row.billing_email) == ("lena@x.test, l@y.test", "anna@x.test")


async def test_R12_a_lead_is_added_and_becomes_a_customer_under_its_id(store: Path) -> None:
    async with window_on(store, size=(110, 30)) as driven:
        screen = await customers(driven)
        await driven.press("n")
        await fill(driven, CustomerForm, email="no address")
        await driven.press("enter")
        await driven.until(lambda: "A customer needs a name." in driven.dialog_text)
        await fill(driven, CustomerForm, name="Lena Lead", kind="+")
        await driven.press("enter")
        await driven.until(lambda: "“no address” is no e-mail address" in driven.dialog_text)
        await fill(driven, CustomerForm, email="lena@x.test")
        await driven.press("enter")
        await driven.until(lambda: screen.status.text == "Added Lena Lead (5).")
        await driven.press("g")
        await driven.until(lambda: screen.current() and screen.current().id == 5)
        await driven.press("enter")
        await fill(driven, CustomerForm, kind="+")
        await driven.press("enter")
        await driven.until(lambda: screen.status.text == "Changed Lena Lead (5).")
        await driven.press("slash")
        await driven.type("partner:other")
        await driven.press("enter")
        await driven.until(lambda: "Kelly Sanders" in driven.text and "lena@" not in driven.text)
    with session():
        assert Customer.get_by_id(5).kind == "customer"
        assert ProfileAddress.get(email_key="lena@x.test").customer_id == 5


async def test_R5_10_merging_says_first_what_goes_over(store: Path) -> None:
    async with window_on(store, size=(110, 30)) as driven:
        screen = await customers(driven)
        await driven.until(lambda: screen.current() and screen.current().id == 4)
        await driven.press("d")
        await driven.until(lambda: isinstance(driven.screen, SureDialog))
        await driven.press("enter")
        await driven.until(lambda: "1 paired addresses and 2 tickets, so it stays" in driven.dialog_text)
        await driven.press("escape")
        await driven.press("M")
        await driven.until(lambda: isinstance(driven.screen, MergeCustomerDialog))
        await driven.type("kelly clark")
        await driven.press("enter")
        await driven.until(lambda: "2 tickets will be Kelly Clark's: #1, #2." in driven.dialog_text)
        assert "1 address will be paired to Kelly Clark: oona@x.test." in driven.dialog_text
        await driven.press("ctrl+s")
        await driven.until(lambda: "Merged Kelly Sanders into Kelly Clark: 1 address, 2 tickets." in screen.status.text)
        await driven.until(lambda: "Sanders" not in "".join(driven.text.splitlines()[3:20]))
    with session():
        assert Recipient.get(email="oona@x.test").customer_id == 3
        assert [row.customer_id for row in Ticket.select()] == [3, 3]
        assert Customer.get_by_id(4).merged_into_id == 3


async def test_R12_an_import_is_mapped_tried_and_then_done(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "crm.csv"
    file.write_text("Company,Colour,Mail\nMary,red,mary@x.test\nNed,blue,nowhere\n", encoding="utf-8")
    async with window_on(store, size=(110, 40)) as driven:
        screen = await customers(driven)
        await driven.press("i")
        await fill(driven, ImportDialog, file=str(tmp_path / "none.csv"))
        await driven.press("enter")
        await driven.until(lambda: "cannot be read: No such file" in driven.dialog_text)
        await fill(driven, ImportDialog, file=str(file))
        await driven.press("enter")
        await driven.until(lambda: "Say what each column is" in driven.dialog_text)
        assert "‹ name ›" in driven.text
        assert "‹ (skip) ›" in driven.text
        assert "‹ email ›" in driven.text
        await driven.press("enter")
        await driven.until(lambda: "Line 3, column email: “nowhere” is no e-mail address" in driven.dialog_text)
        file.write_text("Company,Colour,Mail\nMary,red,mary@x.test\nNed,blue,ned@x.test\n", encoding="utf-8")
        await fill(driven, ImportDialog, file=f" {file}")
        await driven.press("enter")
        await driven.until(lambda: "Say what each column is" in driven.dialog_text)
        await driven.press("enter")
        await driven.until(lambda: "Would import 2 customers: 2 added" in driven.dialog_text)
        with session():
            assert Customer.select().count() == 4
        await driven.press("enter")
        await driven.until(lambda: "Imported 2 customers: 2 added from crm.csv." in screen.status.text)
    with session():
        assert {row.name for row in Customer.select().where(Customer.id > 4)} == {"Mary", "Ned"}


async def test_R12_an_import_says_all_that_is_wrong_and_asks_before_it_guesses_a_coding(
    store: Path, tmp_path: Path
) -> None:
    file = tmp_path / "crm.csv"
    rows = "".join(f"K{n};nowhere{n}\n" for n in range(20))
    file.write_bytes(f"sep=;\nKunde;E-Mail\nMüller;m@x.test\n{rows}".encode("cp1252"))
    async with window_on(store, size=(110, 40)) as driven:
        await customers(driven)
        await driven.press("i")
        await fill(driven, ImportDialog, file=str(file))
        await driven.press("enter")
        await driven.until(lambda: "is not in UTF-8. Enter again reads it in Windows-1252" in driven.dialog_text)
        await driven.press("enter")
        await driven.until(lambda: "Say what each column is" in driven.dialog_text and "Müller" in driven.text)
        await driven.press("enter")
        await driven.until(lambda: "Line 4, column email: “nowhere0”" in driven.dialog_text)
        assert "Line 11, column email" in driven.dialog_text
        assert "and 12 more" in driven.dialog_text
        assert "20 faults, as said above. Nothing was imported." in driven.dialog_text
        file.write_text("Kunde,E-Mail\nMüller,m@x.test\nMaier,m@x.test\n")
        await fill(driven, ImportDialog, file=f" {file}")
        await driven.press("enter", "enter")
        await driven.until(lambda: "line 2: would add Müller" in driven.dialog_text)
        assert "line 3: its e-mail m@x.test is that of line 2, too" in driven.dialog_text


async def test_R10_1_an_administrator_of_one_partner_keeps_to_his_customers(store: Path) -> None:
    async with window_on(store, actor=BOB, size=(110, 30)) as driven:
        screen = await customers(driven)
        assert "Sanders" not in driven.text
        await driven.press("n")
        await fill(driven, CustomerForm, name="Nora")
        assert "Other" not in driven.dialog_text
        await driven.press("enter")
        await driven.until(lambda: screen.status.text == "Added Nora (5).")
