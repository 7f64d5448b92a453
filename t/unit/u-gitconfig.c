/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gitconfig.h"

#include <stdlib.h>

#include "alloc.h"
#include "tap.h"

/* What git prints, with '|' for NUL. */
static bool parse(struct gitconfig *c, const char *text)
{
	*c = (struct gitconfig){ .count = 0 };
	buf_puts(&c->bytes, text);
	for (size_t i = 0; i < buf_len(&c->bytes); i++)
		if (buf_data(&c->bytes)[i] == '|')
			buf_data(&c->bytes)[i] = '\0';
	return gitconfig_parse(c);
}

static void rows(void)
{
	struct gitconfig c;

	ok(parse(&c, "system|file:/etc/gitconfig|xmpp.account\nwork|global|file:/home/a "
		     "b/.gitconfig|xmpp.Work.jid\na@b\n|"
		     "global|file:/x|xmpp.autostart|global|file:/x|xmpp.account\nhome|global|file:/"
		     "y|xmpp.empty\n|"),
	   "git's output is read");
	is_int(c.count, 5, "with a row for each entry");
	is_str(c.rows[1].key, "xmpp.Work.jid", "the key");
	is_str(c.rows[1].value, "a@b\n", "the value, whatever is in it");
	is_str(c.rows[1].file, "/home/a b/.gitconfig", "and the file");
	ok(c.rows[0].system && !c.rows[1].system, "which may be the system's");
	is_str(c.rows[2].value, NULL, "a variable without '=' has no value");
	is_str(gitconfig_get(&c, "xmpp.account"), "home", "of two the later one counts");
	is_str(gitconfig_get(&c, "xmpp.Account"), NULL, "another key is not there");
	is_str(gitconfig_get(&c, "xmpp.empty"), NULL, "an empty value is none");
	gitconfig_finish(&c);
	ok(parse(&c, ""), "nothing is a configuration");
	is_int(c.count, 0, "without rows");
	gitconfig_finish(&c);
}

static void broken(void)
{
	static const char *const texts[] = {
		"global|file:/x", "global|file:/x|", "global|file:/x|xmpp.account\nhome",
		"global|file:/x||", "global|file:/x|k\nv|global|file:/y",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct gitconfig c;

		ok(!parse(&c, texts[i]), "cut or malformed, row %zu", i);
		gitconfig_finish(&c);
	}
}

static void variables(void)
{
	static const struct { const char *key, *section, *variable, *name; } cases[] = {
		{ "xmppshare.a.b.push", "xmppshare", "push", "a.b" },
		{ "xmppshare.x.path", "xmppshare", "path", "x" },
		{ "xmppshare.push", "xmppshare", NULL, NULL },
		{ "xmpp.work.jid", "xmppshare", NULL, NULL },
		{ "xmppshare.x.path", "xmpp", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct gitconfig_entry e = { .key = cases[i].key };
		const char *name = NULL, *variable;
		size_t len = 0;
		char *copy;

		variable = gitconfig_variable(&e, cases[i].section, &name, &len);
		is_str(variable, cases[i].variable, cases[i].key);
		copy = variable ? xstrndup(name, len) : NULL;
		is_str(copy, cases[i].name, "its name");
		free(copy);
	}
}

static void accounts(void)
{
	static const struct { const char *text, *account; } cases[] = {
		{ "", NULL },
		{ "global|file:x|xmpp.work.jid\na@b|", "work" },
		{ "global|file:x|xmpp.work.jid\na@b|global|file:x|xmpp.work.jid\nc@d|global|"
		  "file:x|xmpp.work.server\ns|", "work" },
		{ "global|file:x|xmpp.work.jid\na@b|global|file:x|xmpp.workshop.jid\nc@d|", NULL },
		{ "global|file:x|xmpp.work.jid\na@b|global|file:x|xmpp.home.jid\nc@d|global|"
		  "file:x|xmpp.account\nhome|", "home" },
		{ "global|file:x|xmpp.home.server\ns|", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct gitconfig c;
		char *account;

		parse(&c, cases[i].text);
		account = gitconfig_account(&c);
		is_str(account, cases[i].account, "the account that is named, or the only one");
		free(account);
		gitconfig_finish(&c);
	}
}

static void values(void)
{
	static const struct { const char *text; bool good; int64_t value; } numbers[] = {
		{ "0", true, 0 }, { "64k", true, 65536 }, { "2M", true, 2097152 },
		{ "1g", true, 1 << 30 },
		{ "-1", true, -1 }, { "", false, 0 }, { "x", false, 0 }, { "1kk", false, 0 },
		{ "1 k", false, 0 },
		{ "9223372036854775807", true, INT64_MAX }, { "9223372036854775808", false, 0 },
		{ "9007199254740992k", false, 0 }, { NULL, false, 0 },
	};
	static const struct { const char *text; bool good, value; } words[] = {
		{ NULL, true, true }, { "", true, false }, { "Yes", true, true },
		{ "off", true, false },
		{ "0", true, false }, { "2", true, true }, { "maybe", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		int64_t n = 0;
		bool good = gitconfig_number(numbers[i].text, &n);

		ok(good == numbers[i].good && (!good || n == numbers[i].value), "the number '%s'",
		   numbers[i].text ? numbers[i].text : "(none)");
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		bool value, good = gitconfig_bool(words[i].text, &value);

		ok(good == words[i].good && (!good || value == words[i].value), "the bool '%s'",
		   words[i].text ? words[i].text : "(none)");
	}
}

static void digest(const char *text, char out[GITCONFIG_DIGEST_MAX])
{
	struct gitconfig c;

	parse(&c, text);
	gitconfig_digest(&c, out);
	gitconfig_finish(&c);
}

static void digests(void)
{
	char one[GITCONFIG_DIGEST_MAX], other[GITCONFIG_DIGEST_MAX];

	digest("global|file:/x|a.b\nc|global|file:/x|a.d|", one);
	digest("global|file:/y|a.b\nc|global|file:/y|a.d|", other);
	is_str(one, other, "where it stands does not matter");
	digest("global|file:/x|a.d|global|file:/x|a.b\nc|", other);
	ok(strcmp(one, other), "the order does");
	digest("global|file:/x|a.b\nc|global|file:/x|a.d\n|", other);
	ok(strcmp(one, other), "and so does an empty value");
	digest("global|file:/x|a.b\nca.d|", other);
	ok(strcmp(one, other), "and where one entry ends");
}

int main(void)
{
	rows();
	broken();
	variables();
	accounts();
	values();
	digests();
	return tap_done();
}
