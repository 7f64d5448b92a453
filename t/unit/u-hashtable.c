/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "alloc.h"
#include "hashtable.h"
#include "tap.h"

enum { MANY = 5000 };

struct thing {
	struct hashtable_node node;
	char name[32];
};

int main(void)
{
	struct thing *things = xcalloc(MANY, sizeof(*things));
	struct hashtable t = { 0 };
	bool found = true, gone = true;

	ok(!hashtable_find(&t, "anything"), "an empty table has nothing");
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(things[i].name, sizeof(things[i].name), "buddy%u@example.org", i);
		hashtable_add(&t, &things[i].node, things[i].name);
	}
	is_int(t.count, MANY, "all are counted");
	for (unsigned i = 0; i < MANY; i++) {
		char name[32];

		snprintf(name, sizeof(name), "buddy%u@example.org", i);
		found &= hashtable_find(&t, name) == &things[i].node;
	}
	ok(found, "and found by an equal string");
	ok(!hashtable_find(&t, "buddy@example.org"), "no other is");
	for (unsigned i = 0; i < MANY; i += 2)
		hashtable_remove(&t, &things[i].node);
	for (unsigned i = 0; i < MANY; i++)
		gone &= !!hashtable_find(&t, things[i].name) == i % 2;
	ok(gone, "what is removed is not found, the rest is");
	is_int(t.count, MANY / 2, "and counted");
	hashtable_finish(&t);
	is_int(t.count, 0, "finished, it is empty");
	free(things);
	return tap_done();
}
