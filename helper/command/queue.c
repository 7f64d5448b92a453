/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp queue: the pushes that wait for their buddies. The command reads the files
 * itself, but the broker changes them, because it may be pushing right now. Only if no
 * broker runs does the command change them.
 */
#include "queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account-pick.h"
#include "alloc.h"
#include "commands.h"
#include "json.h"
#include "output.h"
#include "query.h"
#include "queue-entries.h"

static const char usage[] =
	"usage: git xmpp queue [list] [--json]\n"
	"   or: git xmpp queue push [--json] [<remote> [<refspec>...]]\n"
	"   or: git xmpp queue retry [<id>]\n"
	"   or: git xmpp queue drop <id>\n"
	"\n"
	"    list   what waits, and what failed\n"
	"    push   push to a buddy who is away, when they come online\n"
	"    retry  push again what failed, or what waits for its next attempt\n"
	"    drop   forget it\n"
	"\n"
	"    --json  one JSON object\n"
	"\n"
	"    git xmpp queue push bob main\n";

/* Whether a broker runs; found out by a request that changes nothing. */
static bool broker_runs(void)
{
	struct message trouble;
	struct query answer;
	int result = query_to(&answer, "queue-reload", NULL, NULL, false, &trouble);

	query_finish(&answer);
	return result == 0 || trouble.id != MSG_BROKER_UNREACHABLE;
}

static void show_people(const struct queue_entries *entries)
{
	struct table t = { .count = 0 };
	bool several = accounts_several();

	for (size_t i = 0; i < entries->count; i++)
		queue_entry_put(&t, entries->rows[i].id, entries->rows[i].f, several);
	if (!entries->count)
		screen_empty("no push waits");
	table_print(&t);
}

static void show_json(const struct queue_entries *entries)
{
	struct buf out = { 0 };

	json_begin(&out);
	json_open(&out, "entries", '[');
	for (size_t i = 0; i < entries->count; i++)
		queue_entry_json(&out, entries->rows[i].id, entries->rows[i].f);
	json_close(&out, ']');
	json_close(&out, '}');
	json_print(&out);
}

static int queue_list(int argc, char **argv, bool json)
{
	struct message trouble;
	struct queue_entries entries;

	if (argc > 0)
		return cmd_misused(usage, "too many arguments");
	if (queue_entries_read(&entries, &trouble))
		return report_trouble(&trouble, json);
	if (queue_entries_any_runs(&entries) && !broker_runs())
		queue_entries_nothing_runs(&entries);
	if (json)
		show_json(&entries);
	else
		show_people(&entries);
	queue_entries_finish(&entries);
	return STATUS_OK;
}

/* Copies an entry without the traces of earlier tries. */
static void put_fresh(struct buf *out, struct fields f)
{
	const char *key, *value;
	size_t pos = 0, key_len;

	while (fields_next(f, &pos, &key, &key_len, &value)) {
		char name[FIELD_KEY_MAX + 1];

		snprintf(name, sizeof(name), "%.*s", (int)key_len, key);
		if (strcmp(name, "state") && strcmp(name, "tries") && strcmp(name, "error") &&
		    strcmp(name, "moved"))
			fields_add(out, name, value);
	}
}

static int retry_file(const char *id, struct message *trouble)
{
	struct buf old = { 0 }, fresh = { 0 };
	int result = queuefile_read(id, &old, trouble);

	if (result == 0) {
		put_fresh(&fresh, (struct fields){ .data = buf_data(&old), .len = buf_len(&old) });
		result = queuefile_write(
			id, (struct fields){ .data = buf_data(&fresh), .len = buf_len(&fresh) },
			trouble);
	}
	buf_finish(&fresh);
	buf_finish(&old);
	return result;
}

/* Changes the files, to be called when no broker can be working on them. */
static int retry_files(const char *id, struct message *trouble)
{
	struct queue_entries entries;
	int result = 0;

	if (id)
		return retry_file(id, trouble);
	if (queue_entries_read(&entries, trouble))
		return -1;
	for (size_t i = 0; i < entries.count && result >= 0; i++)
		result = retry_file(entries.rows[i].id, trouble);
	queue_entries_finish(&entries);
	return result < 0 ? -1 : 0;
}

/* Whether there is such an entry; if not, *trouble says so. */
static bool is_there(const char *id, struct message *trouble)
{
	struct buf bytes = { 0 };
	int result = queuefile_id_valid(id) ? queuefile_read(id, &bytes, trouble) : 1;

	buf_finish(&bytes);
	if (result > 0)
		message_set(trouble, MSG_NO_SUCH_ENTRY, "id", id, NULL);
	return result <= 0;		/* a damaged entry exists, and can be dropped */
}

/*
 * Lets the broker make the change. If none runs, or it does not know the entry, the files
 * are changed.
 */
static int change(const char *verb, const char *id, bool autostart,
		  int (*without)(const char *id, struct message *trouble))
{
	struct message trouble;
	struct query answer;
	int result;

	if (id && !is_there(id, &trouble))
		return report_trouble(&trouble, false);
	result = query_to(&answer, verb, id ? "id" : NULL, id, autostart, &trouble);
	query_finish(&answer);
	if (result < 0 &&
	    (trouble.id == MSG_BROKER_UNREACHABLE || trouble.id == MSG_NO_SUCH_ENTRY)) {
		result = without(id, &trouble);
		query_reload("queue-reload");
	}
	return result < 0 ? report_trouble(&trouble, false) : STATUS_OK;
}

static int queue_retry(int argc, char **argv, bool json)
{
	if (argc > 1)
		return cmd_misused(usage, "too many arguments");
	return change("queue-retry", argc ? argv[0] : NULL, autostart_allowed(), retry_files);
}

static int queue_drop(int argc, char **argv, bool json)
{
	int status;

	if (argc != 1)
		return cmd_misused(usage, "expected the id of what is to be dropped");
	status = change("queue-drop", argv[0], false, queuefile_remove);
	if (status == STATUS_OK)
		printf("dropped %s\n", argv[0]);
	return status;
}

int cmd_queue(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv, bool json);
	} actions[] = {
		{ "list", queue_list },
		{ "push", cmd_queue_push },
		{ "retry", queue_retry },
		{ "drop", queue_drop },
	};
	bool json;
	const char *name;

	if (!cmd_option_json(argc, argv, usage, &json))
		return STATUS_USAGE;
	name = optind < argc ? argv[optind++] : "list";
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(name, actions[i].name))
			return actions[i].run(argc - optind, argv + optind, json);
	return cmd_misused(usage, "expected list, push, retry or drop");
}
