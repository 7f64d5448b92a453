/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy-url.h"

#include <string.h>

#include "hex.h"

static const char scheme[] = "socks5h://";

/* Decodes n bytes. False if they are none or too many, or one is a NUL or no %xx. */
static bool decode(const char *text, size_t n, char out[SOCKS5_TEXT_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		char digits[3] = "";

		if (len + 1 >= SOCKS5_TEXT_MAX)
			return false;
		out[len] = text[i];
		if (text[i] == '%') {
			if (i + 2 >= n)
				return false;
			memcpy(digits, text + i + 1, 2);
			if (!hex_decode(digits, &out[len], 1) || !out[len])
				return false;
			i += 2;
		}
		len++;
	}
	out[len] = '\0';
	return len > 0;
}

static bool parse_user(const char *text, size_t n, struct proxy_url *out)
{
	const char *colon = memchr(text, ':', n);

	return colon && decode(text, (size_t)(colon - text), out->user) &&
	       decode(colon + 1, n - (size_t)(colon - text) - 1, out->password);
}

/* The characters of a name or of an address. */
static bool parse_host(const char *text, size_t n, char out[SOCKS5_TEXT_MAX])
{
	bool brackets = n > 2 && text[0] == '[' && text[n - 1] == ']';

	text += brackets;
	n -= brackets ? 2 : 0;
	if (n == 0 || n >= SOCKS5_TEXT_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strchr(" \t/?#@[]%\\\"'", text[i]) || (text[i] == ':' && !brackets))
			return false;
	memcpy(out, text, n);
	out[n] = '\0';
	return true;
}

/* NULL if there is none. */
static const char *last_colon(const char *text, size_t n)
{
	while (n > 0 && text[n - 1] != ':')
		n--;
	return n > 0 ? &text[n - 1] : NULL;
}

bool proxy_url_parse(const char *text, struct proxy_url *out)
{
	const char *at, *colon;
	uint64_t port;
	size_t n;

	*out = (struct proxy_url){ .port = 0 };
	if (strncmp(text, scheme, sizeof(scheme) - 1) != 0)
		return false;
	text += sizeof(scheme) - 1;
	n = strlen(text);
	if (n && text[n - 1] == '/')
		n--;
	at = memchr(text, '@', n);
	if (at) {
		if (!parse_user(text, (size_t)(at - text), out))
			return false;
		n -= (size_t)(at + 1 - text);
		text = at + 1;
	}
	colon = last_colon(text, n);
	if (!colon || !parse_host(text, (size_t)(colon - text), out->host))
		return false;
	n -= (size_t)(colon + 1 - text);
	port = 0;
	for (size_t i = 1; i <= n; i++) {
		if (colon[i] < '0' || colon[i] > '9' || i > 5)
			return false;
		port = 10 * port + (uint64_t)(colon[i] - '0');
	}
	out->port = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX;
}
