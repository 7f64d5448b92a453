/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jid.h"

#include <stdlib.h>

#include "alloc.h"
#include "tap.h"
#include "text.h"

static const struct { const char *text, *bare; } rows[] = {
	{ "bob@example.org", "bob@example.org" },
	{ "Bob@Example.ORG", "bob@example.org" },
	{ "bob@localhost", "bob@localhost" },
	{ "bob@example.org.", "bob@example.org" },
	{ "o'neil@example.org", NULL },
	{ "b.o-b_1+x=y%z@example.org", "b.o-b_1+x=y%z@example.org" },
	{ "j\xc3\xbcrgen@b\xc3\xbc" "cher.example", "j\xc3\xbcrgen@b\xc3\xbc" "cher.example" },
	{ "\xc3\x84@example.org", "\xc3\x84@example.org" },
	{ "bob@192.0.2.7", "bob@192.0.2.7" },
	{ "bob@[2001:DB8::1]", "bob@[2001:db8::1]" },
	{ "bob@_a_b.example", "bob@_a_b.example" },
	/* a part missing */
	{ "", NULL },
	{ "@", NULL },
	{ "bob", NULL },
	{ "example.org", NULL },
	{ "@example.org", NULL },
	{ "bob@", NULL },
	{ "bob@.", NULL },
	{ ".", NULL },
	/* a resource */
	{ "bob@example.org/laptop", NULL },
	{ "bob@example.org/", NULL },
	{ "bob/x@example.org", NULL },
	/* what a local part must not have */
	{ "b\"b@example.org", NULL },
	{ "b&b@example.org", NULL },
	{ "b:b@example.org", NULL },
	{ "b<b@example.org", NULL },
	{ "b>b@example.org", NULL },
	{ "b b@example.org", NULL },
	{ " bob@example.org", NULL },
	{ "bob@example.org ", NULL },
	{ "b\nb@example.org", NULL },
	{ "b\x7f@example.org", NULL },
	{ "b\xc2\x85@example.org", NULL },
	{ "b\xc2\xa0@example.org", NULL },
	{ "b\xe3\x80\x80@example.org", NULL },
	{ "b\xe2\x80\x8b@example.org", NULL },
	{ "b\xe2\x80\xae@example.org", NULL },
	/* bad UTF-8 */
	{ "b\xff@example.org", NULL },
	{ "b\xc0\xaf@example.org", NULL },
	{ "bob@ex\xed\xa0\x80.org", NULL },
	/* what a domain must not have */
	{ "bob@eve@example.org", NULL },
	{ "bob@ex ample.org", NULL },
	{ "bob@example.org\n", NULL },
	{ "bob@example..org", NULL },
	{ "bob@.example.org", NULL },
	{ "bob@example.org..", NULL },
	{ "bob@example.org:5222", NULL },
	{ "bob@example.org?x", NULL },
	{ "bob@$(id)", NULL },
	{ "bob@[]", NULL },
	{ "bob@[::1", NULL },
	{ "bob@[::1]x", NULL },
	{ "bob@[host]", NULL },
};

static void bare(void)
{
	char out[JID_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf shown = { 0 };

		text_escape(&shown, rows[i].text, strlen(rows[i].text), false);
		if (rows[i].bare)
			ok(jid_bare(rows[i].text, out) && !strcmp(out, rows[i].bare), "'%s' is a bare JID", buf_str(&shown));
		else
			ok(!jid_bare(rows[i].text, out), "'%s' is none", buf_str(&shown));
		buf_finish(&shown);
	}
}

static void lengths(void)
{
	char text[JID_MAX + 1], out[JID_MAX];

	memset(text, 'x', JID_MAX);
	text[10] = '@';
	text[JID_MAX - 1] = '\0';
	ok(jid_bare(text, out) && strlen(out) == JID_MAX - 1, "a bare JID of %d bytes fits", JID_MAX - 1);
	text[JID_MAX - 1] = 'x';
	text[JID_MAX] = '\0';
	ok(!jid_bare(text, out), "one byte more does not");
}

static void full(void)
{
	static const struct { const char *full, *bare, *resource; } fulls[] = {
		{ "Bob@Example.org/Laptop", "bob@example.org", "Laptop" },
		{ "bob@example.org/a/b@c", "bob@example.org", "a/b@c" },
		{ "bob@example.org", "bob@example.org", NULL },
		{ "example.org/x", NULL, "x" },
		{ "/bob@example.org", NULL, "bob@example.org" },
	};
	char out[JID_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(fulls); i++) {
		ok(jid_bare_of(fulls[i].full, out) == !!fulls[i].bare &&
		   (!fulls[i].bare || !strcmp(out, fulls[i].bare)), "the bare JID of %s", fulls[i].full);
		is_str(jid_resource(fulls[i].full), fulls[i].resource, "and its resource");
	}
	is_str(jid_domain("bob@example.org"), "example.org", "the domain is what follows the '@'");
}

/* What is accepted once is accepted again, and stays. */
static void random_text(void)
{
	static const char *const pieces[] = {
		"a", "B", "@", ".", "/", ":", "[", "]", "\xc3\xbc", "\xe2\x80\xae", "\xff", " ", "9",
	};
	int accepted = 0, settled = 0;

	for (int round = 0; round < 20000; round++) {
		static uint32_t seed = 5222;
		char text[64] = "", out[JID_MAX], again[JID_MAX];

		for (int i = 0; i < 6; i++) {
			seed = seed * 1664525 + 1013904223;
			strcat(text, pieces[(seed >> 8) % ARRAY_SIZE(pieces)]);
		}
		if (!jid_bare(text, out))
			continue;
		accepted++;
		settled += jid_bare(out, again) && !strcmp(out, again) && text_utf8_valid(out, strlen(out));
	}
	ok(accepted > 20, "some random text is a JID (%d)", accepted);
	is_int(settled, accepted, "and normalising it twice changes nothing");
}

int main(void)
{
	bare();
	lengths();
	full();
	random_text();
	return tap_done();
}
