/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: canary <needles> <file>...
 *
 * Looks in the files for each line of the file needles, whatever its letters' case: as it
 * stands, and within every run of base64, base32, hexadecimal digits or percent escapes, from
 * whichever of its characters that is decoded. What the long runs of a file hold is looked through
 * as one: they are the blocks of a bytestream. A needle of 40 hexadecimal digits is looked for as
 * 20 bytes as well, as an object's name stands in a tree. Prints "<needle>: <how>, in <file>" for
 * what is found. Status 0 if all of the needles were found, 1 if none was, 2 if some were.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "hex.h"

/* Shorter runs hold no needle; words of a stanza are runs, too, but no long ones. */
enum { RUN_MIN = 8, LONG_RUN_MIN = 64, NEEDLES_MAX = 64, NAME_BYTES = 20 };

struct needle {
	const char *text;
	size_t len;
	uint8_t name[NAME_BYTES];
	bool is_name, found;
};

/* A way of writing bytes: what a character stands for, or -1, and how many bits each has. */
struct alphabet {
	const char *what;
	int (*value)(int c);
	unsigned bits, phases;
};

static struct needle needles[NEEDLES_MAX];
static size_t count;

static void die(const char *what)
{
	perror(what);
	exit(128);
}

static int base64(int c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	if (c == '-' || c == '_')
		return c == '-' ? 62 : 63;
	return at ? (int)(at - digits) : -1;
}

static int base32(int c)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	const char *at = c ? strchr(digits, tolower(c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

static int hexadecimal(int c)
{
	if (isdigit(c))
		return c - '0';
	return isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

static const struct alphabet alphabets[] = {
	{ "in base64", base64, 6, 4 },
	{ "in base32", base32, 5, 8 },
	{ "in hexadecimal", hexadecimal, 4, 2 },
};

static void read_file(const char *path, struct buf *out)
{
	char bytes[65536];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		die(path);
	while ((n = fread(bytes, 1, sizeof(bytes), f)))
		buf_append(out, bytes, n);
	if (ferror(f))
		die(path);
	fclose(f);
}

/* The bytes begin so; the needle is in small letters. */
static bool begins(const uint8_t *at, const char *needle, size_t n)
{
	size_t i = 0;

	while (i < n && tolower(at[i]) == (uint8_t)needle[i])
		i++;
	return i == n;
}

static bool holds_text(const uint8_t *data, size_t n, const struct needle *needle)
{
	for (size_t i = 0; i + needle->len <= n; i++)
		if (begins(data + i, needle->text, needle->len))
			return true;
	return false;
}

static bool holds_name(const uint8_t *data, size_t n, const struct needle *needle)
{
	for (size_t i = 0; needle->is_name && i + NAME_BYTES <= n; i++)
		if (data[i] == needle->name[0] && !memcmp(data + i, needle->name, NAME_BYTES))
			return true;
	return false;
}

static void put(struct buf *out, unsigned byte)
{
	const char c = (char)byte;

	buf_append(out, &c, 1);
}

static void look(const struct buf *in, const char *how, const char *path)
{
	const uint8_t *data = (const uint8_t *)buf_data(in);
	size_t n = buf_len(in);

	for (size_t i = 0; i < count; i++) {
		struct needle *needle = &needles[i];
		bool text = holds_text(data, n, needle);

		if (!text && !holds_name(data, n, needle))
			continue;
		printf("%s: %s%s, in %s\n", needle->text, how, text ? "" : " as bytes", path);
		needle->found = true;
	}
}

/* Decodes a run, from its nth character on. */
static void decode(const uint8_t *run, size_t n, const struct alphabet *a, struct buf *out)
{
	unsigned have = 0, bits = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << a->bits | (unsigned)a->value(run[i]);
		have += a->bits;
		if (have < 8)
			continue;
		have -= 8;
		put(out, bits >> have & 255);
		bits &= (1u << have) - 1;
	}
}

static void look_within(const struct buf *in, const struct alphabet *a, const char *path)
{
	const uint8_t *data = (const uint8_t *)buf_data(in);
	size_t n = buf_len(in), to;

	for (unsigned phase = 0; phase < a->phases; phase++) {
		struct buf words = { 0 }, blocks = { 0 };

		for (size_t from = 0; from < n; from = to + 1) {
			for (to = from; to < n && a->value(data[to]) >= 0; to++)
				;
			if (to - from >= RUN_MIN)
				decode(data + from + phase, to - from - phase, a,
				       to - from < LONG_RUN_MIN ? &words : &blocks);
		}
		look(&words, a->what, path);
		look(&blocks, a->what, path);
		buf_finish(&words);
		buf_finish(&blocks);
	}
}

static void look_unescaped(const struct buf *in, const char *path)
{
	const uint8_t *data = (const uint8_t *)buf_data(in);
	struct buf out = { 0 };
	bool any = false;

	for (size_t i = 0; i < buf_len(in); i++) {
		if (data[i] == '%' && i + 2 < buf_len(in) && hexadecimal(data[i + 1]) >= 0 &&
		    hexadecimal(data[i + 2]) >= 0) {
			put(&out, (unsigned)hexadecimal(data[i + 1]) * 16 +
					  (unsigned)hexadecimal(data[i + 2]));
			any = true;
			i += 2;
		} else {
			put(&out, data[i]);
		}
	}
	if (any)
		look(&out, "with escapes", path);
	buf_finish(&out);
}

static void read_needles(char *text)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		struct needle *needle = &needles[count];

		if (++count == NEEDLES_MAX)
			die("too many needles");
		for (char *c = line; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		needle->text = line;
		needle->len = strlen(line);
		needle->is_name =
			needle->len == 2 * NAME_BYTES && hex_decode(line, needle->name, NAME_BYTES);
	}
}

int main(int argc, char **argv)
{
	struct buf text = { 0 };
	size_t found = 0;

	if (argc < 3)
		die("usage");
	read_file(argv[1], &text);
	read_needles((char *)buf_str(&text));
	for (int i = 2; i < argc; i++) {
		struct buf in = { 0 };

		read_file(argv[i], &in);
		look(&in, "as it is", argv[i]);
		look_unescaped(&in, argv[i]);
		for (size_t a = 0; a < sizeof(alphabets) / sizeof(*alphabets); a++)
			look_within(&in, &alphabets[a], argv[i]);
		buf_finish(&in);
	}
	for (size_t i = 0; i < count; i++)
		found += needles[i].found;
	buf_finish(&text);
	return found == count ? 0 : found ? 2 : 1;
}
