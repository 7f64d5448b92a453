/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prep.h"

#include <idn-free.h>
#include <idna.h>
#include <stdlib.h>
#include <string.h>
#include <stringprep.h>

#include "alloc.h"
#include "text.h"

/*
 * Nearly all names are ASCII, where each profile concerns upper and lower case only: that
 * is done here. libidn, which requires valid UTF-8, does the rest.
 *
 * nameprep is for one label. A name in Hebrew letters below ".org" has characters of both
 * directions, which one label must not have. So a domain is split at its dots first, at all
 * four kinds of dot of RFC 3490 3.1.
 */

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text += 'a' - 'A';
}

/*
 * Applies a profile, and refuses a result that would change if it were prepared again:
 * Unicode 3.2 composes a few odd sequences so (its Public Review Issue 29). Kept and read
 * again, such a name would become another one.
 */
static bool apply(char *text, size_t size, const Stringprep_profile *profile)
{
	char *once;
	bool stays;

	if (!text_utf8_valid(text, strlen(text)) ||
	    stringprep(text, size, 0, profile) != STRINGPREP_OK)
		return false;
	once = xstrdup(text);
	stays = stringprep(text, size, 0, profile) == STRINGPREP_OK && !strcmp(text, once);
	free(once);
	return stays;
}

bool prep_node(char *text, size_t size)
{
	if (!is_ascii(text))
		return apply(text, size, stringprep_xmpp_nodeprep);
	lower(text);
	return true;
}

bool prep_resource(char *text, size_t size)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return is_ascii(text) || apply(text, size, stringprep_xmpp_resourceprep);
}

/*
 * Bytes before the first dot. *dot is the length of the dot itself, 0 at the end of the
 * text.
 */
static size_t label_length(const char *text, size_t *dot)
{
	const char *p = text;
	uint32_t c;

	for (; *p; p += *dot) {
		*dot = text_utf8_decode(p, strlen(p), &c);
		if (*dot == 0)
			*dot = 1;
		else if (c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61)
			return (size_t)(p - text);
	}
	*dot = 0;
	return (size_t)(p - text);
}

/* Turns an A-label into its U-label; any other label stays. False if that does not fit. */
static bool to_unicode(char *label, size_t size)
{
	char *u = NULL;
	bool fits;

	if (strncmp(label, "xn--", 4))
		return true;
	if (idna_to_unicode_8z8z(label, &u, IDNA_ALLOW_UNASSIGNED) != IDNA_SUCCESS || !u)
		return true;
	fits = strlen(u) < size;
	if (fits)
		strcpy(label, u);
	idn_free(u);
	return fits;
}

static bool prep_label(char *label, size_t size)
{
	if (is_ascii(label))
		lower(label);
	else if (!apply(label, size, stringprep_nameprep))
		return false;
	/* A character may have become a dot, which would make two labels of one. */
	return !strchr(label, '.') && to_unicode(label, size);
}

bool prep_domain(char *text, size_t size)
{
	char *whole = xstrdup(text), *label = xcalloc(1, size);
	size_t at = 0, used = 0, dot, n;
	bool good;

	do {
		n = label_length(whole + at, &dot);
		good = n < size;
		if (good) {
			memcpy(label, whole + at, n);
			label[n] = '\0';
			good = prep_label(label, size);
		}
		n = good ? n + dot : 0;
		good = good && used + strlen(label) + !!dot < size;
		if (good)
			used = (size_t)(stpcpy(stpcpy(text + used, label), dot ? "." : "") - text);
		at += n;
	} while (good && dot);
	free(label);
	free(whole);
	return good;
}

char *prep_password(const char *password)
{
	char *prepared = NULL;

	if (!is_ascii(password) && text_utf8_valid(password, strlen(password)) &&
	    stringprep_profile(password, &prepared, "SASLprep", 0) == STRINGPREP_OK)
		return prepared;
	return xstrdup(password);
}
