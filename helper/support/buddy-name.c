/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "buddy-name.h"

#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "alloc.h"
#include "query.h"

bool nickname_valid(const char *name)
{
	return strlen(name) < NICKNAME_MAX && !strpbrk(name, "/ ") && share_name_valid(name);
}

bool nickname_jid(const struct gitconfig *c, const char *name, char jid[JID_MAX])
{
	char *key = xasprintf("xmppbuddy.%s.address", name);
	const char *address = gitconfig_get(c, key);
	bool found = address && jid_bare(address, jid);

	free(key);
	return found;
}

void nicknames_each(const struct gitconfig *c,
		    void (*each)(void *arg, const char *name, const char *jid), void *arg)
{
	for (size_t i = 0; i < c->count; i++) {
		const char *name, *variable;
		char jid[JID_MAX], *copy;
		size_t len;

		variable = gitconfig_variable(&c->rows[i], "xmppbuddy", &name, &len);
		/* Of several rows with one key the last one counts. */
		if (!variable || strcmp(variable, "address") ||
		    gitconfig_find(c, c->rows[i].key) != &c->rows[i])
			continue;
		copy = xstrndup(name, len);
		if (nickname_jid(c, copy, jid))
			each(arg, copy, jid);
		free(copy);
	}
}

char *buddy_name_of(const char *address, const char **share)
{
	size_t n = strcspn(address, "/");

	*share = address[n] ? address + n + 1 : NULL;
	return xstrndup(address, n);
}

/* An address as somebody has copied it; malloc'd. */
static char *bare_part(const char *text)
{
	size_t n;

	text += strspn(text, " \t\n");
	if (!strncmp(text, "xmpp::", 6))
		text += 6;
	else if (!strncmp(text, "xmpp:", 5))
		text += 5;
	n = strcspn(text, "/?");
	while (n > 0 && strchr(" \t\n", text[n - 1]))
		n--;
	return xstrndup(text, n);
}

static bool is_trusted(struct fields row)
{
	static const char *const trusted[] = { "verified", "vouched", "seen" };

	for (size_t i = 0; i < ARRAY_SIZE(trusted); i++)
		if (!strcmp(row_get(row, "trust"), trusted[i]))
			return true;
	return false;
}

/* Whether the part before the '@' is the name. */
static bool is_local_part(const char *jid, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(jid, name, n) && jid[n] == '@';
}

/* How many trusted buddies have this local part; jid is the first one's. */
static size_t find_local_part(const char *name, char jid[JID_MAX])
{
	struct message trouble;
	struct query answer;
	size_t found = 0;

	if (query_to(&answer, "buddies", NULL, NULL, false, &trouble) == 0) {
		for (size_t i = 0; i < answer.count; i++) {
			struct fields row = query_row(&answer, i);

			if (row_is(row, "buddy") && !fields_get_u64(row, "self", 0) &&
			    is_trusted(row) && is_local_part(row_get(row, "jid"), name) &&
			    found++ == 0)
				jid_bare(row_get(row, "jid"), jid);
		}
	}
	query_finish(&answer);
	return found;
}

static bool find_name(const char *name, char jid[JID_MAX], struct message *trouble)
{
	struct gitconfig c;
	bool found = false;
	size_t count;

	if (!nickname_valid(name)) {
		message_set(trouble, MSG_BAD_JID, "jid", name, NULL);
		return false;
	}
	if (gitconfig_read(&c, trouble) < 0) {
		gitconfig_finish(&c);
		return false;
	}
	found = nickname_jid(&c, name, jid);
	gitconfig_finish(&c);
	if (found)
		return true;
	count = find_local_part(name, jid);
	if (count != 1)
		message_set(trouble, count ? MSG_WHICH_BUDDY : MSG_NOBODY_CALLED, "name", name,
			    NULL);
	return count == 1;
}

bool buddy_name_jid(const char *text, char jid[JID_MAX], struct message *trouble)
{
	char *bare = bare_part(text);
	bool good;

	if (!strchr(bare, '@')) {
		good = find_name(bare, jid, trouble);
	} else {
		good = jid_bare(bare, jid);
		if (!good)
			message_set(trouble, MSG_BAD_JID, "jid", text, NULL);
	}
	free(bare);
	return good;
}
