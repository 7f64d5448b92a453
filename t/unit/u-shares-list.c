/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "alloc.h"
#include "context.h"
#include "hex.h"
#include "peer.h"
#include "record.h"
#include "share-answers.h"
#include "share-list.h"
#include "tap.h"

static uint64_t now = 1; /* ms */
static struct peers peers;
static struct peer bob, bob2;
static struct buf said; /* the records that were said, for people */
static struct buf last; /* the payload of the last one */
static bool absent;
static uint8_t count_up;

static struct peer *on_want(struct peers *all, const char *jid, const char *device)
{
	if (absent)
		return NULL;
	return !strcmp(device, bob2.device) ? &bob2 : &bob;
}

static void note(struct buf *out, const char *text)
{
	buf_printf(out, "%s%s", buf_len(out) ? " " : "", text);
}

static uint64_t on_say(struct peer *p, enum record_type type, const struct buf *fields)
{
	struct fields f = { buf_data(fields), buf_len(fields) };
	size_t pos = 0, key_len;
	const char *key, *value;

	note(&said, record_type_name(type));
	while (fields_next(f, &pos, &key, &key_len, &value))
		if (!field_is(key, key_len, "id"))
			buf_printf(&said, " %.*s=%s", (int)key_len, key, value);
	buf_reset(&last);
	buf_append(&last, f.data, f.len);
	return 1;
}

static const struct peers_ops peers_as_wanted = { .want = on_want, .say = on_say };

static uint64_t on_now(void *owner)
{
	return now;
}

static uint64_t on_time(void *owner)
{
	return 1000 + now / 1000;
}

static void on_random(void *owner, void *out, size_t n)
{
	memset(out, count_up++, n);
}

static const struct context_ops context_ops = {
	.now = on_now,
	.time = on_time,
	.random = on_random,
};

static struct context context = { .ops = &context_ops, .jid = "alice@example.org" };

static void make_peer(struct peer *p, unsigned char first)
{
	*p = (struct peer){ .all = &peers, .jid = (char *)"bob@example.net" };
	memset(p->fp, first, sizeof(p->fp));
	device_id_of(p->fp, p->device);
}

static void share(const char *name, const char *who, bool push)
{
	struct share *s = policy_share(context.policy, name);

	share_set_path(s, name);
	share_allow(s, who, push);
}

static void begin(void)
{
	char line[256], hex[2 * FINGERPRINT_BYTES + 1];

	now = 1;
	peers.ops = &peers_as_wanted;
	make_peer(&bob, 1);
	make_peer(&bob2, 2);
	timers_init(&context.timers);
	context.trust = trust_create();
	context.blocked = blocklist_create();
	context.presence = presence_create();
	context.policy = policy_create(context.jid);
	context.roster_known = true;
	presence_roster_item(context.presence, "bob@example.net", SUBSCRIPTION_BOTH, false, false);
	hex_encode(bob.fp, sizeof(bob.fp), hex);
	snprintf(line, sizeof(line), "bob@example.net %s verified 1\n", hex);
	trust_parse(context.trust, line, strlen(line));
	buf_reset(&said);
}

static void finish(void)
{
	policy_destroy(context.policy);
	presence_destroy(context.presence);
	blocklist_destroy(context.blocked);
	trust_destroy(context.trust);
	timers_finish(&context.timers);
}

static void is_said(const char *expected, const char *what)
{
	is_str(buf_str(&said), expected, what);
	buf_reset(&said);
}

/* Rows */

/* Parses fields that are written like "share=a right=push". */
static const char *parse(const char *text, struct buf *out)
{
	struct buf fields = { 0 };
	struct share_row row;
	const char *fault;
	size_t pos = 0;

	for (const char *p = text; *p; p++)
		buf_append(&fields, *p == ' ' ? "" : p, 1);
	buf_append(&fields, "", 1);
	while (share_rows_next((struct fields){ buf_data(&fields), buf_len(&fields) }, &pos, &row,
			       &fault) > 0)
		buf_printf(out, "[%s %s %s %.4s %d]", row.name, row.push ? "push" : "fetch",
			   row.head, row.object, (int)row.changed);
	buf_finish(&fields);
	return fault;
}

static void is_rows(const char *text, const char *rows, const char *fault)
{
	struct buf out = { 0 };
	const char *found = parse(text, &out);

	is_str(found, fault, text);
	is_str(buf_str(&out), rows, "its rows");
	buf_finish(&out);
}

#define OBJECT "0123456789012345678901234567890123456789"

static void test_rows(void)
{
	is_rows("id=x", "", NULL);
	is_rows("share=a right=push share=b right=fetch", "[a push   0][b fetch   0]", NULL);
	is_rows("right=push share=a head=refs/heads/m object=" OBJECT " changed=7 new=1",
		"[a fetch refs/heads/m 0123 7]", NULL);
	is_rows("share=a right=push right=fetch head=refs/heads/main head=refs/m changed=7 "
		"changed=x "
		"share=b right=fetch right=push",
		"[a push refs/heads/main  7][b fetch   0]", NULL);
	is_rows("share=a share=../b", "[a fetch   0]", "share: a name of a share");
	is_rows("share=\033[2J", "", "share: a name of a share");
	is_rows("share=a right=all", "", "right: fetch or push");
	is_rows("share=a head=main", "", "head: a ref of at most 255 bytes");
	is_rows("share=a object=12", "", "object: 40 or 64 digits of lower-case hex");
	is_rows("share=a changed=-1", "", "changed: seconds");
}

/* Answers */

static share_looked_fn *looked; /* of the look that is under way, or NULL */
static void *looked_owner;
static struct buf looks;

static struct share_look *on_look(void *arg, const char *path, share_looked_fn *done, void *owner)
{
	note(&looks, path);
	looked = done;
	looked_owner = owner;
	return (struct share_look *)&looked;
}

static void on_cancel(void *arg, struct share_look *look)
{
	looked = NULL;
}

static const struct share_answers_ops answers_ops = { .look = on_look, .cancel = on_cancel };

/* The repository was read. */
static void look_ends(bool good)
{
	const struct share_row row = {
		.head = "refs/heads/main",
		.object = OBJECT,
		.changed = 99,
	};
	share_looked_fn *done = looked;

	looked = NULL;
	done(looked_owner, good ? &row : NULL);
}

static const char *asks(struct share_answers *a, struct peer *p)
{
	static const char payload[] = "id=000000000000000000000000";
	const struct record record = { .type = RECORD_SHARES_ASK,
				       .number = 1,
				       .payload = (const uint8_t *)payload,
				       .len = sizeof(payload) };

	return share_answers_record(a, p, &record);
}

static void test_answers(void)
{
	struct record broken = { .type = RECORD_SHARES_ASK,
				 .payload = (const uint8_t *)"id=0",
				 .len = 5 };
	struct share_answers a;
	struct buf many = { 0 };
	char name[32];

	begin();
	share_answers_init(&a, &context, &answers_ops, NULL);
	share("mine", "carol@example.net", true);
	share("read", "bob@example.net", false);
	share("write", "bob@example.net", true);
	ok(!asks(&a, &bob) && looked, "a repository is looked into");
	is_said("", "and nothing is said meanwhile");
	look_ends(true);
	look_ends(false);
	is_str(buf_str(&looks), "read write", "what is not theirs is not looked at");
	is_said("SHARES share=read right=fetch head=refs/heads/main object=" OBJECT
		" changed=99 share=write right=push",
		"the answer has what the device may use, and its right");

	asks(&a, &bob);
	asks(&a, &bob);
	is_said("SHARES state=busy", "one answer at a time");
	policy_destroy(context.policy);
	context.policy = policy_create(context.jid);
	share("write", "bob@example.net", false);
	look_ends(true);
	look_ends(true);
	is_said("SHARES share=write right=fetch head=refs/heads/main object=" OBJECT " changed=99",
		"what was taken away meanwhile is not said");

	asks(&a, &bob);
	trust_distrust(context.trust, bob.jid, bob.fp, on_time(NULL));
	look_ends(true);
	is_said("SHARES", "nor is anything to a device that is distrusted");
	asks(&a, &bob2);
	is_said("SHARES", "nor to one that is not trusted");
	finish();
	begin();
	share("write", "bob@example.net", true);
	asks(&a, &bob);
	share_answers_ended(&a, &bob);
	ok(!looked, "the end of a link ends the look");
	is_said("", "and its answer");
	ok(share_answers_record(&a, &bob, &broken), "a question without id is none");
	for (unsigned i = 0; i < 2 * SHARES_ASKED_BURST; i++) {
		asks(&a, &bob);
		if (looked)
			look_ends(true);
	}
	ok(strstr(buf_str(&said), "state=busy"), "who asks too often is not answered");
	now += 2 * SHARES_ASKED_EVERY;
	buf_reset(&said);
	asks(&a, &bob);
	ok(looked, "for a while");
	look_ends(true);

	for (unsigned i = 0; i < SHARE_ROWS_MAX; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		share(name, "bob@example.net", false);
	}
	buf_reset(&said);
	now += 2 * SHARES_ASKED_EVERY;
	asks(&a, &bob);
	while (looked)
		look_ends(true);
	ok(!strncmp(buf_str(&said), "SHARES more=1 share=", 20) &&
		   strstr(buf_str(&said), " SHARES share="),
	   "what does not fit goes into another record");
	share_answers_finish(&a);
	buf_finish(&many);
	buf_finish(&looks);
	finish();
}

/* Lists */

static struct buf heard;
static unsigned done;

static void on_row(void *owner, const char *jid, const char *device, const struct share_row *row)
{
	buf_printf(&heard, "[%s]", row->name);
}

static void on_device(void *owner, const char *jid, const char *device, const char *outcome)
{
	note(&heard, outcome);
}

static void on_done(void *owner)
{
	done++;
}

static const struct share_list_events list_events = {
	.row = on_row,
	.device = on_device,
	.done = on_done,
};

static void is_heard(const char *expected, const char *what)
{
	is_str(buf_str(&heard), expected, what);
	buf_reset(&heard);
}

/* The device answers the last question with these rows. */
static const char *answers(struct share_lists *all, struct peer *p, const char *more,
			   const char *name)
{
	struct fields asked = { buf_data(&last), buf_len(&last) };
	struct buf fields = { 0 };
	struct record record = { .type = RECORD_SHARES };
	const char *fault;

	fields_add(&fields, "id", fields_get(asked, "id"));
	fields_add(&fields, "more", more);
	fields_add(&fields, "share", name);
	record.payload = (const uint8_t *)buf_data(&fields);
	record.len = buf_len(&fields);
	fault = share_lists_record(all, p, &record);
	buf_finish(&fields);
	return fault;
}

static void run(void)
{
	for (int i = 0; i < 5; i++)
		timers_run(&context.timers, now);
}

static struct share_list *start(struct share_lists *all, const struct peer *p)
{
	struct share_list *l = share_list_create(all, NULL);

	done = 0;
	share_list_add(l, p->jid, p->device);
	share_list_start(l);
	run();
	return l;
}

static void test_list(void)
{
	struct share_lists all;
	struct share_list *l;
	const char *fault = NULL;

	begin();
	share_lists_init(&all, &context, &peers, &list_events);
	start(&all, &bob);
	is_said("SHARES-ASK", "a device is asked");
	answers(&all, &bob2, NULL, "other");
	is_heard("", "another device cannot answer for it");
	answers(&all, &bob, "1", "a");
	answers(&all, &bob, NULL, "b");
	is_heard("[a][b] done", "rows come until there are no more");
	run();
	is_int(done, 1, "and the list is done");
	ok(!answers(&all, &bob, NULL, "c"), "what comes later does no harm");
	is_heard("", "and is not heard");

	start(&all, &bob);
	now += SHARES_PATIENCE;
	run();
	is_heard("silent", "a device that does not know the question is waited for");
	is_int(done, 1, "not for ever");

	start(&all, &bob);
	share_lists_ended(&all, &bob);
	is_heard("", "the end of a link is reported later");
	run();
	is_heard("unreachable", "but it is");

	absent = true;
	start(&all, &bob);
	is_heard("unreachable", "so is a device that is not there");
	absent = false;

	l = start(&all, &bob);
	share_list_destroy(l);
	answers(&all, &bob, NULL, "a");
	run();
	is_heard("", "a client that has gone hears nothing");

	start(&all, &bob);
	ok(answers(&all, &bob, NULL, "../a") != NULL, "a row that is none is a fault");
	share_lists_ended(&all, &bob);
	run();
	start(&all, &bob);
	buf_reset(&heard);
	for (unsigned i = 0; i < SHARES_MAX + 1 && !fault; i++)
		fault = answers(&all, &bob, "1", "a");
	is_str(fault, "share: at most 256 in an answer", "there is a bound");
	share_lists_ended(&all, &bob);
	run();
	ok(!all.first, "nothing is left");
	finish();
}

int main(void)
{
	test_rows();
	test_answers();
	test_list();
	buf_finish(&said);
	buf_finish(&last);
	buf_finish(&heard);
	return tap_done();
}
