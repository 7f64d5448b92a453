/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files are the user's own, but their values are handed to git, and the refs of the
 * other side depend on them. So nothing passes that git would not have written itself.
 */
#include "queue-entry.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

enum { SHA1_HEX = 40, SHA256_HEX = 64 };

static const char *const state_names[] = { "waiting", "running", "failed" };

const char *queue_state_name(enum queue_state state)
{
	return state_names[state];
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

/* Whether the ref is valid by git-check-ref-format(1), and below refs/. */
static bool ref_valid(const char *ref)
{
	static const char *const never[] = {
		"..", "//", "/.", "@{", ".lock/", " ", "~", "^", ":", "?", "*", "[", "\\",
	};

	if (strncmp(ref, "refs/", 5) || has_control(ref))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (strstr(ref, never[i]))
			return false;
	return !ends_with(ref, "/") && !ends_with(ref, ".") && !ends_with(ref, ".lock");
}

/* An object name; "" for "-"; NULL if it is neither. */
static char *parse_object(const char *word, size_t n)
{
	if (n == 1 && *word == '-')
		return xstrdup("");
	if ((n != SHA1_HEX && n != SHA256_HEX) || strspn(word, "0123456789abcdef") != n)
		return NULL;
	return xstrndup(word, n);
}

void queue_update_free(struct queue_update *u)
{
	free(u->src);
	free(u->dst);
	free(u->expect);
	free(u);
}

/*
 * Both names are of the same kind (SHA-1 or SHA-256), or one is empty: the ref is made or
 * deleted.
 */
static bool objects_match(const struct queue_update *u)
{
	if (!u->src || !u->expect)
		return false;
	if (!*u->src || !*u->expect)
		return *u->src || *u->expect;
	return strlen(u->src) == strlen(u->expect);
}

struct queue_update *queue_update_parse(const char *text)
{
	size_t src = strcspn(text, " ");
	const char *expect = text + src + (text[src] == ' ');
	size_t expect_len = strcspn(expect, " ");
	const char *dst = expect + expect_len + (expect[expect_len] == ' ');
	struct queue_update *u = xcalloc(1, sizeof(*u));

	u->src = parse_object(text, src);
	u->expect = parse_object(expect, expect_len);
	u->dst = xstrdup(dst);
	if (objects_match(u) && ref_valid(u->dst))
		return u;
	queue_update_free(u);
	return NULL;
}

static bool has_update(const struct queue_entry *e, const char *dst)
{
	for (const struct queue_update *u = e->updates; u; u = u->next)
		if (!strcmp(u->dst, dst))
			return true;
	return false;
}

static bool parse_updates(struct queue_entry *e, struct fields f)
{
	struct queue_update **tail = &e->updates;
	const char *key, *value;
	size_t pos = 0, key_len;
	unsigned count = 0;

	while (fields_next(f, &pos, &key, &key_len, &value)) {
		struct queue_update *u;

		if (!field_is(key, key_len, "update"))
			continue;
		u = queue_update_parse(value);
		if (!u)
			return false;
		if (++count > QUEUE_UPDATES_MAX || has_update(e, u->dst)) {
			queue_update_free(u);
			return false;
		}
		*tail = u;
		tail = &u->next;
	}
	return count > 0;
}

static bool parse_number(struct fields f, const char *key, uint64_t max, uint64_t *number)
{
	*number = fields_get_u64(f, key, UINT64_MAX);
	return *number <= max;
}

static bool parse_state(struct queue_entry *e, struct fields f)
{
	const char *state = fields_get(f, "state"), *tries = fields_get(f, "tries");
	const char *error = fields_get(f, "error");
	uint64_t number = 0;
	size_t i = 0;

	if (tries && !parse_number(f, "tries", UINT_MAX, &number))
		return false;
	while (state && i < ARRAY_SIZE(state_names) && strcmp(state, state_names[i]))
		i++;
	if (i == ARRAY_SIZE(state_names))
		return false;
	e->state = (enum queue_state)i;
	e->tries = (unsigned)number;
	e->moved = fields_get_u64(f, "moved", 0);
	e->error = error ? xstrndup(error, QUEUE_ERROR_MAX) : NULL;
	return true;
}

/*
 * The buddy and share that the push goes to, and the repository and remote that it comes
 * from.
 */
static bool parse_target(struct queue_entry *e, struct fields f)
{
	const char *jid = fields_get(f, "jid"), *share = fields_get(f, "share");
	const char *path = fields_get(f, "path"), *remote = fields_get(f, "remote");
	const char *account = fields_get(f, "account");

	if (account && !jid_bare(account, e->account))
		return false;
	if (!jid || !share || !path || !remote)
		return false;
	if (!jid_bare(jid, e->jid) || !share_name_valid(share) || *path != '/')
		return false;
	if (!*remote || *remote == '-' || has_control(remote))
		return false;
	strcpy(e->share, share);
	e->path = xstrdup(path);
	e->remote = xstrdup(remote);
	return true;
}

/*
 * Adds "GIT_DIR=/home/alice/project.git" as a pair. False if entries do not keep this
 * variable.
 */
static bool parse_variable(struct queue_entry *e, size_t *count, const char *text)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : 0;

	for (size_t i = 0; i < QUEUEFILE_VARIABLES && *count < 2 * QUEUEFILE_VARIABLES; i++) {
		if (strncmp(queuefile_variables[i], text, len) ||
		    queuefile_variables[i][len] != '\0')
			continue;
		e->variables[(*count)++] = xstrndup(text, len);
		e->variables[(*count)++] = xstrdup(equals + 1);
		return true;
	}
	return false;
}

/* Where git runs. An entry of an earlier version has no directory. */
static bool parse_place(struct queue_entry *e, struct fields f)
{
	const char *directory = fields_get(f, "directory"), *key, *value;
	size_t pos = 0, key_len, count = 0;

	e->variables = xcalloc(2 * QUEUEFILE_VARIABLES + 1, sizeof(*e->variables));
	e->directory = xstrdup(directory);
	while (fields_next(f, &pos, &key, &key_len, &value))
		if (field_is(key, key_len, "variable") && !parse_variable(e, &count, value))
			return false;
	return directory ? *directory == '/' : count == 0;
}

struct queue_entry *queue_entry_parse(const char *id, struct fields f)
{
	struct queue_entry *e;

	if (!*id || strlen(id) >= QUEUEFILE_ID_MAX || !fields_valid(f))
		return NULL;
	e = xcalloc(1, sizeof(*e));
	strcpy(e->id, id);
	/* UINT64_MAX is not a valid time: it stands for none. */
	if (parse_target(e, f) && parse_place(e, f) && parse_state(e, f) && parse_updates(e, f) &&
	    parse_number(f, "queued", UINT64_MAX - 1, &e->queued) &&
	    parse_number(f, "expires", UINT64_MAX - 1, &e->expires) && e->queued <= e->expires)
		return e;
	queue_entry_destroy(e);
	return NULL;
}

bool queue_entry_move(struct queue_entry *e, const char *from, const char *to)
{
	char *remote;

	if (strcmp(e->jid, from) != 0)
		return false;
	free(e->moved_from);
	e->moved_from = xstrdup(from);
	snprintf(e->jid, sizeof(e->jid), "%s", to);
	remote = address_moved(e->remote, from, to);
	if (remote) {
		free(e->remote);
		e->remote = remote;
	}
	return true;
}

void queue_entry_write(const struct queue_entry *e, struct buf *fields)
{
	if (*e->account)
		fields_add(fields, "account", e->account);
	fields_add(fields, "jid", e->jid);
	fields_add(fields, "share", e->share);
	fields_add(fields, "path", e->path);
	fields_add(fields, "remote", e->remote);
	fields_add(fields, "directory", e->directory);
	for (char **v = e->variables; *v; v += 2)
		fields_addf(fields, "variable", "%s=%s", v[0], v[1]);
	fields_add_u64(fields, "queued", e->queued);
	fields_add_u64(fields, "expires", e->expires);
	fields_add(fields, "state", queue_state_name(e->state));
	fields_add_u64(fields, "tries", e->tries);
	fields_add(fields, "error", e->error);
	if (e->moved)
		fields_add(fields, "moved", "1");
	for (const struct queue_update *u = e->updates; u; u = u->next)
		fields_addf(fields, "update", "%s %s %s", *u->src ? u->src : "-",
			    *u->expect ? u->expect : "-", u->dst);
}

void queue_entry_destroy(struct queue_entry *e)
{
	if (!e)
		return;
	while (e->updates) {
		struct queue_update *u = e->updates;

		e->updates = u->next;
		queue_update_free(u);
	}
	for (char **v = e->variables; v && *v; v++)
		free(*v);
	free(e->variables);
	free(e->directory);
	free(e->path);
	free(e->remote);
	free(e->moved_from);
	free(e->error);
	free(e);
}
