/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stun.h"
#include "fuzz.h"

#define ID "\x21\x12\xa4\x42qwertyuiopas"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("\1\1\0\x0c" ID "\0\x20\0\x08\0\1\xa1\x47\xe1\x12\xa6\x43"),
	FUZZ_SEED("\1\1\0\x18" ID "\0\x20\0\x14\0\2\xa1\x47"
		  "0123456789abcdef"),
	FUZZ_SEED("\1\1\0\x14" ID "\x80\x22\0\1x\0\0\0\0\1\0\x08\0\1\x13\x88\xcb\0\x71\x09"),
	FUZZ_SEED("\0\1\0\0" ID),
	{ NULL, 0 },
};

/* Only a whole message is a response, and it tells an address that has a port. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct netaddr a;
	int size = stun_size(data, n);

	must(size == -1 || size == 0 || (size >= STUN_HEADER && size <= STUN_MESSAGE_MAX));
	must((size == 0) == (n < STUN_HEADER));
	if (n >= STUN_HEADER && stun_response(data, n, data + 8, &a))
		must(size == (int)n && a.port);
	return 0;
}
