/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text.h"

#include <stdlib.h>

#include "alloc.h"
#include "fingerprint.h"
#include "hex.h"
#include "tap.h"

static uint32_t seed = 31337;

static uint32_t chance(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* What each makes of the same text. NULL: not looked at. */
static const struct {
	const char *what, *text, *escaped, *xml, *json;
	bool valid;
} rows[] = {
	{ "nothing", "", "", "", "\"\"", true },
	{ "plain ASCII", "bob@example.org", "bob@example.org", "bob@example.org",
	  "\"bob@example.org\"", true },
	{ "two, three and four bytes", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xa7",
	  "\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xa7", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xa7",
	  "\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xa7\"", true },
	{ "a terminal's escape", "\x1b[2J", "\\x1b[2J", "?[2J", "\"\\u001b[2J\"", true },
	{ "newline and tab", "a\n\tb", "a\\x0a\\x09b", "a&#10;&#9;b", "\"a\\u000a\\u0009b\"",
	  true },
	{ "a bell and DEL", "\a\x7f", "\\x07\\x7f", "?\x7f", "\"\\u0007\\u007f\"", true },
	{ "a C1 control", "\xc2\x9b", "\\xc2\\x9b", "\xc2\x9b", "\"\\u009b\"", true },
	{ "the first after C1", "\xc2\xa0", "\xc2\xa0", "\xc2\xa0", NULL, true },
	{ "right-to-left override", "a\xe2\x80\xae" "b", "a\\xe2\\x80\\xaeb", NULL, "\"a\\u202eb\"",
	  true },
	{ "an isolate", "\xe2\x81\xa6", "\\xe2\\x81\\xa6", NULL, NULL, true },
	{ "the marks", "\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c",
	  "\\xe2\\x80\\x8e\\xe2\\x80\\x8f\\xd8\\x9c", NULL, NULL, true },
	{ "the neighbours of bidi controls",
	  "\xe2\x80\x90\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa",
	  "\xe2\x80\x90\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa", NULL, NULL, true },
	{ "markup", "<a b='\"'>&", "<a b='\"'>&", "&#60;a b=&#39;&#34;&#39;&#62;&#38;",
	  "\"<a b='\\\"'>&\"", true },
	{ "a backslash", "\\n", "\\n", "\\n", "\"\\\\n\"", true },
	{ "a lone continuation", "a\x80z", "a\\x80z", "a?z", "\"a\xef\xbf\xbdz\"", false },
	{ "a lone first byte", "\xc3", "\\xc3", "?", "\"\xef\xbf\xbd\"", false },
	{ "a cut sequence, then ASCII", "\xe2\x82z", "\\xe2\\x82z", "??z", NULL, false },
	{ "a cut sequence of four", "\xf0\x9f\x90", "\\xf0\\x9f\\x90", "???", NULL, false },
	{ "overlong '/' in two", "\xc0\xaf", "\\xc0\\xaf", "??", NULL, false },
	{ "overlong in three", "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf", "???", NULL, false },
	{ "overlong in four", "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf", "????", NULL, false },
	{ "the least of three", "\xe0\xa0\x80", "\xe0\xa0\x80", NULL, NULL, true },
	{ "the least of four", "\xf0\x90\x80\x80", "\xf0\x90\x80\x80", NULL, NULL, true },
	{ "the last before surrogates", "\xed\x9f\xbf", "\xed\x9f\xbf", NULL, NULL, true },
	{ "a surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80", "???", NULL, false },
	{ "the last surrogate", "\xed\xbf\xbf", "\\xed\\xbf\\xbf", "???", NULL, false },
	{ "U+10FFFF", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", NULL, NULL, true },
	{ "above U+10FFFF", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", NULL, NULL, false },
	{ "bytes UTF-8 never has", "\xf5\xfe\xff", "\\xf5\\xfe\\xff", "???", NULL, false },
	{ "U+FFFE and U+FFFF", "\xef\xbf\xbe\xef\xbf\xbf", NULL, "??", NULL, true },
};

static void same_text(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf b = { 0 };
		const char *s = rows[i].text;

		ok(text_utf8_valid(s, strlen(s)) == rows[i].valid, "%s: %svalid", rows[i].what,
		   rows[i].valid ? "" : "not ");
		if (rows[i].escaped) {
			text_escape(&b, s, strlen(s), false);
			is_str(buf_str(&b), rows[i].escaped, rows[i].what);
		}
		buf_reset(&b);
		if (rows[i].xml) {
			text_xml(&b, s);
			is_str(buf_str(&b), rows[i].xml, rows[i].what);
		}
		buf_reset(&b);
		if (rows[i].json) {
			text_json(&b, s);
			is_str(buf_str(&b), rows[i].json, rows[i].what);
		}
		buf_finish(&b);
	}
}

static void escape_lines(void)
{
	struct buf b = { 0 };

	text_escape(&b, "a\n\tb\r\n", 6, true);
	is_str(buf_str(&b), "a\n\tb\\x0d\n",
	       "with lines, newline and tab pass and carriage return does not");
	buf_reset(&b);
	text_escape(&b, "a\0b", 3, true);
	is_str(buf_str(&b), "a\\x00b", "a NUL is shown");
	buf_finish(&b);
}

/* The escape of any bytes is valid, shows no control, and does not change when escaped again. */
static void escape_random(void)
{
	bool valid = true, settled = true, quiet = true;

	for (int round = 0; round < 3000; round++) {
		size_t n = chance(40);
		char *bytes = xmalloc(n);
		struct buf once = { 0 }, twice = { 0 };

		for (size_t i = 0; i < n; i++)
			bytes[i] = chance(2) ? (char)chance(256)
					     : "\xe2\x80\xae\xc2\x9f\xf0"[chance(6)];
		text_escape(&once, bytes, n, false);
		valid &= text_utf8_valid(buf_data(&once), buf_len(&once));
		for (size_t i = 0; i < buf_len(&once); i++)
			quiet &= (unsigned char)buf_data(&once)[i] >= 0x20 &&
				 buf_data(&once)[i] != 0x7f;
		text_escape(&twice, buf_data(&once), buf_len(&once), false);
		settled &= !strcmp(buf_str(&once), buf_str(&twice));
		buf_finish(&once);
		buf_finish(&twice);
		free(bytes);
	}
	ok(valid, "whatever is escaped is valid UTF-8");
	ok(quiet, "and has no control bytes");
	ok(settled, "and stays the same when escaped again");
}

static void hex(void)
{
	static const struct { const char *text; size_t n; bool good; } hexes[] = {
		{ "", 0, true }, { "00fF", 2, true }, { "a9C3", 2, true },
		{ "0", 1, false }, { "", 1, false }, { "00f", 2, false }, { "00ff", 1, false },
		{ "0g", 1, false }, { " 0", 1, false }, { "0x", 1, false }, { "-1", 1, false },
	};
	unsigned char bytes[4];
	char out[9];

	hex_encode("\x00\x9f\xa0\xff", 4, out);
	is_str(out, "009fa0ff", "hex of four bytes");
	ok(hex_decode(out, bytes, 4) && !memcmp(bytes, "\x00\x9f\xa0\xff", 4), "and back");
	hex_encode("", 0, out);
	is_str(out, "", "hex of nothing");
	for (size_t i = 0; i < ARRAY_SIZE(hexes); i++)
		ok(hex_decode(hexes[i].text, bytes, hexes[i].n) == hexes[i].good,
		   "'%s' is %s%zu bytes of hex", hexes[i].text, hexes[i].good ? "" : "not ",
		   hexes[i].n);
}

static void shell_words(void)
{
	static const struct { const char *text, *word; } cases[] = {
		{ "bob@example.org", "bob@example.org" },
		{ "/src/a-b_c.git", "/src/a-b_c.git" },
		{ "", "''" },
		{ "my repo", "'my repo'" },
		{ "x;reboot|$(id)@example.org", "'x;reboot|$(id)@example.org'" },
		{ "it's", "'it'\\''s'" },
		{ "~", "'~'" },
		{ "a\\b", "'a\\b'" },
	};
	struct buf b = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		buf_reset(&b);
		text_shell(&b, cases[i].text);
		is_str(buf_str(&b), cases[i].word, "a word for the shell");
	}
	buf_reset(&b);
	text_operand(&b, "a-b@example.org");
	is_str(buf_str(&b), "a-b@example.org", "what is no option stands alone");
	buf_reset(&b);
	text_operand(&b, "--self;@example.org");
	is_str(buf_str(&b), "-- '--self;@example.org'", "what would be one does not");
	buf_finish(&b);
}

static void fingerprints(void)
{
	static const char shown[] = "0001 0203 0405 0607 0809 0A0B 0C0D 0E0F "
		"1011 1213 1415 1617 1819 1A1B 1C1D 1E1F";
	static const char plain[] =
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	unsigned char fp[FINGERPRINT_BYTES], back[FINGERPRINT_BYTES];
	char text[FINGERPRINT_TEXT_MAX], longer[80];

	for (int i = 0; i < FINGERPRINT_BYTES; i++)
		fp[i] = (unsigned char)i;
	fingerprint_format(fp, text);
	is_str(text, shown, "a fingerprint is shown in sixteen groups");
	ok(fingerprint_parse(text, back) && !memcmp(fp, back, sizeof(fp)), "and read again");
	ok(fingerprint_parse(plain, back) && !memcmp(fp, back, sizeof(fp)),
	   "plain lower-case hex is read");
	ok(fingerprint_parse(
		   " 00:01:02:03 04050607 08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f ",
		   back) &&
		   !memcmp(fp, back, sizeof(fp)),
	   "spaces and colons anywhere");
	snprintf(longer, sizeof(longer), "%s0", plain);
	ok(!fingerprint_parse(longer, back), "one digit too many");
	snprintf(longer, sizeof(longer), "%.63s", plain);
	ok(!fingerprint_parse(longer, back), "one digit too few");
	snprintf(longer, sizeof(longer), "%.63sg", plain);
	ok(!fingerprint_parse(longer, back), "a letter that is no digit");
	ok(!fingerprint_parse("", back), "nothing");
}

int main(void)
{
	same_text();
	escape_lines();
	escape_random();
	hex();
	shell_words();
	fingerprints();
	return tap_done();
}
