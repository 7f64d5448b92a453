/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hello.h"

#include <string.h>

#include "fields.h"
#include "hex.h"
#include "jid.h"
#include "log.h"

/*
 * HELLO consists of fields, so that a later version may add some. Unknown fields are
 * skipped; a HELLO with a missing or malformed field is refused.
 *
 * TLS proves who holds a key, and the XMPP server says whose stream it is. Neither says
 * that the two belong together. So each side names both accounts in HELLO, where only the
 * holder of the key can. A device that passes on another device's path as its own cannot
 * make the holder of the key name its account.
 */

/* The fields of an answer that every version understands. */
static void put_state(struct buf *payload, const char *state)
{
	fields_add_u64(payload, "protocol", LINK_PROTOCOL);
	fields_add(payload, "state", state);
}

static void put_record(struct buf *out, struct buf *payload)
{
	record_put(out, RECORD_HELLO, 0, buf_data(payload), buf_len(payload));
	buf_finish(payload);
}

void hello_put(struct buf *out, const char *state, const struct link_ends *ends,
	       const uint8_t instance[INSTANCE_BYTES], const uint8_t *id, uint64_t received)
{
	char hex[2 * LINK_ID_BYTES + 1];
	struct buf payload = { 0 };

	put_state(&payload, state);
	fields_add(&payload, "from", ends->us);
	fields_add(&payload, "to", ends->them);
	hex_encode(instance, INSTANCE_BYTES, hex);
	fields_add(&payload, "instance", hex);
	fields_add_u64(&payload, "received", received);
	if (id) {
		hex_encode(id, LINK_ID_BYTES, hex);
		fields_add(&payload, "link", hex);
	}
	put_record(out, &payload);
}

void link_hello_refusal(const char *state, const struct link_ends *ends,
			const uint8_t instance[INSTANCE_BYTES], struct buf *out)
{
	struct buf payload = { 0 };

	if (ends) {
		hello_put(out, state, ends, instance, NULL, 0);
		return;
	}
	put_state(&payload, state);
	put_record(out, &payload);
}

/* Whether said names the account bare, in whatever spelling. */
static bool names(const char *said, const char *bare)
{
	char jid[JID_MAX];

	return said && jid_bare(said, jid) && !strcmp(jid, bare);
}

static bool names_both(struct fields f, const char *state, const struct link_ends *ends)
{
	const char *from = fields_get(f, "from"), *to = fields_get(f, "to");

	if (names(from, ends->them) && names(to, ends->us))
		return true;
	if (!strcmp(state, "not-you"))
		log_warning(
			"%s: whoever is at the other end of the path expects somebody else on it",
			ends->them);
	else if (!from && !to)
		log_warning("%s: its HELLO names nobody; nothing is told to it, or trusted",
			    ends->them);
	else
		log_warning("%s: its HELLO is from '%.100s' to '%.100s': somebody passes on a path "
			    "that is "
			    "not theirs; nothing is told to it, or trusted",
			    ends->them, from ? from : "", to ? to : "");
	return false;
}

static enum hello_fault malformed(struct hello *hello, const char *why)
{
	hello->why = why;
	return HELLO_MALFORMED;
}

enum hello_fault hello_parse(const struct record *record, const struct link_ends *ends,
			     struct hello *hello)
{
	struct fields f = { (const char *)record->payload, record->len };
	const char *hex;

	if (record->type != RECORD_HELLO)
		return malformed(hello, "type: HELLO comes first");
	if (!fields_valid(f))
		return malformed(hello, FIELDS_RULE);
	hello->protocol = fields_get_u64(f, "protocol", 0);
	hello->state = fields_get(f, "state");
	if (!hello->protocol || !hello->state)
		return malformed(hello, hello->protocol ? "state: must be there" :
				 "protocol: a number above 0");
	if (hello->protocol != LINK_PROTOCOL)
		return HELLO_OTHER_PROTOCOL;
	if (!strcmp(hello->state, "version"))
		return malformed(hello, "protocol: another one than what is refused");
	if (!names_both(f, hello->state, ends))
		return HELLO_OTHER_NAMES;
	hex = fields_get(f, "instance");
	hello->received = fields_get_u64(f, "received", UINT64_MAX);
	if (!hex || !hex_decode(hex, hello->instance, INSTANCE_BYTES))
		return malformed(hello, "instance: 16 hex digits");
	if (hello->received == UINT64_MAX)
		return malformed(hello, "received: a number");
	return HELLO_GOOD;
}

enum hello_fault link_hello_parse(const struct record *record, const struct link_ends *ends,
				  struct link_hello *out)
{
	struct fields f = { (const char *)record->payload, record->len };
	struct hello hello = { 0 };
	enum hello_fault fault = hello_parse(record, ends, &hello);
	const char *hex;

	out->protocol = hello.protocol;
	out->why = hello.why;
	if (fault != HELLO_GOOD)
		return fault;
	out->why = "link: 32 hex digits";
	hex = fields_get(f, "link");
	if (!hex || !hex_decode(hex, out->link, LINK_ID_BYTES))
		return HELLO_MALFORMED;
	out->resume = !strcmp(hello.state, "resume");
	out->meet = !strcmp(hello.state, "meet");
	out->why = "state: new, resume or meet";
	if (!out->resume && !out->meet && strcmp(hello.state, "new"))
		return HELLO_MALFORMED;
	out->why = "received: 0 on a new link";
	if (!out->resume && hello.received != 0)
		return HELLO_MALFORMED;
	out->why = NULL;
	memcpy(out->instance, hello.instance, INSTANCE_BYTES);
	out->received = hello.received;
	return HELLO_GOOD;
}
