/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "blocklist.h"
#include "bounds.h"
#include "tap.h"

/* XEP-0191 3.2: what each form of an entry blocks. */
static const struct {
	const char *entry, *jid;
	bool hit;
} rows[] = {
	{ "bob@example.org", "bob@example.org", true },
	{ "Bob@Example.org", "bob@example.org", true },
	{ "bob@example.org", "bob@example.org/git", true },
	{ "bob@example.org", "carol@example.org", false },
	{ "bob@example.org", "bob@example.net", false },
	{ "bob@example.org", "example.org", false },
	{ "example.org", "bob@example.org", true },
	{ "example.org", "bob@example.org/git", true },
	{ "example.org", "example.org", true },
	{ "example.org", "bob@chat.example.org", false },
	{ "example.org", "bob@notexample.org", false },
	{ "bob@example.org/git", "bob@example.org/git", true },
	{ "bob@example.org/git", "bob@example.org/Git", false },
	{ "bob@example.org/git", "bob@example.org", false },
	{ "bob@example.org/git", "bob@example.org/phone", false },
	{ "bob@example.org/a@b", "bob@example.org/a@b", true },
	{ "b", "bob@example.org/a@b", false },
	{ "example.org/git", "bob@example.org/git", true },
	{ "example.org/git", "example.org/git", true },
	{ "example.org/git", "bob@example.org", false },
	{ "J\xc3\x9cRGEN@xn--bcher-kva.test", "j\xc3\xbcrgen@b\xc3\xbc" "cher.test/git", true },
	{ "xn--bcher-kva.test", "j\xc3\xbcrgen@b\xc3\xbc" "cher.test", true },
	{ "bob@example.org/\xe2\x85\xa8", "bob@example.org/IX", true },
};

int main(void)
{
	struct blocklist *l = blocklist_create();
	unsigned taken = 0;
	char jid[4096];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ok(!blocklist_hit(l, rows[i].jid), "nothing is blocked");
		ok(blocklist_add(l, rows[i].entry), "%s is", rows[i].entry);
		is_int(blocklist_hit(l, rows[i].jid) != NULL, rows[i].hit, rows[i].jid);
		blocklist_remove(l, rows[i].entry);
	}
	blocklist_add(l, "bob@example.org");
	blocklist_add(l, "BOB@example.org");
	blocklist_remove(l, "bob@example.org");
	ok(!blocklist_hit(l, "bob@example.org"), "what is added twice is there once");
	blocklist_remove(l, "bob@example.org");
	blocklist_add(l, "bob@example.org");
	blocklist_add(l, "example.org");
	is_str(blocklist_hit(l, "bob@example.org"), "bob@example.org",
	       "the nearest entry is named");
	is_str(blocklist_hit(l, "carol@example.org"), "example.org", "or the one that there is");
	is_str(blocklist_next(l, NULL), "example.org", "they are listed, the newest first");
	is_str(blocklist_next(l, blocklist_next(l, NULL)), "bob@example.org", "one after another");
	ok(!blocklist_next(l, blocklist_hit(l, "bob@example.org")), "to the end");
	blocklist_clear(l);
	ok(!blocklist_hit(l, "bob@example.org") && !blocklist_next(l, NULL),
	   "all of it is taken back");
	ok(!blocklist_add(l, "") && !blocklist_add(l, "/git"), "nothing is no address");
	memset(jid, 'a', sizeof(jid) - 1);
	jid[sizeof(jid) - 1] = '\0';
	ok(!blocklist_add(l, jid) && !blocklist_hit(l, jid), "nor is one that is too long");
	for (unsigned i = 0; i < BLOCKLIST_MAX + 10; i++) {
		snprintf(jid, sizeof(jid), "b%u@example.org", i);
		taken += blocklist_add(l, jid);
	}
	is_int(taken, BLOCKLIST_MAX, "so many are kept");
	blocklist_destroy(l);
	return tap_done();
}
