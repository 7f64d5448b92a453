/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rights.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

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

static void change_one(struct rights *rights, const struct share_config *row,
		       enum right_change change, const char *who)
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

void rights_change(struct rights *rights, const struct share_config *row, enum right_change change,
		   const char *who)
{
	struct grantee g;

	change_one(rights, row, change, who);
	if (change != RIGHT_REMOVE || !grantee_parse(&g, who) || *g.pattern)
		return;
	for (size_t i = 0; row && i < row->count; i++)
		if (row->entries[i].who && grantee_same(&row->entries[i].grantee, &g))
			change_one(rights, row, change, row->entries[i].who);
}

void rights_finish(struct rights *rights)
{
	free(rights->rows);
}

/* Whether these would have a right afterwards. who is as in struct right. */
static bool will_have(const struct rights *rights, const struct share_config *row, const char *who,
		      bool push)
{
	const struct right *r = find(rights, who);

	if (r)
		return push ? r->push : r->fetch || r->push;
	return share_allows(row, SHARE_PUSH, who) || (!push && share_allows(row, SHARE_FETCH, who));
}

/* Whether many, of whom jid is one, keep a right that jid would lose. */
static bool keeps(const struct rights *rights, const struct share_config *row,
		  const struct share_configs *shares, const struct right *lost, const char *many)
{
	struct grantee g;

	if (!grantee_parse(&g, many) || g.kind == GRANTEE_JID ||
	    (g.kind == GRANTEE_GROUP && !share_configs_has_member(shares, g.name, lost->who)))
		return false;
	return (will_have(rights, row, many, true) && !lost->push) ||
	       (will_have(rights, row, many, false) && !lost->fetch && !lost->push);
}

const struct right *rights_kept(const struct rights *rights, const struct share_config *row,
				const struct share_configs *shares, const char **as)
{
	for (size_t i = 0; i < rights->count; i++) {
		const struct right *r = &rights->rows[i];
		struct grantee g;

		if (!r->removed || !grantee_parse(&g, r->who) || g.kind != GRANTEE_JID ||
		    *g.pattern)
			continue;
		for (size_t k = 0; k < rights->count; k++) {
			*as = rights->rows[k].who;
			if (keeps(rights, row, shares, r, *as))
				return r;
		}
		for (size_t k = 0; row && k < row->count; k++) {
			*as = row->entries[k].who;
			if (*as && keeps(rights, row, shares, r, *as))
				return r;
		}
	}
	return NULL;
}

const struct right *rights_idle(const struct rights *rights, const struct share_config *row)
{
	for (size_t i = 0; i < rights->count; i++) {
		const struct right *r = &rights->rows[i];
		struct buf plain = { 0 };
		struct grantee g;
		bool idle;

		if (!r->push || r->had_push || !grantee_parse(&g, r->who) || !*g.pattern)
			continue;
		grantee_put(&g, false, &plain);
		idle = will_have(rights, row, buf_str(&plain), true);
		buf_finish(&plain);
		if (idle)
			return r;
	}
	return NULL;
}
