/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prep.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "tap.h"

/* RFC 4013 section 3, and what people have in passwords. */
static void passwords(void)
{
	static const struct { const char *password, *prepared, *what; } rows[] = {
		{ "I\xc2\xadX", "IX", "a soft hyphen is mapped to nothing" },
		{ "user", "user", "no change" },
		{ "USER", "USER", "case is kept" },
		{ "\xc2\xaa", "a", "NFKC" },
		{ "\xe2\x85\xa8", "IX", "NFKC of a Roman number" },
		{ "\x07", "\x07", "what is forbidden stays, for the server to refuse" },
		{ "\xd8\xa7" "1", "\xd8\xa7" "1",
		  "so does what is bidirectional in a forbidden way" },
		{ "paa\xcc\x88ss", "pa\xc3\xa4ss", "letters are composed" },
		{ "two\xc2\xa0words", "two words", "each kind of space is the same" },
		{ "\xff", "\xff", "what is no UTF-8 stays" },
		{ "", "", "nothing is nothing" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *prepared = prep_password(rows[i].password);

		is_str(prepared, rows[i].prepared, rows[i].what);
		free(prepared);
	}
}

/* RFC 3492 section 7.1: the labels and what they stand for. */
static void labels(void)
{
	static const struct { const char *a, *u; } rows[] = {
		{ "xn--egbpdaj6bu4bxfgehfvwxn",
		  "\xd9\x84\xd9\x8a\xd9\x87\xd9\x85\xd8\xa7\xd8\xa8\xd8\xaa\xd9\x83\xd9\x84"
		  "\xd9\x85\xd9\x88\xd8\xb4\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a\xd8\x9f" },
		{ "xn--ihqwcrb4cv8a8dqg056pqjye",
		  "\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d"
		  "\xe8\xaf\xb4\xe4\xb8\xad\xe6\x96\x87" },
		{ "xn--proprostnemluvesky-uyb24dma41a",
		  "pro\xc4\x8dprost\xc4\x9bnemluv\xc3\xad\xc4\x8d" "esky" },
		{ "xn--de-jg4avhby1noc0d",
		  "\xe3\x83\x91\xe3\x83\x95\xe3\x82\xa3\xe3\x83\xbc" "de"
		  "\xe3\x83\xab\xe3\x83\xb3\xe3\x83\x90" },
	};
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text), "%s.Example", rows[i].a);
		ok(prep_domain(text, sizeof(text)) &&
			   !strncmp(text, rows[i].u, strlen(rows[i].u)) &&
			   !strcmp(text + strlen(rows[i].u), ".example"),
		   "%s is what it stands for", rows[i].a);
		ok(prep_domain(text, sizeof(text)) && !strncmp(text, rows[i].u, strlen(rows[i].u)),
		   "and that stays");
	}
}

static bool changed(bool (*prep)(char *, size_t), const char *text, const char *expect, size_t size)
{
	char out[256];

	strcpy(out, text);
	return prep(out, size) && !strcmp(out, expect);
}

static void bounds(void)
{
	char text[8] = "\xef\xb7\xba";

	ok(!prep_node(text, sizeof(text)), "what becomes longer than there is room for is refused");
	ok(changed(prep_domain, "ab.cd", "ab.cd", 6) && !changed(prep_domain,
								 "\xc7\x84"
								 "b.cd",
								 "d\xc5\xbe"
								 "b.cd",
								 7),
	   "a domain, too");
	ok(changed(prep_domain, "\xc7\x84" "b.cd", "d\xc5\xbe" "b.cd", 8), "and not before that");
	ok(changed(prep_domain, "...", "...", 4), "dots are left to who looks at the domain");
	ok(changed(prep_resource, "A\xe2\x85\xa8", "AIX", 6), "a resource keeps its case");
	ok(!changed(prep_resource, "\xee\x80\x80", "", 8), "private characters are none");
}

int main(void)
{
	passwords();
	labels();
	bounds();
	return tap_done();
}
