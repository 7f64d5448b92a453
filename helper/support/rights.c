/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rights.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static const char everyone[] = "buddies";

static struct right *find(const struct rights *rights, const char *who)
{
	for (size_t i = 0; i < rights->count; i++)
		if (!strcmp(rights->rows[i].who, who))
			return &rights->rows[i];
	return NULL;
}

static struct right *add(struct rights *rights, const struct share_config *row, const char *who)
{
	struct right *r;

	rights->rows = xrealloc(rights->rows, (rights->count + 1) * sizeof(*rights->rows));
	r = &rights->rows[rights->count++];
	*r = (struct right){ .removed = false };
	memcpy(r->who, who, strlen(who) + 1);
	r->fetch = r->had_fetch = share_allows(row, SHARE_FETCH, who);
	r->push = r->had_push = share_allows(row, SHARE_PUSH, who);
	return r;
}

void rights_change(struct rights *rights, const struct share_config *row, enum right_change change,
		   const char *who)
{
	struct right *r = find(rights, who);

	if (!r)
		r = add(rights, row, who);
	switch (change) {
	case RIGHT_FETCH:
		r->fetch = true;
		break;
	case RIGHT_PUSH:
		r->push = true;
		break;
	case RIGHT_REMOVE:
		r->fetch = r->push = false;
		r->removed = true;
		break;
	}
}

void rights_finish(struct rights *rights)
{
	free(rights->rows);
}

const struct right *rights_kept_as_buddy(const struct rights *rights,
					 const struct share_config *row)
{
	const struct right *all = find(rights, everyone);
	bool push = all ? all->push : share_allows(row, SHARE_PUSH, everyone);
	bool fetch = push || (all ? all->fetch : share_allows(row, SHARE_FETCH, everyone));

	for (size_t i = 0; i < rights->count; i++) {
		const struct right *r = &rights->rows[i];

		if (r == all || !r->removed)
			continue;
		if ((push && !r->push) || (fetch && !r->fetch && !r->push))
			return r;
	}
	return NULL;
}
