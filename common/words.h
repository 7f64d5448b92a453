/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_WORDS_H
#define COMMON_WORDS_H

/*
 * Bits in a form that people read to each other: words of a list (word-list.h), or digits for
 * people who do not share the language of the list. Both say the same bits.
 *
 * A short string has 30 bits: three words, or ten digits. It is safe only where nobody can
 * search for a match (daemon/core/peer/meeting.h). A fingerprint is read alone where its
 * owner is away, so more of it is read: its first 130 bits as thirteen words, or its first 132
 * bits as forty digits. protocol.md, "Words and digits".
 */

#include <stdbool.h>

#include "fingerprint.h"
#include "word-list.h"

enum {
	SHORT_WORDS = 3,
	SHORT_DIGITS = 10,
	SHORT_BYTES = 4,		/* that the 30 bits are in */
	FINGERPRINT_WORDS = 13,
	FINGERPRINT_DIGITS = 40,
	/* bytes, with spaces between words or groups, and the NUL */
	SHORT_WORDS_MAX = SHORT_WORDS * WORD_MAX,
	SHORT_DIGITS_MAX = SHORT_DIGITS + 2,
	FINGERPRINT_WORDS_MAX = FINGERPRINT_WORDS * WORD_MAX,
	FINGERPRINT_DIGITS_MAX = FINGERPRINT_DIGITS + 8,
	DEVICE_WORDS_MAX = 2 * WORD_MAX,
};

/*
 * Writes count words for the first 10 * count bits, with spaces between them. out has count *
 * WORD_MAX bytes.
 */
void words_write(const unsigned char *bits, unsigned count, char *out);

/*
 * Two words for people to tell devices apart that have no name, like "amber-river": the first
 * 20 bits of the fingerprint, which are the first four letters of the id. They say nothing new,
 * and prove nothing: a key with the same two is found in a moment. False if it is no id.
 */
bool words_of_device(const char *id, char out[DEVICE_WORDS_MAX]);

/* The digits of a short string, in groups of five. */
void words_short_digits(const unsigned char bits[SHORT_BYTES], char out[SHORT_DIGITS_MAX]);
/* The digits of a fingerprint, in groups of five. */
void words_fingerprint_digits(const unsigned char fp[FINGERPRINT_BYTES],
			      char out[FINGERPRINT_DIGITS_MAX]);

/* What was read of a fingerprint: its first bits. The rest of `fp` is 0. */
struct fingerprint_part {
	unsigned char fp[FINGERPRINT_BYTES];
	unsigned bits;			/* 130, 132 or 256 */
};

/*
 * Reads a fingerprint as people type it: 64 hex digits, thirteen words (WORD_PREFIX letters of
 * each are enough) or forty digits. Spaces, and ':', ',' and '-', may stand between them. False
 * if text is none of that.
 */
bool fingerprint_part_parse(const char *text, struct fingerprint_part *out);

/* Whether fp begins with the part. */
bool fingerprint_part_is_of(const struct fingerprint_part *part,
			    const unsigned char fp[FINGERPRINT_BYTES]);

#endif
