/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jid.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "prep.h"
#include "text.h"

/*
 * An address has three parts, each with its own profile of stringprep (prep.h), so that two
 * spellings which servers take for one person are one person here too. An address that the
 * server would refuse is refused here already, with a better message. Strictness matters
 * where a JID becomes something else: a line of a file, an attribute, a host to resolve. So
 * there is nothing invisible and no white space in it, and its domain is a valid one.
 *
 * The text is checked twice. Before the preparation, because characters that are mapped to
 * nothing would be hidden by it; and after it, because it may make forbidden characters.
 */

/* White space above ASCII, and characters that have no width. */
static bool is_blank(uint32_t c)
{
	return c == ' ' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200b) ||
	       c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x2060 ||
	       c == 0x3000 || c == 0xfeff;
}

/*
 * Whether the text is valid UTF-8, visible, without blanks and the forbidden ASCII
 * characters.
 */
static bool characters_good(const char *s, size_t n, const char *forbidden)
{
	uint32_t c;

	while (n > 0) {
		size_t len = text_utf8_decode(s, n, &c);

		if (len == 0 || is_terminal_control(c) || is_blank(c))
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

static bool is_ipv6(const char *s, size_t n)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (n >= sizeof(text))
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

static bool domain_good(const char *s, size_t n)
{
	/* all ASCII characters that host names do not have */
	static const char forbidden[] = "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~";

	if (n > 2 && s[0] == '[' && s[n - 1] == ']')
		return is_ipv6(s + 1, n - 2);
	if (n == 0 || s[0] == '.' || s[n - 1] == '.' || memmem(s, n, "..", 2))
		return false;
	return characters_good(s, n, forbidden);
}

/* Copies the n bytes of a part to out; false if they do not fit. */
static bool take(const char *text, size_t n, char out[JID_MAX])
{
	if (n >= JID_MAX)
		return false;
	memcpy(out, text, n);
	out[n] = '\0';
	return true;
}

static bool normalise_local(const char *text, size_t n, char out[JID_MAX])
{
	return local_good(text, n) && take(text, n, out) && prep_node(out, JID_MAX) &&
	       local_good(out, strlen(out));
}

static bool normalise_domain(const char *text, size_t n, char out[JID_MAX])
{
	size_t len;

	if (!characters_good(text, n, "") || !take(text, n, out) || !prep_domain(out, JID_MAX))
		return false;
	/* RFC 7622 section 3.2: the dot that ends a fully qualified name is dropped. */
	len = strlen(out);
	if (len > 0 && out[len - 1] == '.')
		out[--len] = '\0';
	return domain_good(out, len);
}

/*
 * Whether the text is a bare JID that no profile would change: of small ASCII letters,
 * digits, '-', '_' and '.'. Nearly all addresses are, and those that are kept were normalised
 * once. False says nothing.
 */
static bool is_plain(const char *text, size_t n)
{
	char before = '.';		/* '.' where a label of the domain begins */
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];
		bool begins = at && before == '.';

		if (c == '@' && i > 0 && !at) {
			at = i;
			before = '.';
			continue;
		}
		if (c == '.' ? begins
			     : !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
				       c != '_')
			return false;
		/* An A-label stands for another name. */
		if (begins && c == 'x' && n - i >= 4 && !memcmp(text + i, "xn--", 4))
			return false;
		before = c;
	}
	return at && before != '.';
}

static bool normalise(const char *text, size_t n, char *out)
{
	char local[JID_MAX], domain[JID_MAX];
	const char *at;

	if (n < JID_MAX && is_plain(text, n)) {
		memmove(out, text, n);
		out[n] = '\0';
		return true;
	}
	at = memchr(text, '@', n);
	if (!at || !normalise_local(text, (size_t)(at - text), local) ||
	    !normalise_domain(at + 1, n - (size_t)(at + 1 - text), domain) ||
	    strlen(local) + 1 + strlen(domain) >= JID_MAX)
		return false;
	stpcpy(stpcpy(stpcpy(out, local), "@"), domain);
	return true;
}

bool jid_bare(const char *text, char *out)
{
	return normalise(text, strlen(text), out);
}

bool jid_bare_of(const char *full, char *out)
{
	size_t n = strcspn(full, "/"), local = strcspn(full, "@/");

	if (!normalise(full, n, out))
		return false;
	/* The local part must be as it came, except for the case of ASCII letters. */
	return strcspn(out, "@") == local && !strncasecmp(full, out, local);
}

bool jid_any(const char *text, char out[JID_FULL_MAX])
{
	size_t n = strcspn(text, "/");
	const char *resource = jid_resource(text);
	char prepared[JID_MAX] = "";

	if (memchr(text, '@', n) ? !normalise(text, n, out) : !normalise_domain(text, n, out))
		return false;
	if (!resource)
		return true;
	if (!take(resource, strlen(resource), prepared) || !prep_resource(prepared, JID_MAX) ||
	    !*prepared)
		return false;
	strcat(strcat(out, "/"), prepared);
	return true;
}

bool jid_same(const char *one, const char *other)
{
	char a[JID_FULL_MAX], b[JID_FULL_MAX];

	return !strcmp(one, other) || (jid_any(one, a) && jid_any(other, b) && !strcmp(a, b));
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
