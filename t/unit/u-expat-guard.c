/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two streams that are read in turn: what is wrong with one is not the other's. */
#include "expat-guard.h"

#include <expat.h>

#include "tap.h"

static const char header[] = "<s:stream xmlns='jabber:client' xmlns:s='urn:s'>";

struct stream {
	XML_Parser parser;
	const char *trouble;
	int stanzas;
	bool ended;
	int depth;
};

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct stream *s = arg;

	s->depth++;
}

static void on_end(void *arg, const XML_Char *name)
{
	struct stream *s = arg;

	s->depth--;
	s->stanzas += s->depth == 1;
	s->ended = s->depth == 0;
}

static void on_characters(void *arg, const XML_Char *text, int n)
{
}

static void begin(struct stream *s)
{
	*s = (struct stream){ .parser = XML_ParserCreate_MM(NULL, NULL, "\x1f") };
	XML_SetUserData(s->parser, s);
	XML_SetElementHandler(s->parser, on_start, on_end);
	XML_SetCharacterDataHandler(s->parser, on_characters);
}

static void read_text(struct stream *s, const char *text)
{
	expat_guard_watch(&s->trouble);
	XML_Parse(s->parser, text, (int)strlen(text), 0);
	expat_guard_watch(NULL);
}

static void test_two_streams(void)
{
	struct stream bad, good;

	begin(&bad);
	begin(&good);
	read_text(&bad, header);
	read_text(&good, header);
	read_text(&bad, "<a></b>");
	is_str(bad.trouble, "the server sent what is not XML", "one stream is not XML");
	expat_guard_watch(&good.trouble);
	expat_guard_watch(NULL);
	is_str(good.trouble, NULL, "the other one, of which nothing was read since, is not blamed");
	read_text(&good, "<a/>");
	is_str(good.trouble, NULL, "nor when more of it comes");
	is_int(good.stanzas, 1, "that is passed on");
	ok(bad.trouble != NULL, "and what was wrong with the first one is still wrong");
	XML_ParserReset(bad.parser, NULL);
	ok(bad.trouble != NULL, "until who watches it forgets that");
	bad.trouble = NULL;
	read_text(&bad, header);
	read_text(&bad, "<a/>");
	is_str(bad.trouble, NULL, "a new stream begins without");
	XML_ParserFree(bad.parser);
	XML_ParserFree(good.parser);
}

static void test_end(void)
{
	struct stream s;

	begin(&s);
	read_text(&s, header);
	for (int i = 0; i < 10000; i++)
		read_text(&s, "<presence/>\n");
	is_int(s.stanzas, 10000, "a long stream");
	read_text(&s, "</s:stream>\n");
	ok(s.ended, "... ends");
	is_str(s.trouble, NULL, "... and nothing was wrong with it");
	XML_ParserFree(s.parser);
}

int main(void)
{
	test_two_streams();
	test_end();
	return tap_done();
}
