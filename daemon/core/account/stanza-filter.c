/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stanza-filter.h"

/*
 * The weight of a stanza is the memory of its tree. Each element repeats its whole
 * namespace, so half a megabyte with a name of 200 kB and 40,000 children that inherit it
 * would become eight gigabytes. Elements are counted as well, because a new child is
 * appended to a list that is walked from its start.
 *
 * After a bound is exceeded, all that begins later in this stanza is left out; open
 * elements are ended as they end. An element with too many attributes loses them all,
 * because each is compared with those before it. The element itself is kept: it may be the
 * stanza, which stream management counts.
 *
 * The parser looks at an incomplete tag from its beginning with every read. So its size is
 * bounded, and so is the work for a tag that comes in pieces of a few bytes.
 */

#include <string.h>

enum {
	ELEMENT_WEIGHT = 448,	/* its node, its table, the copies of its names, a text beside it */
	ATTRIBUTE_WEIGHT = 96,	/* its place in the table, and the two copies */
};

static const char too_large[] = "the server sent a stanza that is too large";
static const char too_deep[] = "the server sent a stanza that is too deep";
static const char odd_header[] = "the server began the stream with a header that is too large";

void stanza_filter_init(struct stanza_filter *s)
{
	*s = (struct stanza_filter){ 0 };
}

static void told(struct stanza_filter *s, uint64_t at)
{
	s->token_at = at;
	s->rescanned = 0;
	if (s->depth <= 1)
		s->stanza_at = at;
}

static void cut(struct stanza_filter *s, const char *trouble)
{
	if (!s->trouble)
		s->trouble = trouble;
}

static size_t attributes_weight(const char *const *attributes, size_t *count)
{
	size_t weight = 0;

	for (*count = 0; attributes[*count * 2] && *count <= STANZA_ATTRIBUTES_MAX; (*count)++)
		weight += ATTRIBUTE_WEIGHT + strlen(attributes[*count * 2]) +
			  strlen(attributes[*count * 2 + 1]);
	return weight;
}

static const char *attribute(const char *const *attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (!strcmp(*attributes, name))
			return attributes[1];
	return NULL;
}

/*
 * RFC 6120 8.1.2.1: our server stamps the sender on each stanza that is not from itself or
 * the account.
 */
static bool is_own(const char *const *attributes)
{
	const char *from = attribute(attributes, "from"), *to = attribute(attributes, "to");
	size_t bare = from ? strcspn(from, "/") : 0;

	return !from || (to && bare == strcspn(to, "/") && !memcmp(from, to, bare));
}

/* name includes the namespace. */
static enum stanza_filter_verdict weigh(struct stanza_filter *s, const char *name,
					const char *const *attributes)
{
	size_t named = strnlen(name, STANZA_NAME_MAX + 1), count;
	size_t own = ELEMENT_WEIGHT + 2 * named, more = attributes_weight(attributes, &count);

	if (named > STANZA_NAME_MAX || s->depth > STANZA_DEPTH_MAX ||
	    s->weight + own > STANZA_WEIGHT_MAX || (!s->own && s->elements >= STANZA_ELEMENTS_MAX))
		return STANZA_FILTER_SKIP;
	s->elements++;
	s->weight += own;
	if (count > STANZA_ATTRIBUTES_MAX || s->weight + more > STANZA_WEIGHT_MAX)
		return STANZA_FILTER_BARE;
	s->weight += more;
	return STANZA_FILTER_PASS;
}

enum stanza_filter_verdict stanza_filter_start(struct stanza_filter *s, uint64_t at,
					       const char *name, const char *const *attributes)
{
	enum stanza_filter_verdict verdict = STANZA_FILTER_SKIP;

	told(s, at);
	if (s->depth <= 1) {
		s->weight = s->elements = 0;
		s->pruned = false;
		s->own = is_own(attributes);
	}
	if (!s->pruned)
		verdict = weigh(s, name, attributes);
	if (s->depth == 0 && verdict != STANZA_FILTER_PASS)
		cut(s, odd_header);
	s->begun = true;
	s->depth++;
	s->pruned = s->pruned || verdict != STANZA_FILTER_PASS;
	s->skipped += verdict == STANZA_FILTER_SKIP;
	if (s->depth > STANZA_DEPTH_CUT)
		cut(s, too_deep);
	return verdict;
}

bool stanza_filter_end(struct stanza_filter *s, uint64_t at)
{
	if (s->depth)
		s->depth--;
	told(s, at);
	if (!s->skipped)
		return true;
	s->skipped--;
	return false;
}

bool stanza_filter_text(struct stanza_filter *s, uint64_t at, size_t n)
{
	told(s, at);
	if (s->depth < 2 || s->pruned)
		return false;
	s->weight += n;
	s->pruned = s->weight > STANZA_WEIGHT_MAX;
	return !s->pruned;
}

void stanza_filter_read(struct stanza_filter *s, size_t n)
{
	uint64_t pending;

	s->read += n;
	pending = s->read > s->token_at ? s->read - s->token_at : 0;
	s->rescanned += pending;
	if (!s->begun && s->read > STREAM_HEADER_MAX)
		cut(s, odd_header);
	else if (pending > STANZA_TAG_MAX || s->read - s->stanza_at > STANZA_SIZE_MAX ||
		 s->rescanned > STANZA_RESCAN_MAX)
		cut(s, too_large);
}
