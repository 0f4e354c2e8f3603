"""The tables.  Times are whole microseconds since 1970 in UTC; keys (`…_key`) are folded for comparing.

Counters (`Recipient.tickets`, `.unassigned_tickets`) and the search index are kept by triggers, see the first
migration: every writer gets them right without knowing of them.
"""

from store.models.base import Base as Base
from store.models.base import MomentField as MomentField
from store.models.inboxes import DenyEntry as DenyEntry
from store.models.inboxes import Inbox as Inbox
from store.models.inboxes import InboxState as InboxState
from store.models.keeping import SEALED as SEALED
from store.models.keeping import History as History
from store.models.keeping import Lease as Lease
from store.models.keeping import Preference as Preference
from store.models.keeping import Setting as Setting
from store.models.messages import Arrival as Arrival
from store.models.messages import Attachment as Attachment
from store.models.messages import LargeMessage as LargeMessage
from store.models.messages import Message as Message
from store.models.messages import RawMessage as RawMessage
from store.models.messages import RefusedMessage as RefusedMessage
from store.models.messages import WithheldMessage as WithheldMessage
from store.models.outgoing import AddressHold as AddressHold
from store.models.outgoing import Outbox as Outbox
from store.models.outgoing import OutgoingState as OutgoingState
from store.models.outgoing import ReturnedLetter as ReturnedLetter
from store.models.people import Administrator as Administrator
from store.models.people import Customer as Customer
from store.models.people import Partner as Partner
from store.models.people import ProfileAddress as ProfileAddress
from store.models.tickets import GroupMember as GroupMember
from store.models.tickets import Participant as Participant
from store.models.tickets import Recipient as Recipient
from store.models.tickets import Ticket as Ticket
from store.models.tickets import TicketGroup as TicketGroup

TABLES: tuple[type[Base], ...] = (
    Partner,
    Administrator,
    Customer,
    ProfileAddress,
    Inbox,
    InboxState,
    DenyEntry,
    Recipient,
    Ticket,
    Participant,
    TicketGroup,
    GroupMember,
    RawMessage,
    Message,
    Attachment,
    Arrival,
    LargeMessage,
    RefusedMessage,
    WithheldMessage,
    Outbox,
    ReturnedLetter,
    AddressHold,
    OutgoingState,
    History,
    Setting,
    Preference,
    Lease,
)
