/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "git config -z" prints key, newline, value, NUL. In a key the section and
 * the variable are in lower case, what is between the first and the last dot
 * is the name as it was written.
 */

#include "shares.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "git-child.h"

static const char section[] = "xmppshare.";

static struct share *row_of(struct shares *shares, const char *name, size_t n)
{
	for (size_t i = 0; i < shares->count; i++)
		if (strlen(shares->rows[i].name) == n && !strncmp(shares->rows[i].name, name, n))
			return &shares->rows[i];
	shares->rows = xrealloc(shares->rows, (shares->count + 1) * sizeof(*shares->rows));
	shares->rows[shares->count] = (struct share){ .name = xstrndup(name, n) };
	return &shares->rows[shares->count++];
}

static void add_right(struct share *row, enum share_right right, const char *who)
{
	row->rights = xrealloc(row->rights, (row->count + 1) * sizeof(*row->rights));
	row->rights[row->count].right = right;
	row->rights[row->count].who = xstrdup(who);
	row->count++;
}

static void take_entry(struct shares *shares, char *entry)
{
	char *value = strchr(entry, '\n'), *name = entry + strlen(section), *variable;
	struct share *row;

	if (!value || strncmp(entry, section, strlen(section)))
		return;
	*value++ = '\0';
	variable = strrchr(name, '.');
	if (!variable)
		return;		/* [xmppShare] without a name */
	row = row_of(shares, name, variable - name);
	variable++;

	if (!strcmp(variable, "path")) {
		free(row->path);
		row->path = xstrdup(value);
	} else if (!strcmp(variable, "fetch")) {
		add_right(row, SHARE_FETCH, value);
	} else if (!strcmp(variable, "push")) {
		add_right(row, SHARE_PUSH, value);
	}
}

void shares_read(struct shares *shares)
{
	const char *const args[] = {
		"config", "--global", "--includes", "-z", "--get-regexp", "^xmppshare\\.", NULL,
	};
	struct buf out = { 0 };

	*shares = (struct shares){ .count = 0 };
	git_run(args, NULL, &out, GIT_ERRORS_HIDDEN);
	while (buf_len(&out) > 0) {
		char *end = memchr(buf_data(&out), '\0', buf_len(&out));

		if (!end)
			break;
		take_entry(shares, buf_data(&out));
		buf_consume(&out, end - buf_data(&out) + 1);
	}
	buf_finish(&out);
}

void shares_finish(struct shares *shares)
{
	for (size_t i = 0; i < shares->count; i++) {
		struct share *row = &shares->rows[i];

		for (size_t r = 0; r < row->count; r++)
			free(row->rights[r].who);
		free(row->rights);
		free(row->path);
		free(row->name);
	}
	free(shares->rows);
	*shares = (struct shares){ .count = 0 };
}

const struct share *shares_find(const struct shares *shares, const char *name)
{
	for (size_t i = 0; i < shares->count; i++)
		if (!strcmp(shares->rows[i].name, name))
			return &shares->rows[i];
	return NULL;
}

const struct share *shares_find_path(const struct shares *shares, const char *path)
{
	for (size_t i = 0; i < shares->count; i++)
		if (shares->rows[i].path && !strcmp(shares->rows[i].path, path))
			return &shares->rows[i];
	return NULL;
}

bool share_allows(const struct share *share, enum share_right right, const char *who)
{
	for (size_t i = 0; i < share->count; i++)
		if (share->rights[i].right == right && !strcmp(share->rights[i].who, who))
			return true;
	return false;
}

bool shares_remove(const char *name)
{
	char *row = xasprintf("xmppShare.%s", name);
	const char *const args[] = { "config", "--global", "--remove-section", row, NULL };
	bool good = git_run(args, NULL, NULL, GIT_ERRORS_SHOWN) == 0;

	free(row);
	return good;
}
