/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The accounts of a configuration, and which of them a command is for. */
#include "account-list.h"

#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "tap.h"

/* Makes a configuration of lines like "xmpp.work.jid=a@b"; a "|" ends each. */
static void configure(struct gitconfig *c, const char *text)
{
	*c = (struct gitconfig){ .count = 0 };
	for (const char *at = text; *at; at += strcspn(at, "|") + 1) {
		size_t key = strcspn(at, "="), all = strcspn(at, "|");

		buf_append(&c->bytes, "global\0file:x\0", 14);
		buf_append(&c->bytes, at, key);
		buf_append(&c->bytes, "\n", 1);
		buf_append(&c->bytes, at + key + 1, all - key - 1);
		buf_append(&c->bytes, "\0", 1);
	}
	gitconfig_parse(c);
}

#define HOME "xmpp.home.jid=alice@example.org|"
#define WORK "xmpp.work.jid=Alice.Smith@Example.COM|"
#define CLUB "xmpp.club.jid=al@club.example|"

static void lists(void)
{
	static const struct {
		const char *text;
		size_t count, preferred;
		const char *second;	/* address of the second; NULL: it has none */
	} cases[] = {
		{ "", 0, 0, NULL },
		{ HOME, 1, 0, NULL },
		{ HOME WORK, 2, 2, "alice.smith@example.com" },
		{ HOME WORK "xmpp.account=work|", 2, 1, "alice.smith@example.com" },
		{ HOME "xmpp.account=gone|", 1, 0, NULL },
		{ HOME WORK "xmpp.account=gone|", 2, 2, "alice.smith@example.com" },
		{ HOME "xmpp.work.server=s|", 1, 0, NULL },
		{ HOME "xmpp.work.jid=no address|", 2, 2, NULL },
		{ HOME "xmpp.again.jid=ALICE@example.org|", 2, 2, NULL },
		{ HOME WORK "xmpp.work.jid=b@c|", 2, 2, "b@c" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct account_list list;
		struct gitconfig c;

		configure(&c, cases[i].text);
		account_list_take(&list, &c);
		ok(list.count == cases[i].count && list.preferred == cases[i].preferred,
		   "'%s': its accounts, and the default", cases[i].text);
		if (list.count > 1)
			is_str(list.rows[1].jid, cases[i].second, "the second one's address");
		account_list_finish(&list);
		gitconfig_finish(&c);
	}
}

static void too_many(void)
{
	struct account_list list;
	struct buf text = { 0 };
	struct gitconfig c;

	for (int i = 0; i < ACCOUNTS_MAX + 3; i++)
		buf_printf(&text, "xmpp.a%d.jid=a%d@example.org|", i, i);
	configure(&c, buf_str(&text));
	account_list_take(&list, &c);
	ok(list.count == ACCOUNTS_MAX && list.left_out == 3, "of too many the first are used");
	account_list_finish(&list);
	gitconfig_finish(&c);
	buf_finish(&text);
}

enum { HEARD = 8 };	/* bits */

/* The rows that know the buddy, as bits; those that have heard of them, HEARD bits higher. */
static enum account_knowledge knows(void *arg, size_t row)
{
	unsigned bits = *(unsigned *)arg;

	if (bits & 1u << row)
		return ACCOUNT_KNOWS;
	return bits & 1u << (HEARD + row) ? ACCOUNT_HEARD : ACCOUNT_KNOWS_NOT;
}

static void chooses(void)
{
	static const struct {
		const char *text, *named, *here;
		unsigned knows;
		enum account_choice choice;
		size_t row;
		const char *why;
	} cases[] = {
		{ "", NULL, NULL, 0, ACCOUNT_UNCONFIGURED, 0, "there is none" },
		{ "", "home", NULL, 0, ACCOUNT_UNKNOWN, 0, "there is not even one" },
		{ HOME, NULL, NULL, 0, ACCOUNT_CHOSEN, 0, "the only one" },
		{ HOME WORK, NULL, NULL, 0, ACCOUNT_UNDECIDED, 0, "two, and no default" },
		{ HOME WORK, NULL, NULL, 2, ACCOUNT_CHOSEN, 1, "the one that knows the buddy" },
		{ HOME WORK, NULL, NULL, 3, ACCOUNT_UNDECIDED, 0, "both know the buddy" },
		{ HOME WORK, "work", NULL, 1, ACCOUNT_CHOSEN, 1, "by its name" },
		{ HOME WORK, "alice.SMITH@example.com", NULL, 0, ACCOUNT_CHOSEN, 1,
		  "by its address" },
		{ HOME WORK, "club", NULL, 3, ACCOUNT_UNKNOWN, 0, "another is named" },
		{ HOME WORK "xmpp.account=home|", NULL, NULL, 0, ACCOUNT_CHOSEN, 0,
		  "the default" },
		{ HOME WORK "xmpp.account=home|", NULL, NULL, 2, ACCOUNT_CHOSEN, 1,
		  "the buddy counts more than the default" },
		{ HOME WORK CLUB "xmpp.account=home|", NULL, NULL, 6, ACCOUNT_CHOSEN, 0,
		  "two know the buddy: the default" },
		{ HOME WORK "xmpp.account=home|", NULL, NULL, 2 << HEARD, ACCOUNT_CHOSEN, 1,
		  "so does one who only asked to be a buddy" },
		{ HOME WORK "xmpp.account=work|", NULL, NULL, 1 | 2 << HEARD, ACCOUNT_CHOSEN, 0,
		  "a buddy of one account who asks another is still the buddy of the first" },
		{ HOME WORK CLUB, NULL, NULL, 1 << HEARD | 2 | 4 << HEARD, ACCOUNT_CHOSEN, 1,
		  "in whatever order" },
		{ HOME WORK, NULL, NULL, 3 << HEARD, ACCOUNT_UNDECIDED, 0, "both were asked" },
		{ HOME WORK "xmpp.account=home|", NULL, "home", 2, ACCOUNT_CHOSEN, 1,
		  "the repository has the default: the buddy counts" },
		{ HOME WORK "xmpp.account=home|", NULL, "work", 1, ACCOUNT_CHOSEN, 1,
		  "the repository's counts more than the buddy" },
		{ HOME WORK "xmpp.account=home|", "home", "work", 2, ACCOUNT_CHOSEN, 0,
		  "what is named counts most" },
		{ HOME WORK "xmpp.account=home|", NULL, "club", 3, ACCOUNT_UNKNOWN, 0,
		  "the repository's is none" },
		{ HOME "xmpp.account=gone|", NULL, "gone", 0, ACCOUNT_CHOSEN, 0,
		  "the default is none: the only one" },
		{ HOME "xmpp.work.jid=none|", NULL, NULL, 2, ACCOUNT_UNDECIDED, 0,
		  "one without an address knows nobody" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned bits = cases[i].knows;
		struct account_wish wish = {
			.named = cases[i].named, .here = cases[i].here, .knows = knows, .arg = &bits
		};
		struct account_list list;
		struct gitconfig c;
		size_t row = 0;

		configure(&c, cases[i].text);
		account_list_take(&list, &c);
		ok(account_list_choose(&list, &wish, &row) == cases[i].choice &&
			   row == cases[i].row,
		   "%s", cases[i].why);
		account_list_finish(&list);
		gitconfig_finish(&c);
	}
}

static void copies(void)
{
	struct gitconfig c, copy;
	char before[GITCONFIG_DIGEST_MAX], after[GITCONFIG_DIGEST_MAX];

	configure(&c, HOME WORK "xmpp.account=home|");
	gitconfig_digest(&c, before);
	gitconfig_copy(&copy, &c);
	gitconfig_finish(&c);
	gitconfig_digest(&copy, after);
	is_str(after, before, "a copy of a configuration stands by itself");
	gitconfig_finish(&copy);
	gitconfig_copy(&copy, &c);
	ok(copy.count == 0 && !gitconfig_find(&copy, "xmpp.account"), "and so does an empty one");
	gitconfig_finish(&copy);
}

int main(void)
{
	lists();
	too_many();
	chooses();
	copies();
	return tap_done();
}
