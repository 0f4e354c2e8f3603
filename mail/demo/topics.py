"""What the customers of the demo's Internet provider write about, and what they are called, by language."""

from pathlib import Path

Topic = tuple[str, str]


def _topics() -> dict[str, list[Topic]]:
    """(subject, text) by language, from `topics.txt`: a line `== LANGUAGE SUBJECT`, then the text."""
    found: dict[str, list[Topic]] = {}
    for block in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split("== ")[1:]:
        head, _, text = block.partition("\n")
        language, _, subject = head.partition(" ")
        found.setdefault(language, []).append((subject, text.strip()))
    return found


TOPICS = _topics()

NAMES: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("Sarah", "Howell"),
        ("Tom", "Whitfield"),
        ("Priya", "Raman"),
        ("Oliver", "Grant"),
        ("Grace", "Okafor"),
        ("Liam", "Doherty"),
        ("Megan", "Price"),
        ("Daniel", "Osei"),
        ("Rachel", "Stone"),
        ("Victor", "Lindqvist"),
        ("Amelia", "Hart"),
        ("Noah", "Bennett"),
    ),
    "de": (
        ("Jürgen", "Weiß"),
        ("Anneliese", "Krüger"),
        ("Matthias", "Böhm"),
        ("Lena", "Österreicher"),
        ("Uwe", "Jäger"),
    ),
    "fr": (("Hélène", "Lefèvre"), ("Étienne", "Garçon"), ("Maëlle", "Dubois"), ("François", "Benoît")),
    "es": (("José", "Muñoz"), ("Lucía", "Ibáñez"), ("Andrés", "Núñez"), ("Belén", "Castaño")),
    "pl": (("Małgorzata", "Wójcik"), ("Paweł", "Żak"), ("Łukasz", "Śliwa"), ("Agnieszka", "Dąbrowska")),
    "cs": (("Jiří", "Dvořák"), ("Zdeňka", "Říhová"), ("Tomáš", "Kučera"), ("Věra", "Němcová")),
    "uk": (("Оксана", "Шевчук"), ("Тарас", "Бондар"), ("Ірина", "Кравець"), ("Богдан", "Лисенко")),
    "pt": (("João", "Gonçalves"), ("Inês", "Araújo"), ("Simão", "Magalhães"), ("Conceição", "Lopes")),
    "ja": (("健太", "佐藤"), ("美咲", "鈴木"), ("翔", "高橋"), ("由美", "田中")),
    "ar": (("ليلى", "حداد"), ("كريم", "منصور"), ("سلمى", "خوري"), ("ياسر", "نجار")),
}

FOLLOW_UPS: tuple[str, ...] = (
    "Hello again,\n\nany news? It is still the same here.\n\nThanks",
    "It works again now, thank you! Please leave the ticket open for a day or two, just to be sure.",
    "I tried what you wrote, without success. The light is now orange instead of red.",
    "You can reach me on my mobile between 9 and 12.",
)

FORM_REQUESTS: tuple[Topic, ...] = (
    ("Callback", "Please call me about the business plans."),
    ("Availability", "Is fibre available at 7 Orchard Close?"),
    ("Complaint", "The technician did not show up on Thursday."),
    ("New order", "I would like to order Home 250 with television."),
)
