/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "words.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/*
 * Bits are counted from the highest one of the first byte. A word takes ten of them. Digits
 * are made from 33 bits at a time, ten digits for each: 2^33 is below 10^10. So no number is
 * larger than 64 bits, and forty digits are four numbers. The 30 bits of a short string are
 * one number.
 */

enum {
	NUMBER_BITS = 33,	/* of a fingerprint, in ten digits */
	NUMBER_DIGITS = 10,
	NUMBERS = FINGERPRINT_DIGITS / NUMBER_DIGITS,
	GROUP = 5,		/* digits */
	DEVICE_LETTERS = 16,	/* of an id, five bits each */
};

static uint64_t get_bits(const unsigned char *bits, unsigned at, unsigned count)
{
	uint64_t value = 0;

	for (unsigned i = at; i < at + count; i++)
		value = value << 1 | (bits[i / 8] >> (7 - i % 8) & 1);
	return value;
}

static void put_bits(unsigned char *bits, unsigned at, unsigned count, uint64_t value)
{
	for (unsigned i = 0; i < count; i++)
		if (value >> (count - 1 - i) & 1)
			bits[(at + i) / 8] |= (unsigned char)(0x80 >> (at + i) % 8);
}

void words_write(const unsigned char *bits, unsigned count, char *out)
{
	for (unsigned i = 0; i < count; i++)
		out += sprintf(out, "%s%s", i ? " " : "",
			       word_list_word((unsigned)get_bits(bits, i * WORD_BITS, WORD_BITS)));
}

bool words_of_device(const char *id, char out[DEVICE_WORDS_MAX])
{
	static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char bits[3] = { 0 };

	if (strspn(id, base32) != DEVICE_LETTERS || id[DEVICE_LETTERS])
		return false;
	for (unsigned i = 0; i < 4; i++)
		put_bits(bits, 5 * i, 5, (uint64_t)(strchr(base32, id[i]) - base32));
	words_write(bits, 2, out);
	*strchr(out, ' ') = '-';
	return true;
}

/* Writes a number in ten digits, in groups, with a NUL. Returns where the NUL is. */
static char *put_number(char *out, uint64_t number)
{
	char *end = out + NUMBER_DIGITS + NUMBER_DIGITS / GROUP - 1, *p = end;

	*p = '\0';
	for (unsigned i = 0; i < NUMBER_DIGITS; i++, number /= 10) {
		if (i && i % GROUP == 0)
			*--p = ' ';
		*--p = (char)('0' + number % 10);
	}
	return end;
}

void words_short_digits(const unsigned char bits[SHORT_BYTES], char out[SHORT_DIGITS_MAX])
{
	put_number(out, get_bits(bits, 0, SHORT_WORDS * WORD_BITS));
}

void words_fingerprint_digits(const unsigned char fp[FINGERPRINT_BYTES],
			      char out[FINGERPRINT_DIGITS_MAX])
{
	for (unsigned i = 0; i < NUMBERS; i++) {
		if (i)
			*out++ = ' ';
		out = put_number(out, get_bits(fp, i * NUMBER_BITS, NUMBER_BITS));
	}
}

static bool separates(char c)
{
	return c == ' ' || c == '\t' || c == ':' || c == ',' || c == '-';
}

/* Reads the words. False if one of them is not in the list, or if there are not thirteen. */
static bool parse_words(const char *text, struct fingerprint_part *out)
{
	unsigned count = 0;

	for (; *text; count++) {
		size_t n = 0;
		int number;

		while (text[n] && !separates(text[n]))
			n++;
		number = word_list_find(text, n);
		if (number < 0 || count == FINGERPRINT_WORDS)
			return false;
		put_bits(out->fp, count * WORD_BITS, WORD_BITS, (uint64_t)number);
		text += n;
		while (separates(*text))
			text++;
	}
	out->bits = FINGERPRINT_WORDS * WORD_BITS;
	return count == FINGERPRINT_WORDS;
}

static bool parse_digits(const char *digits, struct fingerprint_part *out)
{
	for (unsigned i = 0; i < NUMBERS; i++) {
		uint64_t number = 0;

		for (unsigned k = 0; k < NUMBER_DIGITS; k++)
			number = 10 * number + (uint64_t)(*digits++ - '0');
		if (number >> NUMBER_BITS)
			return false;
		put_bits(out->fp, i * NUMBER_BITS, NUMBER_BITS, number);
	}
	out->bits = NUMBERS * NUMBER_BITS;
	return true;
}

bool fingerprint_part_parse(const char *text, struct fingerprint_part *out)
{
	char digits[2 * FINGERPRINT_BYTES + 1];
	size_t n = 0;

	*out = (struct fingerprint_part){ .bits = 8 * FINGERPRINT_BYTES };
	while (separates(*text))
		text++;
	if (parse_words(text, out))
		return true;
	memset(out->fp, 0, sizeof(out->fp));
	for (; *text; text++) {
		if (separates(*text))
			continue;
		if (n == sizeof(digits) - 1)
			return false;
		digits[n++] = *text;
	}
	digits[n] = '\0';
	if (n == FINGERPRINT_DIGITS && strspn(digits, "0123456789") == n)
		return parse_digits(digits, out);
	out->bits = 8 * FINGERPRINT_BYTES;
	return fingerprint_parse(digits, out->fp);
}

bool fingerprint_part_is_of(const struct fingerprint_part *part,
			    const unsigned char fp[FINGERPRINT_BYTES])
{
	for (unsigned i = 0; i < part->bits; i += WORD_BITS) {
		unsigned count = part->bits - i < WORD_BITS ? part->bits - i : WORD_BITS;

		if (get_bits(part->fp, i, count) != get_bits(fp, i, count))
			return false;
	}
	return true;
}
