/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base64.h"
#include "fuzz.h"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("FgMBAAQB"),
	FUZZ_SEED("FgMBAAQ="),
	FUZZ_SEED("FgMBAA=="),
	FUZZ_SEED("+/+/"),
	{ NULL, 0 },
};

/* There is one way to write what decodes; and whatever it is, it comes back. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *bytes = malloc(n / 4 * 3 + 1), *text = malloc(BASE64_SIZE(n) + 1);
	uint8_t *back = malloc(n + 3);
	long len = base64_decode((const char *)data, n, bytes);
	size_t size;

	if (len >= 0) {
		must((size_t)len <= n / 4 * 3);
		must(base64_encode(bytes, (size_t)len, text) == n && !memcmp(text, data, n));
	}
	size = base64_encode(data, n, text);
	must(base64_decode(text, size, back) == (long)n && !memcmp(back, data, n));
	free(bytes);
	free(text);
	free(back);
	return 0;
}
