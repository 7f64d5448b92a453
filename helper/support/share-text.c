/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share-text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "alloc.h"
#include "event-text.h"
#include "json.h"
#include "output.h"
#include "table.h"
#include "text.h"
#include "time-text.h"

/* Who counts as a member of a group here. */
static void print_members(const struct share_configs *table, const char *group)
{
	bool any = false;

	for (size_t i = 0; i < table->members_count; i++) {
		const struct group_member *m = &table->members[i];

		if (!m->jid || strcmp(m->group, group) != 0)
			continue;
		printf("%s", any ? ", " : " (");
		print_text(m->jid);
		any = true;
	}
	printf("%s", any ? ")" : " (nobody)");
}

static void print_entry(const struct share_configs *table, const char *right,
			const struct share_entry *e)
{
	struct buf who = { 0 };

	if (e->who)
		grantee_put(&e->grantee, false, &who);
	else
		buf_puts(&who, e->text);
	printf("  %-5s  ", right);
	print_text(buf_str(&who));
	if (e->who && e->grantee.kind == GRANTEE_GROUP)
		print_members(table, e->grantee.name);
	if (e->who && *e->grantee.pattern)
		printf("  only %s", e->grantee.pattern);
	printf("%s\n", e->who ? "" : " (not an address: nobody)");
	buf_finish(&who);
}

static void print_rule(const struct share_rule *r)
{
	struct ref_patterns patterns = { .count = 0 };

	if (!r->valid) {
		printf("  %s  ", share_rule_variable(r->kind));
		print_text(r->text);
		printf(" (not understood: %s)\n",
		       r->kind == RULE_FETCH_REQUIRES || r->kind == RULE_PUSH_REQUIRES
			       ? "only verified devices"
			       : "nobody may push");
		return;
	}
	switch (r->kind) {
	case RULE_PROTECT:
		ref_patterns_add(&patterns, r->text);
		printf("  protect  %s\n", patterns.rows[0]);
		ref_patterns_finish(&patterns);
		break;
	case RULE_MAX_PACK:
		if (strcmp(r->text, "0") != 0)
			printf("  a push may send %s at most\n", r->text);
		break;
	default:
		if (!strcmp(r->text, "verified"))
			printf("  %s from verified devices only\n",
			       r->kind == RULE_PUSH_REQUIRES ? "push" : "fetch");
		break;
	}
}

static void show_rules(const struct share_config *row)
{
	for (size_t i = 0; i < row->rules_count; i++) {
		const struct share_rule *r = &row->rules[i];

		/* Of a rule that is there twice, the last one counts; of a list, and of what is
		 * not understood, each does. */
		if (r->kind == RULE_PROTECT || !r->valid || r == share_rule_find(row, r->kind))
			print_rule(r);
	}
}

void share_show_rights(const struct share_configs *table, const struct share_config *row)
{
	for (size_t i = 0; i < row->count; i++) {
		const struct share_entry *e = &row->entries[i];

		if (e->right == SHARE_FETCH || !e->who || !share_allows(row, SHARE_FETCH, e->who))
			print_entry(table, "fetch", e);
	}
	for (size_t i = 0; i < row->count; i++)
		if (row->entries[i].right == SHARE_PUSH)
			print_entry(table, "push", &row->entries[i]);
	show_rules(row);
}

/* The last event of each share that a buddy caused. */
struct accesses {
	const struct share_configs *table;
	struct event_text *rows;	/* owned, as many as shares; kind NULL: none */
};

static void take_access(void *arg, const struct journal_event *e)
{
	struct accesses *a = arg;

	if (strcmp(e->kind, "transfer") || strcmp(e->result, "ok") ||
	    (strcmp(e->what, "pushed") && strcmp(e->what, "fetched") &&
	     strcmp(e->what, "archived")))
		return;
	for (size_t i = 0; i < a->table->count; i++) {
		if (strcmp(a->table->rows[i].name, e->share))
			continue;
		event_text_finish(&a->rows[i]);
		event_text_take(&a->rows[i], e);
	}
}

/* A journal that cannot be read tells nothing, and the list is printed all the same. */
static void read_accesses(struct accesses *a, const struct share_configs *table)
{
	struct journal_place place = { .file = 0 };
	struct message trouble;

	*a = (struct accesses){ .table = table };
	a->rows = xcalloc(table->count ? table->count : 1, sizeof(*a->rows));
	if (journal_read_on(&place, take_access, a, &trouble))
		message_print(&trouble, "warning: ");
}

static void finish_accesses(struct accesses *a)
{
	for (size_t i = 0; i < a->table->count; i++)
		event_text_finish(&a->rows[i]);
	free(a->rows);
}

static void put_address(struct buf *out, const char *jid, const char *name)
{
	struct buf address = { 0 };

	address_put(&address, jid ? jid : "you", name, "");
	buf_puts(out, jid ? "xmpp::" : "xmpp::<you>");
	buf_puts(out, buf_str(&address) + (jid ? 0 : strlen("you")));
	buf_finish(&address);
}

void share_print_address(const char *jid, const char *name)
{
	struct buf address = { 0 };

	put_address(&address, jid, name);
	print_text(buf_str(&address));
	buf_finish(&address);
}

/* Prints a share without what it allows. */
static void show_head(const struct share_config *row, const char *jid)
{
	const char *fault = share_fault(row->name, row->path);
	struct table t = { .count = 0 };
	struct buf text = { 0 };

	table_row(&t);
	table_cell(&t, PAINT_WAITS, fault ? "!" : "");
	table_cell(&t, PAINT_NAME, "%s", row->name);
	table_cell(&t, PAINT_PLAIN, "%s", row->path ? row->path : "(no path)");
	if (fault) {
		table_cell(&t, PAINT_FAILED, "not served: %s", fault);
		text_operand(&text, row->name);
		table_cell(&t, PAINT_COMMAND, "git xmpp unshare %s", buf_str(&text));
	} else {
		put_address(&text, jid, row->name);
		table_cell(&t, PAINT_DIM, "%s", buf_str(&text));
	}
	for (size_t i = 0; i < row->accounts_count; i++)
		table_cell(&t, PAINT_DIM, "by %s", row->accounts[i]);
	table_print(&t);
	buf_finish(&text);
}

static void show_access(const struct journal_event *e)
{
	struct table t = { .indent = 2 };
	char text[32];

	table_row(&t);
	table_cell(&t, PAINT_DIM, "last ");
	table_cell(&t, PAINT_DIM, "%s %s %s", e->jid, e->what, when_shown(e->when, text));
	table_print(&t);
}

void share_configs_list(const struct share_configs *table, const char *jid)
{
	struct accesses accesses;

	read_accesses(&accesses, table);
	if (!table->count)
		screen_empty("nothing is shared");
	for (size_t i = 0; i < table->count; i++) {
		show_head(&table->rows[i], jid);
		share_show_rights(table, &table->rows[i]);
		if (accesses.rows[i].event.kind)
			show_access(&accesses.rows[i].event);
	}
	finish_accesses(&accesses);
}

static void json_rights(struct buf *out, const struct share_config *row, enum share_right right)
{
	json_open(out, right == SHARE_PUSH ? "push" : "fetch", '[');
	for (size_t i = 0; i < row->count; i++)
		if (row->entries[i].right == right && row->entries[i].who)
			json_string(out, NULL, row->entries[i].who);
	json_close(out, ']');
}

static void json_rules(struct buf *out, const struct share_config *row)
{
	json_open(out, "rules", '[');
	for (size_t i = 0; i < row->rules_count; i++) {
		json_open(out, NULL, '{');
		json_string(out, "name", share_rule_variable(row->rules[i].kind));
		json_string(out, "value", row->rules[i].text);
		json_bool(out, "valid", row->rules[i].valid);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void json_share(struct buf *out, const struct share_config *row, const char *jid,
		       const struct journal_event *last)
{
	struct buf address = { 0 };

	put_address(&address, jid, row->name);
	json_open(out, NULL, '{');
	json_string(out, "name", row->name);
	json_string(out, "path", row->path);
	json_string(out, "address", jid ? buf_str(&address) : NULL);
	json_string(out, "fault", share_fault(row->name, row->path));
	json_rights(out, row, SHARE_FETCH);
	json_rights(out, row, SHARE_PUSH);
	json_rules(out, row);
	if (last->kind)
		event_text_json(out, "last", last);
	else
		json_string(out, "last", NULL);
	json_close(out, '}');
	buf_finish(&address);
}

void share_configs_json(const struct share_configs *table, const char *jid)
{
	struct accesses accesses;
	struct buf out = { 0 };

	read_accesses(&accesses, table);
	json_begin(&out);
	json_open(&out, "shares", '[');
	for (size_t i = 0; i < table->count; i++)
		json_share(&out, &table->rows[i], jid, &accesses.rows[i].event);
	json_close(&out, ']');
	json_close(&out, '}');
	json_print(&out);
	finish_accesses(&accesses);
}

/* Prints a row, like "ended a fetch of 'project' by bob@example.org". */
static void show_one(struct fields row)
{
	static const struct {
		const char *service, *name;
	} names[] = {
		{ "upload-pack", "a fetch" },
		{ "receive-pack", "a push" },
		{ "upload-archive", "an archive" },
	};
	bool finishes = fields_get_u64(row, "finishes", 0);
	const char *what = "a transfer";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(row_get(row, "service"), names[i].service))
			what = names[i].name;
	printf("%s%s of '", finishes ? "" : "ended ", what);
	print_text(row_get(row, "share"));
	printf("' by ");
	print_text(row_get(row, "jid"));
	printf("%s\n", finishes ? " had arrived whole, and finishes" : "");
}

void share_show_ended(const struct query *answer)
{
	bool any = false;

	for (size_t i = 0; i < answer->count; i++) {
		if (!row_is(query_row(answer, i), "ended"))
			continue;
		show_one(query_row(answer, i));
		any = true;
	}
	if (!any && *answer->message)
		puts(answer->message);
}
