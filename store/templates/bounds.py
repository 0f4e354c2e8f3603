"""How long a template and what it makes may be, in characters."""

LONGEST_TEMPLATE = 20_000
LONGEST_OUTPUT = 500_000
LONGEST_SUBJECT = 200
LONGEST_FACT_IN_SUBJECT = 140
LONGEST_FACT_LINE = 500  # no name or subject that people use is longer
LONGEST_FACT = 200_000
MOST_CHANGES = 20
