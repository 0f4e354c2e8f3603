"""`customer add` and `import customers`."""

from pathlib import Path

import click

from tui.cli.state import Globals, dry_run, opened, show


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


@click.group("import")
def import_command() -> None:
    """Bring in customers from a file."""


@import_command.command("customers")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@dry_run
@click.pass_obj
def import_customers(state: Globals, file: Path, rehearse: bool) -> None:
    """Import customers from a CSV or XLSX FILE: all lines or none.

    Its first line names the columns: name, kind, login, email, billing_email, phone, partner, external_id. A line with
    a known external_id updates that customer.
    """
    from store.importing import lines_of
    from store.services import customers

    with opened(state) as actor:
        done = customers.import_all(actor, lines_of(file), rehearse=rehearse)
    added = sum(1 for one in done if one.did == "added")
    words = [f"line {one.line}: {one.did} {one.name} ({one.id})" for one in done]
    head = "Would import" if rehearse else "Imported"
    words.append(f"{head} {len(done)} customers: {added} added, {len(done) - added} updated.")
    lines = [{"line": one.line, "did": one.did, "id": one.id, "name": one.name} for one in done]
    show(state, {"done": not rehearse, "lines": lines}, words)
