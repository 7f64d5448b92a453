/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json-read.h"

#include <string.h>

#include "alloc.h"
#include "tap.h"

static const struct {
	const char *text, *value;	/* value NULL: there is none */
	const char *what;
} rows[] = {
	{ "{\"a\":\"x\"}", "x", "a string" },
	{ " { \"b\" : [1,{\"a\":2}] , \"a\" : -12.5e3 }\n", "-12.5e3", "a number, behind a list" },
	{ "{\"a\":null}", "null", "null" },
	{ "{\"a\":\"\"}", "", "an empty string" },
	{ "{\"a\":1,\"a\":2}", "2", "the last of two" },
	{ "{\"a\":1,\"a\":[2]}", NULL, "the last of two is a list" },
	{ "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "\"\\/\b\f\n\r\t", "escapes" },
	{ "{\"a\":\"\\u0041\\u00e9\\u20aC\\ud83D\\ude00\"}",
	  "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "escapes of one to four bytes" },
	{ "{\"\\u0061\":\"x\"}", "x", "an escape in the name" },
	{ "{\"b\":\"a\",\"c\":{\"a\":1}}", NULL, "the name is elsewhere only" },
	{ "{\"a\":{\"a\":1}}", NULL, "an object" },
	{ "{}", NULL, "no member" },
	{ "", NULL, "nothing" },
	{ "[\"a\",1]", NULL, "a list" },
	{ "{\"a\":1", NULL, "no end" },
	{ "{\"a\":1}}", NULL, "more than an object" },
	{ "{\"a\":1,}", NULL, "a comma too many" },
	{ "{\"a\" 1}", NULL, "no colon" },
	{ "{\"a\":}", NULL, "no value" },
	{ "{\"a\":\"x}", NULL, "a string without an end" },
	{ "{\"a\":\"x\\\"}", NULL, "an escape at the end" },
	{ "{\"a\":\"\\", NULL, "half an escape" },
	{ "{\"\\", NULL, "half an escape in the name" },
	{ "{\"a\":\"\\u12\"}", NULL, "a short escape" },
	{ "{\"a\":\"\\u0000\"}", NULL, "a NUL" },
	{ "{\"a\":\"\\udc00\"}", NULL, "half of a pair" },
	{ "{\"a\":\"\\ud800x\"}", NULL, "the other half is missing" },
	{ "{\"a\":\"\\ud800\\u0041\"}", NULL, "the other half is none" },
	{ "{\"a\":\"\\x\"}", NULL, "an unknown escape" },
	{ "{\"a\":\"\n\"}", NULL, "a newline" },
	{ "{\"a\":1,\"b\":[}]}", NULL, "what is not wanted is looked at, too" },
};

static void test_depth(int depth, const char *expected)
{
	struct buf text = { 0 }, value = { 0 };
	bool found;

	buf_puts(&text, "{\"b\":");
	for (int i = 0; i < depth; i++)
		buf_puts(&text, "[");
	for (int i = 0; i < depth; i++)
		buf_puts(&text, "]");
	buf_puts(&text, ",\"a\":1}");
	found = json_read_member(buf_str(&text), "a", &value);
	ok(found == (expected != NULL), "%d lists within each other", depth);
	buf_finish(&text);
	buf_finish(&value);
}

int main(void)
{
	struct buf value = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool found = json_read_member(rows[i].text, "a", &value);

		is_str(found ? buf_str(&value) : NULL, rows[i].value, rows[i].what);
	}
	buf_finish(&value);
	test_depth(16, "1");
	test_depth(17, NULL);
	test_depth(100000, NULL);
	return tap_done();
}
