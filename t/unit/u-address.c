/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "address.h"

#include <stdlib.h>

#include "alloc.h"
#include "tap.h"
#include "text.h"

static const struct { const char *text, *jid, *share, *device; } good[] = {
	{ "bob@example.org/project", "bob@example.org", "project", "" },
	{ "xmpp://bob@example.org/project", "bob@example.org", "project", "" },
	{ "Bob@Example.ORG/Project", "bob@example.org", "Project", "" },
	{ "bob@example.org/project/", "bob@example.org", "project", "" },
	{ "bob@example.org/project.git", "bob@example.org", "project", "" },
	{ "bob@example.org/project.git/", "bob@example.org", "project", "" },
	{ "bob@example.org/project.git.git", "bob@example.org", "project.git", "" },
	{ "xmpp://bob@example.org/team/site.git?device=laptop", "bob@example.org", "team/site",
	  "laptop" },
	{ "bob@example.org/a/b/c/d", "bob@example.org", "a/b/c/d", "" },
	{ "bob@example.org/git", "bob@example.org", "git", "" },
	{ "bob@example.org/a%20b", "bob@example.org", "a b", "" },
	{ "bob@example.org/a b", "bob@example.org", "a b", "" },
	{ "bob@example.org/p%2egit", "bob@example.org", "p", "" },
	{ "bob@example.org/caf%C3%a9", "bob@example.org", "caf\xc3\xa9", "" },
	{ "bob@example.org/caf\xc3\xa9", "bob@example.org", "caf\xc3\xa9", "" },
	{ "bob@example.org/v1.2_x-y", "bob@example.org", "v1.2_x-y", "" },
	{ "bob@example.org/p?device=my%20laptop", "bob@example.org", "p", "my laptop" },
	{ "bob%40example.org/p", "bob@example.org", "p", "" },
	{ "a%25b%3Fc%23d@example.org/p", "a%b?c#d@example.org", "p", "" },
	{ "xmpp://J%C3%9CRGEN@b%C3%BCcher.example/p", "j\xc3\xbcrgen@b\xc3\xbc" "cher.example", "p",
	  "" },
	{ "bob@xn--bcher-kva.example/p", "bob@b\xc3\xbc" "cher.example", "p", "" },
};

static const struct { const char *text, *why; } bad[] = {
	/* who */
	{ "", "buddy" },
	{ "/", "buddy" },
	{ "project", "buddy" },
	{ "xmpp://", "buddy" },
	{ "xmpp:///project", "buddy" },
	{ "xmpp://sub", "buddy" },
	{ "example.org/project", "buddy" },
	{ "?device=x", "buddy" },
	{ "@example.org/p", "not a valid XMPP address" },
	{ "bob@/p", "not a valid XMPP address" },
	{ "bob@exa mple.org/p", "not a valid XMPP address" },
	{ "bob\n@example.org/p", "not a valid XMPP address" },
	{ "bob@example.org:22/p", "not a valid XMPP address" },
	{ "xmpp::bob@example.org/p", "not a valid XMPP address" },
	/* what */
	{ "bob@example.org", "no repository name" },
	{ "bob@example.org/", "no repository name" },
	{ "bob@example.org?device=x", "no repository name" },
	{ "bob@example.org/?device=x", "no repository name" },
	{ "bob@example.org//", "empty part" },
	{ "bob@example.org//p", "empty part" },
	{ "bob@example.org/p//", "empty part" },
	{ "bob@example.org/a//b", "empty part" },
	{ "bob@example.org/.", "begins with '.'" },
	{ "bob@example.org/..", "begins with '.'" },
	{ "bob@example.org/../p", "begins with '.'" },
	{ "bob@example.org/a/../b", "begins with '.'" },
	{ "bob@example.org/a/./b", "begins with '.'" },
	{ "bob@example.org/%2e%2e/p", "begins with '.'" },
	{ "bob@example.org/.git", "begins with '.'" },
	{ "bob@example.org/p/.git", "begins with '.'" },
	{ "bob@example.org/-p", "begins with '-'" },
	{ "bob@example.org/a/--upload-pack=x", "begins with '-'" },
	{ "bob@example.org/%2dp", "begins with '-'" },
	{ "bob@example.org/~root", "character" },
	{ "bob@example.org/$(id)", "character" },
	{ "bob@example.org/a;b", "character" },
	{ "bob@example.org/a'b", "character" },
	{ "bob@example.org/a\\b", "character" },
	{ "bob@example.org/a#b", "character" },
	{ "bob@example.org/a%3fb", "character" },
	{ "bob@example.org/a%252fb", "character" },
	{ "bob@example.org/a\nb", "control character" },
	{ "bob@example.org/a%0ab", "control character" },
	{ "bob@example.org/a%7f", "control character" },
	{ "bob@example.org/a%c2%9b", "control character" },
	{ "bob@example.org/a\xe2\x80\xae" "b", "control character" },
	{ "bob@example.org/a%00b", "encoded NUL" },
	{ "b%40b@example.org/p", "not a valid XMPP address" },
	{ "b%2fb@example.org/p", "encoded '/'" },
	{ "b%00b@example.org/p", "encoded NUL" },
	{ "b%0ab@example.org/p", "not a valid XMPP address" },
	{ "b%zb@example.org/p", "hexadecimal" },
	{ "bob@example.org/a%2fb", "encoded '/'" },
	{ "bob@example.org/a%2F", "encoded '/'" },
	{ "bob@example.org/a%", "hexadecimal" },
	{ "bob@example.org/a%2", "hexadecimal" },
	{ "bob@example.org/a%2/b", "hexadecimal" },
	{ "bob@example.org/a%gg", "hexadecimal" },
	{ "bob@example.org/a%+1", "hexadecimal" },
	{ "bob@example.org/\xff", "not UTF-8" },
	{ "bob@example.org/%c0%af", "not UTF-8" },
	{ "bob@example.org/%ed%a0%80", "not UTF-8" },
	{ "bob@example.org/caf%C3", "not UTF-8" },
	/* parameters */
	{ "bob@example.org/p?", "unknown parameter" },
	{ "bob@example.org/p?x=y", "unknown parameter" },
	{ "bob@example.org/p?device", "unknown parameter" },
	{ "bob@example.org/p?Device=x", "unknown parameter" },
	{ "bob@example.org/p?device=x&", "unknown parameter" },
	{ "bob@example.org/p?device=x&y=z", "unknown parameter" },
	{ "bob@example.org/p?device=x&device=y", "two devices" },
	{ "bob@example.org/p?device=", "no device name" },
	{ "bob@example.org/p?device=x\ny", "control character" },
	{ "bob@example.org/p?device=a/b", "character" },
	{ "bob@example.org/p?device=a?b", "character" },
	{ "bob@example.org/p?device=a%00", "encoded NUL" },
	{ "bob@example.org/p?device=-x", "begins with '-'" },
};

static void accepted(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const char *why = NULL;
		struct address a;

		is_int(address_parse(&a, good[i].text, &why), 0, good[i].text);
		is_str(a.jid, good[i].jid, "its JID");
		is_str(a.share, good[i].share, "its share");
		is_str(a.device, good[i].device, "its device");
	}
}

static void refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct buf shown = { 0 };
		const char *why = NULL;
		struct address a;

		text_escape(&shown, bad[i].text, strlen(bad[i].text), false);
		if (!ok(address_parse(&a, bad[i].text, &why) < 0 && why && strstr(why, bad[i].why),
			"'%s' is refused: %s", buf_str(&shown), bad[i].why))
			printf("# it said: %s\n", why ? why : "(nothing)");
		buf_finish(&shown);
	}
}

/* What is printed, or given to git, is read as the same, by a shell as well. */
static void printed(void)
{
	static const struct address rows[] = {
		{ "bob@example.org", "project", "" },
		{ "100%@example.org", "team/my project", "tj5aapswkpah22kj" },
		{ "who?@example.org", "x.git", "my laptop" },
		{ "a%41#@example.org", "team/x.git/y.git", "caf\xc3\xa9" },
		{ "-a;b$c(d)|`e`{f,g}[h]!~*@example.org", "p", "" },
		{ "bob@[2001:db8::7]", "p", "" },
		{ "j\xc3\xbcrgen+git@b\xc3\xbc" "cher.example", "\xc3\xa9t\xc3\xa9", "50" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf b = { 0 };
		struct address a;
		const char *why;

		address_put(&b, rows[i].jid, rows[i].share, rows[i].device);
		ok(address_parse(&a, buf_str(&b), &why) == 0 && !strcmp(a.jid, rows[i].jid) &&
		   !strcmp(a.share, rows[i].share) && !strcmp(a.device, rows[i].device),
		   "%s of %s is in %s", rows[i].share, rows[i].jid, buf_str(&b));
		ok(!strpbrk(buf_str(&b), " $;()|`*!#<>&\"'\\{}[]~"), "and no shell obeys it");
		buf_finish(&b);
	}
}

static int parse_long(size_t jid, size_t segment, size_t segments, size_t device)
{
	struct buf b = { 0 };
	const char *why;
	struct address a;
	int answer;

	for (size_t i = 0; i < jid; i++)
		buf_puts(&b, "j");
	buf_puts(&b, "@x");
	for (size_t k = 0; k < segments; k++) {
		buf_puts(&b, "/");
		for (size_t i = 0; i < segment; i++)
			buf_puts(&b, "%73");
	}
	if (device)
		buf_puts(&b, "?device=");
	for (size_t i = 0; i < device; i++)
		buf_puts(&b, "d");
	answer = address_parse(&a, buf_str(&b), &why);
	buf_finish(&b);
	return answer;
}

static void lengths(void)
{
	is_int(parse_long(JID_MAX - 3, 1, 1, 0), 0, "the longest JID");
	is_int(parse_long(JID_MAX - 2, 1, 1, 0), -1, "a longer one");
	is_int(parse_long(100000, 1, 1, 0), -1, "a much longer one");
	is_int(parse_long(1, 64, 1, 0), 0, "a segment of 64 bytes");
	is_int(parse_long(1, 65, 1, 0), -1, "a segment of 65");
	is_int(parse_long(1, 63, 4, 0), 0, "a share of 255 bytes");
	is_int(parse_long(1, 1, 128, 0), 0, "a share of 255 bytes in many segments");
	is_int(parse_long(1, 1, 129, 0), -1, "a share of 257");
	is_int(parse_long(1, 64, 4, 0), -1, "a share of 259");
	is_int(parse_long(1, 1, 100000, 0), -1, "a share of many segments");
	is_int(parse_long(1, 1, 1, DEVICE_NAME_MAX - 1), 0, "the longest device name");
	is_int(parse_long(1, 1, 1, DEVICE_NAME_MAX), -1, "a longer one");
}

static void names(void)
{
	static const struct { const char *name; bool valid; } shares[] = {
		{ "project", true }, { "team/site", true }, { "a b", true }, { "A.b_c-9", true },
		{ "caf\xc3\xa9", true }, { "", false }, { "/", false }, { "a/", false },
		{ "/a", false },
		{ "a//b", false }, { ".", false }, { "a/..", false }, { ".a", false },
		{ "-a", false },
		{ "a%20b", false }, { "a\n", false }, { "a\xff", false }, { "a:b", false },
		{ "a*", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(shares); i++)
		ok(share_name_valid(shares[i].name) == shares[i].valid, "share %zu is %s", i,
		   shares[i].valid ? "valid" : "not valid");
}

/* Whatever address_parse() accepts keeps the promises of the header. */
static void random_text(void)
{
	static const char *const pieces[] = {
		"a", "b@x", "@", "/", "/", ".", "-", "%", "%2f", "%41", "%00", "?device=", "?", "&",
		".git", "\xc3\xa9", "\xff", "\n", "xmpp://", "~", " ",
	};
	uint32_t seed = 2306;
	int taken = 0, kept = 0;

	for (int round = 0; round < 50000; round++) {
		char text[128] = "b@x/", jid[JID_MAX];
		const char *why;
		struct address a;

		for (int i = 0; i < 5; i++) {
			seed = seed * 1664525 + 1013904223;
			strcat(text, pieces[(seed >> 8) % ARRAY_SIZE(pieces)]);
		}
		if (address_parse(&a, text, &why) < 0)
			continue;
		taken++;
		kept += share_name_valid(a.share) && jid_bare(a.jid, jid) && !strcmp(jid, a.jid) &&
			!strchr(a.device, '/') && text_utf8_valid(a.device, strlen(a.device));
	}
	ok(taken > 100, "some random text is an address (%d)", taken);
	is_int(kept, taken, "and has a valid share, JID and device");
}

static void moved(void)
{
	static const struct {
		const char *url, *moved;
	} urls[] = {
		{ "xmpp::bob@example.org/p", "xmpp::b@x.net/p" },
		{ "xmpp://Bob@Example.ORG/a/p?device=my%20laptop",
		  "xmpp://b@x.net/a/p?device=my%20laptop" },
		{ "xmpp::bob@example.org/p.git.git", "xmpp::b@x.net/p.git.git" },
		{ "xmpp::eve@example.org/p", NULL },
		{ "bob@example.org/p", NULL },
		{ "https://bob@example.org/p", NULL },
		{ "xmpp::bob@example.org", NULL },
		{ "origin", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		char *url = address_moved(urls[i].url, "bob@example.org", "b@x.net");

		is_str(url, urls[i].moved, urls[i].url);
		free(url);
	}
}

int main(void)
{
	moved();
	accepted();
	refused();
	lengths();
	printed();
	names();
	random_text();
	return tap_done();
}
