/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "socks5.h"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("\x05\0\x05\0\0\x03\x28"
		  "0123456789abcdef0123456789abcdef01234567\0\0rest"),
	FUZZ_SEED("\x05\0\x05\0\0\x01\0\0\0\0\0\0"),
	FUZZ_SEED("\x05\0\x05\0\0\x04"
		  "0123456789abcdef\0\0"),
	FUZZ_SEED("\x05\xff"),
	FUZZ_SEED("\x05\x02\x01\0\x05\0\0\x01\0\0\0\0\0\0r"),
	FUZZ_SEED("\x05\0\x05\x05\0\x01\0\0\0\0\0\0"),
	{ NULL, 0 },
};

/* An odd length: as for a login, with a user. */
static void run(struct socks5 *s, struct buf *out, const uint8_t *data, size_t n, size_t step)
{
	if (n % 2)
		socks5_connect(s, "a.example", 5222, "me", "secret", out);
	else
		socks5_start(s, "0123456789abcdef0123456789abcdef01234567", out);
	for (size_t at = 0; at < n; at += step)
		socks5_input(s, data + at, n - at < step ? n - at : step, out);
}

/* The same comes of it, whole or byte by byte, and we never say more than our two words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf out = { 0 }, out_slow = { 0 };
	struct socks5 s, slow;

	run(&s, &out, data, n, n ? n : 1);
	run(&slow, &out_slow, data, n, 1);
	must(s.state == slow.state && s.error == slow.error &&
	     (s.state == SOCKS5_FAILED) == (s.error != NULL));
	must(buf_len(&out) == buf_len(&out_slow) && buf_len(&out) <= 3 + 5 + SOCKS5_HASH_LEN + 2);
	if (s.state == SOCKS5_DONE)
		must(buf_len(&s.in) == buf_len(&slow.in) &&
		     !memcmp(buf_data(&s.in), data + n - buf_len(&s.in), buf_len(&s.in)));
	socks5_finish(&s);
	socks5_finish(&slow);
	buf_finish(&out);
	buf_finish(&out_slow);
	return 0;
}
