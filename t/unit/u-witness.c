/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "witness.h"

#include <stdlib.h>

#include "tap.h"

#define NONE "0000000000000000000000000000000000000000"
#define ONE  "1111111111111111111111111111111111111111"
#define TWO  "2222222222222222222222222222222222222222"

static struct witness w;
static size_t step = SIZE_MAX;

static void pass(void (*to)(struct witness *, const void *, size_t), const struct buf *bytes)
{
	const char *data = buf_data(bytes);

	for (size_t n, left = buf_len(bytes); left; left -= n, data += n) {
		n = left < step ? left : step;
		to(&w, data, n);
	}
}

/* One packet of this text, NUL where it has a '|'; NULL: a flush. */
static void put(struct buf *out, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	if (!text) {
		buf_puts(out, "0000");
		return;
	}
	buf_printf(out, "%04zx", n + 4);
	for (size_t i = 0; i < n; i++)
		buf_append(out, text[i] == '|' ? "" : text + i, 1);
}

static void say(void (*to)(struct witness *, const void *, size_t), const char *text)
{
	struct buf bytes = { 0 };

	put(&bytes, text);
	pass(to, &bytes);
	buf_finish(&bytes);
}

static void asks(const char *text)
{
	say(witness_asks, text);
}

static void answers(const char *text)
{
	say(witness_answers, text);
}

static void raw(void (*to)(struct witness *, const void *, size_t), const char *text)
{
	struct buf bytes = { 0 };

	buf_puts(&bytes, text);
	pass(to, &bytes);
	buf_finish(&bytes);
}

/*
 * The packets as they stand, in one or two packets of band 1, with a word of a
 * hook between them.
 */
static void banded(const struct buf *report)
{
	size_t half = buf_len(report) / 2, n = buf_len(report);
	struct buf bytes = { 0 };

	buf_printf(&bytes, "%04zx\1%.*s", half + 5, (int)half, buf_data(report));
	buf_printf(&bytes, "%04x\2%s", 5 + 5, "hello");
	buf_printf(&bytes, "%04zx\1%.*s0000", n - half + 5, (int)(n - half),
		   buf_data(report) + half);
	pass(witness_answers, &bytes);
	buf_finish(&bytes);
}

/* unpack, then lines of the report up to a NULL, with the flush. */
static void reported(bool bands, const char *unpack, ...)
{
	struct buf report = { 0 };
	const char *line;
	va_list ap;

	put(&report, unpack);
	va_start(ap, unpack);
	while ((line = va_arg(ap, const char *)))
		put(&report, line);
	va_end(ap);
	put(&report, NULL);
	if (bands)
		banded(&report);
	else
		pass(witness_answers, &report);
	buf_finish(&report);
}

static void result(const char *reason, const char *expected, const char *what)
{
	is_str(witness_result_name(witness_result(&w, reason)), expected, what);
}

static void described(const char *expected)
{
	struct buf out = { 0 };

	witness_describe(&w, &out);
	is_str(buf_str(&out), expected, "with its refs");
	buf_finish(&out);
}

static void begin(enum service service)
{
	witness_finish(&w);
	witness_init(&w, service);
}

/* receive-pack shows what it has. */
static void begin_push(void)
{
	begin(SERVICE_RECEIVE_PACK);
	answers(ONE " refs/heads/main|report-status report-status-v2 side-band-64k\n");
	answers("ok refs/heads/main");
	answers(NULL);
}

static void push_main(const char *caps)
{
	char line[256];

	begin_push();
	snprintf(line, sizeof(line), ONE " " TWO " refs/heads/main|%s", caps);
	asks(line);
	ok(!witness_pushes(&w), "half of the commands ask for nothing");
	asks(NULL);
	raw(witness_asks, "PACK0008ok refs/heads/main");
	ok(witness_pushes(&w), "all of them do");
	ok(!witness_only_deletes(&w), "a pack belongs to it");
}

static void test_push(void)
{
	push_main(" report-status-v2 side-band-64k object-format=sha1");
	ok(!witness_settled(&w), "what became of it is not known");
	ok(!witness_answered(&w), "nor is there an answer");
	result("cancelled", "unknown", "who goes away before the report leaves it open");
	result("offline", "unknown", "so does a link that is lost");
	reported(true, "unpack ok\n", "ok refs/heads/main\n", "option refname refs/x\n", NULL);
	ok(witness_settled(&w), "the report settles it");
	ok(witness_answered(&w), "however their git ends");
	result("cancelled", "ok", "and what came after does not matter");
	result("no-path", "ok", "nor does a link that is lost");
	described("main 1111111..2222222");
	witness_exited(&w, 128);
	result(NULL, "ok", "nor the status, of a hook say");
}

static void test_cut(void)
{
	push_main("report-status");
	witness_cut(&w);
	result("stopped", "failed", "nothing comes of half a pack");
	result("cancelled", "cancelled", "for whatever reason");
	push_main("report-status");
	witness_ends(&w);
	witness_cut(&w);
	result("stopped", "unknown", "a whole one may be taken when nobody looks");
}

static void test_refusal(void)
{
	begin_push();
	asks(ONE " " TWO " refs/heads/main|report-status side-band-64k");
	asks(NONE " " TWO " refs/heads/new");
	asks(TWO " " NONE " refs/tags/gone");
	asks(NULL);
	reported(true, "unpack ok\n", "ok refs/heads/main\n", "ng refs/heads/new hook declined\n",
		 "ok refs/tags/gone", NULL);
	result("cancelled", "refused", "one that is refused is not all of them");
	described("main 1111111..2222222, new made at 2222222 refused: hook declined, "
		  "refs/tags/gone deleted");
	push_main("report-status");
	reported(false, "unpack index-pack abnormal exit\n", "ng refs/heads/main unpacker error\n",
		 NULL);
	result(NULL, "failed", "a pack that is none");
	result("cancelled", "cancelled", "or half of one");
	result("offline", "failed", "for whatever reason");
	described(
		"main 1111111..2222222 refused: unpacker error, unpack: index-pack abnormal exit");
}

/* What is said before it is asked for, or by whom it does not concern, is no report. */
static void test_report(void)
{
	begin_push();
	asks(ONE " " TWO " refs/heads/main|report-status side-band-64k");
	asks(NULL);
	raw(witness_answers, "001b\2000eunpack ok\n0000aaaaa");
	ok(!witness_settled(&w), "a hook's words are no report");
	push_main("side-band-64k");
	ok(!witness_settled(&w), "without a report there is the status");
	witness_exited(&w, 0);
	result(NULL, "ok", "0 is good");
	witness_exited(&w, 1);
	result(NULL, "failed", "others are not");
	push_main("report-status");
	witness_exited(&w, 128);
	result("cancelled", "failed", "one that ended without its report has failed");
}

static void test_nothing(void)
{
	begin_push();
	asks(NULL);
	ok(!witness_pushes(&w) && witness_settled(&w), "a push of nothing");
	result("cancelled", "nothing", "is nothing");
	begin_push();
	result("no-path", "failed", "a link that is lost while it looks");
	begin_push();
	asks(ONE " " NONE " refs/heads/main|report-status");
	asks(NULL);
	ok(witness_pushes(&w) && witness_only_deletes(&w), "no pack belongs to a deletion");
	begin_push();
	asks("push-cert|report-status side-band-64k");
	asks("certificate version 0.1\n");
	asks("\n");
	asks(ONE " " TWO " refs/heads/main\n");
	asks("-----BEGIN PGP SIGNATURE-----\n");
	asks("push-cert-end\n");
	asks(NULL);
	reported(true, "unpack ok\n", "ok refs/heads/main\n", NULL);
	result(NULL, "ok", "a signed push");
	described("main 1111111..2222222");
}

/* A push that git understands is in the journal, however it is written. */
static void test_disguised(void)
{
	static const char capitals[] = "ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD";
	char line[256];

	begin_push();
	snprintf(line, sizeof(line), ONE " %s refs/heads/main|report-status side-band-64k",
		 capitals);
	asks(line);
	asks(NULL);
	reported(true, "unpack ok\n", "ok refs/heads/main\n", NULL);
	result(NULL, "ok", "objects may be written in capitals");
	described("main 1111111..abcdefa");
	begin_push();
	asks(ONE " " TWO " refs/heads/main|report-status side-band-64k");
	raw(witness_asks, "0001");
	reported(true, "unpack ok\n", "ok refs/heads/main\n", NULL);
	result(NULL, "ok", "a delimiter ends the list, too");
	described("main 1111111..2222222");
	begin_push();
	asks("push-cert|report-status side-band-64k");
	asks("certificate version 0.1\n\n" ONE " " TWO " refs/he");
	asks("ads/ma|not read\n");
	asks("in\n" ONE " " TWO " refs/heads/new\n-----BEGIN PGP SIGNATURE-----\n");
	asks("push-cert-end\n");
	asks(NULL);
	reported(true, "unpack ok\n", "ok refs/heads/main\n", "ok refs/heads/new\n", NULL);
	result(NULL, "ok", "the packets of a certificate are no lines");
	described("main 1111111..2222222, new 1111111..2222222");
}

static void test_many(void)
{
	char line[256];

	begin_push();
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), NONE " " TWO " refs/heads/b%d%s", i,
			 i ? "" : "|report-status");
		asks(line);
	}
	asks(NULL);
	raw(witness_answers, "000eunpack ok\n");
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line),
			 i == 50 ? "ng refs/heads/b%d no\n" : "ok refs/heads/b%d\n", i);
		answers(line);
	}
	answers(NULL);
	result(NULL, "refused", "one of many");
	described("b0 made at 2222222, b1 made at 2222222, b2 made at 2222222, b3 made at 2222222, "
		  "b4 made at 2222222, b5 made at 2222222, b6 made at 2222222, b7 made at 2222222, "
		  "and 92 more");
}

/* What a broker that begins knows of a push of the one before it. */
static void test_kept(void)
{
	struct buf fields = { 0 };
	struct fields f;

	push_main(" report-status side-band-64k");
	witness_write(&w, &fields);
	f = (struct fields){ buf_data(&fields), buf_len(&fields) };
	ok(fields_valid(f), "a push is kept as fields");
	begin(SERVICE_RECEIVE_PACK);
	ok(witness_read(&w, f) && witness_pushes(&w) && !witness_only_deletes(&w), "and read");
	result("cancelled", "unknown", "and is open");
	described("main 1111111..2222222");
	reported(true, "unpack ok\n", "ok refs/heads/main\n", NULL);
	result("cancelled", "ok", "until its report comes");
	begin(SERVICE_RECEIVE_PACK);
	ok(witness_read(&w, f) && !witness_sees_refs(&w, "", true),
	   "the refs do not tell, if there is none");
	ok(witness_sees_refs(&w, ONE "\trefs/heads/main2\n" TWO "\trefs/heads/main\n", false),
	   "or they do");
	result("cancelled", "ok", "it has moved");
	begin(SERVICE_RECEIVE_PACK);
	ok(witness_read(&w, f) && !witness_sees_refs(&w, ONE "\trefs/heads/main\n", false) &&
	   witness_sees_refs(&w, ONE "\trefs/heads/main\n", true), "it is as it was, and stays so");
	result("cancelled", "cancelled", "nothing came of it");
	result("offline", "failed", "for whatever reason");
	described("main 1111111..2222222 did not arrive");
	begin(SERVICE_RECEIVE_PACK);
	ok(witness_read(&w, f) && !witness_sees_refs(&w, NONE "\trefs/heads/main\n", true),
	   "somebody has moved it on");
	buf_reset(&fields);
	fields_add(&fields, "commands", "9");
	fields_add(&fields, "ref", "nonsense");
	begin(SERVICE_RECEIVE_PACK);
	ok(!witness_read(&w, (struct fields){ buf_data(&fields), buf_len(&fields) }),
	   "nonsense is none");
	buf_finish(&fields);
}

static void begin_fetch(void)
{
	begin(SERVICE_UPLOAD_PACK);
	answers("version 2\n");
	answers("ls-refs\n");
	answers(NULL);
	asks("command=ls-refs\n");
	raw(witness_asks, "0001");
	asks("peel\n");
	asks(NULL);
	answers(ONE " refs/heads/main\n");
	answers(NULL);
}

static void test_fetch(void)
{
	begin_fetch();
	ok(!witness_settled(&w), "who looks has not said goodbye");
	asks(NULL);
	ok(witness_settled(&w), "and now");
	result(NULL, "nothing", "it was but a look");
	result("cancelled", "nothing", "however it ends");
	begin_fetch();
	asks("command=fetch");
	raw(witness_asks, "0001");
	asks("want " ONE "\n");
	asks(NULL);
	result("cancelled", "cancelled", "who goes before the answer");
	result("offline", "failed", "a link that is lost before it");
	answers("acknowledgments\n");
	answers("NAK\n");
	raw(witness_answers, "0001");
	answers("packfile\n");
	answers("\1PACK and more of it");
	result("cancelled", "cancelled", "half a pack is none");
	result("offline", "failed", "whoever lost the other half");
	ok(!witness_answered(&w), "half a pack is no answer");
	answers(NULL);
	ok(!witness_settled(&w), "a whole one may not have been read");
	ok(witness_answered(&w), "but is the answer");
	result("cancelled", "cancelled", "by one who goes without a word");
	witness_ends(&w);
	result("cancelled", "ok", "one who says goodbye has read it");
	ok(witness_settled(&w), "and wants no more");
	begin_fetch();
	asks("command=fetch");
	asks(NULL);
	answers("packfile\n");
	answers(NULL);
	witness_exited(&w, 0);
	result(NULL, "cancelled", "who got all and does not say goodbye was ended");
	begin_fetch();
	asks("command=fetch");
	asks(NULL);
	witness_ends(&w);
	answers("acknowledgments\n");
	answers(NULL);
	result(NULL, "cancelled", "who ends before the pack");
	begin_fetch();
	asks("command=fetch");
	asks("wait-for-done");
	asks(NULL);
	answers("acknowledgments\n");
	answers(NULL);
	witness_ends(&w);
	result(NULL, "nothing", "a question about what both have");
}

/* git dies of what it hears, and may be gone before the status comes. */
static void test_fetch_that_fails(void)
{
	begin_fetch();
	asks("command=fetch");
	asks("want " ONE "\n");
	asks(NULL);
	answers("ERR upload-pack: not our ref " ONE "\n");
	ok(witness_settled(&w), "upload-pack has refused");
	result("cancelled", "failed", "and nobody has cancelled it");
	begin_fetch();
	asks("command=fetch");
	asks(NULL);
	answers("packfile\n");
	answers("\1PACK and ERR");
	ok(!witness_settled(&w), "what is in the pack is no error");
	answers("\3aborting due to possible repository corruption");
	result("cancelled", "failed", "but what is in the third band");
	begin(SERVICE_UPLOAD_PACK);
	answers(ONE " refs/heads/main|side-band-64k\n");
	answers(NULL);
	asks("want " TWO " side-band-64k\n");
	asks(NULL);
	asks("done\n");
	answers("ERR upload-pack: not our ref " TWO "\n");
	result("cancelled", "failed", "as before version 2");
}

static void test_old_fetch(void)
{
	begin(SERVICE_UPLOAD_PACK);
	answers(ONE " refs/heads/main|side-band-64k\n");
	answers(NULL);
	asks("want " ONE " side-band-64k\n");
	asks(NULL);
	ok(!witness_settled(&w), "in version 0 a flush is no goodbye");
	asks("done\n");
	answers("NAK\n");
	answers("\1PACK");
	result("cancelled", "cancelled", "who goes in the middle");
	answers(NULL);
	ok(!witness_settled(&w), "all was sent");
	witness_ends(&w);
	ok(witness_settled(&w), "and read");
	result("cancelled", "ok", "however it goes on");
	begin(SERVICE_UPLOAD_PACK);
	asks("want " ONE " side-band-64k no-done\n");
	asks(NULL);
	answers("\1PACK");
	answers(NULL);
	ok(!witness_settled(&w), "nor is one that the pack follows at once");
	begin(SERVICE_UPLOAD_PACK);
	asks("want " ONE "\n");
	asks(NULL);
	asks("done\n");
	answers("NAK\n");
	raw(witness_answers, "PACK....");
	witness_exited(&w, 0);
	result(NULL, "ok", "without side bands the status says that all was sent");
	witness_exited(&w, 128);
	result(NULL, "failed", "or not");
	begin(SERVICE_UPLOAD_PACK);
	answers(NULL);
	asks(NULL);
	ok(witness_settled(&w), "who wants nothing");
	begin(SERVICE_UPLOAD_ARCHIVE);
	asks("argument HEAD\n");
	asks(NULL);
	result("cancelled", "cancelled", "an archive that nobody waits for");
	answers("ACK\n");
	answers(NULL);
	answers("\1half of it");
	witness_ends(&w);
	ok(!witness_settled(&w), "half an archive is none");
	result("cancelled", "cancelled", "who has half of one went too early");
	answers(NULL);
	ok(witness_settled(&w), "all of it is one, however it goes on");
	ok(!witness_answered(&w), "but for the status of who made it");
	result("cancelled", "ok", "whoever leaves then");
	witness_exited(&w, 0);
	result(NULL, "ok", "and so is one that was seen to its end");
	begin(SERVICE_UPLOAD_ARCHIVE);
	asks("argument nosuch\n");
	asks(NULL);
	answers("ACK\n");
	answers(NULL);
	answers("\3archiver died");
	ok(witness_settled(&w), "upload-archive has given up");
	result("cancelled", "failed", "whoever leaves then was not the one who ended it");
	witness_exited(&w, 128);
	result(NULL, "failed", "nor does the status say so");
	begin(SERVICE_UPLOAD_ARCHIVE);
	asks(NULL);
	answers("NACK unable to spawn subprocess\n");
	result("cancelled", "failed", "nor where it could not begin");
}

static void all(void)
{
	test_push();
	test_cut();
	test_refusal();
	test_report();
	test_nothing();
	test_disguised();
	test_many();
	test_kept();
	test_fetch();
	test_fetch_that_fails();
	test_old_fetch();
}

int main(void)
{
	witness_init(&w, SERVICE_RECEIVE_PACK);
	all();
	step = 1;
	all();
	witness_finish(&w);
	return tap_done();
}
