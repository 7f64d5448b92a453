/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nearest.h"

#include <string.h>

#include "tap.h"

static const char *among(const char *word)
{
	static const char *const words[] = { "status", "setup", "share", "unshare", "log", "list" };
	struct nearest n = { .word = word };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		nearest_offer(&n, words[i]);
	return n.found ? n.found : "";
}

int main(void)
{
	char long_word[200];

	is_str(among("status"), "status", "the word itself");
	is_str(among("statsu"), "status", "two letters swapped");
	is_str(among("lgo"), "log", "two letters swapped in a short word");
	is_str(among("shar"), "share", "a letter left out");
	is_str(among("unnshare"), "unshare", "a letter too many");
	is_str(among("lisd"), "list", "another letter");
	is_str(among("stat"), "status", "the beginning of a word");
	is_str(among("lo"), "log", "as far as half of the letters");
	is_str(among("zebra"), "", "nothing is near");
	is_str(among("x"), "", "one letter is near to nothing");
	is_str(among(""), "", "nor is no letter");
	memset(long_word, 's', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	is_str(among(long_word), "", "nor is a word that is too long");
	return tap_done();
}
