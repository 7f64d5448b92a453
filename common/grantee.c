/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Neither a bare JID nor the name of a group has ":refs/", so the first one begins the
 * pattern.
 */
#include "grantee.h"

#include <string.h>

#include "text.h"

static const char everyone[] = "buddies", group[] = "group:";

bool group_name_valid(const char *name)
{
	size_t n = strlen(name);

	if (!n || n >= GROUP_NAME_MAX || *name == ' ' || name[n - 1] == ' ' ||
	    !text_utf8_valid(name, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f || name[i] == ':')
			return false;
	return true;
}

bool grantee_is_word(const char *name)
{
	size_t n = strlen(group) - strlen(":");

	return !strcmp(name, everyone) || (strlen(name) == n && !memcmp(name, group, n));
}

static bool parse_name(struct grantee *g, const char *name)
{
	if (!strcmp(name, everyone)) {
		g->kind = GRANTEE_BUDDIES;
	} else if (!strncmp(name, group, strlen(group))) {
		g->kind = GRANTEE_GROUP;
		name += strlen(group);
		if (!group_name_valid(name))
			return false;
	} else {
		g->kind = GRANTEE_JID;
		return jid_bare(name, g->name);
	}
	memcpy(g->name, name, strlen(name) + 1);
	return true;
}

bool grantee_parse(struct grantee *g, const char *text)
{
	const char *colon = strstr(text, ":refs/");
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	char name[JID_MAX + sizeof(group)];

	*g = (struct grantee){ .kind = GRANTEE_JID };
	if (n >= sizeof(name))
		return false;
	memcpy(name, text, n);
	name[n] = '\0';
	if (colon && (!ref_pattern_valid(colon + 1) || strlen(colon + 1) >= sizeof(g->pattern)))
		return false;
	if (colon)
		strcpy(g->pattern, colon + 1);
	return parse_name(g, name);
}

void grantee_put(const struct grantee *g, bool whole, struct buf *text)
{
	buf_printf(text, "%s%s", g->kind == GRANTEE_GROUP ? group : "", g->name);
	if (whole && *g->pattern)
		buf_printf(text, ":%s", g->pattern);
}

bool grantee_same(const struct grantee *a, const struct grantee *b)
{
	return a->kind == b->kind && !strcmp(a->name, b->name);
}
