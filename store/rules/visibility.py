"""Who may see what (R10.1).  The SQL twin is `store.queries.scope`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rights:
    """An administrator's rights as they are now.  `partner` None means Any."""

    super: bool
    partner: int | None

    @property
    def sees_all(self) -> bool:
        """A super administrator, or one with partner Any, sees everything."""
        return self.super or self.partner is None


def may_see(rights: Rights, customer_partner: int | None) -> bool:
    """Whether a recipient or ticket of a customer of this partner may be seen; None: it has no customer."""
    return rights.sees_all or (customer_partner is not None and customer_partner == rights.partner)
