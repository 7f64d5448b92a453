/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "vouching.h"

#define FP_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define FP_B "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("name=Bob's desk\0compared=1\0vouches=" FP_A "\0revokes=" FP_B "\0"),
	FUZZ_SEED("name=\xe2\x80\x8b"
		  "desk\0name= a\0vouches=" FP_A "\0vouches=" FP_A "\0"),
	FUZZ_SEED("name=\xc3\xa9t\xc3\xa9 \xf0\x9f\x98\x80\0new=1\0revokes=" FP_A "\0"),
	FUZZ_SEED("compared=01\0vouches=0\0"),
	{ NULL, 0 },
};

/* What parses is within its bounds, and written in a way that parses to the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fields f = { (const char *)data, n };
	struct buf out = { 0 }, once_more = { 0 };
	struct device_word word, again;
	const char *why;

	if (!fields_valid(f) || !device_word_parse(f, &word, &why))
		return 0;
	must(!*word.name || device_name_valid(word.name));
	must(word.vouch_count <= DEVICE_VOUCHES_MAX && word.revoke_count <= DEVICE_REVOKES_MAX);
	device_word_put(&word, &out);
	must(device_word_parse((struct fields){ buf_data(&out), buf_len(&out) }, &again, &why));
	device_word_put(&again, &once_more);
	must(buf_len(&out) == buf_len(&once_more));
	must(!buf_len(&out) || !memcmp(buf_data(&out), buf_data(&once_more), buf_len(&out)));
	buf_finish(&out);
	buf_finish(&once_more);
	return 0;
}
