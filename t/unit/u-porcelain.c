/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines for programs, made from JSON; and from what is none. */

#include "json.h"
#include "porcelain.h"
#include "tap.h"

static void becomes(const char *json, const char *lines, const char *what)
{
	struct buf out = { 0 };

	ok(porcelain_put(&out, json), "%s: is JSON", what);
	is_str(buf_str(&out), lines, what);
	buf_finish(&out);
}

static void is_refused(const char *json)
{
	struct buf out = { 0 };

	ok(!porcelain_put(&out, json), "refused: %s", json);
	buf_finish(&out);
}

int main(void)
{
	struct buf doc = { 0 };

	becomes("{\"version\":1}", "", "the version alone");
	becomes("{\"version\":1,\"n\":5,\"b\":true,\"z\":null,\"e\":\"\"}",
		"n\t5\nb\ttrue\nz\t-\ne\t-\n", "members");
	becomes("{\"l\":[{\"a\":\"x\",\"b\":[\"p\",\"q\"],\"c\":{\"d\":1,\"e\":null}},{}],\"m\":[]"
		"}",
		"l\tx\tp,q\t1,-\nl\t-\n", "a list of objects");
	becomes("{\"l\":[\"one\",\"two\"]}", "l\tone\nl\ttwo\n", "a list of texts");

	json_begin(&doc);
	json_string(&doc, "t", "a\tb\nc\"\\\x1b[2J \xe2\x80\x8e \xc2\x9b \xe5\x90\x8d");
	json_close(&doc, '}');
	becomes(buf_str(&doc),
		"t\ta\\x09b\\x0ac\"\\\\x1b[2J \\xe2\\x80\\x8e \\xc2\\x9b \xe5\x90\x8d\n",
		"what would break out of its field");
	buf_finish(&doc);

	is_refused("");
	is_refused("x");
	is_refused("{\"a\"");
	is_refused("{\"a\":");
	is_refused("{\"a\":1");
	is_refused("{\"a\":\"b");
	is_refused("{\"a\":\"b\\");
	is_refused("{\"a\":\"\\u");
	is_refused("{\"a\":[1 2]}");
	is_refused("{\"a\":[{\"b\":1]}");
	is_refused("{\"a\":[[[[[[[[[[[[[[1]]]]]]]]]]]]]]}");
	return tap_done();
}
