/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "git xmpp device": the devices of a person or of the own account, the name of this one, and
 * the end of an own one. What is changed is saved first, then ends what has to end, and then
 * everybody is told.
 */
#include <string.h>

#include "alloc.h"
#include "command-internal.h"
#include "device-name.h"
#include "device-news.h"
#include "hex.h"
#include "revocation.h"
#include "server-events.h"

/* This device, which is in no table. */
static void send_this(struct broker *b, struct conn *conn, struct buf *row)
{
	char hex[2 * FINGERPRINT_BYTES + 1];

	hex_encode(b->context.fp, FINGERPRINT_BYTES, hex);
	fields_add(row, "kind", "device");
	fields_add(row, "this", "1");
	fields_add(row, "jid", b->context.jid);
	fields_add(row, "device", b->context.device);
	fields_add(row, "fingerprint", hex);
	fields_add(row, "name", trust_own_name(b->context.trust));
	fields_add(row, "trust", trust_retired(b->context.trust) ? "revoked" : "own");
	fields_add_u64(row, "since", trust_retired(b->context.trust));
	fields_add(row, "online", b->context.online_at ? "1" : "0");
	command_row(conn, row);
}

void command_devices(struct broker *b, struct conn *conn, struct fields command)
{
	const char *only = fields_get(command, "jid");
	const struct trusted_device *d;
	char jid[JID_MAX];
	struct buf row = { 0 };

	if (only && !command_jid(conn, command, jid))
		return;
	if (!only && !b->context.fp) {
		conn_send_error(conn, &b->trouble);
		return;
	}
	if (!only)
		strcpy(jid, b->context.jid);
	if (command_is_self(b, jid))
		send_this(b, conn, &row);
	broker_meet_devices(b, jid, false);
	for (d = trust_devices(b->context.trust, jid); d; d = d->sibling)
		command_device(b, conn, d, &row);
	buf_finish(&row);
	if (trust_devices(b->context.trust, jid) || command_is_self(b, jid))
		command_done(conn, NULL);
	else
		command_refuse(conn, MSG_NO_DEVICE_KNOWN, "jid", jid);
}

/* Whether this account has a device. If not, an error was sent and the connection closed. */
static bool has_device(struct broker *b, struct conn *conn)
{
	struct message m;

	if (b->context.fp)
		return true;
	message_set(&m, MSG_NO_ACCOUNT, NULL);
	command_fail_with(conn, b->trouble.id == MSG_NONE ? &m : &b->trouble);
	return false;
}

void command_device_rename(struct broker *b, struct conn *conn, struct fields command)
{
	const char *name = fields_get(command, "name");
	struct buf before = { 0 };

	if (!has_device(b, conn))
		return;
	if (name && *name && !device_name_valid(name)) {
		command_refuse(conn, MSG_BAD_DEVICE_NAME, "name", name);
		conn_close(conn);
		return;
	}
	keyring_remember(&b->keyring, &before);
	trust_name_self(b->context.trust, name, time(NULL));
	if (!command_keep(b, conn, &before))
		return;
	device_news_decided(b->device_news, NULL);
	command_finish(conn, name && *name ? xasprintf("this device is called '%s'", name)
					   : xstrdup("this device has no name"));
}

static void retire_this(struct broker *b, struct conn *conn)
{
	struct buf before = { 0 };

	keyring_remember(&b->keyring, &before);
	trust_retire_self(b->context.trust, time(NULL));
	if (!command_keep(b, conn, &before))
		return;
	device_news_decided(b->device_news, NULL);
	command_finish(conn, xstrdup("this device is retired; buddies who are online are told, and "
				     "those whom it does not meet any more are told by your other "
				     "devices"));
}

void command_device_retire(struct broker *b, struct conn *conn, struct fields command)
{
	const char *text = fields_get(command, "fingerprint");
	unsigned char fp[FINGERPRINT_BYTES];
	char device[DEVICE_ID_LEN + 1];
	struct buf before = { 0 };

	if (!has_device(b, conn))
		return;
	if (!text || !fingerprint_parse(text, fp)) {
		command_refuse(conn, MSG_BAD_FINGERPRINT, "fingerprint", text ? text : "");
		conn_close(conn);
		return;
	}
	if (!memcmp(fp, b->context.fp, sizeof(fp))) {
		retire_this(b, conn);
		return;
	}
	if (trust_lookup(b->context.trust, b->context.jid, fp) == TRUST_UNKNOWN) {
		command_fail(conn, MSG_NO_DEVICE_KNOWN, b->context.jid);
		return;
	}
	keyring_remember(&b->keyring, &before);
	trust_retire(b->context.trust, b->context.jid, fp, b->context.fp, time(NULL));
	if (!command_keep(b, conn, &before))
		return;
	device_id_of(fp, device);
	revoke_untrusted(b, b->context.jid);
	device_news_decided(b->device_news, NULL);
	command_finish(conn, xasprintf("device %s is retired; buddies who are online are told now, "
				       "the others when this device meets them",
				       device));
}
