/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hex.h"
#include "tap.h"
#include "words.h"

/* In how many letters a and b differ at least: Levenshtein's distance. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX], last, next;
	size_t n = strlen(b);

	for (size_t k = 0; k <= n; k++)
		row[k] = (unsigned)k;
	for (size_t i = 0; a[i]; i++) {
		last = row[0]++;
		for (size_t k = 1; k <= n; k++) {
			next = last + (a[i] != b[k - 1]);
			next = row[k] + 1 < next ? row[k] + 1 : next;
			next = row[k - 1] + 1 < next ? row[k - 1] + 1 : next;
			last = row[k];
			row[k] = next;
		}
	}
	return row[n];
}

static void the_list(void)
{
	unsigned odd = 0, unsorted = 0, alike = 0, near = 0, lost = 0;

	for (unsigned i = 0; i < WORD_COUNT; i++) {
		const char *word = word_list_word(i);
		size_t n = strlen(word);

		odd += n < WORD_PREFIX || n >= WORD_MAX ||
		       strspn(word, "abcdefghijklmnopqrstuvwxyz") != n;
		lost += word_list_find(word, n) != (int)i ||
			word_list_find(word, WORD_PREFIX) != (int)i;
		if (i)
			unsorted += strcmp(word_list_word(i - 1), word) >= 0;
		for (unsigned k = 0; k < i; k++) {
			alike += !strncmp(word, word_list_word(k), WORD_PREFIX);
			near += distance(word, word_list_word(k)) < 3;
		}
	}
	is_int(odd, 0, "each word has four to seven letters a-z");
	is_int(unsorted, 0, "they are in the order of the alphabet, each once");
	is_int(alike, 0, "the first four letters tell each from all others");
	is_int(near, 0, "no two are less than three letters apart");
	is_int(lost, 0, "each is found, whole and by its first four letters");
	ok(distance("acorn", "acorn") == 0 && distance("radar", "rader") == 1 &&
		   distance("sedan", "sudden") == 3,
	   "the distance is Levenshtein's");
}

static void finding(void)
{
	ok(word_list_find("ACORN", 5) == word_list_find("acorn", 5), "either case will do");
	is_int(word_list_find("aco", 3), -1, "three letters are too few");
	is_int(word_list_find("acorns", 6), -1, "a longer word is another one");
	is_int(word_list_find("acorx", 5), -1, "and so is one with another end");
	is_int(word_list_find("abcdefgh", 8), -1, "eight letters are too many");
	is_int(word_list_find("zzzz", 4), -1, "what is not there is not found");
	is_int(word_list_find("ac\xc3\xb6rn", 6), -1, "letters are those of ASCII");
}

static void writing(void)
{
	static const unsigned char zeros[SHORT_BYTES], ones[] = { 0xff, 0xff, 0xff, 0xff };
	static const unsigned char some[] = { 0x00, 0x40, 0x20, 0x0c };
	char words[SHORT_WORDS_MAX], digits[SHORT_DIGITS_MAX], expected[SHORT_WORDS_MAX + 8];

	ok(words_of_device("aaaabbbbccccdddd", words), "a device has two of them");
	is_str(words, "abacus-abacus", "the first");
	ok(words_of_device("77772222bbbbcccc", words), "which are its first four letters");
	is_str(words, "zodiac-zodiac", "the last");
	ok(!words_of_device("laptop", words) && !words_of_device("", words) &&
		   !words_of_device("aaaabbbbccccddd1", words) &&
		   !words_of_device("aaaabbbbccccdddde", words),
	   "what is no id has none");
	words_write(zeros, SHORT_WORDS, words);
	is_str(words, "abacus abacus abacus", "no bit");
	words_write(ones, SHORT_WORDS, words);
	is_str(words, "zodiac zodiac zodiac", "all of 30 bits");
	words_write(some, SHORT_WORDS, words);
	snprintf(expected, sizeof(expected), "%s %s %s", word_list_word(1), word_list_word(2),
		 word_list_word(3));
	is_str(words, expected, "the highest bit comes first");
	words_short_digits(zeros, digits);
	is_str(digits, "00000 00000", "digits have leading zeros");
	words_short_digits(ones, digits);
	is_str(digits, "10737 41823", "2^30 - 1");
	words_short_digits(some, digits);
	is_str(digits, "00010 50627", "the same bits as the words say");
}

static void fingerprints(void)
{
	static const char hex[] =
		"06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9";
	unsigned char fp[FINGERPRINT_BYTES], other[FINGERPRINT_BYTES];
	char words[FINGERPRINT_WORDS_MAX + 16], digits[FINGERPRINT_DIGITS_MAX], text[256];
	struct fingerprint_part part;
	unsigned missed = 0;

	hex_decode(hex, fp, sizeof(fp));
	words_write(fp, FINGERPRINT_WORDS, words);
	words_fingerprint_digits(fp, digits);
	is_int((int64_t)strlen(digits), FINGERPRINT_DIGITS_MAX - 1, "forty digits in eight groups");
	ok(fingerprint_part_parse(words, &part) && part.bits == 130 &&
		   fingerprint_part_is_of(&part, fp),
	   "the words are read back: %s", words);
	ok(fingerprint_part_parse(digits, &part) && part.bits == 132 &&
		   fingerprint_part_is_of(&part, fp),
	   "the digits are read back: %s", digits);
	ok(fingerprint_part_parse(hex, &part) && part.bits == 256 &&
		   fingerprint_part_is_of(&part, fp),
	   "and so is hex");
	for (unsigned form = 0; form < 3; form++) {
		static const unsigned bits[] = { 130, 132, 256 };

		fingerprint_part_parse(form == 0 ? words : form == 1 ? digits : hex, &part);
		for (unsigned i = 0; i < 256; i++) {
			memcpy(other, fp, sizeof(fp));
			other[i / 8] ^= (unsigned char)(0x80 >> i % 8);
			missed += fingerprint_part_is_of(&part, other) != (i >= bits[form]);
		}
	}
	is_int(missed, 0, "another bit is another fingerprint");

	snprintf(text, sizeof(text), "  %s ", words);
	ok(fingerprint_part_parse(text, &part), "spaces around it");
	for (char *p = words; *p; p++)
		*p = *p == ' ' ? '-' : *p;
	ok(fingerprint_part_parse(words, &part) && fingerprint_part_is_of(&part, fp),
	   "words joined by hyphens");
	ok(!fingerprint_part_parse("", &part), "nothing is no fingerprint");
	*strrchr(words, '-') = '\0';
	ok(!fingerprint_part_parse(words, &part), "twelve words are too few");
	strcat(words, " acorn acorn");
	ok(!fingerprint_part_parse(words, &part), "fourteen are too many");
	ok(!fingerprint_part_parse("9999999999 0000000000 0000000000 0000000000", &part),
	   "digits that no bits have");
	digits[0] = 'x';
	ok(!fingerprint_part_parse(digits, &part), "a letter among the digits");
	digits[0] = '0';
	digits[sizeof(digits) - 2] = '\0';
	ok(!fingerprint_part_parse(digits, &part), "39 digits");
	ok(!fingerprint_part_parse(hex + 1, &part), "63 hex digits");
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ok(!fingerprint_part_parse(text, &part), "no end of it");
}

int main(void)
{
	the_list();
	finding();
	writing();
	fingerprints();
	return tap_done();
}
