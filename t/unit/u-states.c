/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The matrices "Which answer" and "Records of a channel" of protocol.md: a link in each of its
 * states gets each HELLO, a channel in each of its states each record. What becomes of it is what
 * the cell says.
 *
 *   u-states Documentation/protocol.md
 */
#include <stdlib.h>

#include "channel.h"
#include "fields.h"
#include "hello.h"
#include "nothing.h"
#include "page-table.h"
#include "tap.h"

static const struct link_ends alice = { "alice@example.org", "bob@example.net" },
			      bob = { "bob@example.net", "alice@example.org" };
static const uint8_t their_link[LINK_ID_BYTES] = { 1 }, their_instance[INSTANCE_BYTES] = { 2 };
static const uint64_t now = 1000;
static char *page;

static void on_deliver(void *owner, const struct record *r)
{
}

static bool on_fill(void *owner)
{
	return false;
}

static const struct link_events link_events = {
	.up = nothing_up, .down = nothing, .deliver = on_deliver, .fill = on_fill,
	.ended = nothing_ended, .kick = nothing,
};

static void on_closed(void *owner, const char *reason)
{
}

static const struct channel_events channel_events = {
	nothing, nothing_came, nothing_came, nothing, nothing_exited, nothing, on_closed,
};

/* Asks for each cell of the matrix below a heading, which has so many rows. */
static void test_matrix(const char *heading, int rows,
			const char *(*ask)(const char *what, const char *state))
{
	struct page_row head = { 0 }, row;
	const char *at = NULL;
	int n = 0;

	page_next_row(page, heading, &at, &head);
	for (; page_next_row(page, heading, &at, &row); n++)
		for (int i = 1; i < PAGE_CELLS && *head.cell[i]; i++) {
			const char *answer = ask(row.cell[0], head.cell[i]);

			ok(!strcmp(answer, row.cell[i]), "%s: %s: %s, %s", head.cell[i],
			   row.cell[0], row.cell[i], answer);
		}
	is_int(n, rows, "there are all rows");
}

/* Which answer */

/* The other side answers our HELLO, and the link is up. */
static void be_answered(struct link *l)
{
	struct buf wire = { 0 };

	hello_put(&wire, "new", &bob, their_instance, NULL, 0);
	link_input(l, &wire, now);
	buf_finish(&wire);
}

/* The other side has said something ahead of our answer. */
static void hear_ahead(struct link *l)
{
	struct buf wire = { 0 };

	record_put(&wire, RECORD_SHARES_ASK, 1, "id=x", sizeof("id=x"));
	link_input(l, &wire, now);
	buf_finish(&wire);
}

/* Brings l into the state. wins: whether our fingerprint is the lower one. */
static bool enter_link(struct link *l, const char *state, bool *wins)
{
	struct link_hello hello = { .resume = false };

	*wins = strcmp(state, "second") != 0;
	memcpy(hello.link, their_link, sizeof(hello.link));
	memcpy(hello.instance, their_instance, sizeof(hello.instance));
	if (!strcmp(state, "none") || !strcmp(state, "idle"))
		return true;
	if (!strcmp(state, "first") || !strcmp(state, "second") || !strcmp(state, "ours")) {
		link_attach(l, true, now);
		if (!strcmp(state, "ours"))
			be_answered(l);
		return true;
	}
	link_accept(l, &hello, now);
	hear_ahead(l);
	if (!strcmp(state, "up"))
		return true;
	link_detach(l, "cut", now);
	if (!strcmp(state, "again"))
		link_attach(l, true, now);
	return !strcmp(state, "lost") || !strcmp(state, "again");
}

static const char *answer_name(enum link_verdict verdict, bool resume)
{
	switch (verdict) {
	case LINK_ACCEPT_NEW:
		return "new";
	case LINK_ACCEPT_RESUME:
		return resume ? "resumed" : "new";
	case LINK_REPLACE:
		return "anew";
	case LINK_REFUSE_GONE:
		return "gone";
	default:
		return "collision";
	}
}

static const char *answer_to(const char *what, const char *state)
{
	struct link_hello hello = { .resume = begins(what, "resume") };
	enum link_verdict verdict;
	struct link l;
	bool wins;

	link_init(&l, &link_events, NULL, their_link, their_instance, &alice, "bob");
	if (!enter_link(&l, state, &wins))
		return "no such state";
	if (!strstr(what, "another link") && !begins(what, "new, of another process"))
		memcpy(hello.link, their_link, sizeof(hello.link));
	if (!strstr(what, "another process"))
		memcpy(hello.instance, their_instance, sizeof(hello.instance));
	verdict = link_hello_decide(strcmp(state, "none") ? &l : NULL, &hello, wins, now + 1);
	link_finish(&l);
	return answer_name(verdict, hello.resume);
}

/* Records of a channel */

static void put_payload(enum record_type type, uint32_t channel, struct buf *out)
{
	uint8_t *p = (uint8_t *)buf_reserve(out, 8);
	bool is_long = type == RECORD_ACCEPT || type == RECORD_CREDIT || type == RECORD_EXIT;

	put_be32(p, channel);
	put_be32(p + 4, 1);
	buf_added(out, is_long ? 8 : 4);
	if (type == RECORD_DATA || type == RECORD_STDERR)
		buf_append(out, "0", 1);
	if (type == RECORD_CLOSE)
		fields_add(out, "reason", "cancelled");
}

static bool breaks(struct channels *channels, enum record_type type, uint32_t channel)
{
	struct buf payload = { 0 };
	struct record r = { .type = type };
	const char *rule;

	put_payload(type, channel, &payload);
	r.payload = (const uint8_t *)buf_data(&payload);
	r.len = buf_len(&payload);
	rule = channels_record(channels, &r);
	buf_finish(&payload);
	return rule != NULL;
}

/* Brings a channel into the state. Returns its number; 0: there is no such state. */
static uint32_t enter_channel(struct channels *c, const char *state)
{
	struct channel *ch;

	if (!strcmp(state, "unknown"))
		return 1;
	if (!strcmp(state, "told"))
		return channel_announced(c, 2) ? 2 : 0;
	ch = channel_open(c, &channel_events, NULL);
	if (!strcmp(state, "made"))
		return 1;
	if (!strcmp(state, "over")) {
		channel_close(ch, "cancelled");
		return 1;
	}
	breaks(c, RECORD_ACCEPT, 1);
	if (!strcmp(state, "open"))
		return 1;
	breaks(c, RECORD_END, 1);
	if (!strcmp(state, "END heard"))
		return 1;
	breaks(c, RECORD_EXIT, 1);
	return strcmp(state, "EXIT heard") ? 0 : 1;
}

static int type_of(const char *name)
{
	int type = RECORD_ACCEPT;

	while (type < RECORD_CLOSE && strcmp(record_type_name((enum record_type)type), name) != 0)
		type++;
	return type;
}

/* What becomes of the record of a channel that is in this state. */
static const char *fate_in_channel(const char *record, const char *state)
{
	struct channels channels;
	const char *fate;
	struct link l;
	uint32_t number;
	uint64_t said;
	bool is_there;

	link_init(&l, &link_events, NULL, their_link, their_instance, &alice, "bob");
	channels_init(&channels, &l, true);
	number = enter_channel(&channels, state);
	is_there = channels.count > 0;
	said = link_queued(&l);
	if (!number)
		fate = "no such state";
	else if (breaks(&channels, (enum record_type)type_of(record), number))
		fate = "breaks";
	else if (is_there)
		fate = "takes";
	else
		fate = link_queued(&l) > said ? "CLOSE" : "passes";
	channels_finish(&channels, "the end");
	link_finish(&l);
	return fate;
}

int main(int argc, char **argv)
{
	page = page_read(argc > 1 ? argv[1] : "Documentation/protocol.md");
	test_matrix("\n### Which answer\n", 6, answer_to);
	test_matrix("\n### Records of a channel\n", RECORD_CLOSE - RECORD_ACCEPT + 1,
		    fate_in_channel);
	free(page);
	return tap_done();
}
