/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jid.h"

#include <stdlib.h>

#include "alloc.h"
#include "tap.h"
#include "text.h"

struct row {
	const char *text, *bare;
};

static const struct row rows[] = {
	{ "bob@example.org", "bob@example.org" },
	{ "Bob@Example.ORG", "bob@example.org" },
	{ "bob@localhost", "bob@localhost" },
	{ "bob@example.org.", "bob@example.org" },
	{ "o'neil@example.org", NULL },
	{ "b.o-b_1+x=y%z@example.org", "b.o-b_1+x=y%z@example.org" },
	{ "..b@xn.x-y_z", "..b@xn.x-y_z" },
	{ "b@b@example.org", NULL },
	{ "bob@a..b", NULL },
	{ "bob@.a", NULL },
	{ "j\xc3\xbcrgen@b\xc3\xbc" "cher.example", "j\xc3\xbcrgen@b\xc3\xbc" "cher.example" },
	/* RFC 6122 appendix A: case folded, composed, compatible characters replaced */
	{ "\xc3\x84@example.org", "\xc3\xa4@example.org" },
	{ "J\xc3\x9cRGEN@example.org", "j\xc3\xbcrgen@example.org" },
	{ "ju\xcc\x88rgen@example.org", "j\xc3\xbcrgen@example.org" },
	{ "\xce\xa3@example.org", "\xcf\x83@example.org" },
	{ "fu\xc3\x9f" "ball@example.org", "fussball@example.org" },
	{ "henry\xe2\x85\xa3@example.org", "henryiv@example.org" },
	{ "so\xc2\xad" "ft@example.org", "soft@example.org" },
	{ "\xef\xbd\x82ob@example.org", "bob@example.org" },
	{ "b\xef\xbc\xa0" "b@example.org", NULL },
	{ "b\xef\xbc\x8f" "b@example.org", NULL },
	{ "\xc2\xad@example.org", NULL },
	{ "\xd8\xa7" "1@example.org", NULL },
	{ "\xf0\x9f\x8d\xb5@example.org", "\xf0\x9f\x8d\xb5@example.org" },
	/* Unicode PR 29: composed once, it would be composed again */
	{ "\xe1\x84\x8c\xcd\xa1\xe1\x85\xa9\xcc\x9c@example.org", NULL },
	{ "a@\xe1\x84\x8c\xcd\xa1\xe1\x85\xa9\xcc\x9c.org", NULL },
	/* RFC 3490, RFC 3491: labels, whatever the dot; RFC 7622 3.2: U-labels */
	{ "bob@B\xc3\x9c" "CHER.example", "bob@b\xc3\xbc" "cher.example" },
	{ "bob@bu\xcc\x88" "cher.example", "bob@b\xc3\xbc" "cher.example" },
	{ "bob@xn--bcher-kva.example", "bob@b\xc3\xbc" "cher.example" },
	{ "bob@XN--BCHER-KVA.Example.", "bob@b\xc3\xbc" "cher.example" },
	{ "bob@a\xe3\x80\x82" "example", "bob@a.example" },
	{ "bob@a\xef\xbc\x8e" "example\xef\xbd\xa1", "bob@a.example" },
	{ "bob@\xd7\x90\xd7\x91.example", "bob@\xd7\x90\xd7\x91.example" },
	{ "bob@xn--bcher-.example", "bob@xn--bcher-.example" },
	{ "bob@xn--strae-oqa.example", "bob@xn--strae-oqa.example" },
	{ "bob@a\xe2\x80\xa4" "b.example", NULL },
	{ "bob@a\xe2\x84\x80" "b.example", NULL },
	{ "bob@a\xe3\x80\x82\xe3\x80\x82" "b.example", NULL },
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
	{ "bob@[1:2:3]", NULL },
	{ "bob@[fe80::1%eth0]", NULL },
};

static void bare(void)
{
	char out[JID_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf shown = { 0 };

		text_escape(&shown, rows[i].text, strlen(rows[i].text), false);
		if (rows[i].bare)
			ok(jid_bare(rows[i].text, out) && !strcmp(out, rows[i].bare),
			   "'%s' is a bare JID", buf_str(&shown));
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
	ok(jid_bare(text, out) && strlen(out) == JID_MAX - 1, "a bare JID of %d bytes fits",
	   JID_MAX - 1);
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
		{ "j\xc3\xbcrgen@example.org/\xe2\x85\xa8", "j\xc3\xbcrgen@example.org",
		  "\xe2\x85\xa8" },
		{ "bob@xn--bcher-kva.example/x", "bob@b\xc3\xbc" "cher.example", "x" },
		/* what no server of ours stamps */
		{ "J\xc3\x9cRGEN@example.org/x", NULL, "x" },
		{ "fu\xc3\x9f" "ball@example.org/x", NULL, "x" },
	};
	char out[JID_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(fulls); i++) {
		ok(jid_bare_of(fulls[i].full, out) == !!fulls[i].bare &&
			   (!fulls[i].bare || !strcmp(out, fulls[i].bare)),
		   "the bare JID of %s", fulls[i].full);
		is_str(jid_resource(fulls[i].full), fulls[i].resource, "and its resource");
	}
	is_str(jid_domain("bob@example.org"), "example.org", "the domain is what follows the '@'");
}

/* RFC 7622 3.5, where stringprep has it otherwise by that. */
static void any(void)
{
	static const struct { const char *text, *normal; } rows_any[] = {
		{ "Juliet@Example.com/Foo", "juliet@example.com/Foo" },
		{ "juliet@example.com/foo bar", "juliet@example.com/foo bar" },
		{ "juliet@example.com/foo@bar", "juliet@example.com/foo@bar" },
		{ "foo\\20bar@example.com", "foo\\20bar@example.com" },
		{ "\xcf\x80@example.com", "\xcf\x80@example.com" },
		{ "\xce\xa3@example.com/foo", "\xcf\x83@example.com/foo" },
		{ "king@example.com/\xe2\x99\x9a", "king@example.com/\xe2\x99\x9a" },
		{ "king@example.com/\xe2\x85\xa3", "king@example.com/IV" },
		{ "king@example.com/e\xcc\x81", "king@example.com/\xc3\xa9" },
		{ "example.com", "example.com" },
		{ "example.com/foobar", "example.com/foobar" },
		{ "a.example.com/b@example.net", "a.example.com/b@example.net" },
		{ "xn--bcher-kva.test", "b\xc3\xbc" "cher.test" },
		{ "\"juliet\"@example.com", NULL },
		{ "foo bar@example.com", NULL },
		{ "juliet@example.com/", NULL },
		{ "juliet@example.com/\x07", NULL },
		{ "juliet@example.com/\xff", NULL },
		{ "@example.com", NULL },
		{ "juliet@", NULL },
		{ "/foobar", NULL },
		{ "", NULL },
	};
	char out[JID_FULL_MAX], long_one[3 * JID_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows_any); i++)
		ok(jid_any(rows_any[i].text, out) == !!rows_any[i].normal &&
			   (!rows_any[i].normal || !strcmp(out, rows_any[i].normal)),
		   "row %zu of the addresses", i);
	memset(long_one, 'x', sizeof(long_one));
	long_one[3] = '/';
	long_one[JID_MAX + 3] = '\0';
	ok(jid_any(long_one, out), "a resource of 1023 bytes fits");
	long_one[JID_MAX + 3] = 'x';
	long_one[JID_MAX + 4] = '\0';
	ok(!jid_any(long_one, out), "one of 1024 does not");
	ok(jid_same("J\xc3\x9cRGEN@b\xc3\xbc"
		    "cher.test/a",
		    "ju\xcc\x88rgen@xn--bcher-kva.test/a"),
	   "two spellings are one address");
	ok(!jid_same("bob@example.org/a", "bob@example.org/A"), "the case of a resource counts");
	ok(jid_same("no such", "no such") && !jid_same("no such", "nothing"),
	   "what is no address is the same by its bytes");
}

/* What is accepted once is accepted again, and stays. */
static void random_text(void)
{
	static const char *const pieces[] = {
		"a", "B", "@", ".", "/", ":", "[", "]", "\xc3\xbc", "\xe2\x80\xae", "\xff", " ",
		"9",
		"\xc3\x9c", "u\xcc\x88", "\xe2\x85\xa3", "\xc2\xad", "xn--", "bcher-kva",
		"\xe3\x80\x82", "\xd7\x90",
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
		settled += jid_bare(out, again) && !strcmp(out, again) &&
			   text_utf8_valid(out, strlen(out));
	}
	ok(accepted > 20, "some random text is a JID (%d)", accepted);
	is_int(settled, accepted, "and normalising it twice changes nothing");
}

int main(void)
{
	bare();
	lengths();
	full();
	any();
	random_text();
	return tap_done();
}
