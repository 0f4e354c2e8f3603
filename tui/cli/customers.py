"""`customer add|edit|remove` and `import customers`."""

from pathlib import Path

import click

from store.errors import BadLines
from tui.cli.state import NUMBER, Globals, dry_run, opened, say, show, told


@click.group("customer")
def customer_command() -> None:
    """Customers and leads."""


@customer_command.command("add")
@click.option("--name", required=True)
@click.option("--kind", type=click.Choice(("customer", "lead")), default="customer")
@click.option("--login", default="")
@click.option("--email", default="", help="one address, or several separated by commas")
@click.option("--billing-email", default="")
@click.option("--phone", default="")
@click.option("--partner", default="", help="needed when there are several")
@click.option("--external-id", default="", help="its id in another system, for later imports")
@click.pass_obj
def customer_add(state: Globals, /, **values: str) -> None:
    """Add a customer or lead.

    Example: recipients customer add --name 'Kelly Sanders' --email kelly@example.com
    """
    from store import shapes
    from store.queries.customers import one
    from store.services import customers

    with opened(state) as actor:
        row = customers.add(actor, values)
        show(state, shapes.customer(one(actor, row.id)), f"Added {row.name} ({row.id}).")


@customer_command.command("edit")
@click.argument("customer_id", metavar="ID", type=NUMBER)
@click.option("--name")
@click.option("--kind", type=click.Choice(("customer", "lead")), help="it keeps its id")
@click.option("--login")
@click.option("--email", help="one address, or several separated by commas")
@click.option("--billing-email")
@click.option("--phone")
@click.option("--partner", help="the tickets go with it")
@click.option("--external-id")
@dry_run
@click.pass_obj
def customer_edit(state: Globals, /, customer_id: int, rehearse: bool, **given: str | None) -> None:
    """Change a customer or lead; what is not named stays.

    Example: recipients customer edit 4 --kind customer
    """
    from store import shapes
    from store.queries.customers import one
    from store.services import customers
    from tui.sentences import ticket_numbers

    values = {key: text for key, text in given.items() if text is not None}
    if not values:
        raise click.UsageError("Say what to change, for instance --phone 0171.")
    with opened(state) as actor:
        done = customers.edit(actor, customer_id, values, rehearse=rehearse)
        lost = f" Their assignee may not see {ticket_numbers(done.unassigned)} any more, and was taken off."
        words = f"Changed {done.name} ({customer_id}).{lost if done.unassigned else ''}"
        show(state, shapes.customer(one(actor, customer_id)), told(words, rehearse))


@customer_command.command("remove")
@click.argument("customer_id", metavar="ID", type=NUMBER)
@dry_run
@click.pass_obj
def customer_remove(state: Globals, customer_id: int, rehearse: bool) -> None:
    """Take a customer off the lists; refused while an address is paired to it or it has tickets."""
    from store.services import customers

    with opened(state) as actor:
        name = customers.remove(actor, customer_id, rehearse=rehearse)
        show(state, {"removed": customer_id, "done": not rehearse}, told(f"Removed {name} ({customer_id}).", rehearse))


@click.group("import")
def import_command() -> None:
    """Bring in customers from a file."""


@import_command.command("customers")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--map", "named", multiple=True, metavar="COLUMN=FIELD", help="a column of another name; FIELD empty: skip it"
)
@click.option("--partner", default="", metavar="NAME", help="of new customers whose line names none")
@click.option("--encoding", default="", metavar="CODING", help="of a CSV file that is not in UTF-8, such as cp1252")
@dry_run
@click.pass_obj
def import_customers(
    state: Globals, file: Path, named: tuple[str, ...], partner: str, encoding: str, rehearse: bool
) -> None:
    """Import customers from a CSV or XLSX FILE: all lines or none.

    Its first line names the columns: name, kind, login, email, billing_email, phone, partner, external_id, or what is
    usual for them, such as E-Mail. A line with a known external_id updates that customer.

    Example: recipients import customers crm.xlsx --map 'Company=name' --map 'Colour=' --dry-run
    """
    from store.importing import lines_of
    from store.services import customer_import
    from tui.sentences import import_counts, import_line

    if strange := [one for one in named if "=" not in one]:
        raise click.UsageError(f"--map {strange[0]}: write COLUMN=FIELD, or COLUMN= to leave it out.")
    columns = {column: field for column, _, field in (one.rpartition("=") for one in named)}
    with opened(state) as actor:
        try:
            read = lines_of(file, columns, encoding)
            done = customer_import.import_all(actor, read.lines, partner=partner, rehearse=rehearse, faults=read.faults)
        except BadLines as problem:
            _show_faults(state, problem)
            click.get_current_context().exit(problem.exit_status)
    for note in read.notes:
        say(note)
    words = [f"{import_line(one, rehearse=rehearse)} ({one.id}){one.note and f'; {one.note}'}" for one in done]
    head = "Would import" if rehearse else "Imported"
    words.append(f"{head} {import_counts(done, rehearse=rehearse)}." if done else "There is nothing below the titles.")
    lines = [{"line": one.line, "did": one.did, "id": one.id, "name": one.name} for one in done]
    noted = [{**line, "note": one.note} if one.note else line for line, one in zip(lines, done, strict=True)]
    show(state, {"done": not rehearse, "lines": noted}, words)


def _show_faults(state: Globals, problem: BadLines) -> None:
    """All of them, however many."""
    for fault in problem.faults:
        say(fault.sentence)
    say("Nothing was imported.")
    if state.as_json:
        errors = [{"line": one.line, "column": one.column, "error": one.what} for one in problem.faults]
        show(state, {"done": False, "lines": [], "errors": errors}, "")
