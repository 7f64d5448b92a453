/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share-config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "alloc.h"

static struct share_config *row_of(struct share_configs *shares, const char *name, size_t n)
{
	for (size_t i = 0; i < shares->count; i++)
		if (strlen(shares->rows[i].name) == n && !strncmp(shares->rows[i].name, name, n))
			return &shares->rows[i];
	shares->rows = xrealloc(shares->rows, (shares->count + 1) * sizeof(*shares->rows));
	shares->rows[shares->count] = (struct share_config){ .name = xstrndup(name, n) };
	return &shares->rows[shares->count++];
}

static void add_entry(struct share_config *row, enum share_right right, const char *text)
{
	struct share_entry *e;
	char jid[JID_MAX];

	row->entries = xrealloc(row->entries, (row->count + 1) * sizeof(*row->entries));
	e = &row->entries[row->count++];
	*e = (struct share_entry){ .right = right, .text = xstrdup(text) };
	if (!strcmp(text, "buddies"))
		e->who = xstrdup(text);
	else if (jid_bare(text, jid))
		e->who = xstrdup(jid);
}

void share_configs_take(struct share_configs *shares, const struct gitconfig *configuration)
{
	*shares = (struct share_configs){ .count = 0 };
	for (size_t i = 0; i < configuration->count; i++) {
		const struct gitconfig_entry *e = &configuration->rows[i];
		const char *variable, *name, *value = e->value ? e->value : "";
		struct share_config *row;
		size_t len;

		variable = gitconfig_variable(e, "xmppshare", &name, &len);
		if (!variable)
			continue;
		row = row_of(shares, name, len);
		if (!strcmp(variable, "path")) {
			free(row->path);
			row->path = xstrdup(value);
		} else if (!strcmp(variable, "fetch")) {
			add_entry(row, SHARE_FETCH, value);
		} else if (!strcmp(variable, "push")) {
			add_entry(row, SHARE_PUSH, value);
		}
	}
}

void share_configs_finish(struct share_configs *shares)
{
	for (size_t i = 0; i < shares->count; i++) {
		struct share_config *row = &shares->rows[i];

		for (size_t k = 0; k < row->count; k++) {
			free(row->entries[k].text);
			free(row->entries[k].who);
		}
		free(row->entries);
		free(row->path);
		free(row->name);
	}
	free(shares->rows);
	*shares = (struct share_configs){ .count = 0 };
}

const struct share_config *share_configs_find(const struct share_configs *shares, const char *name)
{
	for (size_t i = 0; i < shares->count; i++)
		if (!strcmp(shares->rows[i].name, name))
			return &shares->rows[i];
	return NULL;
}

const struct share_config *share_configs_find_path(const struct share_configs *shares,
						   const char *path)
{
	for (size_t i = 0; i < shares->count; i++)
		if (shares->rows[i].path && !strcmp(shares->rows[i].path, path))
			return &shares->rows[i];
	return NULL;
}

bool share_allows(const struct share_config *share, enum share_right right, const char *who)
{
	for (size_t i = 0; share && i < share->count; i++) {
		const struct share_entry *e = &share->entries[i];

		if (e->right == right && e->who && !strcmp(e->who, who))
			return true;
	}
	return false;
}

const char *share_fault(const char *name, const char *path)
{
	if (!share_name_valid(name))
		return "that cannot be a share's name";
	if (!path)
		return "no path is set";
	if (path[0] != '/')
		return "its path is not absolute";
	return access(path, F_OK) && errno == ENOENT ? "its repository is gone" : NULL;
}
