"""What was done, and how things stand, in a person's words.  Needs no Textual: the command line may say the same.

Names and addresses in what the services return are clean text already; what comes from queries is cleaned here.
"""

from tui.sentences.health import counts as counts
from tui.sentences.health import disk_trouble as disk_trouble
from tui.sentences.health import held_trouble as held_trouble
from tui.sentences.health import inbox_health as inbox_health
from tui.sentences.health import inbox_trouble as inbox_trouble
from tui.sentences.health import missing as missing
from tui.sentences.health import read_only_trouble as read_only_trouble
from tui.sentences.health import refused_trouble as refused_trouble
from tui.sentences.health import sending_trouble as sending_trouble
from tui.sentences.health import token_trouble as token_trouble
from tui.sentences.health import unusable_trouble as unusable_trouble
from tui.sentences.health import withheld as withheld
from tui.sentences.importing import import_counts as import_counts
from tui.sentences.importing import import_line as import_line
from tui.sentences.recipients import banned as banned
from tui.sentences.recipients import customer_details as customer_details
from tui.sentences.recipients import let_in as let_in
from tui.sentences.recipients import out_of_sight as out_of_sight
from tui.sentences.recipients import paired as paired
from tui.sentences.recipients import pairing_preview as pairing_preview
from tui.sentences.recipients import released as released
from tui.sentences.recipients import sender_edited as sender_edited
from tui.sentences.recipients import sight_lost as sight_lost
from tui.sentences.recipients import unbanned as unbanned
from tui.sentences.recipients import unpaired as unpaired
from tui.sentences.recipients import unpairing_preview as unpairing_preview
from tui.sentences.tickets import activity as activity
from tui.sentences.tickets import addressee as addressee
from tui.sentences.tickets import customer_of as customer_of
from tui.sentences.tickets import delivery as delivery
from tui.sentences.tickets import entry as entry
from tui.sentences.tickets import followed as followed
from tui.sentences.tickets import goes_to as goes_to
from tui.sentences.tickets import left_out as left_out
from tui.sentences.tickets import mail_told as mail_told
from tui.sentences.tickets import merging_preview as merging_preview
from tui.sentences.tickets import replied as replied
from tui.sentences.tickets import reply_remarks as reply_remarks
from tui.sentences.tickets import ticket_updated as ticket_updated
from tui.sentences.tickets import undone as undone
from tui.sentences.tickets import would_undo as would_undo
from tui.sentences.why import IGNORED as IGNORED
from tui.sentences.why import REFUSALS as REFUSALS
from tui.sentences.why import deny_entry as deny_entry
from tui.sentences.why import why as why
from tui.sentences.words import clock as clock
from tui.sentences.words import many as many
from tui.sentences.words import named as named
from tui.sentences.words import number as number
from tui.sentences.words import size as size
from tui.sentences.words import stamp as stamp
from tui.sentences.words import ticket_numbers as ticket_numbers
