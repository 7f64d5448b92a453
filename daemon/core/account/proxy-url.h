/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PROXY_URL_H
#define CORE_PROXY_URL_H

/*
 * The proxy of a login: socks5h://[<user>:<password>@]<host>:<port>. The "h" is demanded: the
 * proxy looks up the names. In user and password %xx stands for a byte (RFC 3986 2.1).
 */

#include <stdbool.h>
#include <stdint.h>

#include "socks5.h"

struct proxy_url {
	char host[SOCKS5_TEXT_MAX];	/* a name, an IPv4 address, or an IPv6 one without [] */
	uint16_t port;
	char user[SOCKS5_TEXT_MAX], password[SOCKS5_TEXT_MAX];	/* user empty: none */
};

/* False if the text is no such URL. */
bool proxy_url_parse(const char *text, struct proxy_url *out);

#endif
