/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share-text.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "alloc.h"
#include "output.h"

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

void share_print_address(const char *jid, const char *name)
{
	struct buf address = { 0 };

	address_put(&address, jid ? jid : "you", name, "");
	printf(jid ? "xmpp::" : "xmpp::<you>");
	print_text(buf_str(&address) + (jid ? 0 : strlen("you")));
	buf_finish(&address);
}

void share_configs_list(const struct share_configs *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct share_config *row = &table->rows[i];
		const char *fault = share_fault(row->name, row->path);

		print_text(row->name);
		printf("  ");
		print_text(row->path ? row->path : "(no path)");
		if (fault)
			printf("  (not served: %s)", fault);
		putchar('\n');
		share_show_rights(table, row);
	}
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
