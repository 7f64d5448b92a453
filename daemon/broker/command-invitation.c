/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp invite: makes an invitation, lists them, takes one back. Nothing of this is said to
 * the server. The link is told once, to the command that made the invitation; the list has no
 * secret.
 */
#include <stdio.h>
#include <string.h>

#include "command-internal.h"
#include "hex.h"
#include "invitation-link.h"
#include "invitation-store.h"
#include "random.h"
#include "wipe.h"

enum { DAY = 24 * 3600 };

/* Whether there is an account; an error was sent if not. */
static bool have_account(struct broker *b, struct conn *conn)
{
	struct message none;

	if (*b->identity.account)
		return true;
	message_set(&none, MSG_NO_ACCOUNT, NULL);
	conn_send_error(conn, b->trouble.id != MSG_NONE ? &b->trouble : &none);
	return false;
}

/* Fills in what the command asks for. False if it cannot be had; an error was sent. */
static bool read_request(struct broker *b, struct conn *conn, struct fields command,
			 struct invitation *as)
{
	const char *name = fields_get(command, "share"), *right = fields_get(command, "right");
	uint64_t days = fields_get_u64(command, "days", 0), now = context_time(&b->context);
	const struct share *share = name ? policy_find(b->context.policy, name) : NULL;

	if (!days || days > INVITATION_DAYS_MAX) {
		command_refuse(conn, MSG_INTERNAL, "reason", "an invitation lasts 1 to 30 days");
		return false;
	}
	as->made = now;
	as->expires = now + days * DAY;
	as->device = fields_get(command, "device") != NULL;
	if (!name || as->device)
		return true;
	if (!share || !share->path) {
		command_refuse(conn, MSG_NO_SUCH_SHARE, "share", name);
		return false;
	}
	memcpy(as->share, share->name, sizeof(as->share));
	as->push = right && !strcmp(right, "push");
	return true;
}

static void make_names(const struct broker *b, struct invitation *as)
{
	unsigned char id[INVITATION_ID_BYTES];

	random_bytes(as->secret, sizeof(as->secret));
	do {
		random_bytes(id, sizeof(id));
		hex_encode(id, sizeof(id), as->id);
	} while (invitations_find(b->context.invitations, as->id));
}

static void describe(const struct invitation *one, uint64_t now, struct buf *row)
{
	char hex[2 * FINGERPRINT_BYTES + 1];

	fields_add(row, "kind", "invitation");
	fields_add(row, "id", one->id);
	fields_add(row, "state", invitation_state_name(one, now));
	fields_add_u64(row, "made", one->made);
	fields_add_u64(row, "expires", one->expires);
	if (one->device)
		fields_add(row, "device", "1");
	if (*one->share) {
		fields_add(row, "share", one->share);
		fields_add(row, "right", one->push ? "push" : "fetch");
	}
	if (!one->jid)
		return;
	hex_encode(one->fp, FINGERPRINT_BYTES, hex);
	fields_add(row, "jid", one->jid);
	fields_add(row, "fingerprint", hex);
	fields_add_u64(row, "used", one->ended);
}

static void send_link(const struct broker *b, struct conn *conn, const struct invitation *one)
{
	struct invitation_link link = { .device = one->device };
	struct buf text = { .secret = true }, row = { .secret = true };

	strcpy(link.jid, b->context.self);
	memcpy(link.fp, b->context.fp, sizeof(link.fp));
	memcpy(link.secret, one->secret, sizeof(link.secret));
	memcpy(link.share, one->share, sizeof(link.share));
	link.until = one->expires;
	invitation_link_put(&text, &link);
	describe(one, context_time(&b->context), &row);
	fields_add(&row, "link", buf_str(&text));
	buf_finish(&text);
	wipe(link.secret, sizeof(link.secret));
	command_row(conn, &row);
	buf_finish(&row);
}

void command_invite(struct broker *b, struct conn *conn, struct fields command)
{
	struct invitation as = { .next = NULL };
	const struct invitation *one;
	struct buf before = { 0 };
	struct message trouble;
	char limit[16];

	if (!have_account(b, conn) || !read_request(b, conn, command, &as))
		return;
	make_names(b, &as);
	invitation_store_remember(&b->context, &before);
	one = invitations_add(b->context.invitations, &as, as.made);
	wipe(as.secret, sizeof(as.secret));
	if (!one) {
		buf_finish(&before);
		snprintf(limit, sizeof(limit), "%d", INVITATIONS_MAX);
		command_refuse(conn, MSG_INVITATIONS_FULL, "limit", limit);
		return;
	}
	if (invitation_store_keep(&b->identity, &b->context, &before, &trouble)) {
		conn_send_error(conn, &trouble);
		return;
	}
	send_link(b, conn, one);
	command_done(conn, NULL);
}

void command_invitations(struct broker *b, struct conn *conn, struct fields command)
{
	uint64_t now = context_time(&b->context);
	struct buf row = { 0 };

	if (!have_account(b, conn))
		return;
	for (const struct invitation *one = invitations_first(b->context.invitations); one;
	     one = one->next) {
		describe(one, now, &row);
		command_row(conn, &row);
	}
	buf_finish(&row);
	command_done(conn, NULL);
}

void command_invite_revoke(struct broker *b, struct conn *conn, struct fields command)
{
	const char *id = fields_get(command, "id");
	struct buf before = { 0 };
	struct invitation *one;
	struct message trouble;

	if (!have_account(b, conn))
		return;
	one = id ? invitations_find(b->context.invitations, id) : NULL;
	invitation_store_remember(&b->context, &before);
	if (!one || !invitations_revoke(one, context_time(&b->context))) {
		buf_finish(&before);
		command_refuse(conn, MSG_NO_SUCH_INVITATION, "id", id ? id : "");
		return;
	}
	if (invitation_store_keep(&b->identity, &b->context, &before, &trouble)) {
		conn_send_error(conn, &trouble);
		return;
	}
	command_done(conn, "taken back; nobody can use it any more");
}
