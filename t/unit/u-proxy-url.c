/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy-url.h"

#include "alloc.h"
#include "tap.h"

static const struct {
	const char *text, *host;	/* host NULL: it is refused */
	unsigned port;
	const char *user, *password;
} rows[] = {
	{ "socks5h://127.0.0.1:9050", "127.0.0.1", 9050, "", "" },
	{ "socks5h://tor.example:1/", "tor.example", 1, "", "" },
	{ "socks5h://[::1]:65535", "::1", 65535, "", "" },
	{ "socks5h://me:se%3acret%40@a:80", "a", 80, "me", "se:cret@" },
	{ "socks5://127.0.0.1:9050", NULL, 0, NULL, NULL },	/* names would be looked up here */
	{ "127.0.0.1:9050", NULL, 0, NULL, NULL },
	{ "socks5h://", NULL, 0, NULL, NULL },
	{ "socks5h://a", NULL, 0, NULL, NULL },
	{ "socks5h://a:", NULL, 0, NULL, NULL },
	{ "socks5h://a:0", NULL, 0, NULL, NULL },
	{ "socks5h://a:65536", NULL, 0, NULL, NULL },
	{ "socks5h://a:1x", NULL, 0, NULL, NULL },
	{ "socks5h://a:000001", NULL, 0, NULL, NULL },
	{ "socks5h://:1", NULL, 0, NULL, NULL },
	{ "socks5h://::1:1", NULL, 0, NULL, NULL },
	{ "socks5h://me@a:1", NULL, 0, NULL, NULL },
	{ "socks5h://me:@a:1", NULL, 0, NULL, NULL },
	{ "socks5h://me:%00@a:1", NULL, 0, NULL, NULL },
	{ "socks5h://me:%4@a:1", NULL, 0, NULL, NULL },
	{ "socks5h://me:%zz@a:1", NULL, 0, NULL, NULL },
	{ "socks5h://a/b:1", NULL, 0, NULL, NULL },
	{ "socks5h://a:1/x", NULL, 0, NULL, NULL },
};

int main(void)
{
	char longest[16 + SOCKS5_TEXT_MAX + 8] = "socks5h://";
	struct proxy_url url;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool good = proxy_url_parse(rows[i].text, &url);

		ok(good == (rows[i].host != NULL), "'%s'", rows[i].text);
		if (!good || !rows[i].host)
			continue;
		is_str(url.host, rows[i].host, "... its host");
		is_int(url.port, rows[i].port, "... its port");
		is_str(url.user, rows[i].user, "... its user");
		is_str(url.password, rows[i].password, "... its password");
	}
	memset(longest + strlen(longest), 'a', SOCKS5_TEXT_MAX);
	strcat(longest, ":1");
	ok(!proxy_url_parse(longest, &url), "a host that is too long");
	return tap_done();
}
