/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jid.h"

#include <string.h>

#include "text.h"

/*
 * What the server would refuse anyway is refused here, with a better message;
 * what only PRECIS and IDNA can judge is left to it. Strictness matters where
 * a JID becomes something else: a line of a file, an attribute, a host to
 * resolve. So nothing invisible, no white space, and a domain that is one.
 */

/* White space above ASCII, and characters that have no width. */
static bool is_blank(uint32_t c)
{
	return c == ' ' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200b) || c == 0x2028 ||
	       c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x2060 || c == 0x3000 || c == 0xfeff;
}

/* Valid UTF-8, to be seen, without blanks and the forbidden ASCII characters. */
static bool characters_good(const char *s, size_t n, const char *forbidden)
{
	uint32_t c;

	while (n > 0) {
		size_t len = text_utf8_decode(s, n, &c);

		if (len == 0 || text_obeyed(c) || is_blank(c))
			return false;
		if (c < 0x80 && strchr(forbidden, (int)c))
			return false;
		s += len;
		n -= len;
	}
	return true;
}

static bool local_good(const char *s, size_t n)
{
	return n > 0 && characters_good(s, n, "\"&'/:<>@");
}

static bool domain_good(const char *s, size_t n)
{
	/* all of ASCII that no host name has */
	static const char forbidden[] = "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~";

	if (n > 2 && s[0] == '[' && s[n - 1] == ']')	/* an IPv6 address */
		return strspn(s + 1, "0123456789abcdefABCDEF:.") == n - 2;
	if (n == 0 || s[0] == '.' || s[n - 1] == '.' || memmem(s, n, "..", 2))
		return false;
	return characters_good(s, n, forbidden);
}

static bool normalise(const char *text, size_t n, char *out)
{
	const char *at = memchr(text, '@', n);
	size_t local;

	/* RFC 7622 section 3.2: the dot that ends a fully qualified name is dropped. */
	if (n > 0 && text[n - 1] == '.')
		n--;
	if (!at || n >= JID_MAX)
		return false;
	local = (size_t)(at - text);
	if (!local_good(text, local) || local + 1 >= n || !domain_good(at + 1, n - local - 1))
		return false;
	for (size_t i = 0; i < n; i++)
		out[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 'a' - 'A') : text[i];
	out[n] = '\0';
	return true;
}

bool jid_bare(const char *text, char *out)
{
	return normalise(text, strlen(text), out);
}

bool jid_bare_of(const char *full, char *out)
{
	return normalise(full, strcspn(full, "/"), out);
}

const char *jid_resource(const char *full)
{
	const char *slash = strchr(full, '/');

	return slash ? slash + 1 : NULL;
}

const char *jid_domain(const char *bare)
{
	const char *at = strchr(bare, '@');

	return at ? at + 1 : bare;
}
