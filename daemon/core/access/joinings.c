/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "joinings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "backoff.h"
#include "decimal.h"
#include "join-proof.h"
#include "lines.h"
#include "wipe.h"

/* A short list, oldest first. */

enum {
	DAY = 24 * 3600,
	PARTS = 1000,	/* of a second; a time in a file fits into an integer in ms, too */
};

struct joinings {
	struct joining *first;	/* owned */
	unsigned count;
};

struct joinings *joinings_create(void)
{
	return xcalloc(1, sizeof(struct joinings));
}

void joinings_drop(struct joinings *all, struct joining *one)
{
	struct joining **at = &all->first;

	while (*at != one)
		at = &(*at)->next;
	*at = one->next;
	all->count--;
	wipe(&one->link, sizeof(one->link));
	free(one);
}

void joinings_destroy(struct joinings *all)
{
	if (!all)
		return;
	while (all->first)
		joinings_drop(all, all->first);
	free(all);
}

struct joining *joinings_first(const struct joinings *all)
{
	return all->first;
}

struct joining *joinings_find(const struct joinings *all, const struct invitation_link *link)
{
	struct joining *one = all->first;

	while (one && (strcmp(one->link.jid, link->jid) != 0 ||
		       memcmp(one->link.fp, link->fp, sizeof(link->fp)) != 0 ||
		       memcmp(one->link.secret, link->secret, sizeof(link->secret)) != 0))
		one = one->next;
	return one;
}

struct joining *joinings_of(const struct joinings *all, const char *jid)
{
	struct joining *one = all->first;

	while (one && strcmp(one->link.jid, jid) != 0)
		one = one->next;
	return one;
}

static struct joining *append(struct joinings *all, const struct invitation_link *link)
{
	struct joining **at = &all->first, *one = xcalloc(1, sizeof(*one));

	while (*at)
		at = &(*at)->next;
	one->link = *link;
	*at = one;
	all->count++;
	return one;
}

bool joining_is_expired(const struct invitation_link *link, uint64_t unix_now)
{
	return link->until && unix_now >= link->until;
}

struct joining *joinings_add(struct joinings *all, const struct invitation_link *link,
			     uint64_t unix_now, uint64_t now, uint32_t *random)
{
	const uint64_t last = unix_now + (uint64_t)INVITATION_DAYS_MAX * DAY;
	struct joining *one = joinings_find(all, link);

	if (one)
		return one;
	if (all->count >= JOININGS_MAX || joining_is_expired(link, unix_now))
		return NULL;
	one = append(all, link);
	one->since = unix_now;
	one->until = link->until && link->until < last ? link->until : last;
	joining_unanswered(one, now, random);
	return one;
}

struct joining *joinings_expired(const struct joinings *all, uint64_t unix_now)
{
	struct joining *one = all->first;

	while (one && (one->busy || unix_now < one->until))
		one = one->next;
	return one;
}

struct joining *joinings_due(const struct joinings *all, uint64_t now)
{
	struct joining *found = NULL;

	for (struct joining *one = all->first; one; one = one->next) {
		if (one->busy)
			return NULL;
		if (one->due <= now && (!found || one->due < found->due))
			found = one;
	}
	return found;
}

uint64_t joinings_deadline(const struct joinings *all, bool may_try, uint64_t unix_now,
			   uint64_t now)
{
	uint64_t due = UINT64_MAX, end = UINT64_MAX;

	for (const struct joining *one = all->first; one; one = one->next) {
		uint64_t left = one->until > unix_now ? one->until - unix_now : 0;

		/* The end of its attempt is an event. */
		if (one->busy) {
			may_try = false;
			continue;
		}
		due = one->due < due ? one->due : due;
		end = now + left * PARTS < end ? now + left * PARTS : end;
	}
	return may_try && due < end ? due : end;
}

unsigned joining_begin(struct joining *one)
{
	one->busy = true;
	return one->attempts++ % JOIN_ATTEMPTS;
}

void joining_unanswered(struct joining *one, uint64_t now, uint32_t *random)
{
	one->busy = false;
	one->due = now + backoff_next(&one->pause, JOINING_PAUSE_FIRST, JOINING_PAUSE_MAX, random);
}

void joinings_online(struct joinings *all, uint64_t now)
{
	for (struct joining *one = all->first; one; one = one->next) {
		one->pause = 0;
		one->due = now;
	}
}

void joining_seen(struct joining *one, bool seen, uint64_t now)
{
	if (seen && !one->seen) {
		one->pause = 0;
		one->due = now;
	}
	one->seen = seen;
}

void joinings_write(const struct joinings *all, struct buf *out)
{
	for (const struct joining *one = all->first; one; one = one->next) {
		buf_printf(out, "%" PRIu64 " %" PRIu64 " ", one->since, one->until);
		invitation_link_put(out, &one->link);
		buf_puts(out, "\n");
	}
}

static bool parse_line(void *arg, char *line)
{
	char *until = strchr(line, ' '), *text = until ? strchr(until + 1, ' ') : NULL;
	struct joinings *all = arg;
	struct invitation_link link;
	uint64_t since, end;
	struct joining *one;
	const char *why;
	bool good;

	if (!text || all->count >= JOININGS_MAX)
		return false;
	*until++ = *text++ = '\0';
	if (!decimal_parse(line, INT64_MAX / PARTS, &since) ||
	    !decimal_parse(until, INT64_MAX / PARTS, &end) ||
	    invitation_link_parse(&link, text, &why))
		return false;
	good = !joinings_find(all, &link);
	if (good) {
		one = append(all, &link);
		one->since = since;
		one->until = end;
	}
	wipe(&link, sizeof(link));
	return good;
}

int joinings_parse(struct joinings *all, const char *text, size_t n)
{
	return lines_parse(text, n, parse_line, all);
}
