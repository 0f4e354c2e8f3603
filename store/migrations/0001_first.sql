-- The first schema of the store, as SQLite wants it.  Never changed once released: later changes are later files.

CREATE TABLE "partner" ("id" INTEGER NOT NULL PRIMARY KEY, "name" TEXT NOT NULL, "version" INTEGER NOT NULL);
CREATE UNIQUE INDEX "partner_name" ON "partner" ("name");
CREATE TABLE "customer" ("id" INTEGER NOT NULL PRIMARY KEY, "kind" TEXT NOT NULL, "name" TEXT NOT NULL, "name_key" TEXT NOT NULL, "login" TEXT NOT NULL, "email" TEXT NOT NULL, "billing_email" TEXT NOT NULL, "phone" TEXT NOT NULL, "partner_id" INTEGER NOT NULL, "external_id" TEXT, "search" TEXT NOT NULL, "created" INTEGER NOT NULL, "deleted" INTEGER, "merged_into_id" INTEGER, "version" INTEGER NOT NULL, FOREIGN KEY ("partner_id") REFERENCES "partner" ("id"), FOREIGN KEY ("merged_into_id") REFERENCES "customer" ("id"));
CREATE INDEX "customer_partner_id" ON "customer" ("partner_id");
CREATE UNIQUE INDEX "customer_external_id" ON "customer" ("external_id");
CREATE TABLE "administrator" ("id" INTEGER NOT NULL PRIMARY KEY, "login" TEXT NOT NULL, "name" TEXT NOT NULL, "email" TEXT NOT NULL, "email_key" TEXT NOT NULL, "role" TEXT NOT NULL, "partner_id" INTEGER, "active" INTEGER NOT NULL, "version" INTEGER NOT NULL, FOREIGN KEY ("partner_id") REFERENCES "partner" ("id"));
CREATE UNIQUE INDEX "administrator_login" ON "administrator" ("login");
CREATE INDEX "administrator_email_key" ON "administrator" ("email_key");
CREATE TABLE "inbox" ("id" INTEGER NOT NULL PRIMARY KEY, "name" TEXT NOT NULL, "email" TEXT NOT NULL, "email_key" TEXT NOT NULL, "username" TEXT NOT NULL, "secret" TEXT NOT NULL, "host" TEXT NOT NULL, "port" INTEGER NOT NULL, "security" TEXT NOT NULL, "check_certificate" INTEGER NOT NULL, "ca_file" TEXT NOT NULL, "folder" TEXT NOT NULL, "process" TEXT NOT NULL, "process_from" INTEGER, "mark_read" INTEGER NOT NULL, "address_header" TEXT NOT NULL, "accept_unregistered" INTEGER NOT NULL, "priority" TEXT NOT NULL, "ticket_group" TEXT NOT NULL, "ticket_type" TEXT NOT NULL, "enabled" INTEGER NOT NULL, "version" INTEGER NOT NULL);
CREATE UNIQUE INDEX "inbox_name" ON "inbox" ("name");
CREATE INDEX "inbox_email_key" ON "inbox" ("email_key");
CREATE TABLE "recipient" ("id" INTEGER NOT NULL PRIMARY KEY, "email" TEXT NOT NULL, "email_key" TEXT NOT NULL, "domain" TEXT NOT NULL, "name" TEXT NOT NULL, "name_key" TEXT NOT NULL, "name_edited" INTEGER NOT NULL, "customer_id" INTEGER, "customer_key" TEXT NOT NULL, "pair_source" TEXT NOT NULL, "shared" INTEGER NOT NULL, "banned" INTEGER NOT NULL, "banned_at" INTEGER, "banned_by" TEXT NOT NULL, "ban_reason" TEXT NOT NULL, "denied" INTEGER NOT NULL, "tickets" INTEGER NOT NULL, "unassigned_tickets" INTEGER NOT NULL, "blocked" INTEGER NOT NULL, "first_seen" INTEGER NOT NULL, "last_message" INTEGER, "inbox_id" INTEGER, "search" TEXT NOT NULL, "version" INTEGER NOT NULL, FOREIGN KEY ("customer_id") REFERENCES "customer" ("id"), FOREIGN KEY ("inbox_id") REFERENCES "inbox" ("id") ON DELETE SET NULL);
CREATE UNIQUE INDEX "recipient_email_key" ON "recipient" ("email_key");
CREATE INDEX "recipient_domain" ON "recipient" ("domain");
CREATE INDEX "recipient_name_key" ON "recipient" ("name_key");
CREATE INDEX "recipient_customer_id" ON "recipient" ("customer_id");
CREATE INDEX "recipient_customer_key" ON "recipient" ("customer_key");
CREATE TABLE "ticket" ("id" INTEGER NOT NULL PRIMARY KEY, "subject" TEXT NOT NULL, "status" TEXT NOT NULL, "customer_id" INTEGER, "assignee_id" INTEGER, "requester_id" INTEGER, "priority" TEXT NOT NULL, "ticket_group" TEXT NOT NULL, "ticket_type" TEXT NOT NULL, "inbox_id" INTEGER, "note" TEXT NOT NULL, "created" INTEGER NOT NULL, "updated" INTEGER NOT NULL, "closed" INTEGER, "merged_into_id" INTEGER, "search" TEXT NOT NULL, "version" INTEGER NOT NULL, FOREIGN KEY ("customer_id") REFERENCES "customer" ("id"), FOREIGN KEY ("assignee_id") REFERENCES "administrator" ("id"), FOREIGN KEY ("requester_id") REFERENCES "recipient" ("id"), FOREIGN KEY ("inbox_id") REFERENCES "inbox" ("id") ON DELETE SET NULL, FOREIGN KEY ("merged_into_id") REFERENCES "ticket" ("id"));
CREATE INDEX "ticket_customer_id" ON "ticket" ("customer_id");
CREATE INDEX "ticket_assignee_id" ON "ticket" ("assignee_id");
CREATE INDEX "ticket_requester_id" ON "ticket" ("requester_id");
CREATE INDEX "ticket_updated" ON "ticket" ("updated");
CREATE INDEX "ticket_closed" ON "ticket" ("closed");
CREATE TABLE "raw_message" ("id" INTEGER NOT NULL PRIMARY KEY, "sha256" TEXT NOT NULL, "size" INTEGER NOT NULL, "data" BLOB NOT NULL);
CREATE UNIQUE INDEX "raw_message_sha256" ON "raw_message" ("sha256");
CREATE TABLE "message" ("id" INTEGER NOT NULL PRIMARY KEY, "ticket_id" INTEGER NOT NULL, "direction" TEXT NOT NULL, "sender_id" INTEGER, "author_id" INTEGER, "sender_email" TEXT NOT NULL, "sender_name" TEXT NOT NULL, "subject" TEXT NOT NULL, "subject_key" TEXT NOT NULL, "text" TEXT NOT NULL, "message_id" TEXT NOT NULL, "in_reply_to" TEXT NOT NULL, "references" TEXT NOT NULL, "automatic" TEXT NOT NULL, "sent" INTEGER, "created" INTEGER NOT NULL, "raw_id" INTEGER, FOREIGN KEY ("ticket_id") REFERENCES "ticket" ("id"), FOREIGN KEY ("sender_id") REFERENCES "recipient" ("id"), FOREIGN KEY ("author_id") REFERENCES "administrator" ("id"), FOREIGN KEY ("raw_id") REFERENCES "raw_message" ("id"));
CREATE INDEX "message_ticket_id" ON "message" ("ticket_id");
CREATE INDEX "message_message_id" ON "message" ("message_id");
CREATE TABLE "outbox" ("id" INTEGER NOT NULL PRIMARY KEY, "event" TEXT NOT NULL, "audience" TEXT NOT NULL, "why" TEXT NOT NULL, "ticket_id" INTEGER, "caused_by_id" INTEGER, "to" TEXT NOT NULL, "to_key" TEXT NOT NULL, "to_name" TEXT NOT NULL, "subject" TEXT NOT NULL, "subject_key" TEXT NOT NULL, "body" TEXT NOT NULL, "message_id" TEXT NOT NULL, "in_reply_to" TEXT NOT NULL, "references" TEXT NOT NULL, "reply_to" TEXT NOT NULL, "automatic" INTEGER NOT NULL, "dedupe" TEXT NOT NULL, "state" TEXT NOT NULL, "uncertain" INTEGER NOT NULL, "tries" INTEGER NOT NULL, "last_error" TEXT NOT NULL, "next_try" INTEGER, "expires" INTEGER, "created" INTEGER NOT NULL, "sent" INTEGER, "version" INTEGER NOT NULL, FOREIGN KEY ("ticket_id") REFERENCES "ticket" ("id"), FOREIGN KEY ("caused_by_id") REFERENCES "message" ("id"));
CREATE INDEX "outbox_ticket_id" ON "outbox" ("ticket_id");
CREATE INDEX "outbox_caused_by_id" ON "outbox" ("caused_by_id");
CREATE INDEX "outbox_to_key" ON "outbox" ("to_key");
CREATE UNIQUE INDEX "outbox_message_id" ON "outbox" ("message_id");
CREATE UNIQUE INDEX "outbox_dedupe" ON "outbox" ("dedupe");
CREATE INDEX "outbox_state" ON "outbox" ("state");
CREATE INDEX "outbox_sent" ON "outbox" ("sent");
CREATE TABLE "address_hold" ("email_key" TEXT NOT NULL PRIMARY KEY, "email" TEXT NOT NULL, "reason" TEXT NOT NULL, "outbox_id" INTEGER, "at" INTEGER NOT NULL, "until" INTEGER NOT NULL, FOREIGN KEY ("outbox_id") REFERENCES "outbox" ("id") ON DELETE SET NULL);
CREATE TABLE "arrival" ("id" INTEGER NOT NULL PRIMARY KEY, "inbox_id" INTEGER, "folder" TEXT NOT NULL, "uidvalidity" INTEGER NOT NULL, "uid" INTEGER NOT NULL, "raw_id" INTEGER NOT NULL, "message_id" TEXT NOT NULL, "fingerprint" TEXT NOT NULL, "received" INTEGER NOT NULL, "settled" INTEGER NOT NULL, "outcome" TEXT NOT NULL, "reason" TEXT NOT NULL, "unreadable" TEXT NOT NULL, "ticket_id" INTEGER, "written_id" INTEGER, "why" TEXT NOT NULL, FOREIGN KEY ("inbox_id") REFERENCES "inbox" ("id") ON DELETE SET NULL, FOREIGN KEY ("raw_id") REFERENCES "raw_message" ("id"), FOREIGN KEY ("ticket_id") REFERENCES "ticket" ("id"), FOREIGN KEY ("written_id") REFERENCES "message" ("id"));
CREATE INDEX "arrival_raw_id" ON "arrival" ("raw_id");
CREATE INDEX "arrival_message_id" ON "arrival" ("message_id");
CREATE INDEX "arrival_fingerprint" ON "arrival" ("fingerprint");
CREATE UNIQUE INDEX "arrival_inbox_id_folder_uidvalidity_uid" ON "arrival" ("inbox_id", "folder", "uidvalidity", "uid");
CREATE TABLE "attachment" ("id" INTEGER NOT NULL PRIMARY KEY, "message_id" INTEGER NOT NULL, "name" TEXT NOT NULL, "type" TEXT NOT NULL, "size" INTEGER NOT NULL, "sha256" TEXT NOT NULL, "part" INTEGER NOT NULL, FOREIGN KEY ("message_id") REFERENCES "message" ("id"));
CREATE INDEX "attachment_message_id" ON "attachment" ("message_id");
CREATE TABLE "deny_entry" ("id" INTEGER NOT NULL PRIMARY KEY, "location" TEXT NOT NULL, "filter_type" TEXT NOT NULL, "filter" TEXT NOT NULL, "today" INTEGER NOT NULL, "today_date" TEXT NOT NULL, "total" INTEGER NOT NULL, "created" INTEGER NOT NULL, "created_by" TEXT NOT NULL, "version" INTEGER NOT NULL);
CREATE TABLE "ticket_group" ("id" INTEGER NOT NULL PRIMARY KEY, "name" TEXT NOT NULL);
CREATE UNIQUE INDEX "ticket_group_name" ON "ticket_group" ("name");
CREATE TABLE "group_member" ("id" INTEGER NOT NULL PRIMARY KEY, "group_id" INTEGER NOT NULL, "administrator_id" INTEGER NOT NULL, FOREIGN KEY ("group_id") REFERENCES "ticket_group" ("id") ON DELETE CASCADE, FOREIGN KEY ("administrator_id") REFERENCES "administrator" ("id") ON DELETE CASCADE);
CREATE UNIQUE INDEX "group_member_group_id_administrator_id" ON "group_member" ("group_id", "administrator_id");
CREATE TABLE "history" ("id" INTEGER NOT NULL PRIMARY KEY, "change" TEXT NOT NULL, "at" INTEGER NOT NULL, "who" TEXT NOT NULL, "administrator_id" INTEGER, "via" TEXT NOT NULL, "what" TEXT NOT NULL, "subject" TEXT NOT NULL, "subject_id" INTEGER, "of" TEXT NOT NULL, "before" TEXT, "after" TEXT, "undone_by" TEXT NOT NULL, FOREIGN KEY ("administrator_id") REFERENCES "administrator" ("id"));
CREATE INDEX "history_change" ON "history" ("change");
CREATE INDEX "history_subject_subject_id" ON "history" ("subject", "subject_id");
CREATE TABLE "inbox_state" ("inbox_id" INTEGER NOT NULL PRIMARY KEY, "uidvalidity" INTEGER NOT NULL, "last_uid" INTEGER NOT NULL, "last_success" INTEGER, "last_error" TEXT NOT NULL, "last_error_at" INTEGER, "next_try" INTEGER, FOREIGN KEY ("inbox_id") REFERENCES "inbox" ("id") ON DELETE CASCADE);
CREATE TABLE "lease" ("name" TEXT NOT NULL PRIMARY KEY, "owner" TEXT NOT NULL, "host" TEXT NOT NULL, "pid" INTEGER NOT NULL, "term" INTEGER NOT NULL, "until" INTEGER NOT NULL);
CREATE TABLE "outgoing_state" ("id" INTEGER NOT NULL PRIMARY KEY, "last_success" INTEGER, "last_error" TEXT NOT NULL, "last_error_at" INTEGER, "next_try" INTEGER);
CREATE TABLE "participant" ("id" INTEGER NOT NULL PRIMARY KEY, "ticket_id" INTEGER NOT NULL, "kind" TEXT NOT NULL, "email" TEXT NOT NULL, "email_key" TEXT NOT NULL, "administrator_id" INTEGER, FOREIGN KEY ("ticket_id") REFERENCES "ticket" ("id") ON DELETE CASCADE, FOREIGN KEY ("administrator_id") REFERENCES "administrator" ("id") ON DELETE CASCADE);
CREATE UNIQUE INDEX "participant_ticket_id_kind_email_key" ON "participant" ("ticket_id", "kind", "email_key");
CREATE TABLE "preference" ("id" INTEGER NOT NULL PRIMARY KEY, "administrator_id" INTEGER NOT NULL, "key" TEXT NOT NULL, "value" TEXT NOT NULL, FOREIGN KEY ("administrator_id") REFERENCES "administrator" ("id") ON DELETE CASCADE);
CREATE UNIQUE INDEX "preference_administrator_id_key" ON "preference" ("administrator_id", "key");
CREATE TABLE "profile_address" ("id" INTEGER NOT NULL PRIMARY KEY, "customer_id" INTEGER NOT NULL, "email_key" TEXT NOT NULL, FOREIGN KEY ("customer_id") REFERENCES "customer" ("id") ON DELETE CASCADE);
CREATE INDEX "profile_address_customer_id" ON "profile_address" ("customer_id");
CREATE INDEX "profile_address_email_key" ON "profile_address" ("email_key");
CREATE TABLE "refused_message" ("id" INTEGER NOT NULL PRIMARY KEY, "arrival_id" INTEGER NOT NULL, "reason" TEXT NOT NULL, "rule" TEXT NOT NULL, "deny_entry_id" INTEGER, "recipient_id" INTEGER, "sender" TEXT NOT NULL, "sender_key" TEXT NOT NULL, "subject" TEXT NOT NULL, "received" INTEGER NOT NULL, "released" INTEGER, "released_by" TEXT NOT NULL, FOREIGN KEY ("arrival_id") REFERENCES "arrival" ("id") ON DELETE CASCADE, FOREIGN KEY ("deny_entry_id") REFERENCES "deny_entry" ("id") ON DELETE SET NULL, FOREIGN KEY ("recipient_id") REFERENCES "recipient" ("id"));
CREATE UNIQUE INDEX "refused_message_arrival_id" ON "refused_message" ("arrival_id");
CREATE INDEX "refused_message_deny_entry_id" ON "refused_message" ("deny_entry_id");
CREATE INDEX "refused_message_recipient_id" ON "refused_message" ("recipient_id");
CREATE INDEX "refused_message_sender_key" ON "refused_message" ("sender_key");
CREATE TABLE "setting" ("key" TEXT NOT NULL PRIMARY KEY, "value" TEXT NOT NULL);

-- Counters: kept here so that every writer gets them right without knowing of them.
CREATE TRIGGER ticket_counted AFTER INSERT ON ticket WHEN NEW.requester_id IS NOT NULL BEGIN
    UPDATE recipient SET tickets = tickets + 1, unassigned_tickets = unassigned_tickets + (NEW.customer_id IS NULL)
    WHERE id = NEW.requester_id;
END;
CREATE TRIGGER ticket_uncounted AFTER DELETE ON ticket WHEN OLD.requester_id IS NOT NULL BEGIN
    UPDATE recipient SET tickets = tickets - 1, unassigned_tickets = unassigned_tickets - (OLD.customer_id IS NULL)
    WHERE id = OLD.requester_id;
END;
CREATE TRIGGER ticket_recounted AFTER UPDATE OF customer_id, requester_id ON ticket BEGIN
    UPDATE recipient SET tickets = tickets - 1, unassigned_tickets = unassigned_tickets - (OLD.customer_id IS NULL)
    WHERE id = OLD.requester_id;
    UPDATE recipient SET tickets = tickets + 1, unassigned_tickets = unassigned_tickets + (NEW.customer_id IS NULL)
    WHERE id = NEW.requester_id;
END;

-- Free-text search: a trigram index over the folded search text (three characters and more).
CREATE VIRTUAL TABLE recipient_search USING fts5(search, content='recipient', content_rowid='id', tokenize='trigram');
CREATE TRIGGER recipient_search_added AFTER INSERT ON recipient BEGIN
    INSERT INTO recipient_search(rowid, search) VALUES (NEW.id, NEW.search);
END;
CREATE TRIGGER recipient_search_removed AFTER DELETE ON recipient BEGIN
    INSERT INTO recipient_search(recipient_search, rowid, search) VALUES ('delete', OLD.id, OLD.search);
END;
CREATE TRIGGER recipient_search_changed AFTER UPDATE OF search ON recipient WHEN OLD.search <> NEW.search BEGIN
    INSERT INTO recipient_search(recipient_search, rowid, search) VALUES ('delete', OLD.id, OLD.search);
    INSERT INTO recipient_search(rowid, search) VALUES (NEW.id, NEW.search);
END;
CREATE VIRTUAL TABLE customer_search USING fts5(search, content='customer', content_rowid='id', tokenize='trigram');
CREATE TRIGGER customer_search_added AFTER INSERT ON customer BEGIN
    INSERT INTO customer_search(rowid, search) VALUES (NEW.id, NEW.search);
END;
CREATE TRIGGER customer_search_removed AFTER DELETE ON customer BEGIN
    INSERT INTO customer_search(customer_search, rowid, search) VALUES ('delete', OLD.id, OLD.search);
END;
CREATE TRIGGER customer_search_changed AFTER UPDATE OF search ON customer WHEN OLD.search <> NEW.search BEGIN
    INSERT INTO customer_search(customer_search, rowid, search) VALUES ('delete', OLD.id, OLD.search);
    INSERT INTO customer_search(rowid, search) VALUES (NEW.id, NEW.search);
END;
CREATE VIRTUAL TABLE ticket_search USING fts5(search, content='ticket', content_rowid='id', tokenize='trigram');
CREATE TRIGGER ticket_search_added AFTER INSERT ON ticket BEGIN
    INSERT INTO ticket_search(rowid, search) VALUES (NEW.id, NEW.search);
END;
CREATE TRIGGER ticket_search_removed AFTER DELETE ON ticket BEGIN
    INSERT INTO ticket_search(ticket_search, rowid, search) VALUES ('delete', OLD.id, OLD.search);
END;
CREATE TRIGGER ticket_search_changed AFTER UPDATE OF search ON ticket WHEN OLD.search <> NEW.search BEGIN
    INSERT INTO ticket_search(ticket_search, rowid, search) VALUES ('delete', OLD.id, OLD.search);
    INSERT INTO ticket_search(rowid, search) VALUES (NEW.id, NEW.search);
END;

-- The history is append-only; only the mark of an undo may be set.
CREATE TRIGGER history_kept BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
CREATE TRIGGER history_unchanged BEFORE UPDATE OF change, at, who, via, what, subject, subject_id, "of", "before", "after" ON history
BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
