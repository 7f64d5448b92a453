/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iq.h"

#include "tap.h"

#include "alloc.h"

static const unsigned char prefix[IQ_PREFIX_BYTES] = {
	0xab, 0xcd, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x10
};
static const struct iq_self self = { "me@a.example/git", "me@a.example", "a.example" };

static void nobody(void *arg, const char *error)
{
}

static uint64_t add(struct iq_table *t, const char *to, uint64_t deadline, void *arg)
{
	return iq_add(t, to, deadline, &(struct iq_request){ .answer = nobody, .arg = arg });
}

/*
 * Whether an answer that is `from` this one is taken for one to a request that
 * went `to` that one.
 */
static const struct {
	const char *to, *from;
	bool taken;
	const char *what;
} senders[] = {
	{ "bob@b.example/x", "bob@b.example/x", true, "from whom it was asked" },
	{ "bob@b.example/x", "bob@b.example/y", false, "not from another resource" },
	{ "bob@b.example/x", "eve@e.example/x", false, "not from somebody else" },
	{ "Proxy.B.example.", "proxy.b.example", true, "from it in its normal form" },
	{ "bob@xn--bcher-kva.example/x", "bob@b\xc3\xbc" "cher.example/x", true,
	  "or its domain's" },
	{ "bob@b.example/x", "bob@b.example/X", false,
	  "not from a resource that has another case" },
	{ "bob@b.example/x", "a.example", false, "not from our server for somebody" },
	{ "bob@b.example/x", NULL, false, "not from nobody for somebody" },
	{ "a.example", "a.example", true, "our server as itself" },
	{ "a.example", NULL, true, "our server as nobody" },
	{ "a.example", "me@a.example", true, "our server as our account" },
	{ "a.example", "eve@e.example", false, "our server as somebody else" },
	{ NULL, NULL, true, "our account as nobody" },
	{ NULL, "me@a.example", true, "our account as itself" },
	{ NULL, "me@a.example/git", true, "our account as our own resource" },
	{ NULL, "me@a.example/other", false, "our account as another resource" },
	{ NULL, "bob@b.example", false, "our account as somebody else" },
};

static void test_from(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(senders); i++) {
		struct iq_table *t = iq_create();
		struct iq_request r;
		uint64_t handle;
		char id[IQ_ID_MAX];

		iq_begin(t, prefix);
		handle = add(t, senders[i].to, 100, t);
		iq_id(t, handle, id);
		ok(iq_take(t, id, senders[i].from, &self, &r) == senders[i].taken, "%s",
		   senders[i].what);
		ok(iq_forget(t, handle) != senders[i].taken,
		   "... and it waits on if it was not taken");
		iq_destroy(t);
	}
}

static void test_ids(void)
{
	struct iq_table *t = iq_create();
	struct iq_request r;
	char id[IQ_ID_MAX], again[IQ_ID_MAX], wrong[IQ_ID_MAX + 8];
	uint64_t first, second;

	ok(!iq_take(t, "", NULL, &self, &r) && !iq_take(t, "0", NULL, &self, &r),
	   "before a connection no id is known");
	iq_begin(t, prefix);
	first = add(t, NULL, 100, NULL);
	iq_id(t, first, id);
	ok(!iq_take(t, NULL, NULL, &self, &r), "an answer without an id");
	snprintf(wrong, sizeof(wrong), "%s0", id);
	ok(!iq_take(t, wrong, NULL, &self, &r), "an id that is too long");
	snprintf(wrong, sizeof(wrong), "%s", id);
	wrong[strlen(wrong) - 1] ^= 1;
	ok(!iq_take(t, wrong, NULL, &self, &r), "an id of a slot that is not used");
	snprintf(wrong, sizeof(wrong), "%s", id);
	wrong[0] = 'f';
	ok(!iq_take(t, wrong, NULL, &self, &r), "an id of another connection");
	ok(iq_take(t, id, NULL, &self, &r), "the id itself");
	ok(!iq_take(t, id, NULL, &self, &r), "an answer that comes twice is taken once");
	second = add(t, NULL, 100, NULL);
	iq_id(t, second, again);
	ok(strcmp(id, again) != 0, "an id is not used again with the slot");
	ok(!iq_take(t, id, NULL, &self, &r), "a late answer does not reach the slot's next user");
	ok(!iq_forget(t, first) && iq_forget(t, second), "nor does forgetting");
	iq_destroy(t);
}

static void test_expiry(void)
{
	struct iq_table *t = iq_create();
	struct iq_request r;
	uint64_t handle;

	iq_begin(t, prefix);
	ok(iq_deadline(t) == UINT64_MAX, "nothing waits: no deadline");
	handle = add(t, NULL, 100, &handle);
	add(t, "x", 300, &r);
	add(t, "x", 200, t);
	is_int(iq_deadline(t), 100, "the earliest deadline");
	iq_forget(t, handle);
	ok(!iq_take_expired(t, 150, &r), "what was forgotten does not expire");
	is_int(iq_deadline(t), 200, "and the deadline is exact again");
	ok(!iq_take_expired(t, 199, &r), "too early");
	ok(iq_take_expired(t, 200, &r) && r.arg == t, "the one that is due");
	ok(!iq_take_expired(t, 200, &r), "and no other");
	is_int(iq_deadline(t), 300, "then the next one's deadline");
	ok(iq_take_any(t, &r) && !iq_take_any(t, &r),
	   "the end of the connection takes what is left");
	ok(iq_deadline(t) == UINT64_MAX && iq_pending(t) == 0, "nothing waits any more");
	iq_destroy(t);
}

static const char *told;
static struct iq_rows *told_rows;

static void tell(void *arg, const char *error)
{
	told = error;
	told_rows = NULL;
}

static void tell_rows(void *arg, const char *error, struct iq_rows *rows)
{
	told = error;
	told_rows = rows;
}

static void test_rows(void)
{
	struct iq_table *t = iq_create();
	struct iq_rows *rows = (void *)t;
	struct iq_request r;
	char id[IQ_ID_MAX];

	iq_begin(t, prefix);
	iq_id(t, iq_add(t, "x", 100, &(struct iq_request){ .rows_answer = tell_rows, .arg = t }),
	      id);
	ok(iq_take(t, id, "x", &self, &r) && r.arg == t, "a query is answered");
	iq_tell(&r, NULL, rows);
	ok(!told && told_rows == rows, "... with what the answer lists");
	iq_tell(&r, "timeout", NULL);
	ok(!told_rows, "... or without");
	is_str(told, "timeout", "... because of an error");
	iq_id(t, iq_add(t, "x", 100, &(struct iq_request){ .answer = tell, .arg = t }), id);
	ok(iq_take(t, id, "x", &self, &r), "the slot's next user is no query");
	iq_tell(&r, "conflict", rows);
	is_str(told, "conflict", "... and told as such");
	ok(!told_rows, "... without rows");
	iq_destroy(t);
}

static void test_bound(void)
{
	struct iq_table *t = iq_create();
	struct iq_request r;
	size_t n = 0;

	iq_begin(t, prefix);
	while (n <= IQ_PENDING_MAX && add(t, "x", n, NULL))
		n++;
	is_int(n, IQ_PENDING_MAX, "so many may wait and not one more");
	while (iq_take_any(t, &r))
		n--;
	is_int(n, 0, "all of them are taken out again");
	iq_destroy(t);
}

/* However many blocks are not acknowledged, our own server can be asked. */
static void test_own_places(void)
{
	struct iq_table *t = iq_create();
	const struct iq_request block = { .answer = nobody, .of_path = true };
	struct iq_request r;
	unsigned own = 0, blocks = 0;

	iq_begin(t, prefix);
	while (blocks < 2 * IQ_PENDING_MAX && iq_add(t, "bob@b.example/x", 100, &block))
		blocks++;
	ok(blocks >= IBB_MAX * IBB_STANZAS_MAX, "each path has places for all its blocks");
	ok(!iq_path_fits(t), "then there are no more for paths");
	while (own < IQ_PENDING_MAX && add(t, NULL, 100, NULL))
		own++;
	is_int(own, IQ_OWN_PLACES, "but for what we ask our own server");
	while (iq_take_any(t, &r))
		;
	iq_destroy(t);
}

static void test_unawaited(void)
{
	struct iq_table *t = iq_create();
	char id[IQ_ID_MAX], next[IQ_ID_MAX];
	struct iq_request r;

	iq_begin(t, prefix);
	iq_unawaited_id(t, id);
	iq_unawaited_id(t, next);
	ok(strcmp(id, next) != 0, "what is sent without waiting has an id of its own");
	is_int(iq_pending(t), 0, "and takes no place");
	add(t, NULL, 100, NULL);
	ok(!iq_take(t, id, NULL, &self, &r), "an answer to it is nobody's");
	iq_take_any(t, &r);
	iq_destroy(t);
}

int main(void)
{
	test_from();
	test_ids();
	test_expiry();
	test_rows();
	test_bound();
	test_own_places();
	test_unawaited();
	return tap_done();
}
