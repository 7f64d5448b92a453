/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

/*
 * A link carries records inside TLS. A record is a header of twelve bytes, big endian,
 * and the payload:
 *
 *   type (1)  length (3)  number (8)  payload (length)
 *
 * Numbered records are counted from 1 in each direction of a link, without a gap over all
 * of its paths. Unnumbered ones (number 0) belong to one path. Payloads are fields
 * (common/fields.h) except those of channels.
 *
 * Some types are reserved, and a receiver that does not know them skips them: unnumbered
 * records of the types 9 to 15, and numbered ones of 64 to 127, which are counted and
 * acknowledged.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "bounds.h"

enum { RECORD_HEADER = 12, REASON_MAX = 32 };

enum record_type {
	/* of the path, unnumbered */
	RECORD_HELLO = 1,	/* first on every path, both ways. link.h */
	RECORD_ACK = 2,		/* eight bytes: all numbered records up to this one have arrived */
	RECORD_PING = 3,	/* up to 16 bytes, sent back in PONG */
	RECORD_PONG = 4,
	RECORD_BYE = 5,		/* fields: reason; the link ends for good */
	RECORD_MEET = 8,	/* fields: kind; only in a meeting. core/peer/meeting.h */

	/* of the negotiation, numbered. negotiation.h */
	RECORD_CAN_PUSH = 16,
	RECORD_PUSH_REQUEST = 17,
	RECORD_STARTING_PUSH = 18,
	RECORD_REFUSE = 19,
	RECORD_WITHDRAW = 20,
	RECORD_SEEN = 21,
	RECORD_OUTCOME_ASK = 22,
	RECORD_OUTCOME = 23,

	/* of the candidates of two devices, numbered. candidates.h */
	RECORD_CANDIDATES = 24,
	RECORD_BYTESTREAM = 25,

	/* of channels, numbered; the payload begins with the channel, four bytes. channel.h */
	RECORD_ACCEPT = 32,	/* window (4) */
	RECORD_CREDIT = 33,	/* bytes (4) */
	RECORD_DATA = 34,
	RECORD_STDERR = 35,
	RECORD_END = 36,	/* end of data */
	RECORD_EXIT = 37,	/* status (4) */
	RECORD_CLOSE = 38,	/* fields: reason */

	/* of devices, numbered, from here on skipped by who does not know them */
	RECORD_DEVICE = 64,	/* vouching.h */
	RECORD_SHARES_ASK = 65,	/* share-rows.h */
	RECORD_SHARES = 66,
	RECORD_PUNCH = 67,	/* candidates.h */

	/* reserved for later versions, and skipped */
	RECORD_SKIPPED_PATH = 9,
	RECORD_SKIPPED_PATH_LAST = 15,
	RECORD_SKIPPED = 64,
	RECORD_SKIPPED_LAST = 127,
};

struct record {
	enum record_type type;
	uint64_t number;
	const uint8_t *payload;	/* points into the bytes that were parsed */
	size_t len;
};

bool record_type_known(unsigned type);
/* Reserved: such a record is skipped, and is no fault of the peer. */
bool record_type_skipped(unsigned type);
bool record_type_numbered(unsigned type);
const char *record_type_name(enum record_type type);

void record_put(struct buf *out, enum record_type type, uint64_t number,
		const void *payload, size_t len);

/*
 * Parses the record at the front of n bytes. Returns its size; 0 when more bytes are
 * needed; -1 for an unknown type, a length that is too big, or a number where none
 * belongs or the reverse.
 */
long record_parse(const void *bytes, size_t n, struct record *record);

/*
 * The rule that the record at the front of n bytes breaks, as "field: rule"; NULL if none
 * so far. All functions that find faults in records use this form.
 */
const char *record_fault(const void *bytes, size_t n);

/* Whether text is a word: 1 to REASON_MAX lower-case letters, digits and '-'. */
bool record_is_word(const char *text);

/*
 * The reason in a BYE or CLOSE: a word of at most REASON_MAX lower-case letters, digits
 * and '-', pointing into the record. If there is no such word, the fallback.
 */
const char *record_reason(const struct record *record, const char *fallback);

/* Big-endian numbers in payloads. */
void put_be32(void *p, uint32_t v);
void put_be64(void *p, uint64_t v);
uint32_t get_be32(const void *p);
uint64_t get_be64(const void *p);

#endif
