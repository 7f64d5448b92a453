/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_LAST_WORD_H
#define HELPER_LAST_WORD_H

/*
 * The reason of a lost connection, as the last line that git prints: a git whose stream just
 * ends complains of that, below whatever we have said before. Where the protocol has a place
 * for an error of the far side ("ERR" of gitprotocol-pack(5), band 3 of gitprotocol-common(5)),
 * the reason is put there, and git dies with it. To find that place, both directions are read
 * along. Pure.
 *
 * There is none in the middle of a packet, and in the middle of the pack of a fetch, where
 * index-pack has the last word.
 */

#include <stdbool.h>

#include "buf.h"
#include "pkt-line.h"

struct last_word {
	const char *service;		/* borrowed; as FRAME_OPEN has it */
	struct pkt_line asks, answers, report;
	bool asked;			/* its commands are complete */
	bool bands;			/* what comes now is in side bands */
	char first[16];			/* of the packet that comes, or of the one that git sends */
	size_t first_len;
	struct buf line;		/* of what git sends, up to its capabilities */
	char band;
};

void last_word_init(struct last_word *l, const char *service);
void last_word_finish(struct last_word *l);

/* What git sends, and what it gets, in the order in which it passes. */
void last_word_asks(struct last_word *l, const char *data, size_t n);
void last_word_answers(struct last_word *l, const char *data, size_t n);

/*
 * What is to be given to git so that it dies with this line. False if there is
 * no place for it now.
 */
bool last_word_put(const struct last_word *l, const char *line, struct buf *out);

#endif
