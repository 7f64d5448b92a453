/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "presence-hold.h"

#include "tap.h"

#include "alloc.h"
#include "buf.h"

static struct buf taken;

static void take(void *arg, const struct stanza *s)
{
	buf_printf(&taken, "%d %s %s %s %s%s\n", s->kind, s->from, s->type ? s->type : "-",
		   s->device ? s->device : "-", s->condition ? s->condition : "-",
		   s->asks ? " asks" : "");
}

/* All presences keep their order and what they say, wherever the first copy was. */
static void test_kept(void)
{
	char from[] = "bob@b.example/x", device[] = "dev", type[] = "subscribe";
	const struct stanza available = {
		.kind = STANZA_AVAILABLE, .from = from, .device = device, .asks = true
	};
	const struct stanza asked = { .kind = STANZA_SUBSCRIPTION, .from = from, .type = type };
	const struct stanza refused = { .kind = STANZA_REFUSED,
					.from = from,
					.condition = "item-not-found" };
	struct presence_hold h = { 0 };
	struct buf expect = { 0 };

	ok(!presence_hold_keep(&h, &available), "nothing is kept before it begins");
	presence_hold_begin(&h);
	ok(presence_hold_keep(&h, &available) && presence_hold_keep(&h, &asked) &&
		   presence_hold_keep(&h, &refused),
	   "three presences are kept");
	memset(from, '!', sizeof(from) - 1);
	memset(device, '!', sizeof(device) - 1);
	memset(type, '!', sizeof(type) - 1);
	presence_hold_end(&h, take, NULL);
	buf_printf(&expect, "%d bob@b.example/x - dev - asks\n", STANZA_AVAILABLE);
	buf_printf(&expect, "%d bob@b.example/x subscribe - -\n", STANZA_SUBSCRIPTION);
	buf_printf(&expect, "%d bob@b.example/x - - item-not-found\n", STANZA_REFUSED);
	is_str(buf_str(&taken), buf_str(&expect), "they come in their order");
	ok(!presence_hold_keep(&h, &refused), "nothing is kept behind them");
	buf_finish(&expect);
	buf_reset(&taken);
}

static void test_bound(void)
{
	const struct stanza s = { .kind = STANZA_UNAVAILABLE, .from = "eve@e.example/x" };
	struct presence_hold h = { 0 };
	size_t lines = 0, n = PRESENCE_HOLD_MAX / sizeof(struct stanza);

	presence_hold_begin(&h);
	for (size_t i = 0; i < n; i++)
		if (!presence_hold_keep(&h, &s))
			break;
	ok(h.bytes <= PRESENCE_HOLD_MAX, "no more than the bound is kept");
	presence_hold_end(&h, take, NULL);
	for (const char *at = buf_str(&taken); (at = strchr(at, '\n')); at++)
		lines++;
	ok(lines > 1000 && lines < n, "the first %zu of %zu are", lines, n);

	presence_hold_begin(&h);
	presence_hold_keep(&h, &s);
	buf_reset(&taken);
	presence_hold_begin(&h);
	presence_hold_end(&h, take, NULL);
	is_str(buf_str(&taken), "", "another login begins with none");
	presence_hold_begin(&h);
	presence_hold_keep(&h, &s);
	presence_hold_finish(&h);
}

int main(void)
{
	test_kept();
	test_bound();
	buf_finish(&taken);
	return tap_done();
}
