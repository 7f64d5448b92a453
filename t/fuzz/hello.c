/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "hello.h"
#include "log.h"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("protocol=2\0state=new\0from=b@c\0to=a@c\0instance=9c1d6e0f5b7a4e21\0received=0\0"
		  "link=00112233445566778899aabbccddeeff\0"),
	FUZZ_SEED("protocol=2\0state=resume\0from=b@c\0to=a@c\0instance=9c1d6e0f5b7a4e21\0"
		  "received=7\0"
		  "link=00112233445566778899aabbccddeeff\0"),
	FUZZ_SEED("protocol=2\0state=resumed\0from=B@c\0to=a@C\0instance=04aa7be1c2d3f496\0"
		  "received=18446744073709551614\0"),
	FUZZ_SEED("protocol=2\0state=not-you\0"),
	FUZZ_SEED("protocol=3\0state=version\0"),
	FUZZ_SEED("protocol=1\0instance=9c1d6e0f5b7a4e21\0received=0\0"
		  "link=00112233445566778899aabbccddeeff\0state=new\0"),
	{ NULL, 0 },
};

static bool admitted;

static void nothing(void *owner)
{
}

static bool admit(void *owner)
{
	admitted = true;
	return true;
}

static void up(void *owner, bool resumed)
{
}

static void deliver(void *owner, const struct record *record)
{
}

static bool fill(void *owner)
{
	return false;
}

static void ended(void *owner, const char *reason)
{
}

static const struct link_events events = {
	.admit = admit,
	.up = up,
	.down = nothing,
	.deliver = deliver,
	.fill = fill,
	.ended = ended,
	.kick = nothing,
};

static const struct link_ends ends = { "a@c", "b@c" };

/*
 * As the first record on a path, whoever opened it; the link lives or ends, and
 * says what it may.
 */
static void greet(const struct record *record, bool initiator)
{
	static const uint8_t id[LINK_ID_BYTES] = { 1 }, instance[INSTANCE_BYTES] = { 1 };
	struct buf in = { 0 }, out = { 0 };
	struct link l;

	admitted = false;
	link_init(&l, &events, NULL, id, instance, &ends, "fuzz");
	link_attach(&l, initiator, 1);
	link_output(&l, &out, 65536, 1);
	record_put(&in, RECORD_HELLO, 0, record->payload, record->len);
	link_input(&l, &in, 2);
	must(l.state == LINK_UP || l.state == LINK_HANDSHAKE || l.state == LINK_ENDED);
	link_output(&l, &out, 65536, 2);
	must(buf_len(&out) < 4096);
	must(!initiator || admitted || l.state != LINK_UP);
	link_finish(&l);
	buf_finish(&in);
	buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct record record = { .type = RECORD_HELLO, .payload = data, .len = n };
	struct link_hello hello;

	if (n > RECORD_PAYLOAD_MAX)
		return 0;
	log_set_level(LOG_ERROR);
	if (link_hello_parse(&record, &ends, &hello) == HELLO_GOOD)
		must(hello.resume || hello.received == 0);
	greet(&record, true);
	greet(&record, false);
	return 0;
}
