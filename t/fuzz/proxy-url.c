/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "alloc.h"
#include "fuzz.h"
#include "proxy-url.h"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("socks5h://127.0.0.1:9050"),
	FUZZ_SEED("socks5h://me:se%3acret@[::1]:1/"),
	FUZZ_SEED("socks5h://a:65536"),
	{ NULL, 0 },
};

/* What is taken has a host and a port, and a password if it has a user. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = xstrndup((const char *)data, n);
	struct proxy_url url;

	if (proxy_url_parse(text, &url))
		must(*url.host && url.port && !*url.user == !*url.password &&
		     strlen(url.host) < SOCKS5_TEXT_MAX && strlen(url.user) < SOCKS5_TEXT_MAX &&
		     strlen(url.password) < SOCKS5_TEXT_MAX);
	free(text);
	return 0;
}
