/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Since the fix for CVE-2023-52425 expat does not try again to parse a tag that
 * was split over two reads until much more data has come ("reparse deferral").
 * On an XMPP stream nothing more need come for minutes: the last stanza before
 * a silence would lie in the parser. The parser belongs to libstrophe, which
 * does not switch this off. The two functions below stand before expat's
 * own: this program exports them, so the dynamic linker gives libstrophe
 * these. XML_ParserReset() is here because it switches deferral on again.
 *
 * The attack that deferral is against, a tag of many megabytes in tiny
 * pieces, is held off by the server's limit on the size of a stanza.
 */

#include <dlfcn.h>
#include <stddef.h>

typedef void *(*create_fn)(const char *encoding, const void *memory, const char *separator);
typedef unsigned char (*reset_fn)(void *parser, const char *encoding);
typedef unsigned char (*deferral_fn)(void *parser, unsigned char enabled);

void *XML_ParserCreate_MM(const char *encoding, const void *memory, const char *separator);
unsigned char XML_ParserReset(void *parser, const char *encoding);

static void switch_off(void *parser)
{
	/* An expat without the deferral does not have it. */
	deferral_fn set = (deferral_fn)dlsym(RTLD_DEFAULT, "XML_SetReparseDeferralEnabled");

	if (parser && set)
		set(parser, 0);
}

void *XML_ParserCreate_MM(const char *encoding, const void *memory, const char *separator)
{
	create_fn create = (create_fn)dlsym(RTLD_NEXT, "XML_ParserCreate_MM");
	void *parser = create ? create(encoding, memory, separator) : NULL;

	switch_off(parser);
	return parser;
}

unsigned char XML_ParserReset(void *parser, const char *encoding)
{
	reset_fn reset = (reset_fn)dlsym(RTLD_NEXT, "XML_ParserReset");
	unsigned char done = reset ? reset(parser, encoding) : 0;

	switch_off(parser);
	return done;
}
