/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "last-word.h"

#include "tap.h"

#define ONE  "1111111111111111111111111111111111111111"
#define TWO  "2222222222222222222222222222222222222222"

static struct last_word l;
static size_t step = SIZE_MAX;

/* One packet of this text, NUL where it has a '|'; NULL: a flush. */
static void pass(void (*to)(struct last_word *, const char *, size_t), const char *text)
{
	struct buf bytes = { 0 };

	if (text)
		buf_printf(&bytes, "%04zx", strlen(text) + 4);
	for (const char *p = text ? text : "0000"; *p; p++)
		buf_append(&bytes, *p == '|' ? "" : p, 1);
	for (size_t at = 0, n; at < buf_len(&bytes); at += n) {
		n = buf_len(&bytes) - at < step ? buf_len(&bytes) - at : step;
		to(&l, buf_data(&bytes) + at, n);
	}
	buf_finish(&bytes);
}

static void asks(const char *text)
{
	pass(last_word_asks, text);
}

static void answers(const char *text)
{
	pass(last_word_answers, text);
}

static void begin(const char *service)
{
	last_word_finish(&l);
	last_word_init(&l, service);
}

/* expected NULL: there is no place for it. */
static void puts_it(const char *expected, const char *what)
{
	struct buf out = { 0 };
	bool put = last_word_put(&l, "gone", &out);

	ok(put == (expected != NULL), "%s", what);
	if (expected)
		is_str(buf_str(&out), expected, "so");
	buf_finish(&out);
}

static void test_push(void)
{
	begin("receive-pack");
	puts_it("000cERR gone", "before anything was said");
	answers(ONE " refs/heads/main|report-status side-band-64k");
	puts_it("000cERR gone", "among the refs");
	last_word_answers(&l, "00", 2);
	puts_it(NULL, "not in the middle of a packet");
	last_word_answers(&l, "00", 2);
	asks(ONE " " TWO " refs/heads/main|report-status side-band-64k");
	puts_it("000cERR gone", "while there may be more to ask for");
	asks(NULL);
	last_word_asks(&l, "PACK....", 8);
	puts_it("0011\1" "000cERR gone", "in the band where the report is awaited");
	answers("\2a hook's words");
	puts_it("0011\1" "000cERR gone", "between words of a hook");
	answers("\1" "000eunpa");
	puts_it(NULL, "not in the middle of the report's line");
	answers("\1ck ok\n");
	puts_it("0011\1" "000cERR gone", "but behind it");
	begin("receive-pack");
	asks(ONE " " TWO " refs/heads/main|report-status");
	asks(NULL);
	puts_it("000cERR gone", "where there are no bands");
}

static void test_fetch(void)
{
	begin("upload-pack");
	answers("version 2");
	answers(NULL);
	asks("command=ls-refs");
	answers(ONE " refs/heads/main");
	puts_it("000cERR gone", "among the refs of a fetch");
	answers(NULL);
	answers("acknowledgments\n");
	puts_it("000cERR gone", "while it is found out what both have");
	answers("packfile\n");
	puts_it(NULL, "in the pack index-pack has the last word");
	answers("\1PACK");
	puts_it(NULL, "all the time");
	answers(NULL);
	puts_it("000cERR gone", "and then no more");
	begin("upload-pack");
	asks("command=fetch");
	answers("\1packfile\n");
	puts_it(NULL, "nor where all of the answer is in bands");
	begin("upload-pack");
	asks("want " ONE);
	answers("NAK\n");
	puts_it("000cERR gone", "as before version 2");
	answers("\2Counting");
	puts_it(NULL, "there, too");
	begin("upload-archive");
	puts_it("000cERR gone", "an archive that has not begun");
	answers("ACK");
	answers(NULL);
	puts_it("0009\3gone", "and one that has");
}

int main(void)
{
	last_word_init(&l, "receive-pack");
	test_push();
	test_fetch();
	step = 1;
	test_push();
	test_fetch();
	last_word_finish(&l);
	return tap_done();
}
