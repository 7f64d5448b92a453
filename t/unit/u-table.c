/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "alloc.h"
#include "table.h"
#include "tap.h"

enum { MANY = 5000 };

struct thing {
	struct table_node node;
	char name[32];
};

int main(void)
{
	struct thing *things = xcalloc(MANY, sizeof(*things));
	struct table t = { 0 };
	bool found = true, gone = true;

	ok(!table_find(&t, "anything"), "an empty table has nothing");
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(things[i].name, sizeof(things[i].name), "buddy%u@example.org", i);
		table_add(&t, &things[i].node, things[i].name);
	}
	is_int(t.count, MANY, "all are counted");
	for (unsigned i = 0; i < MANY; i++) {
		char name[32];

		snprintf(name, sizeof(name), "buddy%u@example.org", i);
		found &= table_find(&t, name) == &things[i].node;
	}
	ok(found, "and found by an equal string");
	ok(!table_find(&t, "buddy@example.org"), "no other is");
	for (unsigned i = 0; i < MANY; i += 2)
		table_remove(&t, &things[i].node);
	for (unsigned i = 0; i < MANY; i++)
		gone &= !!table_find(&t, things[i].name) == i % 2;
	ok(gone, "what is removed is not found, the rest is");
	is_int(t.count, MANY / 2, "and counted");
	table_finish(&t);
	is_int(t.count, 0, "finished, it is empty");
	free(things);
	return tap_done();
}
