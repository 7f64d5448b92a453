/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stanza-filter.h"

#include <stdlib.h>

#include "tap.h"

#include "alloc.h"

#define ALICE "alice@example.org/git.k7"

static const char *const none[] = { NULL };
static const char *const few[] = { "id", "1", "to", ALICE, NULL };
static const char *const from_bob[] = { "from", "bob@example.org/phone", "to", ALICE, NULL };

/* A stream has begun, `at` bytes have told so. */
static void begin(struct stanza_filter *s, uint64_t *at)
{
	stanza_filter_init(s);
	*at = 100;
	stanza_filter_read(s, *at);
	stanza_filter_start(s, *at, "http://etherx.jabber.org/streams\x1fstream", few);
}

/* A tag of n bytes that the parser tells at once. */
static enum stanza_filter_verdict start(struct stanza_filter *s, uint64_t *at, size_t n,
					const char *name, const char *const *attributes)
{
	enum stanza_filter_verdict verdict;

	*at += n;
	verdict = stanza_filter_start(s, *at, name, attributes);
	stanza_filter_read(s, n);
	return verdict;
}

static bool end(struct stanza_filter *s, uint64_t *at, size_t n)
{
	bool passed;

	*at += n;
	passed = stanza_filter_end(s, *at);
	stanza_filter_read(s, n);
	return passed;
}

static bool text(struct stanza_filter *s, uint64_t *at, size_t n)
{
	bool passed;

	*at += n;
	passed = stanza_filter_text(s, *at, n);
	stanza_filter_read(s, n);
	return passed;
}

static void test_ordinary(void)
{
	struct stanza_filter s;
	uint64_t at;

	begin(&s, &at);
	ok(stanza_filter_between(&s), "a stream has begun");
	ok(start(&s, &at, 40, "jabber:client\x1fiq", few) == STANZA_FILTER_PASS, "a stanza passes");
	ok(start(&s, &at, 40, "urn:x\x1fquery", few) == STANZA_FILTER_PASS, "... its payload");
	ok(text(&s, &at, 8000), "... its text");
	ok(end(&s, &at, 8) && end(&s, &at, 5), "... and their ends");
	ok(!s.pruned && !s.trouble && stanza_filter_between(&s), "... and it is whole");
	ok(!text(&s, &at, 1), "what keeps the connection alive is nobody's text");
	for (unsigned i = 0; i < 5 * STANZA_SIZE_MAX / 1000; i++)
		text(&s, &at, 1000);
	ok(!s.trouble, "... however much of it");
}

/* depth elements within each other; how many of them passed. */
static unsigned nest(struct stanza_filter *s, uint64_t *at, unsigned depth)
{
	unsigned passed = 0, ended = 0;

	for (unsigned i = 0; i < depth; i++)
		passed += start(s, at, 3, "jabber:client\x1f" "a", none) != STANZA_FILTER_SKIP;
	text(s, at, 1);
	for (unsigned i = 0; i < depth; i++)
		ended += end(s, at, 4);
	ok(passed == ended, "as many ends as starts: %u of %u", passed, depth);
	return passed;
}

static void test_depth(void)
{
	struct stanza_filter s;
	uint64_t at;

	begin(&s, &at);
	is_int(nest(&s, &at, STANZA_DEPTH_MAX), STANZA_DEPTH_MAX,
	       "all of a stanza that is as deep as may be");
	ok(!s.pruned, "... which is whole");
	is_int(nest(&s, &at, STANZA_DEPTH_MAX + 1), STANZA_DEPTH_MAX, "one level more is left out");
	ok(s.pruned && !s.trouble, "... and the stanza is marked");
	is_int(nest(&s, &at, 1), 1, "the next stanza passes");
	ok(!s.pruned, "... and is whole");
	is_int(nest(&s, &at, 90000), STANZA_DEPTH_MAX, "90,000 levels");
	ok(!s.trouble && stanza_filter_between(&s), "... do not end the connection");
	nest(&s, &at, STANZA_DEPTH_CUT);
	is_str(s.trouble, "the server sent a stanza that is too deep", "100,000 do");
}

static void test_after_pruning(void)
{
	struct stanza_filter s;
	uint64_t at;

	begin(&s, &at);
	start(&s, &at, 10, "jabber:client\x1f" "iq", few);
	nest(&s, &at, STANZA_DEPTH_MAX);
	ok(s.pruned, "a stanza with too deep a child");
	ok(start(&s, &at, 10,
		 "jabber:client\x1f"
		 "b",
		 none) == STANZA_FILTER_SKIP &&
		   !end(&s, &at, 4),
	   "... loses those behind it as well");
	ok(!text(&s, &at, 10), "... and text");
	ok(end(&s, &at, 5) && stanza_filter_between(&s), "... and ends");
}

/* The roster of as many people as may be known is one stanza. */
static void test_roster(void)
{
	static const char *const item[] = { "jid", "somebody.with.a.name@chat.example.org", "name",
					    "Somebody With A. Name", "subscription", "both", NULL };
	struct stanza_filter s;
	uint64_t at;

	begin(&s, &at);
	start(&s, &at, 80, "jabber:client\x1f" "iq", few);
	start(&s, &at, 40, "jabber:iq:roster\x1fquery", none);
	for (unsigned i = 0; i < BUDDIES_MAX; i++) {
		start(&s, &at, 110, "jabber:iq:roster\x1fitem", item);
		start(&s, &at, 7, "jabber:iq:roster\x1fgroup", none);
		text(&s, &at, 10);
		end(&s, &at, 8);
		end(&s, &at, 7);
	}
	end(&s, &at, 8);
	end(&s, &at, 5);
	ok(!s.pruned && !s.trouble, "a roster of %d people is whole, %zu bytes in memory",
	   BUDDIES_MAX, s.weight);
}

static void test_weight(void)
{
	struct stanza_filter s;
	uint64_t at;
	unsigned passed = 0, ended = 0;
	size_t before;

	begin(&s, &at);
	start(&s, &at, 10, "jabber:client\x1f" "message", few);
	for (unsigned i = 0; i < 200000; i++) {
		passed += start(&s, &at, 4, "jabber:client\x1f" "a", none) == STANZA_FILTER_PASS;
		ended += end(&s, &at, 0);
	}
	ok(passed == ended && passed < STANZA_WEIGHT_MAX / 448, "%u of 200,000 empty elements pass",
	   passed);
	ok(s.pruned && end(&s, &at, 10) && !s.trouble, "... in a stanza that is marked");

	start(&s, &at, 10, "jabber:client\x1f" "message", few);
	before = s.weight;
	for (unsigned i = 0; i < 1000; i++)
		text(&s, &at, 1024);
	is_int(s.weight - before, 1024 * 1000, "text weighs what it is");
	/* Entities can make more of it than was read. */
	for (unsigned i = 0; i < 100000; i++)
		stanza_filter_text(&s, at, 1024);
	ok(s.pruned && s.weight < STANZA_WEIGHT_MAX + 2048, "... and is bounded");
}

static void test_elements(void)
{
	static const struct {
		const char *from;
		bool own;
	} rows[] = {
		{ "alice@example.org", true },
		{ "alice@example.org/phone", true },
		{ "alice@example.org.evil/phone", false },
		{ "alice@example.or", false },
		{ "example.org", false },
		{ "bob@example.org", false },
		{ "", false },
	};
	struct stanza_filter s;
	uint64_t at;
	unsigned passed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *attributes[] = { "to", ALICE, "from", rows[i].from, NULL };

		begin(&s, &at);
		start(&s, &at, 10, "jabber:client\x1f" "message", attributes);
		ok(s.own == rows[i].own, "a stanza from '%s' is %s", rows[i].from,
		   rows[i].own ? "our own" : "not");
	}
	begin(&s, &at);
	start(&s, &at, 10, "jabber:client\x1f" "message", from_bob);
	for (unsigned i = 0; i < 2000; i++) {
		passed += start(&s, &at, 4, "jabber:client\x1f" "a", none) == STANZA_FILTER_PASS;
		end(&s, &at, 0);
	}
	is_int(passed, STANZA_ELEMENTS_MAX - 1,
	       "somebody else's stanza has 1,000 elements at most");
	ok(s.pruned && end(&s, &at, 10) && !s.trouble, "... and is marked if there were more");
}

static void test_names(void)
{
	char *name = xmalloc(300000);
	struct stanza_filter s;
	uint64_t at;

	memset(name, 'n', 300000);
	name[299999] = '\0';
	begin(&s, &at);
	start(&s, &at, 10, "jabber:client\x1f" "message", few);
	ok(start(&s, &at, 299999, name, none) == STANZA_FILTER_SKIP && !s.trouble,
	   "a namespace of 300 kB is left out");
	ok(start(&s, &at, 4, name, none) == STANZA_FILTER_SKIP, "... and who inherits it");
	ok(!end(&s, &at, 0) && !end(&s, &at, 4), "... with their ends");
	ok(end(&s, &at, 10), "... and the stanza goes on");
	name[STANZA_NAME_MAX] = '\0';
	ok(start(&s, &at, 10, name, few) == STANZA_FILTER_PASS && end(&s, &at, 10),
	   "one of 1 kB passes");
	free(name);
}

static void test_attributes(void)
{
	const char *many[2 * (STANZA_ATTRIBUTES_MAX + 1) + 1] = { NULL };
	char *value = xmalloc(STANZA_WEIGHT_MAX);
	struct stanza_filter s;
	uint64_t at;

	for (unsigned i = 0; i < 2 * STANZA_ATTRIBUTES_MAX; i++)
		many[i] = "x";
	begin(&s, &at);
	ok(start(&s, &at, 500, "jabber:client\x1fiq", many) == STANZA_FILTER_PASS &&
		   end(&s, &at, 5),
	   "64 attributes pass");
	many[2 * STANZA_ATTRIBUTES_MAX] = many[2 * STANZA_ATTRIBUTES_MAX + 1] = "x";
	ok(start(&s, &at, 500, "jabber:client\x1fiq", many) == STANZA_FILTER_BARE,
	   "with 65, the stanza passes without them");
	ok(s.pruned && end(&s, &at, 5) && !s.trouble, "... and is marked");
	memset(value, 'v', STANZA_WEIGHT_MAX - 1);
	value[STANZA_WEIGHT_MAX - 1] = '\0';
	many[1] = value;
	many[2] = NULL;
	ok(start(&s, &at, 500, "jabber:client\x1fiq", many) == STANZA_FILTER_BARE && s.pruned,
	   "so with one that is too long");
	free(value);
}

/* Bytes of which the parser cannot tell anything yet. */
static void wait_for_more(struct stanza_filter *s, uint64_t *at, size_t n, size_t piece)
{
	for (size_t done = 0; done < n && !s->trouble; done += piece) {
		stanza_filter_read(s, piece);
		*at += piece;
	}
}

static void test_size(void)
{
	static const char large[] = "the server sent a stanza that is too large";
	struct stanza_filter s;
	uint64_t at;

	begin(&s, &at);
	wait_for_more(&s, &at, STANZA_TAG_MAX - 4096, 4096);
	ok(!s.trouble, "a tag of nearly 1 MiB may be read");
	ok(start(&s, &at, 100,
		 "jabber:client\x1f"
		 "a",
		 few) == STANZA_FILTER_PASS &&
		   !s.trouble,
	   "... and used");
	wait_for_more(&s, &at, STANZA_TAG_MAX + 4096, 4096);
	is_str(s.trouble, large, "one that is larger ends the connection");

	begin(&s, &at);
	start(&s, &at, 10, "jabber:client\x1f" "message", few);
	for (unsigned i = 0; i <= STANZA_SIZE_MAX / 4096 && !s.trouble; i++)
		text(&s, &at, 4096);
	is_str(s.trouble, large, "so does a stanza of 4 MiB, whatever is in it");

	begin(&s, &at);
	wait_for_more(&s, &at, 16 * 1024, 1);
	ok(!s.trouble, "a tag of 16 KiB may come byte by byte");
	wait_for_more(&s, &at, STANZA_TAG_MAX - 32 * 1024, 1);
	is_str(s.trouble, large,
	       "one of a megabyte may not: each byte has the parser look at it anew");
	ok(at < 64 * 1024, "... which is told after %" PRIu64 " bytes", at);
}

static void test_header(void)
{
	static const char odd[] = "the server began the stream with a header that is too large";
	const char *many[2 * (STANZA_ATTRIBUTES_MAX + 1) + 1] = { NULL };
	struct stanza_filter s;
	uint64_t at = 0;

	stanza_filter_init(&s);
	wait_for_more(&s, &at, 2 * STREAM_HEADER_MAX, 4096);
	is_str(s.trouble, odd, "a stream that never begins");
	for (unsigned i = 0; i < 2 * STANZA_ATTRIBUTES_MAX + 2; i++)
		many[i] = "x";
	stanza_filter_init(&s);
	at = 0;
	start(&s, &at, 1000, "stream", many);
	is_str(s.trouble, odd, "one that begins with too many attributes");
}

static void test_end(void)
{
	struct stanza_filter s;
	uint64_t at;

	begin(&s, &at);
	for (size_t n = 0; n <= STREAM_HEADER_MAX; n += 1000)
		text(&s, &at, 1000);
	ok(end(&s, &at, 16), "a stream that has been long ends");
	is_str(s.trouble, NULL, "... and nothing is wrong with it");
	for (size_t n = 0; n <= STANZA_SIZE_MAX; n += 4096)
		wait_for_more(&s, &at, 4096, 4096);
	ok(s.trouble != NULL, "what comes behind the end is bounded");
}

int main(void)
{
	test_ordinary();
	test_depth();
	test_after_pruning();
	test_roster();
	test_weight();
	test_elements();
	test_names();
	test_attributes();
	test_size();
	test_header();
	test_end();
	return tap_done();
}
