/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "words.h"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("amber museum sprout vinegar clinic unearth apricot sparrow flurry visible graph "
		  "quality apron"),
	FUZZ_SEED("02312 09759 60507 37538 58181 99023 16429 67214"),
	FUZZ_SEED("06E3 FD8F DA29 BB60 AB59 557D E61E DB0A ECDB 2311 34BE 30E7 5B45 5F8E 1B79 "
		  "2FA9"),
	{ NULL, 0 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char words[FINGERPRINT_WORDS_MAX], digits[FINGERPRINT_DIGITS_MAX], *text;
	struct fingerprint_part part, again;

	text = fuzz_text(data, n);
	if (fingerprint_part_parse(text, &part)) {
		must(part.bits == 130 || part.bits == 132 || part.bits == 256);
		must(fingerprint_part_is_of(&part, part.fp));
		words_write(part.fp, FINGERPRINT_WORDS, words);
		words_fingerprint_digits(part.fp, digits);
		must(strlen(words) < sizeof(words) && strlen(digits) == sizeof(digits) - 1);
		/* What was read is what is said. */
		must(fingerprint_part_parse(part.bits == 130 ? words : digits, &again));
		must(part.bits == 256 || !memcmp(again.fp, part.fp, sizeof(part.fp)));
	}
	free(text);
	return 0;
}
