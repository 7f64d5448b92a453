/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user has another account, and this device goes there (account-move.h). It need not be
 * online: the old server may be gone. With check=1 it is only said whether it would be refused.
 * Asked again after it was done, the command only removes what a crash may have left, so the
 * client can always begin from the start.
 *
 * Between this command and the client's change of the configuration there is no device: the
 * configured account has none any more. Nobody may then do anything, which is safe.
 */
#include <string.h>
#include <time.h>

#include "account-move.h"
#include "alloc.h"
#include "command-internal.h"
#include "push-queue.h"

/* The list of the old server does not count at the new one, so its addresses are kept here. */
static void keep_blocks(const struct broker *b, struct trust *trust, const char *to, uint64_t now)
{
	const char *entry = blocklist_next(b->context.blocked, NULL);
	char jid[JID_MAX];

	for (; entry; entry = blocklist_next(b->context.blocked, entry))
		if (strchr(entry, '@') && jid_bare(entry, jid) && !strcmp(jid, entry) &&
		    strcmp(jid, to) != 0)
			trust_mark(trust, jid, MARK_BLOCKED, true, now);
}

/* The table as it is to be at the new address. The caller destroys it. */
static struct trust *moved_trust(const struct broker *b, const char *from, const char *to)
{
	struct trust *trust = trust_create();
	struct buf text = { 0 };
	uint64_t now = time(NULL);

	trust_write(b->context.trust, &text);
	trust_parse(trust, buf_str(&text), buf_len(&text));
	buf_finish(&text);
	trust_move_self(trust, from, to, now);
	keep_blocks(b, trust, to, now);
	return trust;
}

static unsigned count_invitations(const struct broker *b)
{
	const struct invitation *one = invitations_first(b->context.invitations);
	unsigned n = 0;

	for (; one; one = one->next)
		n += invitation_is_open(one, time(NULL));
	return n;
}

static void report(struct conn *conn, const char *device, const char *from, const char *to,
		   unsigned invitations)
{
	struct buf text = { 0 };

	buf_printf(&text, "device %s is one of %s now, and no more of %s", device, to, from);
	if (invitations)
		buf_printf(&text,
			   "; %u invitation%s with the old address cannot be used any more: make "
			   "new ones with git xmpp invite",
			   invitations, invitations == 1 ? "" : "s");
	command_finish(conn, buf_detach(&text));
}

static void move(struct broker *b, struct conn *conn, const char *from, const char *to)
{
	struct trust *trust = moved_trust(b, from, to);
	unsigned invitations = count_invitations(b);
	char device[DEVICE_ID_LEN + 1];
	struct message m;
	int failed;

	strcpy(device, b->context.device);
	/* First: what ends may still be written into the table that is left. */
	broker_log_out(b);
	keyring_settle(&b->keyring);
	failed = account_move(from, to, trust, &m);
	trust_destroy(trust);
	broker_log_in_anew(b);
	account_move_tidy(from, to);
	/* To devices of one's own, which are moved there themselves. */
	if (!failed)
		push_queue_move(b->push_queue, from, to);
	if (failed)
		command_fail_with(conn, &m);
	else
		report(conn, device, from, to, invitations);
}

static bool get_jid(struct conn *conn, struct fields command, const char *key, char jid[JID_MAX])
{
	const char *text = fields_get(command, key);

	if (text && jid_bare(text, jid))
		return true;
	command_fail(conn, MSG_BAD_JID, text ? text : "");
	return false;
}

/* Whether it is the account whose device this is. If not, an error was sent. */
static bool is_present(const struct broker *b, struct conn *conn, const char *from, const char *to)
{
	struct message m;

	if (!command_is_self(b, from))
		message_set(&m, MSG_NOT_THIS_ACCOUNT, "jid", from, "me",
			    b->context.jid ? b->context.jid : "", "to", to, NULL);
	else if (b->context.fp)
		return true;
	else
		m = b->trouble;
	command_fail_with(conn, &m);
	return false;
}

void command_account_move(struct broker *b, struct conn *conn, struct fields command)
{
	char from[JID_MAX], to[JID_MAX];
	enum trust_move outcome;
	struct message m;

	if (!get_jid(conn, command, "jid", from) || !get_jid(conn, command, "to", to))
		return;
	if (account_move_done(from, to)) {
		account_move_tidy(from, to);
		command_finish(conn, NULL);
		return;
	}
	if (!is_present(b, conn, from, to))
		return;
	outcome = trust_may_move_self(b->context.trust, from, to);
	if (outcome != TRUST_MOVED)
		command_move_refused(conn, outcome, MSG_OWN_ACCOUNT, from, to);
	else if (account_move_check(to, &m))
		command_fail_with(conn, &m);
	else if (fields_get(command, "check"))
		command_finish(conn, NULL);
	else
		move(b, conn, from, to);
}
