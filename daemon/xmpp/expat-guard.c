/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "expat-guard.h"

/*
 * libstrophe feeds the bytes from the server to expat, and builds trees from expat's events.
 * Neither copes with all input. The functions below replace expat's: this program exports
 * them, so the dynamic linker binds libstrophe to them. The parser that libstrophe holds
 * never gets a byte. Its user data is a guard, which owns the working parser and passes to
 * libstrophe's handlers what core/account/stanza-filter.c lets through. Besides that:
 *
 * - Text is passed on in one piece. expat reports each line and each &lt; separately, and
 *   libstrophe walks to the end of its text each time: 500 kB of newlines would take ten
 *   seconds.
 * - A parser keeps each name that it has seen for as long as it lives, and a stream lives
 *   for weeks. So after STREAM_PARSER_MAX bytes, between two stanzas, a new parser takes
 *   over. It first reads the stream's header again, and its events are dropped.
 * - A document type ends the stream: RFC 6120 11.1 forbids it, and it could define any
 *   entity.
 * - Malformed XML ends the stream. libstrophe (0.12 to 0.14) would print its read buffer as
 *   if that were a string, then go on reading, and queue one more stream error each time.
 * - Since the fix for CVE-2023-52425, expat does not retry a tag that was split over two
 *   reads until much more data has come ("reparse deferral"). On an XMPP stream no more may
 *   come for minutes, and the last stanza before a silence would stay in the parser. So
 *   deferral is switched off; the filter bounds the work that it guards against.
 * - What was read in plain text behind the consent to TLS would count as if TLS had brought it.
 *   So it ends the stream.
 *
 * To end the stream, XML_Parse() reports success and passes on nothing more. strophe-loop.c,
 * which has each of its streams watched for itself, shuts the socket down.
 */

#include <dlfcn.h>
#include <expat.h>
#include <stdlib.h>

#include "alloc.h"
#include "buf.h"
#include "stanza-filter.h"

struct guard {
	XML_Parser outer;	/* libstrophe's; owns the guard, which is its user data */
	XML_Parser expat;	/* owned; gets the bytes */
	char separator;
	const XML_Memory_Handling_Suite *memory;
	void *user;		/* libstrophe's user data, for its handlers */
	XML_StartElementHandler start;
	XML_EndElementHandler end;
	XML_CharacterDataHandler characters;

	struct stanza_filter filter;
	uint64_t base;		/* bytes of the stream before this parser's first */
	struct buf header;	/* the bytes up to the stream's start tag, included */
	struct buf text;	/* of the open element, not yet passed on */
	bool replaying;		/* a new parser reads the header; drop its events */
	uint64_t renew_at;	/* where a stanza ended and a new parser takes over; 0:
				   nowhere */
	const char *read_end;	/* behind what is being parsed */
	uint64_t read_until;	/* its offset in the stream */
};

/*
 * Static: one thread reads streams, one stream at a time. What is known of a stream for longer
 * than one call of XML_Parse() belongs to its guard.
 */
static const char **watched;	/* where the trouble of the stream that is read goes */
static bool pruned;
static bool parsing, last;	/* last: the present stanza ends its stream */

static const char forbidden[] = "the server sent a document type, which XMPP forbids";
static const char not_xml[] = "the server sent what is not XML";
static const char not_tls[] = "TLS handshake failed: plain text where TLS begins";

void expat_guard_watch(const char **trouble)
{
	watched = trouble;
}

bool expat_guard_pruned(void)
{
	return pruned;
}

void expat_guard_last(void)
{
	last = parsing;
}

/* The library's own function. Without it nothing here works. */
static void *real(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (!found)
		abort();
	return found;
}

#define REAL(function) \
	static __typeof__(&(function)) own; \
	if (!own) \
		own = (__typeof__(&(function)))real(#function)

static XML_Parser real_create(const XML_Memory_Handling_Suite *memory, const char *separator)
{
	static const XML_Memory_Handling_Suite ours = { xmalloc, xrealloc, free };

	REAL(XML_ParserCreate_MM);
	return own(NULL, memory ? memory : &ours, separator);
}

static void real_free(XML_Parser parser)
{
	REAL(XML_ParserFree);
	own(parser);
}

static void real_set_user_data(XML_Parser parser, void *data)
{
	REAL(XML_SetUserData);
	own(parser, data);
}

static void real_set_handlers(XML_Parser parser, XML_StartElementHandler start,
			      XML_EndElementHandler end)
{
	REAL(XML_SetElementHandler);
	own(parser, start, end);
}

static void real_set_characters(XML_Parser parser, XML_CharacterDataHandler characters)
{
	REAL(XML_SetCharacterDataHandler);
	own(parser, characters);
}

static enum XML_Status real_parse(XML_Parser parser, const char *s, int n, int is_final)
{
	REAL(XML_Parse);
	return own(parser, s, n, is_final);
}

static void switch_off_deferral(XML_Parser parser)
{
	typedef XML_Bool (*deferral_fn)(XML_Parser parser, XML_Bool enabled);
	/* Older versions of expat have neither the deferral nor this function. */
	deferral_fn set = (deferral_fn)dlsym(RTLD_DEFAULT, "XML_SetReparseDeferralEnabled");

	if (set)
		set(parser, XML_FALSE);
}

/* The offset in the stream just behind the present event. */
static uint64_t told_at(const struct guard *g)
{
	/*
	 * Old versions return a long, which suffices for the STREAM_PARSER_MAX bytes of a
	 * parser.
	 */
#if XML_MAJOR_VERSION * 100 + XML_MINOR_VERSION < 209
	return g->base + XML_GetCurrentByteIndex(g->expat) + XML_GetCurrentByteCount(g->expat);
#else
	return g->base + XML_GetCurrentByteIndex64(g->expat) + XML_GetCurrentByteCount64(g->expat);
#endif
}

static void stop(struct guard *g)
{
	XML_StopParser(g->expat, XML_FALSE);
}

static void pass_text(struct guard *g)
{
	if (!buf_len(&g->text))
		return;
	g->characters(g->user, buf_data(&g->text), buf_len(&g->text));
	buf_finish(&g->text);
}

/* Cuts the header off at `at`: what was read behind that belongs to the stream. */
static void end_header(struct guard *g, uint64_t at)
{
	if (at < buf_len(&g->header))
		g->header.end = g->header.off + at;
}

/* Blanks behind a stanza say nothing. */
static bool says_more(const struct guard *g, uint64_t at)
{
	for (const char *s = g->read_end - (g->read_until - at); s < g->read_end; s++)
		if (*s != ' ' && *s != '\t' && *s != '\r' && *s != '\n')
			return true;
	return false;
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	static const XML_Char *none[] = { NULL };
	struct guard *g = arg;
	bool stream = g->filter.depth == 0;
	enum stanza_filter_verdict verdict;

	if (g->replaying)
		return;
	verdict = stanza_filter_start(&g->filter, told_at(g), name, attributes);
	if (g->filter.trouble) {
		stop(g);
		return;
	}
	if (stream)
		end_header(g, told_at(g));
	if (verdict == STANZA_FILTER_SKIP)
		return;
	pass_text(g);
	g->start(g->user, name, verdict == STANZA_FILTER_BARE ? none : attributes);
}

static void on_end(void *arg, const XML_Char *name)
{
	struct guard *g = arg;
	uint64_t at = told_at(g);

	if (g->filter.trouble)
		return;
	if (stanza_filter_end(&g->filter, at)) {
		pass_text(g);
		pruned = g->filter.pruned;
		g->end(g->user, name);
		pruned = false;
	}
	if (last && says_more(g, at)) {
		g->filter.trouble = not_tls;
		stop(g);
		return;
	}
	last = false;
	if (stanza_filter_between(&g->filter) && at - g->base > STREAM_PARSER_MAX) {
		g->renew_at = at;
		stop(g);
	}
}

static void on_characters(void *arg, const XML_Char *s, int n)
{
	struct guard *g = arg;

	if (!g->replaying && !g->filter.trouble && stanza_filter_text(&g->filter, told_at(g), n))
		buf_append(&g->text, s, n);
}

static void on_doctype(void *arg, const XML_Char *name, const XML_Char *system,
		       const XML_Char *public, int internal)
{
	struct guard *g = arg;

	g->filter.trouble = forbidden;
	stop(g);
}

static bool open_parser(struct guard *g)
{
	g->expat = real_create(g->memory, &g->separator);
	if (!g->expat)
		return false;
	switch_off_deferral(g->expat);
	real_set_user_data(g->expat, g);
	real_set_handlers(g->expat, on_start, on_end);
	real_set_characters(g->expat, on_characters);
	XML_SetStartDoctypeDeclHandler(g->expat, on_doctype);
	return true;
}

static void close_parser(struct guard *g)
{
	if (g->expat)
		real_free(g->expat);
	g->expat = NULL;
}

/* Resets the guard to its first state; libstrophe's handlers stay. */
static bool begin(struct guard *g)
{
	close_parser(g);
	stanza_filter_init(&g->filter);
	buf_finish(&g->header);
	buf_finish(&g->text);
	g->base = g->renew_at = 0;
	return open_parser(g);
}

static bool renew(struct guard *g)
{
	close_parser(g);
	g->base = g->renew_at - buf_len(&g->header);
	g->renew_at = 0;
	if (!open_parser(g))
		return false;
	g->replaying = true;
	real_parse(g->expat, buf_data(&g->header), buf_len(&g->header), 0);
	g->replaying = false;
	return true;
}

static enum XML_Status feed(struct guard *g, const char *s, size_t n)
{
	uint64_t end = g->filter.read + n;
	enum XML_Status status;

	g->read_end = s + n;
	g->read_until = end;
	while ((status = real_parse(g->expat, s, n, 0)) == XML_STATUS_ERROR && g->renew_at) {
		s += n - (end - g->renew_at);
		n = end - g->renew_at;
		if (!renew(g))
			return XML_STATUS_ERROR;
	}
	stanza_filter_read(&g->filter, end - g->filter.read);
	return status;
}

static struct guard *guard_of(XML_Parser outer)
{
	return XML_GetUserData(outer);
}

XML_Parser XML_ParserCreate_MM(const XML_Char *encoding, const XML_Memory_Handling_Suite *memory,
			       const XML_Char *separator)
{
	struct guard *g = xcalloc(1, sizeof(*g));

	g->memory = memory;
	g->separator = separator ? *separator : '\0';
	g->outer = real_create(memory, NULL);
	if (g->outer && begin(g)) {
		real_set_user_data(g->outer, g);
		return g->outer;
	}
	if (g->outer)
		real_free(g->outer);
	free(g);
	return NULL;
}

void XML_ParserFree(XML_Parser outer)
{
	struct guard *g = outer ? guard_of(outer) : NULL;

	if (!g)
		return;
	close_parser(g);
	buf_finish(&g->header);
	buf_finish(&g->text);
	free(g);
	real_free(outer);
}

XML_Bool XML_ParserReset(XML_Parser outer, const XML_Char *encoding)
{
	return begin(guard_of(outer)) ? XML_TRUE : XML_FALSE;
}

void XML_SetUserData(XML_Parser outer, void *data)
{
	guard_of(outer)->user = data;
}

void XML_SetElementHandler(XML_Parser outer, XML_StartElementHandler start,
			   XML_EndElementHandler end)
{
	struct guard *g = guard_of(outer);

	g->start = start;
	g->end = end;
}

void XML_SetCharacterDataHandler(XML_Parser outer, XML_CharacterDataHandler characters)
{
	guard_of(outer)->characters = characters;
}

enum XML_Status XML_Parse(XML_Parser outer, const char *s, int n, int is_final)
{
	struct guard *g = guard_of(outer);

	parsing = true;
	if (!g->filter.trouble) {
		if (!g->filter.begun)
			buf_append(&g->header, s, n);
		if (feed(g, s, n) == XML_STATUS_ERROR && !g->filter.trouble)
			g->filter.trouble = not_xml;
	}
	parsing = last = false;
	if (watched && g->filter.trouble)
		*watched = g->filter.trouble;
	return XML_STATUS_OK;
}
