/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "git xmpp device export" and "import". Each takes some tenths of a second for the
 * passphrase, and the broker does nothing else meanwhile: all its links end anyway.
 */
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "command-internal.h"
#include "device-archive.h"
#include "device-id.h"
#include "device-move.h"

enum { PASSPHRASE_MIN = 8 };	/* bytes; asked for when a file is written */

/*
 * What both commands name. False if something is missing; an error was sent then, and the
 * connection closed.
 */
static bool read_command(struct conn *conn, struct fields command, const char **path,
			 const char **passphrase, bool writes)
{
	const char *words;
	struct message m;
	size_t n;

	*path = fields_get(command, "path");
	words = *passphrase = fields_get(command, "passphrase");
	n = words ? strlen(words) : 0;
	message_set(&m, MSG_BAD_PASSPHRASE, "reason",
		    n > PASSPHRASE_MAX ? "it is too long"
		    : n		       ? "it is too short"
				       : "it is empty",
		    NULL);
	if (!*path || **path != '/')
		message_set(&m, MSG_BAD_COMMAND, "verb", "device", NULL);
	else if (n && n <= PASSPHRASE_MAX && (!writes || n >= PASSPHRASE_MIN))
		return true;
	command_fail_with(conn, &m);
	return false;
}

void command_device_export(struct broker *b, struct conn *conn, struct fields command)
{
	const char *path, *passphrase;
	char device[DEVICE_ID_LEN + 1];
	struct message m;

	message_set(&m, MSG_NO_ACCOUNT, NULL);
	if (!b->context.fp) {
		command_fail_with(conn, b->trouble.id == MSG_NONE ? &m : &b->trouble);
		return;
	}
	if (!read_command(conn, command, &path, &passphrase, true))
		return;
	if (device_move_export(path, passphrase, b->identity.account, b->identity.key,
			       b->context.trust, b->context.invitations, b->context.joinings, &m)) {
		command_fail_with(conn, &m);
		return;
	}
	strcpy(device, b->context.device);
	broker_log_out(b);
	broker_log_in_anew(b);
	command_finish(conn, xasprintf("device %s is in '%s', and is not used on this machine any "
				       "more. On the other one: git xmpp setup %s, then "
				       "git xmpp device import <file>; remove the file after it",
				       device, path, b->config->jid));
}

/* Whether anything was decided on this machine about another device, of whomever. */
static bool has_decided(const struct broker *b)
{
	for (const struct trust_person *p = trust_persons(b->context.trust); p; p = p->next)
		for (const struct trusted_device *d = p->devices; d; d = d->sibling)
			if (d->state != TRUST_PENDING)
				return true;
	return false;
}

/* Whether this machine may become the device. If not, an error was sent. */
static bool has_room(struct broker *b, struct conn *conn, const struct device_move *move)
{
	struct message m;

	if (!b->context.fp)
		return true;
	if (!memcmp(b->context.fp, device_key_fingerprint(move->key), FINGERPRINT_BYTES)) {
		command_finish(conn, xasprintf("this machine is device %s already; nothing was "
					       "changed",
					       b->context.device));
		return false;
	}
	if (!has_decided(b))
		return true;
	message_set(&m, MSG_DEVICE_IN_USE, "jid", b->identity.account, "device", b->context.device,
		    NULL);
	command_fail_with(conn, &m);
	return false;
}

static unsigned count_open(const struct invitations *all)
{
	const struct invitation *one = invitations_first(all);
	unsigned n = 0;

	for (; one; one = one->next)
		n += invitation_is_open(one, time(NULL));
	return n;
}

static void report(const struct broker *b, struct conn *conn, unsigned invitations)
{
	struct buf text = { 0 };

	buf_printf(&text, "this machine is device %s of %s now; remove the file", b->context.device,
		   b->config->jid);
	if (invitations)
		buf_printf(&text,
			   ". %u invitation%s still open: share here, under the same names, what "
			   "they name",
			   invitations, invitations == 1 ? " is" : "s are");
	command_finish(conn, buf_detach(&text));
}

static void become(struct broker *b, struct conn *conn, const struct device_move *move)
{
	struct message m;
	int failed;

	/* First: what ends may still be written into the table that is replaced. */
	broker_log_out(b);
	keyring_settle(&b->keyring);
	failed = device_move_import(move, b->config->jid, &m);
	broker_log_in_anew(b);
	if (!failed && !b->context.fp)
		m = b->trouble;
	if (failed || !b->context.fp)
		command_fail_with(conn, &m);
	else
		report(b, conn, count_open(move->invitations));
}

void command_device_import(struct broker *b, struct conn *conn, struct fields command)
{
	const char *path, *passphrase;
	struct device_move move;
	struct message m;

	message_set(&m, MSG_NO_ACCOUNT, NULL);
	/* A key that is there and cannot be used is not replaced. */
	if (!b->config->account || (!b->context.fp && b->trouble.id != MSG_DEVICE_EXPORTED)) {
		command_fail_with(conn, b->trouble.id == MSG_NONE ? &m : &b->trouble);
		return;
	}
	if (!read_command(conn, command, &path, &passphrase, false))
		return;
	if (device_move_read(path, passphrase, b->config->jid, &move, &m))
		command_fail_with(conn, &m);
	else if (has_room(b, conn, &move))
		become(b, conn, &move);
	device_move_finish(&move);
}
