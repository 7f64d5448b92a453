/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stun.h"

#include <string.h>

/*
 * A message is a header of 20 bytes, and attributes, each with a type, a length, and a value that
 * is padded to four bytes (RFC 8489 5). Old servers answer with MAPPED-ADDRESS alone, and routers
 * rewrite that one; so the XORed one is taken where there is one.
 */

enum {
	COOKIE = 0x2112a442,
	BINDING_REQUEST = 0x0001,
	BINDING_SUCCESS = 0x0101,
	MAPPED_ADDRESS = 0x0001,
	USERNAME = 0x0006,
	MESSAGE_INTEGRITY = 0x0008,
	REALM = 0x0014,
	NONCE = 0x0015,
	MESSAGE_INTEGRITY_SHA256 = 0x001c,
	XOR_MAPPED_ADDRESS = 0x0020,
	OPTIONAL = 0x8000, /* and above: need not be understood */
	FAMILY_V4 = 1,
	FAMILY_V6 = 2,
};

static uint16_t read16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t read32(const uint8_t *p)
{
	return (uint32_t)read16(p) << 16 | read16(p + 2);
}

static void put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

void stun_request(const uint8_t id[STUN_ID], uint8_t out[STUN_HEADER])
{
	put16(out, BINDING_REQUEST);
	put16(out + 2, 0);
	put16(out + 4, COOKIE >> 16);
	put16(out + 6, COOKIE & 0xffff);
	memcpy(out + 8, id, STUN_ID);
}

int stun_size(const uint8_t *data, size_t n)
{
	size_t size;

	if (n < STUN_HEADER)
		return 0;
	size = STUN_HEADER + read16(data + 2);
	if (data[0] & 0xc0 || size % 4 || size > STUN_MESSAGE_MAX || read32(data + 4) != COOKIE)
		return -1;
	return (int)size;
}

/* mask: with what the value was XORed: the cookie and the id; NULL: it was not. */
static bool read_address(const uint8_t *value, size_t n, const uint8_t *mask, struct netaddr *out)
{
	size_t len;

	if (n < 4)
		return false;
	*out = (struct netaddr){ .v6 = value[1] == FAMILY_V6 };
	len = out->v6 ? 16 : 4;
	if ((!out->v6 && value[1] != FAMILY_V4) || n != 4 + len)
		return false;
	out->port = read16(value + 2);
	if (mask)
		out->port ^= read16(mask);
	memcpy(out->ip, value + 4, len);
	for (size_t i = 0; mask && i < len; i++)
		out->ip[i] ^= mask[i];
	return out->port;
}

static bool is_understood(uint16_t type)
{
	switch (type) {
	case USERNAME:
	case MESSAGE_INTEGRITY:
	case MESSAGE_INTEGRITY_SHA256:
	case REALM:
	case NONCE:
		return true;
	default:
		return type >= OPTIONAL;
	}
}

bool stun_response(const uint8_t *data, size_t n, const uint8_t id[STUN_ID], struct netaddr *out)
{
	const uint8_t *mask = data + 4;
	struct netaddr plain;
	bool xored = false, mapped = false;
	size_t len;

	if (n < STUN_HEADER || stun_size(data, n) != (int)n || read16(data) != BINDING_SUCCESS ||
	    memcmp(data + 8, id, STUN_ID))
		return false;
	for (size_t at = STUN_HEADER; at < n; at += 4 + ((len + 3) & ~(size_t)3)) {
		uint16_t type;

		/* Sizes are multiples of four, so there is room for a type and a length. */
		type = read16(data + at);
		len = read16(data + at + 2);
		if (((len + 3) & ~(size_t)3) > n - at - 4)
			return false;
		if (type == XOR_MAPPED_ADDRESS && !xored) {
			xored = true;
			if (!read_address(data + at + 4, len, mask, out))
				return false;
		} else if (type == MAPPED_ADDRESS && !mapped) {
			mapped = true;
			if (!read_address(data + at + 4, len, NULL, &plain))
				return false;
		} else if (type != XOR_MAPPED_ADDRESS && type != MAPPED_ADDRESS &&
			   !is_understood(type)) {
			return false;
		}
	}
	if (!xored && mapped)
		*out = plain;
	return xored || mapped;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Names of hosts are compared without the case of ASCII letters (RFC 4343), in any locale. */
static bool is_same_name(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return *a == *b;
}

bool stun_host_is_of(const char *host, const char *domain)
{
	size_t n = strlen(host), len = strlen(domain);

	return len && n >= len && is_same_name(host + n - len, domain) &&
	       (n == len || host[n - len - 1] == '.');
}
