/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record.h"

#include <assert.h>
#include <string.h>

#include "fields.h"

/*
 * The known types are the rows of a table. Some types outside it are reserved for later
 * versions and skipped; any other ends the link. A record is read once its header of
 * twelve bytes is there. But a length that is too big is refused with the header's fourth
 * byte, before any of the payload is waited for.
 */

static const struct {
	const char *name;
	bool numbered;
} kinds[] = {
	[RECORD_HELLO] = { "HELLO", false },
	[RECORD_ACK] = { "ACK", false },
	[RECORD_PING] = { "PING", false },
	[RECORD_PONG] = { "PONG", false },
	[RECORD_BYE] = { "BYE", false },
	[RECORD_MEET] = { "MEET", false },
	[RECORD_CAN_PUSH] = { "CAN-PUSH", true },
	[RECORD_PUSH_REQUEST] = { "PUSH-REQUEST", true },
	[RECORD_STARTING_PUSH] = { "STARTING-PUSH", true },
	[RECORD_REFUSE] = { "REFUSE", true },
	[RECORD_WITHDRAW] = { "WITHDRAW", true },
	[RECORD_SEEN] = { "SEEN", true },
	[RECORD_OUTCOME_ASK] = { "OUTCOME-ASK", true },
	[RECORD_OUTCOME] = { "OUTCOME", true },
	[RECORD_CANDIDATES] = { "CANDIDATES", true },
	[RECORD_BYTESTREAM] = { "BYTESTREAM", true },
	[RECORD_ACCEPT] = { "ACCEPT", true },
	[RECORD_CREDIT] = { "CREDIT", true },
	[RECORD_DATA] = { "DATA", true },
	[RECORD_STDERR] = { "STDERR", true },
	[RECORD_END] = { "END", true },
	[RECORD_EXIT] = { "EXIT", true },
	[RECORD_CLOSE] = { "CLOSE", true },
	[RECORD_DEVICE] = { "DEVICE", true },
	[RECORD_SHARES_ASK] = { "SHARES-ASK", true },
	[RECORD_SHARES] = { "SHARES", true },
	[RECORD_PUNCH] = { "PUNCH", true },
};

bool record_type_known(unsigned type)
{
	return type < sizeof(kinds) / sizeof(kinds[0]) && kinds[type].name;
}

bool record_type_skipped(unsigned type)
{
	return !record_type_known(type) &&
	       ((type >= RECORD_SKIPPED_PATH && type <= RECORD_SKIPPED_PATH_LAST) ||
		(type >= RECORD_SKIPPED && type <= RECORD_SKIPPED_LAST));
}

bool record_type_numbered(unsigned type)
{
	return record_type_known(type) ? kinds[type].numbered :
	       record_type_skipped(type) && type >= RECORD_SKIPPED;
}

const char *record_type_name(enum record_type type)
{
	return record_type_known(type) ? kinds[type].name : "unknown";
}

void record_put(struct buf *out, enum record_type type, uint64_t number,
		const void *payload, size_t len)
{
	uint8_t *header;

	assert((record_type_known(type) || record_type_skipped(type)) &&
	       record_type_numbered(type) == (number != 0));
	assert(len <= RECORD_PAYLOAD_MAX);

	header = (uint8_t *)buf_reserve(out, RECORD_HEADER + len);
	put_be32(header, (uint32_t)type << 24 | (uint32_t)len);
	put_be64(header + 4, number);
	buf_added(out, RECORD_HEADER);
	if (len > 0)
		buf_append(out, payload, len);
}

const char *record_fault(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	if (n < 1)
		return NULL;
	if (!record_type_known(p[0]) && !record_type_skipped(p[0]))
		return "type: there is none of this number";
	if (n < 4)
		return NULL;
	if ((get_be32(p) & 0xffffff) > RECORD_PAYLOAD_MAX)
		return "length: a record has at most 16384 bytes";
	if (n < RECORD_HEADER)
		return NULL;
	if (record_type_numbered(p[0]) != (get_be64(p + 4) != 0))
		return record_type_numbered(p[0]) ? "number: this type has one"
						  : "number: this type has none";
	return NULL;
}

long record_parse(const void *bytes, size_t n, struct record *record)
{
	const uint8_t *p = bytes;
	size_t len;

	if (record_fault(bytes, n))
		return -1;
	if (n < RECORD_HEADER)
		return 0;
	len = get_be32(p) & 0xffffff;
	record->type = p[0];
	record->number = get_be64(p + 4);
	record->payload = p + RECORD_HEADER;
	record->len = len;
	return n < RECORD_HEADER + len ? 0 : (long)(RECORD_HEADER + len);
}

bool record_is_word(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n <= REASON_MAX && text[n] == '\0';
}

const char *record_reason(const struct record *record, const char *fallback)
{
	struct fields f = { (const char *)record->payload, record->len };
	const char *reason = fields_valid(f) ? fields_get(f, "reason") : NULL;

	return reason && record_is_word(reason) ? reason : fallback;
}

void put_be32(void *p, uint32_t v)
{
	uint8_t *b = p;

	b[0] = (uint8_t)(v >> 24);
	b[1] = (uint8_t)(v >> 16);
	b[2] = (uint8_t)(v >> 8);
	b[3] = (uint8_t)v;
}

void put_be64(void *p, uint64_t v)
{
	put_be32(p, (uint32_t)(v >> 32));
	put_be32((uint8_t *)p + 4, (uint32_t)v);
}

uint32_t get_be32(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

uint64_t get_be64(const void *p)
{
	return (uint64_t)get_be32(p) << 32 | get_be32((const uint8_t *)p + 4);
}
