"""The seed's Example 2: two paired addresses of one customer write in one ticket."""

from store.queries import tickets
from store.services import pairing
from tests.driver import Desk


def test_example_2_a_reply_from_the_second_address_joins_the_ticket_of_the_first(desk: Desk) -> None:
    kelly = desk.customer()
    for address in ("address1@xxx.test", "address2@xxx.test"):
        desk.arrive(address, "First contact")
        pairing.pair(desk.anna, desk.row(address).id, kelly.id)
    number = desk.arrive("address1@xxx.test", "My internet is slow", message_id="<m1@xxx>").ticket

    reply = desk.arrive("address2@xxx.test", f"Re: #{number} My internet is slow")
    assert (reply.outcome, reply.reason, reply.ticket) == ("joined", "paired", number)
    assert [m.sender for m in tickets.messages(desk.anna, number)] == ["address1@xxx.test", "address2@xxx.test"]

    changed = desk.arrive("address2@xxx.test", f"Re: #{number} Also my phone")
    assert changed.outcome == "opened"
    assert changed.ticket != number

    stranger = desk.arrive("stranger@yyy.test", f"Re: #{number} My internet is slow")
    assert stranger.outcome == "opened"
    assert any(f"#{number}" in m.text for m in tickets.messages(desk.anna, stranger.ticket) if m.direction == "note")
