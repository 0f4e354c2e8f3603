"""The demo's customers and leads, as `services.customer_import.import_all` takes them."""

from collections.abc import Mapping

# Kind, name, profile e-mail ('' for none): some of them write from these very addresses, others from private ones.
_NAMED: tuple[tuple[str, str, str], ...] = (
    ("customer", "Kelly Sanders", "kelly.sanders@postbox.example"),
    ("lead", "Sarah Howell", "sarah@howell-studio.example"),
    ("customer", "Jürgen Weiß", "weiss.juergen@postfach.example"),
    ("customer", "Café Aurora", "office@cafe-aurora.example, bar@cafe-aurora.example"),
    ("customer", "Harbour Dental Practice", "frontdesk@harbour-dental.example"),
    ("customer", "Tom Whitfield", ""),
    ("customer", "Priya Raman", "p.raman@webmail.example"),
    ("lead", "Oliver Grant", ""),
    ("customer", "Hélène Lefèvre", "helene.lefevre@courriel.example"),
    ("customer", "José Muñoz", "jose.munoz@correo.example"),
    ("customer", "Małgorzata Wójcik", ""),
    ("customer", "Jiří Dvořák", "dvorak@schranka.example"),
    ("customer", "Оксана Шевчук", "oksana@poshta.example"),
    ("lead", "João Gonçalves", ""),
    ("customer", "佐藤 健太", "kenta.sato@yubin.example"),
    ("customer", "ليلى حداد", "layla@barid.example"),
    ("customer", "Mill Road Primary School", "secretary@millroad-school.example"),
    ("customer", "Grace Okafor", "grace.okafor@webmail.example"),
    ("customer", "Liam Doherty", ""),
    ("lead", "Northgate Properties", "hello@northgate.example"),
)
_FIRST = ("Adam", "Beth", "Carlos", "Dina", "Ewan", "Farida", "Gwen", "Hugo", "Ida", "Jonas")
_LAST = ("Archer", "Brandt", "Castillo", "Dunne")


def lines() -> list[tuple[int, Mapping[str, str]]]:
    """Sixty numbered lines: the named ones, and others to search among.  Every third belongs to the partner Coast."""
    others = [("customer", f"{first} {last}", "") for last in _LAST for first in _FIRST]
    found: list[tuple[int, Mapping[str, str]]] = []
    for number, (kind, name, email) in enumerate((*_NAMED, *others), 1):
        plain = name.isascii() and email == "" and number > len(_NAMED)
        found.append(
            (
                number,
                {
                    "kind": "lead" if plain and number % 5 == 0 else kind,
                    "name": name,
                    "login": f"c{1000 + number}",
                    "email": f"{name.lower().replace(' ', '.')}@webmail.example" if plain else email,
                    "billing_email": "accounts@cafe-aurora.example" if name == "Café Aurora" else "",
                    "phone": f"+44 20 7946 0{100 + number}",
                    "partner": "Coast" if number % 3 == 0 else "Main",
                    "external_id": f"CRM-{number:04}",
                },
            )
        )
    return found
