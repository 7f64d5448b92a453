/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fields.h"
#include "fuzz.h"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("id=70a9df04\0share=project\0service=upload-pack\0git-protocol=2\0"),
	FUZZ_SEED("a=\0a=b=c\0"),
	FUZZ_SEED("n=18446744073709551615\0n=18446744073709551616\0"),
	{ NULL, 0 },
};

/* What is valid is what its fields are when written again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fields f = { (const char *)data, n };
	const char *key, *value;
	struct buf again = { 0 };
	size_t pos = 0, key_len;

	if (!fields_valid(f))
		return 0;
	while (fields_next(f, &pos, &key, &key_len, &value)) {
		char *name = fuzz_text((const uint8_t *)key, key_len);

		must(field_is(key, key_len, name) && fields_get(f, name) != NULL);
		fields_get_u64(f, name, 0);
		fields_add(&again, name, value);
		free(name);
	}
	must(buf_len(&again) == n && (n == 0 || !memcmp(buf_data(&again), data, n)));
	buf_finish(&again);
	return 0;
}
