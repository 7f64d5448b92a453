/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_IBB_H
#define CORE_IBB_H

/*
 * One in-band bytestream (XEP-0047) in both directions, with iq stanzas: what may be sent
 * when, and whether an incoming block is in order. Here are sequence numbers, windows and
 * acknowledgements; the daemon around the core builds and routes the stanzas.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
#include "congestion.h"
#include "throttle.h"

struct ibb_block {		/* a block in flight */
	uint16_t seq;
	bool used;
	bool beyond;		/* the window was full without it */
	size_t bytes;
	uint64_t sent_at;
};

struct ibb {
	size_t block_max;		/* bytes of payload in a block, as negotiated */
	uint16_t seq_out, seq_in;
	struct ibb_block flight[IBB_STANZAS_MAX];
	unsigned in_flight;
	size_t bytes_in_flight;
	struct congestion congestion;
	struct throttle throttle;
};

void ibb_init(struct ibb *s, size_t block_max, uint64_t now);

/* How many bytes the next block may carry now; 0: wait for an acknowledgement. */
size_t ibb_can_send(const struct ibb *s);

/*
 * How many bytes a block of control records may carry now that ibb_can_send() says 0:
 * IBB_URGENT while no such block is in flight, else 0.
 */
size_t ibb_can_interrupt(const struct ibb *s);

/* A block of n bytes leaves now. Returns its sequence number. */
uint16_t ibb_sent(struct ibb *s, size_t n, uint64_t now);

/* The iq result for a block has come. False if no such block was in flight. */
bool ibb_acked(struct ibb *s, uint16_t seq, uint64_t now);

/*
 * A block has come. 0, or -1 if seq is not the next one or the block is too big: then the
 * stream must be closed.
 */
int ibb_received(struct ibb *s, uint64_t seq, size_t bytes);

/* When the oldest block in flight is overdue; UINT64_MAX: nothing is in flight. */
uint64_t ibb_deadline(const struct ibb *s);

#endif
