/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ibb.h"

#include <assert.h>
#include <string.h>

/*
 * Blocks are sent while the window has room. Each is acknowledged by its own iq result,
 * in any order. Nothing is sent twice: a block that is refused or overdue ends the
 * bytestream, and the link above repeats on another path what was lost.
 *
 * A server that limits the rate reads what is there, and then pauses for as long as that
 * should have taken. A control record that waits for the window comes there after the next
 * pause at the earliest, and is read after one more. So one small block of control records
 * has a place beyond the window.
 */

void ibb_init(struct ibb *s, size_t block_max, uint64_t now)
{
	assert(block_max > 0);
	memset(s, 0, sizeof(*s));
	s->block_max = block_max;
	congestion_init(&s->congestion, now);
	throttle_init(&s->throttle, now);
}

/*
 * Whether the window of bytes holds the next block back. The count of stanzas is checked
 * elsewhere.
 */
static bool window_full(const struct ibb *s)
{
	return s->bytes_in_flight + congestion_block(&s->congestion, s->block_max) >
	       congestion_window(&s->congestion);
}

size_t ibb_can_send(const struct ibb *s)
{
	size_t window = congestion_window(&s->congestion);

	if (s->in_flight == IBB_STANZAS_MAX)
		return 0;
	if (!window_full(s))
		return congestion_block(&s->congestion, s->block_max);
	/*
	 * A single block in a window that was cut after it left would leave the server
	 * idle for a round trip. So the rest of the window is used.
	 */
	if (s->in_flight == 1 && s->bytes_in_flight + CONGESTION_WINDOW_MIN <= window)
		return window - s->bytes_in_flight;
	return 0;
}

size_t ibb_can_interrupt(const struct ibb *s)
{
	/* Beside a block that measures the base this one would count in the base. */
	if (s->in_flight == IBB_STANZAS_MAX || s->congestion.draining)
		return 0;
	for (size_t i = 0; i < IBB_STANZAS_MAX; i++)
		if (s->flight[i].used && s->flight[i].beyond)
			return 0;
	return IBB_URGENT < s->block_max ? IBB_URGENT : s->block_max;
}

uint16_t ibb_sent(struct ibb *s, size_t n, uint64_t now)
{
	struct ibb_block *block = s->flight;

	assert(n <= s->block_max && s->in_flight < IBB_STANZAS_MAX);
	while (block->used)
		block++;
	*block = (struct ibb_block){
		.seq = s->seq_out,
		.used = true,
		.beyond = s->bytes_in_flight + n > congestion_window(&s->congestion),
		.bytes = n,
		.sent_at = now,
	};
	s->in_flight++;
	s->bytes_in_flight += n;
	return s->seq_out++;
}

bool ibb_acked(struct ibb *s, uint16_t seq, uint64_t now)
{
	bool was_full = window_full(s);

	for (size_t i = 0; i < IBB_STANZAS_MAX; i++) {
		struct ibb_block *block = &s->flight[i];
		uint64_t rtt = now - block->sent_at;

		if (!block->used || block->seq != seq)
			continue;
		block->used = false;
		s->in_flight--;
		s->bytes_in_flight -= block->bytes;
		congestion_acked(&s->congestion, block->bytes, rtt, was_full, now);
		throttle_acked(&s->throttle, block->bytes, rtt - s->congestion.base_rtt, now);
		return true;
	}
	return false;
}

int ibb_received(struct ibb *s, uint64_t seq, size_t bytes)
{
	if (seq != s->seq_in || bytes > s->block_max)
		return -1;
	s->seq_in++;
	return 0;
}

uint64_t ibb_deadline(const struct ibb *s)
{
	uint64_t oldest = UINT64_MAX;

	for (size_t i = 0; i < IBB_STANZAS_MAX; i++)
		if (s->flight[i].used && s->flight[i].sent_at < oldest)
			oldest = s->flight[i].sent_at;
	return oldest == UINT64_MAX ? UINT64_MAX : oldest + IBB_ACK_TIMEOUT;
}
