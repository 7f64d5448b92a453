/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "status-json.h"

#include <string.h>

#include "account-status.h"
#include "alloc.h"
#include "json.h"
#include "share-config.h"

static void json_texts(struct buf *out, struct fields row, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		json_string(out, keys[i], fields_get(row, keys[i]));
}

/* Appends all values of a key as a list. */
static void json_values(struct buf *out, struct fields row, const char *name)
{
	size_t pos = 0, key_len;
	const char *key, *value;

	json_open(out, name, '[');
	while (fields_next(row, &pos, &key, &key_len, &value))
		if (field_is(key, key_len, name))
			json_string(out, NULL, value);
	json_close(out, ']');
}

/* There is more than one account, so what is said of each is told apart. */
static bool has_several(const struct query *answer)
{
	size_t accounts = 0;

	for (size_t i = 0; i < answer->count; i++)
		accounts += row_is(query_row(answer, i), "account");
	return accounts > 1;
}

/*
 * A number that may be unknown. No member is left out between others: for --porcelain its place
 * says which it is.
 */
static void json_known(struct buf *out, const char *key, struct fields row, const char *name)
{
	if (fields_get(row, name))
		json_number(out, key, fields_get_u64(row, name, 0));
	else
		json_string(out, key, NULL);
}

static void json_account(struct buf *out, struct fields row)
{
	static const char *const keys[] = { "name", "jid", "state" };
	struct message trouble;

	json_texts(out, row, keys, ARRAY_SIZE(keys));
	account_status_trouble(row, &trouble);
	if (*trouble.text) {
		json_open(out, "error", '{');
		json_string(out, "id", fields_get(row, "error-id"));
		json_string(out, "message", trouble.text);
		json_string(out, "hint", *trouble.hint ? trouble.hint : NULL);
		json_close(out, '}');
	} else {
		json_string(out, "error", NULL);
	}
	json_known(out, "retry_in", row, "retry-in");
}

static void json_notice(struct buf *out, struct fields row)
{
	static const char *const keys[] = { "id", "jid", "text", "hint" };

	json_texts(out, row, keys, ARRAY_SIZE(keys));
	json_bool(out, "news", fields_get(row, "news"));
}

static void json_share(struct buf *out, struct fields row)
{
	static const char *const keys[] = { "name", "path" };

	json_texts(out, row, keys, ARRAY_SIZE(keys));
	json_values(out, row, "fetch");
	json_values(out, row, "push");
	json_string(out, "fault", share_fault(row_get(row, "name"), fields_get(row, "path")));
}

static void json_rate(struct buf *out, struct fields row)
{
	json_known(out, "rate", row, "rate");
	json_string(out, "moves", fields_get(row, "moves"));
	json_bool(out, "limited_by_server", fields_get(row, "limited"));
}

static void json_link(struct buf *out, struct fields row)
{
	static const char *const keys[] = { "jid", "device", "path", "state" };

	json_texts(out, row, keys, ARRAY_SIZE(keys));
	json_number(out, "waits", fields_get_u64(row, "waits", 0));
	json_rate(out, row);
	json_string(out, "congestion_control", fields_get(row, "congestion"));
	json_number(out, "control_sent", fields_get_u64(row, "control-sent", 0));
	json_number(out, "control_received", fields_get_u64(row, "control-received", 0));
}

static void json_transfer(struct buf *out, struct fields row)
{
	static const char *const keys[] = { "id",      "jid",	    "device", "share",
					    "service", "direction", "path" };

	json_texts(out, row, keys, ARRAY_SIZE(keys));
	json_number(out, "sent", fields_get_u64(row, "sent", 0));
	json_number(out, "received", fields_get_u64(row, "received", 0));
	json_known(out, "done", row, "done");
	json_known(out, "total", row, "total");
	json_number(out, "waits", fields_get_u64(row, "waits", 0));
	json_rate(out, row);
}

static void json_follow(struct buf *out, struct fields row)
{
	static const char *const keys[] = { "jid", "share", "remote", "path", "state", "error" };

	json_texts(out, row, keys, ARRAY_SIZE(keys));
	json_time(out, "last_ok", fields_get_u64(row, "last-ok", 0));
	json_time(out, "last_failed", fields_get_u64(row, "last-failed", 0));
	json_known(out, "retry_in", row, "retry-in");
}

static void json_joining(struct buf *out, struct fields row)
{
	json_string(out, "jid", fields_get(row, "jid"));
	json_bool(out, "own", fields_get(row, "own"));
	json_string(out, "share", fields_get(row, "share"));
	json_time(out, "since", fields_get_u64(row, "since", 0));
	json_time(out, "until", fields_get_u64(row, "until", 0));
}

static const struct list {
	const char *list, *kind;
	void (*write)(struct buf *out, struct fields row);
} lists[] = {
	{ "accounts", "account", json_account },
	{ "notices", "notice", json_notice },
	{ "shares", "share", json_share },
	{ "links", "link", json_link },
	{ "transfers", "transfer", json_transfer },
	{ "follows", "follow", json_follow },
	{ "joinings", "joining", json_joining },
};

static void json_broker(struct buf *out, const struct query *answer)
{
	static const char *const keys[] = { "version", "device", "fingerprint", "name" };
	struct fields row;

	if (!query_find(answer, "broker", &row)) {
		json_string(out, "broker", NULL);
		return;
	}
	json_open(out, "broker", '{');
	json_number(out, "pid", fields_get_u64(row, "pid", 0));
	json_time(out, "started", fields_get_u64(row, "started", 0));
	json_string(out, "started_by", fields_get(row, "started-by"));
	json_bool(out, "stopping", fields_get(row, "stopping"));
	json_texts(out, row, keys, ARRAY_SIZE(keys));
	json_close(out, '}');
}

static void json_mapping(struct buf *out, struct fields row)
{
	/* A broker before this one does not say. */
	if (!fields_get(row, "mapping")) {
		json_string(out, "port_mapping", NULL);
		return;
	}
	json_open(out, "port_mapping", '{');
	json_string(out, "state", fields_get(row, "mapping"));
	json_string(out, "protocol", fields_get(row, "mapping-protocol"));
	json_string(out, "address", fields_get(row, "mapping-address"));
	json_string(out, "error", fields_get(row, "mapping-error"));
	json_time(out, "until", fields_get_u64(row, "mapping-until", 0));
	json_close(out, '}');
}

static void json_paths(struct buf *out, const struct query *answer)
{
	struct fields row;

	if (!query_find(answer, "paths", &row)) {
		json_string(out, "paths", NULL);
		return;
	}
	json_open(out, "paths", '{');
	json_string(out, "transport", fields_get(row, "transport"));
	json_number(out, "port", fields_get_u64(row, "port", 0));
	json_string(out, "error", fields_get(row, "error"));
	json_string(out, "proxy", fields_get(row, "proxy"));
	json_mapping(out, row);
	json_close(out, '}');
}

static bool is_shown(struct fields row, const char *kind)
{
	return row_is(row, kind) && strcmp(row_get(row, "state"), "none");
}

/*
 * Of each member of a list, which account it is about, null from an older broker; of accounts,
 * where there are several, what tells them apart.
 */
static void json_account_of(struct buf *out, struct fields row, bool several)
{
	static const char *const keys[] = { "device", "fingerprint" };

	if (!row_is(row, "account")) {
		json_string(out, "account", fields_get(row, "account"));
		return;
	}
	if (!several)
		return;
	json_bool(out, "default", fields_get(row, "default"));
	json_texts(out, row, keys, ARRAY_SIZE(keys));
}

/* The sum of what the accounts count. */
static uint64_t sum_of(const struct query *answer, const char *key)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < answer->count; i++)
		if (row_is(query_row(answer, i), "count"))
			sum += fields_get_u64(query_row(answer, i), key, 0);
	return sum;
}

static void put_list(struct buf *out, const struct query *answer, const struct list *list)
{
	bool several = has_several(answer);

	json_open(out, list->list, '[');
	for (size_t i = 0; i < answer->count; i++) {
		if (!is_shown(query_row(answer, i), list->kind))
			continue;
		json_open(out, NULL, '{');
		list->write(out, query_row(answer, i));
		json_account_of(out, query_row(answer, i), several);
		json_close(out, '}');
	}
	json_close(out, ']');
}

void status_json_transfers(const struct query *answer)
{
	struct buf out = { 0 };

	json_begin(&out);
	for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
		if (!strcmp(lists[k].kind, "transfer"))
			put_list(&out, answer, &lists[k]);
	json_close(&out, '}');
	json_print(&out);
}

void status_json_put(const struct query *answer, struct buf *out)
{
	json_begin(out);
	json_broker(out, answer);
	json_paths(out, answer);
	for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
		put_list(out, answer, &lists[k]);
	json_number(out, "buddies", sum_of(answer, "buddies"));
	json_number(out, "reachable", sum_of(answer, "reachable"));
	json_close(out, '}');
}

void status_json(const struct query *answer)
{
	struct buf out = { 0 };

	status_json_put(answer, &out);
	json_print(&out);
}
