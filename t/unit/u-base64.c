/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "base64.h"
#include "tap.h"

static const struct {
	const char *plain, *text;
} vectors[] = {	/* RFC 4648 section 10 */
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xff\xff\xfe\xfb\xf0", "///++/A=" },
};

static const struct {
	const char *text, *why;
} malformed[] = {
	{ "Z", "one character" },
	{ "Zg", "padding is missing" },
	{ "Zg=", "padding is short" },
	{ "Zg===", "padding is long" },
	{ "====", "only padding" },
	{ "=g==", "padding first" },
	{ "Z===", "six bits are no byte" },
	{ "Zg=v", "a character after padding" },
	{ "Zg==Zm9v", "padding in the middle" },
	{ "Zm8=Zm9v", "short padding in the middle" },
	{ "Zh==", "stray bits of four" },
	{ "Zm9=", "stray bits of two" },
	{ "Zm9v\n", "a newline at the end" },
	{ "Zm9v\nm8=", "a newline inside" },
	{ "Zm 9", "a space" },
	{ "Zm9-", "the other alphabet's minus" },
	{ "Zm9_", "the other alphabet's underscore" },
	{ "Z\xc3\xb6g", "beyond ASCII" },
	{ "Zm9vZ*9vZm9v", "a stray character early" },
};

static void test_vectors(void)
{
	char out[16];

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const char *plain = vectors[i].plain, *text = vectors[i].text;
		size_t n = base64_encode(plain, strlen(plain), out);

		is_str(out, text, "encodes");
		is_int(n, strlen(text), "  and tells the length");
		ok(n + 1 == BASE64_SIZE(strlen(plain)), "  as BASE64_SIZE() said");
		is_int(base64_decode(text, strlen(text), out), strlen(plain), "decodes");
		ok(!memcmp(out, plain, strlen(plain)), "  to what it was");
	}
}

static void test_malformed(void)
{
	char out[64];

	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		is_int(base64_decode(malformed[i].text, strlen(malformed[i].text), out), -1,
		       malformed[i].why);
	is_int(base64_decode("Zm9\0", 4, out), -1, "a NUL");
}

/*
 * Each byte value at each of the last eight places: exactly what encodes back
 * to itself is taken.
 */
static void test_canonical(void)
{
	int accepted = 0, wrong = 0;

	for (int place = 0; place < 8; place++) {
		for (int c = 0; c < 256; c++) {
			char text[9] = "AAAAAAAA", back[9];
			unsigned char out[6];
			long n;

			text[place] = (char)c;
			n = base64_decode(text, 8, out);
			if (n < 0)
				continue;
			accepted++;
			base64_encode(out, n, back);
			wrong += memcmp(text, back, 8) != 0;
		}
	}
	is_int(accepted, 8 * 64 + 1, "64 characters in each place, and one '=' at the end");
	is_int(wrong, 0, "what is taken is the only way to write it");
}

static void test_round_trips(void)
{
	int wrong = 0;

	srand(1);
	for (size_t n = 0; n < 300; n++) {
		unsigned char *plain = malloc(n + 1), *back = malloc(BASE64_SIZE(n) / 4 * 3 + 1);
		char *text = malloc(BASE64_SIZE(n));	/* exact, for the sanitizer */
		size_t len;

		for (size_t i = 0; i < n; i++)
			plain[i] = (unsigned char)rand();
		len = base64_encode(plain, n, text);
		wrong += base64_decode(text, len, back) != (long)n || memcmp(plain, back, n);
		free(plain);
		free(back);
		free(text);
	}
	is_int(wrong, 0, "random bytes of 300 lengths come back");
}

int main(void)
{
	test_vectors();
	test_malformed();
	test_canonical();
	test_round_trips();
	return tap_done();
}
