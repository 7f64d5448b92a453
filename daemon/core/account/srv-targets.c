/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "srv-targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static int compare(const void *a, const void *b)
{
	const struct srv_target *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	if (x->direct_tls != y->direct_tls)
		return x->direct_tls ? -1 : 1;
	/* RFC 2782: targets of weight 0 stand first, so that a drawn 0 falls on one of them. */
	return (x->weight > y->weight) - (x->weight < y->weight);
}

static bool are_alike(const struct srv_target *x, const struct srv_target *y)
{
	return x->priority == y->priority && x->direct_tls == y->direct_tls;
}

/* RFC 2782, "Weight". */
static void draw(struct srv_target *list, size_t n, uint32_t (*lot)(void *arg, uint32_t max),
		 void *arg)
{
	for (size_t first = 0; first + 1 < n; first++) {
		uint32_t sum = 0, drawn;
		struct srv_target chosen;
		size_t i = first;

		for (size_t j = first; j < n; j++)
			sum += list[j].weight;
		drawn = lot(arg, sum);
		for (sum = list[i].weight; sum < drawn && i + 1 < n; sum += list[i].weight)
			i++;
		chosen = list[i];
		memmove(&list[first + 1], &list[first], (i - first) * sizeof(*list));
		list[first] = chosen;
	}
}

void srv_targets_order(struct srv_target *list, size_t n, uint32_t (*lot)(void *arg, uint32_t max),
		       void *arg)
{
	size_t from = 0, to;

	if (n)
		qsort(list, n, sizeof(*list), compare);
	for (; from < n; from = to) {
		for (to = from + 1; to < n && are_alike(&list[from], &list[to]); to++)
			;
		draw(list + from, to - from, lot, arg);
	}
}

void srv_targets_begin(struct srv_targets *t, const struct srv_target *list, size_t n)
{
	srv_targets_finish(t);
	t->list = xcalloc(n + 1, sizeof(*list));
	if (n)
		memcpy(t->list, list, n * sizeof(*list));
	t->count = n;
}

void srv_targets_starttls_first(struct srv_targets *t)
{
	for (size_t i = t->next; i < t->count; i++) {
		struct srv_target moved = t->list[i];
		size_t at = i;

		while (at > t->next && !moved.direct_tls && t->list[at - 1].direct_tls &&
		       t->list[at - 1].priority == moved.priority)
			at--;
		memmove(&t->list[at + 1], &t->list[at], (i - at) * sizeof(moved));
		t->list[at] = moved;
	}
}

void srv_targets_finish(struct srv_targets *t)
{
	free(t->list);
	memset(t, 0, sizeof(*t));
}

const struct srv_target *srv_targets_next(struct srv_targets *t)
{
	t->endpoint_count = t->endpoint_next = 0;
	if (t->sent_on) {
		t->sent_on = false;
		return &t->other;
	}
	return t->next < t->count ? &t->list[t->next++] : NULL;
}

void srv_targets_found(struct srv_targets *t, const struct endpoint *endpoints, size_t n)
{
	t->endpoint_count = n < SRV_TARGET_ADDRESSES_MAX ? n : SRV_TARGET_ADDRESSES_MAX;
	t->endpoint_next = 0;
	if (n)
		memcpy(t->endpoints, endpoints, t->endpoint_count * sizeof(*endpoints));
}

const struct endpoint *srv_targets_endpoint(struct srv_targets *t)
{
	return t->endpoint_next < t->endpoint_count ? &t->endpoints[t->endpoint_next++] : NULL;
}

bool srv_targets_redirect(struct srv_targets *t, const char *host, uint16_t port)
{
	if (t->redirections >= REDIRECTIONS_MAX)
		return false;
	t->redirections++;
	t->sent_on = true;
	t->other = (struct srv_target){ .port = port };
	snprintf(t->other.host, sizeof(t->other.host), "%s", host);
	/* Other addresses of the same host would redirect us, too. */
	t->endpoint_next = t->endpoint_count;
	return true;
}
