/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share-text.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "alloc.h"
#include "output.h"

static void print_entry(const char *right, const struct share_entry *e)
{
	printf("  %-5s  ", right);
	print_text(e->who ? e->who : e->text);
	printf("%s\n", e->who ? "" : " (not an address: nobody)");
}

void share_show_rights(const struct share_config *row)
{
	for (size_t i = 0; i < row->count; i++) {
		const struct share_entry *e = &row->entries[i];

		if (e->right == SHARE_FETCH || !e->who || !share_allows(row, SHARE_FETCH, e->who))
			print_entry("fetch", e);
	}
	for (size_t i = 0; i < row->count; i++)
		if (row->entries[i].right == SHARE_PUSH)
			print_entry("push", &row->entries[i]);
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
		share_show_rights(row);
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
