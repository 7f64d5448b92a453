/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "log.h"
#include "mapping-messages.h"
#include "port-mapping.h"

/*
 * What a router, or somebody who plays one, answers: to the parsers, and to a mapping that is
 * being asked for, by each protocol. The first byte says how far the questions have come.
 */

#define PCP_ANSWER                                                                                 \
	"\x02\x81\x00\x00\x00\x00\x0e\x10\x00\x00\x00\x07\0\0\0\0\0\0\0\0\0\0\0\0"                 \
	"NNNNNNNNNNNN\x06\0\0\0\x12\x67\x9c\x41\0\0\0\0\0\0\0\0\0\0\xff\xff\x09\x09\x01\x01"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("\x00" PCP_ANSWER),
	FUZZ_SEED("\x00\x02\x81\x00\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	FUZZ_SEED("\x00\x00\x81\x00\x01\x00\x00\x00\x07"),
	FUZZ_SEED("\x01\x00\x80\x00\x00\x00\x00\x00\x07\x09\x09\x01\x01"),
	FUZZ_SEED("\x02\x00\x82\x00\x00\x00\x00\x00\x07\x12\x67\x9c\x41\x00\x00\x0e\x10"),
	FUZZ_SEED(
		"\x03HTTP/1.1 200 OK\r\nST: x\r\nLocation: http://192.168.1.1:5000/a.xml\r\n\r\n"),
	FUZZ_SEED("\x03HTTP/1.0 200 OK\r\nLOCATION:http://192.168.1.1@evil/\r\n"),
	{ NULL, 0 },
};

static const struct netaddr router = { .ip = { 192, 168, 1, 1 } };
static bool told;

static bool on_gateway(void *owner, struct netaddr *gateway, struct netaddr *own)
{
	*gateway = router;
	*own = (struct netaddr){ .ip = { 192, 168, 1, 2 } };
	return true;
}

static void on_random(void *owner, void *out, size_t n)
{
	memset(out, 'N', n);
}

static bool on_open(void *owner, const struct netaddr *own, const struct netaddr *to)
{
	must(to->port == MAPPING_PORT || to->port == MAPPING_SEARCH_PORT);
	return true;
}

static void on_send(void *owner, const void *data, size_t n)
{
	must(n && n <= MAPPING_REQUEST_MAX);
}

static void on_job(void *owner, const struct mapping_job *job)
{
	must(mapping_url_is_at(job->url, &router));
}

static void on_changed(void *owner)
{
	const struct port_mapping *m = owner;
	const struct netaddr *a = port_mapping_external(m);

	must(!a || (a->port && netaddr_scope(a) == NETADDR_GLOBAL));
	must(!a || m->until);
	told = a;
}

static void nothing(void *owner)
{
}

static const struct port_mapping_events events = {
	.gateway = on_gateway,
	.random = on_random,
	.open = on_open,
	.send = on_send,
	.close = nothing,
	.job = on_job,
	.changed = on_changed,
	.ended = nothing,
};

static const uint8_t to_address[] = { 0, 0x81, 0, 1, 0, 0, 0, 7 };
static const uint8_t to_map[] = { 0, 0x80, 0, 0, 0, 0, 0, 7, 9, 9, 1, 1 };

/* A question of the kind that the input is to answer. */
static uint64_t bring(struct port_mapping *m, unsigned kind)
{
	struct netaddr from = router;
	uint64_t now = 10000;

	from.port = MAPPING_PORT;
	port_mapping_init(m, &events, m);
	port_mapping_allow(m, 0x1267, now);
	port_mapping_use(m, MAPPING_LINK_BUSY_WORSE, now);
	now += MAPPING_BUSY_AFTER;
	port_mapping_step(m, now);
	if (kind == 1 || kind == 2)
		port_mapping_hear(m, &from, to_address, sizeof(to_address), now);
	if (kind == 2)
		port_mapping_hear(m, &from, to_map, sizeof(to_map), now);
	if (kind == 3)
		port_mapping_refused(m, now);
	return now;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t nonce[MAPPING_NONCE_BYTES];
	char url[MAPPING_URL_MAX + 1];
	struct netaddr from = router;
	struct mapping_answer a;
	struct port_mapping m;
	uint64_t now, at;

	if (!n)
		return 0;
	log_set_level(LOG_ERROR);
	memset(nonce, 'N', sizeof(nonce));
	mapping_parse(data + 1, n - 1, nonce, &a);
	must(a.kind <= MAPPING_NO_VERSION && a.result <= 0xffff && !a.external.v6);
	if (mapping_parse_search(data + 1, n - 1, &router, url))
		must(mapping_url_is_at(url, &router) && strlen(url) <= MAPPING_URL_MAX);
	told = false;
	now = bring(&m, data[0] & 3);
	from.port = MAPPING_PORT;
	port_mapping_hear(&m, &from, data + 1, n - 1, now);
	port_mapping_hear(&m, &from, data + 1, n - 1, now);
	must(told == !!port_mapping_external(&m));
	/* It always comes to an end, and never asks without a pause. */
	for (int i = 0; i < 200; i++) {
		at = port_mapping_deadline(&m);
		must(at != UINT64_MAX && at > 0);
		now = at > now ? at : now;
		port_mapping_step(&m, now);
	}
	must(now > 10000 + (uint64_t)MAPPING_RENEW_MIN);
	must(told == !!port_mapping_external(&m));
	return 0;
}
