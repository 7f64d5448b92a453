/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_LAST_WORD_H
#define HELPER_LAST_WORD_H

/*
 * Makes the reason of a lost connection the last line that git prints. A git whose stream
 * just ends would complain of that, below our message. Where the protocol has a place for
 * an error of the other side ("ERR" of gitprotocol-pack(5), band 3 of
 * gitprotocol-common(5)), the reason is put there, and git dies with it. To find that
 * place, both directions are read along. Pure.
 *
 * There is no such place in the middle of a packet, and none in the middle of the pack of a
 * fetch, where index-pack prints the last line.
 */

#include <stdbool.h>

#include "buf.h"
#include "pkt-line.h"

struct last_word {
	const char *service;		/* borrowed; as in FRAME_OPEN */
	struct pkt_line asks, answers, report;
	bool asked;			/* git has sent all its commands */
	bool bands;			/* what git gets now is in side bands */
	char first[16];			/* first bytes of the packet that git gets */
	size_t first_len;
	struct buf line;		/* the packet that git sends, while its capabilities are
					   looked for */
	char band;
};

void last_word_init(struct last_word *l, const char *service);
void last_word_finish(struct last_word *l);

/* Take what git sends, and what git gets, in the order in which the bytes pass. */
void last_word_asks(struct last_word *l, const char *data, size_t n);
void last_word_answers(struct last_word *l, const char *data, size_t n);

/*
 * Appends to out the bytes that make git die with this line. False if there is no place for
 * them now.
 */
bool last_word_put(const struct last_word *l, const char *line, struct buf *out);

#endif
