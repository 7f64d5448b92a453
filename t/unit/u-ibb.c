/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ibb.h"
#include "tap.h"

/* Opens the window to its cap: acknowledgements without delay. */
static void open_window(struct ibb *s)
{
	for (unsigned i = 0; i < 200; i++) {
		uint16_t seq[IBB_STANZAS_MAX];
		unsigned n = 0;

		for (size_t can; (can = ibb_can_send(s)) > 0;)
			seq[n++] = ibb_sent(s, can, 0);
		for (unsigned j = 0; j < n; j++)
			ibb_acked(s, seq[j], 0);
	}
}

static void t_window(void)
{
	struct ibb s;
	uint16_t first, second;

	ibb_init(&s, IBB_BLOCK, 0);
	is_int(ibb_can_send(&s), CONGESTION_WINDOW_START / 2, "half a window may go at first");
	first = ibb_sent(&s, CONGESTION_WINDOW_START / 2, 0);
	second = ibb_sent(&s, CONGESTION_WINDOW_START / 2, 0);
	is_int(ibb_can_send(&s), 0, "with the window full nothing may go");
	is_int(first, 0, "the first block is number 0");
	is_int(second, 1, "the next is 1");
	ok(ibb_acked(&s, second, 10), "an acknowledgement out of order counts");
	ok(ibb_can_send(&s) > 0, "and makes room");
	ok(!ibb_acked(&s, second, 10), "the same one twice does not");
	ok(!ibb_acked(&s, 7, 10), "nor one for a block never sent");
	ok(ibb_acked(&s, first, 10), "the late one counts as well");
	is_int(s.in_flight, 0, "then nothing is in flight");
	is_int(s.bytes_in_flight, 0, "not a byte");
}

/* A control record does not wait for the window. */
static void t_interrupt(void)
{
	struct ibb s;
	uint16_t seq;

	ibb_init(&s, IBB_BLOCK, 0);
	while (ibb_can_send(&s))
		ibb_sent(&s, ibb_can_send(&s), 0);
	is_int(ibb_can_interrupt(&s), IBB_URGENT, "beyond a full window there is a small place");
	seq = ibb_sent(&s, IBB_URGENT, 0);
	is_int(ibb_can_interrupt(&s), 0, "one");
	ibb_acked(&s, 0, 10);
	is_int(ibb_can_interrupt(&s), 0, "also when another block has arrived");
	ibb_acked(&s, seq, 20);
	is_int(ibb_can_interrupt(&s), IBB_URGENT, "until its own acknowledgement");
	s.congestion.draining = true;
	is_int(ibb_can_interrupt(&s), 0, "it is not beside a block that measures the path");

	ibb_init(&s, IBB_BLOCK, 0);
	open_window(&s);
	while (ibb_can_send(&s) > 0)
		ibb_sent(&s, 100, 0);
	is_int(ibb_can_interrupt(&s), 0, "the number of stanzas holds for it, too");
	ibb_init(&s, 300, 0);
	is_int(ibb_can_interrupt(&s), 300, "and the size of a block");
}

static void t_cut_behind(void)
{
	struct ibb s;

	ibb_init(&s, IBB_BLOCK, 0);
	s.congestion.window = 6000 * CONGESTION_BYTE;
	ibb_sent(&s, 3000, 0);
	s.congestion.window = 4200 * CONGESTION_BYTE;
	is_int(ibb_can_send(&s), 1200, "a lone block does not keep out one that fits beside it");
	s.congestion.window = 3900 * CONGESTION_BYTE;
	is_int(ibb_can_send(&s), 0, "unless that would be tiny");

	ibb_init(&s, IBB_BLOCK, 0);
	s.congestion.window = 6000 * CONGESTION_BYTE;
	ibb_sent(&s, 2000, 0);
	ibb_sent(&s, 2000, 0);
	s.congestion.window = 5500 * CONGESTION_BYTE;
	is_int(ibb_can_send(&s), 0, "two under way are enough, the third is a whole one");
}

static void t_stanzas(void)
{
	struct ibb s;
	unsigned n = 0;
	uint64_t window;

	ibb_init(&s, IBB_BLOCK, 0);
	open_window(&s);
	is_int(congestion_window(&s.congestion), IBB_IN_FLIGHT_MAX,
	       "without delay the window is 64 KiB");
	for (size_t can; (can = ibb_can_send(&s)) > 0; n++)
		ibb_sent(&s, can, 0);
	ok(n == IBB_IN_FLIGHT_MAX / IBB_BLOCK, "which is so many blocks");

	ibb_init(&s, IBB_BLOCK, 0);
	open_window(&s);
	for (n = 0; ibb_can_send(&s) > 0; n++)
		ibb_sent(&s, 100, 0);
	is_int(n, IBB_STANZAS_MAX, "small blocks are bounded by their number");
	s.congestion.window = window = 20000 * CONGESTION_BYTE;
	for (unsigned i = 0; i < n; i++)
		ibb_acked(&s, s.seq_out - n + i, 1);
	ok(s.congestion.window == window, "and do not open the window, which they did not fill");
}

static void t_wrap(void)
{
	struct ibb s;
	bool sent = true, acked = true, received = true;

	ibb_init(&s, 8192, 0);
	for (uint32_t i = 0; i < 70000; i++) {
		sent &= ibb_sent(&s, 1, 0) == (uint16_t)i;
		acked &= ibb_acked(&s, (uint16_t)i, 0);
		received &= ibb_received(&s, i & 0xffff, 1) == 0;
	}
	ok(sent, "sequence numbers wrap at 65536 when sending");
	ok(acked, "when acknowledged");
	ok(received, "and when received");
}

static void t_received(void)
{
	static const struct { uint64_t seq; size_t bytes; int answer; const char *what; } rows[] = {
		{ 0, 4096, 0, "the first block" },
		{ 0, 10, -1, "the same number again ends it" },
		{ 2, 10, -1, "a gap ends it" },
		{ 65537, 10, -1, "a number over 16 bits ends it" },
		{ UINT64_MAX, 10, -1, "however large" },
		{ 1, 4097, -1, "a block that is too big ends it" },
		{ 1, 0, 0, "an empty block is a block" },
		{ 2, 1, 0, "the next one" },
	};
	struct ibb s;

	ibb_init(&s, 4096, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_int(ibb_received(&s, rows[i].seq, rows[i].bytes), rows[i].answer, rows[i].what);
}

static void t_deadline(void)
{
	struct ibb s;

	ibb_init(&s, 4096, 1000);
	ok(ibb_deadline(&s) == UINT64_MAX, "nothing in flight is never overdue");
	ibb_sent(&s, 100, 1000);
	ibb_sent(&s, 100, 3000);
	is_int(ibb_deadline(&s), 1000 + IBB_ACK_TIMEOUT, "the oldest block counts");
	ibb_acked(&s, 0, 3500);
	is_int(ibb_deadline(&s), 3000 + IBB_ACK_TIMEOUT, "then the next");
	ibb_acked(&s, 1, 3500);
	ok(ibb_deadline(&s) == UINT64_MAX, "then none");
}

int main(void)
{
	t_window();
	t_interrupt();
	t_cut_behind();
	t_stanzas();
	t_wrap();
	t_received();
	t_deadline();
	return tap_done();
}
