/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables "States, by role" of protocol.md. For each row one side is brought into the state
 * that the row names, as the asker, server, pusher or pushed-to side of a link that is up; then
 * it gets what the row says. What it says then, and the state that it is in, are those of the row.
 *
 *   u-roles Documentation/protocol.md
 */
#include <stdlib.h>

#include "channel.h"
#include "fields.h"
#include "negotiation.h"
#include "nothing.h"
#include "page-table.h"
#include "tap.h"

enum { SAID_MAX = 8 };

#define ID    "000102030405060708090a0b"
#define OTHER "0c0d0e0f1011121314151617"

struct said {
	enum record_type type;
	char word[REASON_MAX + 1];	/* its reason or state */
};

static const struct link_ends alice = { "alice@example.org", "bob@example.net" },
			      bob = { "bob@example.net", "alice@example.org" };
static struct link us, them;
static struct channels channels;
static struct negotiations negotiations;
static uint64_t now;
static bool allowed, taken;		/* taken: another device has the push */
static struct negotiation *served;	/* whose service was started last */
static bool started, stopped;
static struct said said[SAID_MAX];
static unsigned said_count;

/* One side and its surroundings */

static void on_send(void *owner, enum record_type type, struct buf *fields)
{
	link_send(&us, type, buf_data(fields), buf_len(fields));
}

static const char *on_authorize(void *owner, enum service service, const char *share)
{
	return allowed ? NULL : "not-shared";
}

static void *on_start(void *owner, struct negotiation *neg)
{
	served = neg;
	started = true;
	return &served;
}

static void on_stop(void *owner, void *serving)
{
	stopped = true;
}

static void on_outcome_asked(void *owner, const char *id, uint64_t received, struct buf *fields)
{
}

static void on_announced(void *owner, const char *share, struct fields f)
{
}

static const struct negotiation_events negotiation_events = {
	on_send, on_authorize, on_start, on_stop, on_outcome_asked, on_announced, NULL,
};

static void on_wanted(void *owner, struct negotiation *neg)
{
	if (taken)
		neg_withdraw(neg, "served");
	else
		neg_start_push(neg, now);
}

static void on_waiting(void *owner, struct negotiation *neg, const char *state)
{
}

static void on_open(void *owner, struct negotiation *neg, struct channel *channel)
{
}

static void on_outcome(void *owner, struct fields f)
{
}

static const struct initiator_events initiator_events = {
	on_wanted, on_waiting, on_open, on_outcome, nothing, on_waiting,
};

/* The channel of the negotiation with ID is gone: no other one has any. */
static void on_closed(void *owner, const char *reason)
{
	struct negotiation *neg = negotiations.first;

	while (neg && strcmp(neg_id(neg), ID) != 0)
		neg = neg_next(neg);
	if (neg && neg_state(neg) == NEG_OPEN)
		neg_done(neg, now);
}

static const struct channel_events channel_events = {
	nothing, nothing_came, nothing_came, nothing, nothing_exited, nothing, on_closed,
};

static void on_deliver(void *owner, const struct record *r)
{
	const char *rule;

	if (r->type >= RECORD_ACCEPT)
		rule = channels_record(&channels, r);
	else
		rule = negotiations_record(&negotiations, r, now);
	if (rule)
		printf("# %s: %s\n", record_type_name(r->type), rule);
}

static void on_heard(void *owner, const struct record *r)
{
	struct said *one = &said[said_count];
	struct fields f = { (const char *)r->payload, r->len };
	const char *word;

	if (said_count == SAID_MAX)
		return;
	said_count++;
	one->type = r->type;
	*one->word = '\0';
	if (r->type == RECORD_CLOSE)
		f = (struct fields){ f.data + 4, f.len - 4 };
	else if (r->type >= RECORD_ACCEPT)
		return;
	word = fields_get(f, r->type == RECORD_SEEN ? "state" : "reason");
	if (word)
		snprintf(one->word, sizeof(one->word), "%s", word);
}

static bool on_fill(void *owner)
{
	return owner && channels_fill(&channels);
}

static const struct link_events our_events = {
	.up = nothing_up, .down = nothing, .deliver = on_deliver, .fill = on_fill,
	.ended = nothing_ended, .kick = nothing,
};
static const struct link_events their_events = {
	.up = nothing_up, .down = nothing, .deliver = on_heard, .fill = on_fill,
	.ended = nothing_ended, .kick = nothing,
};

static void pump(struct link *from, struct link *to)
{
	struct buf wire = { 0 };

	link_output(from, &wire, 65536, now);
	link_input(to, &wire, now);
	buf_finish(&wire);
}

static void settle(void)
{
	for (int i = 0; i < 4; i++) {
		pump(&us, &them);
		pump(&them, &us);
	}
}

static void side_init(void)
{
	static const uint8_t zero[LINK_ID_BYTES] = { 0 };
	now = 1000;
	allowed = true;
	taken = started = stopped = false;
	served = NULL;
	link_init(&us, &our_events, &us, zero, zero, &alice, "bob");
	link_init(&them, &their_events, NULL, zero, zero, &bob, "alice");
	channels_init(&channels, &us, true);
	negotiations_init(&negotiations, &negotiation_events, NULL, &channels);
	link_attach(&us, true, now);
	link_attach(&them, false, now);
	settle();
	said_count = 0;
}

static void side_finish(void)
{
	channels_finish(&channels, "the end");
	negotiations_finish(&negotiations, "the end", now);
	link_finish(&us);
	link_finish(&them);
}

/* What the other side says */

static void hear(enum record_type type, const char *id, const char *key, const char *value)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", id);
	if (key)
		fields_add(&fields, key, value);
	if (type == RECORD_CAN_PUSH)
		fields_add(&fields, "share", "project");
	link_send(&them, type, buf_data(&fields), buf_len(&fields));
	buf_finish(&fields);
	settle();
}

static void hear_starting(const char *id, bool window)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", id);
	fields_add(&fields, "channel", strcmp(id, ID) ? "2" : "4");
	if (window)
		fields_add_u64(&fields, "window", CHANNEL_WINDOW);
	link_send(&them, RECORD_STARTING_PUSH, buf_data(&fields), buf_len(&fields));
	buf_finish(&fields);
	settle();
}

static void hear_request(const char *service, bool window)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", ID);
	fields_add(&fields, "share", "project");
	fields_add(&fields, "service", service);
	if (window)
		fields_add_u64(&fields, "window", CHANNEL_WINDOW);
	link_send(&them, RECORD_PUSH_REQUEST, buf_data(&fields), buf_len(&fields));
	buf_finish(&fields);
	settle();
}

static void hear_accept(void)
{
	uint8_t payload[8];

	put_be32(payload, 1);
	put_be32(payload + 4, CHANNEL_WINDOW);
	link_send(&them, RECORD_ACCEPT, payload, sizeof(payload));
	settle();
}

static void wait_until(uint64_t at)
{
	now = at;
	negotiations_tick(&negotiations, now);
	settle();
}

/* The table */

static struct negotiation *ours(void)
{
	struct negotiation *neg = negotiations.first;

	while (neg && strcmp(neg_id(neg), ID) != 0)
		neg = neg_next(neg);
	return neg;
}

static const char *state_now(const char *role)
{
	struct negotiation *neg = ours();

	if (!neg)
		return "over";
	/* The code has one name for all that wait for STARTING-PUSH. */
	if (neg_state(neg) == NEG_REQUESTED && !strcmp(role, "pushed-to"))
		return "wanted";
	return neg_state_name(neg_state(neg));
}

static void talk(void)
{
	neg_started(served, &channel_events, NULL, now);
	settle();
}

static void begin(enum service service)
{
	static const uint8_t id[NEG_ID_BYTES] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };

	neg_begin(&negotiations, id, service, "project", NULL, &initiator_events, &channel_events,
		  NULL, now);
	settle();
}

static bool enter_asker(const char *state)
{
	begin(SERVICE_UPLOAD_PACK);
	if (!strcmp(state, "requested, after SEEN"))
		hear(RECORD_SEEN, ID, "state", "starting");
	else if (!strcmp(state, "open"))
		hear_starting(ID, true);
	else
		return !strcmp(state, "requested");
	return true;
}

static bool enter_server(const char *state)
{
	if (!strcmp(state, "none"))
		return true;
	hear_request("upload-pack", strcmp(state, "open, without ACCEPT") != 0);
	if (!strcmp(state, "starting"))
		return true;
	talk();
	return !strncmp(state, "open", 4);
}

static bool enter_pusher(const char *state)
{
	begin(SERVICE_RECEIVE_PACK);
	if (!strcmp(state, "deferred"))
		hear(RECORD_SEEN, ID, "state", "deferred");
	else if (!strcmp(state, "starting"))
		hear_request("receive-pack", false);
	else
		return !strcmp(state, "offered");
	return true;
}

static bool enter_pushed_to(const char *state)
{
	if (!strcmp(state, "none"))
		return true;
	if (!strcmp(state, "deferred")) {
		hear(RECORD_CAN_PUSH, OTHER, NULL, NULL);
		hear_starting(OTHER, false);
	}
	hear(RECORD_CAN_PUSH, ID, NULL, NULL);
	if (!strcmp(state, "deferred") || !strcmp(state, "wanted"))
		return true;
	hear_starting(ID, false);
	if (!strcmp(state, "starting"))
		return true;
	talk();
	return !strcmp(state, "open");
}

static bool enter(const char *role, const char *state)
{
	if (!strcmp(role, "asker"))
		return enter_asker(state);
	if (!strcmp(role, "server"))
		return enter_server(state);
	if (!strcmp(role, "pusher"))
		return enter_pusher(state);
	return !strcmp(role, "pushed-to") && enter_pushed_to(state);
}

/* Lets the side get what stands in the second column. False if that is not understood. */
static bool get(const char *role, const char *what)
{
	bool fetch = !strcmp(role, "asker") || !strcmp(role, "server");
	unsigned seconds;

	allowed = !strstr(what, "not allowed");
	taken = strstr(what, "another device has it") != NULL;
	if (strstr(what, "another push goes first")) {
		hear(RECORD_CAN_PUSH, OTHER, NULL, NULL);
		said_count = 0;
	}
	if (sscanf(what, "nothing for %u s", &seconds) == 1 ||
	    sscanf(what, "nothing of the service for %u s", &seconds) == 1) {
		wait_until(now + seconds * 1000 - 1);
		said_count = 0;
		wait_until(now + 1);
	} else if (begins(what, "STARTING-PUSH")) {
		hear_starting(ID, strstr(what, "with `window`") || strstr(what, "again"));
	} else if (begins(what, "PUSH-REQUEST")) {
		hear_request(fetch ? "upload-pack" : "receive-pack", fetch);
	} else if (begins(what, "CAN-PUSH")) {
		hear(RECORD_CAN_PUSH, ID, NULL, NULL);
	} else if (begins(what, "SEEN `starting`")) {
		hear(RECORD_SEEN, ID, "state", "starting");
	} else if (begins(what, "SEEN `deferred`")) {
		hear(RECORD_SEEN, ID, "state", "deferred");
	} else if (begins(what, "REFUSE")) {
		hear(RECORD_REFUSE, ID, "reason", "broken");
	} else if (begins(what, "WITHDRAW")) {
		hear(RECORD_WITHDRAW, ID, "reason", "cancelled");
	} else if (begins(what, "ACCEPT")) {
		hear_accept();
	} else if (begins(what, "(the service says its first byte")) {
		talk();
	} else if (begins(what, "(the service fails)")) {
		neg_failed(served, "broken", now);
	} else if (begins(what, "(the service takes 3 s)")) {
		wait_until(now + NEG_START_NOTICE);
	} else if (begins(what, "(its user gives up)")) {
		neg_withdraw(ours(), "cancelled");
	} else if (begins(what, "(its turn has come)")) {
		hear(RECORD_WITHDRAW, OTHER, "reason", "cancelled");
	} else {
		return false;
	}
	settle();
	return true;
}

/*
 * Takes out of `text` what holds only under a condition that the test decides. starting: the side
 * has said STARTING-PUSH, or runs a service.
 */
static void settle_conditions(char *text, bool starting)
{
	static const char *const never[] = {
		"; WITHDRAW `served` to the others", ", and DATA if `window` was told",
	};
	static const char condition[] = ", if it has said STARTING-PUSH";
	static const char service[] = "ends the service, if there is one";
	char *at;

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if ((at = strstr(text, never[i])))
			memmove(at, at + strlen(never[i]), strlen(at + strlen(never[i])) + 1);
	if (!strcmp(text, service) && !starting)
		*text = '\0';
	at = strstr(text, condition);
	if (!at)
		return;
	*at = '\0';
	/* CLOSE is the last word before the condition. */
	if (!starting)
		*strstr(text, "CLOSE") = '\0';
}

/* The next name of a record in text, from *at on; 0: none. */
static int next_record(const char **at)
{
	while (**at) {
		size_t n = strspn(*at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");
		char name[32];

		snprintf(name, sizeof(name), "%.*s", (int)n, *at);
		*at += n ? n : 1;
		for (unsigned type = RECORD_CAN_PUSH; n > 2 && type <= RECORD_CLOSE; type++)
			if (record_type_known(type) &&
			    !strcmp(record_type_name((enum record_type)type), name))
				return (int)type;
	}
	return 0;
}

/* Whether what was said is what stands in the third column, with that word where one does. */
static bool did(const char *does)
{
	const char *at = does, *word = strchr(does, '`');
	unsigned i = 0;
	int type;

	while ((type = next_record(&at))) {
		size_t n = i < said_count ? strlen(said[i].word) : 0;

		if (i == said_count || (int)said[i].type != type)
			return false;
		if (word && (strncmp(word + 1, said[i].word, n) || word[n + 1] != '`'))
			return false;
		i++;
	}
	if (strstr(does, "starts the service") && !started)
		return false;
	if (strstr(does, "ends the service") && !stopped)
		return false;
	return i == said_count;
}

static void show(void)
{
	for (unsigned i = 0; i < said_count; i++)
		printf("# said %s %s\n", record_type_name(said[i].type), said[i].word);
}

static void test_row(const char *role, const char *state, const struct page_row *row)
{
	const char *what = row->cell[1];
	char does[PAGE_CELL_MAX];
	bool good;

	side_init();
	good = enter(role, state);
	ok(good, "%s: there is a state %s", role, state);
	said_count = 0;
	started = stopped = false;
	good = good && get(role, what);
	ok(good, "%s, %s: %s can happen", role, state, what);
	memcpy(does, row->cell[2], sizeof(does));
	settle_conditions(does, !strcmp(state, "starting"));
	good = did(does);
	ok(good, "%s, %s, %s: %s", role, state, what, row->cell[2]);
	if (!good)
		show();
	is_str(state_now(role), row->cell[3], "... and is there then");
	side_finish();
}

/* A row that names several states is a row for each. */
static void test_states(const char *role, const struct page_row *row)
{
	static const struct {
		const char *role, *before;
	} before[] = {
		{ "pusher", "offered, deferred, starting" },
		{ "pushed-to", "wanted, deferred, starting" },
	};
	const char *states = row->cell[0];
	char state[PAGE_CELL_MAX];

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (!strcmp(states, "before open") && !strcmp(before[i].role, role))
			states = before[i].before;
	if (strstr(states, ", after") || strstr(states, ", without")) {
		test_row(role, states, row);
		return;
	}
	while (*states) {
		size_t n = strcspn(states, ",");

		snprintf(state, sizeof(state), "%.*s", (int)n, states);
		test_row(role, state, row);
		states += n;
		states += strspn(states, ", ");
	}
}

static void hear_one(int type, const char *what)
{
	if (type == RECORD_CAN_PUSH)
		hear(RECORD_CAN_PUSH, ID, NULL, NULL);
	else if (type == RECORD_PUSH_REQUEST)
		hear_request(strstr(what, "of a push") ? "receive-pack" : "upload-pack", false);
	else if (type == RECORD_STARTING_PUSH)
		hear_starting(ID, false);
	else
		hear((enum record_type)type, ID, "state", "done");
}

/* The table of ids that are over: its rows have records, and one answer. */
static void test_over(const struct page_row *row)
{
	const char *at = row->cell[0], *answer = row->cell[1];
	int type;

	while ((type = next_record(&at))) {
		side_init();
		begin(SERVICE_UPLOAD_PACK);
		neg_withdraw(ours(), "cancelled");
		settle();
		said_count = 0;
		hear_one(type, at);
		if (!ok(did(strcmp(answer, "nothing") ? answer : ""), "over, %s: %s",
			record_type_name((enum record_type)type), answer))
			show();
		side_finish();
	}
}

int main(int argc, char **argv)
{
	char *page = page_read(argc > 1 ? argv[1] : "Documentation/protocol.md");
	char role[PAGE_CELL_MAX] = "";
	const char *at = NULL;
	struct page_row row;
	int rows = 0;

	while (page_next_row(page, "\n### States, by role\n", &at, &row)) {
		if (page_is_head(at)) {
			memcpy(role, row.cell[0], sizeof(role));
			continue;
		}
		if (begins(role, "any side"))
			test_over(&row);
		else if (strcmp(role, "what does not come") != 0)
			test_states(role, &row);
		rows++;
	}
	ok(rows >= 40, "there are rows");
	free(page);
	return tap_done();
}
