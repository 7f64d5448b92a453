/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes on by itself and does not come to its end: follows, queued pushes, and people. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "alloc.h"
#include "look.h"
#include "queue-entry.h"
#include "queuefile.h"
#include "remote.h"
#include "userfile.h"

static bool has_remote(const char *git_dir, const char *remote)
{
	char *option = xasprintf("--git-dir=%s", git_dir), *url;
	const char *const args[] = { option, "remote", "get-url", "--", remote, NULL };

	url = git_line(args);
	free(option);
	free(url);
	return url;
}

/* As daemon/git/follow-config.c reads it: a remote, a blank, and the path of a git directory. */
static void look_at_follow(struct look *look, const struct gitconfig_entry *e, const char *name)
{
	const char *value = e->value ? e->value : "", *path = strchr(value, ' ');
	const char *share = strchr(name, '/');
	char *remote = path ? xstrndup(value, path - value) : NULL;
	char *person = share ? xstrndup(name, share - name) : NULL;
	char jid[JID_MAX];

	if (!person || !jid_bare(person, jid) || !share_name_valid(share + 1) || !remote ||
	    !*remote || *remote == '-' || path[1] != '/')
		findings_add(look->found, FOUND_FOLLOW_MALFORMED, "key", e->key, "value", value,
			     "file", e->file, NULL);
	else if (!has_remote(path + 1, remote))
		findings_add(look->found, FOUND_FOLLOW_GONE, "name", name, "remote", remote, "path",
			     path + 1, "key", e->key, "value", value, "file", e->file, NULL);
	free(person);
	free(remote);
}

void look_at_follows(struct look *look)
{
	size_t count = 0;

	for (size_t i = 0; i < look->config.count; i++) {
		const struct gitconfig_entry *e = &look->config.rows[i];
		const char *name, *variable;
		size_t len;
		char *copy;

		variable = gitconfig_variable(e, "xmppfollow", &name, &len);
		if (!variable || strcmp(variable, "remote"))
			continue;
		copy = xstrndup(name, len);
		look_at_follow(look, e, copy);
		free(copy);
		count++;
	}
	findings_fact(look->found, AREA_FOLLOWS, "%zu followed", count);
}

static void find_damaged(struct look *look, const char *id)
{
	char *name = xasprintf("queue/%s", id), *path = userfile_name(USERFILE_STATE, name);

	findings_add(look->found, FOUND_ENTRY_DAMAGED, "id", id, "path", path, NULL);
	free(path);
	free(name);
}

static void look_at_entry(struct look *look, const char *id)
{
	struct buf bytes = { 0 };
	struct message trouble;
	struct queue_entry *e = NULL;
	int result = queuefile_read(id, &bytes, &trouble);

	if (result == 0)
		e = queue_entry_parse(id, (struct fields){ buf_data(&bytes), buf_len(&bytes) });
	if (result != 1 && !e)
		find_damaged(look, id);
	else if (e && e->state == QUEUE_FAILED)
		findings_add(look->found, e->moved ? FOUND_ENTRY_MOVED : FOUND_ENTRY_FAILED, "id",
			     id, "jid", e->jid, "share", e->share, "reason",
			     e->error ? e->error : "", NULL);
	if (e)
		queue_entry_destroy(e);
	buf_finish(&bytes);
}

void look_at_queue(struct look *look)
{
	char *directory = userfile_name(USERFILE_STATE, "queue"), (*ids)[QUEUEFILE_ID_MAX] = NULL;
	struct message trouble;
	int n = 0;

	/* The list of a queue that is not there would make its directory. */
	if (directory && access(directory, F_OK) == 0)
		n = queuefile_list(&ids, &trouble);
	for (int i = 0; i < n; i++)
		look_at_entry(look, ids[i]);
	findings_fact(look->found, AREA_QUEUE, "%d in the queue", n > 0 ? n : 0);
	free(directory);
	free(ids);
}

/* What the broker says to everybody who asks for its status; the queue has its own area. */
void look_at_people(struct look *look)
{
	struct fields row;

	for (size_t i = 0; i < look->status.count; i++) {
		row = query_row(&look->status, i);
		if (row_is(row, "notice") && strcmp(row_get(row, "id"), "queue-failed") &&
		    !fields_get(row, "news"))
			findings_add(look->found, FOUND_WAITS, "text", row_get(row, "text"), "hint",
				     row_get(row, "hint"), NULL);
	}
	if (query_find(&look->status, "count", &row))
		findings_fact(look->found, AREA_PEOPLE, "%s in the roster",
			      row_get(row, "buddies"));
}
