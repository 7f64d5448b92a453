/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "invitation-link.h"

#include "tap.h"

#define KEY    "06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9"
#define SECRET "aaaqeayeaudaocajbifqydiob4"
#define BOTH   "key=" KEY ";secret=" SECRET

static const struct {
	const char *text;
	const char *jid; /* NULL: refused */
	const char *share;
	bool device;
	const char *why;
} rows[] = {
	{ "xmpp:alice@example.org?git-join;" BOTH, "alice@example.org", "", false, NULL },
	{ "xmpp:alice@example.org?git-join;" BOTH ";share=team/site", "alice@example.org",
	  "team/site", false, NULL },
	{ "  <xmpp:alice@example.org?git-join;" BOTH ">\r\n", "alice@example.org", "", false,
	  NULL },
	{ "XMPP:Alice@EXAMPLE.org?git-join;share=a%20b;secret="
	  "AAAQEAYEAUDAOCAJBIFQYDIOB4;key=" KEY,
	  "alice@example.org", "a b", false, NULL },
	{ "xmpp:alice@example.org?git-join;" BOTH ";kind=device", "alice@example.org", "", true,
	  NULL },
	{ "xmpp:%E3%83%86@example.org?git-join;later=1;;x;" BOTH, "\343\203\206@example.org", "",
	  false, NULL },
	{ "xmpp:alice@example.org?git-join;" BOTH ";key=00;share=a;share=b", "alice@example.org",
	  "a", false, NULL },
	{ "", NULL, NULL, false, "it does not begin with 'xmpp:'" },
	{ "https://example.org/?git-join;" BOTH, NULL, NULL, false,
	  "it does not begin with 'xmpp:'" },
	{ "xmpp:example.org?git-join;" BOTH, NULL, NULL, false, "it names no XMPP address" },
	{ "xmpp:alice@example.org/phone?git-join;" BOTH, NULL, NULL, false,
	  "it names no XMPP address" },
	{ "xmpp:ali%00ce@example.org?git-join;" BOTH, NULL, NULL, false,
	  "it names no XMPP address" },
	{ "xmpp:ali%4@example.org?git-join;" BOTH, NULL, NULL, false, "it names no XMPP address" },
	{ "xmpp:alice@example.org", NULL, NULL, false, "it is no invitation to git-xmpp" },
	{ "xmpp:alice@example.org?join", NULL, NULL, false, "it is no invitation to git-xmpp" },
	{ "xmpp:alice@example.org?git-joined;" BOTH, NULL, NULL, false,
	  "it is no invitation to git-xmpp" },
	{ "xmpp:alice@example.org?git-join", NULL, NULL, false,
	  "it ends at its first ';': put it in quotes" },
	{ "xmpp:alice@example.org?git-join;secret=" SECRET, NULL, NULL, false, "it has no key" },
	{ "xmpp:alice@example.org?git-join;key=06e3;secret=" SECRET, NULL, NULL, false,
	  "its key is not whole" },
	{ "xmpp:alice@example.org?git-join;key=" KEY, NULL, NULL, false, "it has no secret" },
	{ "xmpp:alice@example.org?git-join;key=" KEY ";secret=aaaqeayeaudaocajbifqydiob", NULL,
	  NULL, false, "its secret is not whole" },
	{ "xmpp:alice@example.org?git-join;key=" KEY ";secret=aaaqeayeaudaocajbifqydiob4a", NULL,
	  NULL, false, "its secret is not whole" },
	{ "xmpp:alice@example.org?git-join;key=" KEY ";secret=aaaqeayeaudaocajbifqydiob1", NULL,
	  NULL, false, "its secret is not whole" },
	/* the two spare bits */
	{ "xmpp:alice@example.org?git-join;key=" KEY ";secret=aaaqeayeaudaocajbifqydiob5", NULL,
	  NULL, false, "its secret is not whole" },
	{ "xmpp:alice@example.org?git-join;" BOTH ";share=../etc", NULL, NULL, false,
	  "what it names is no share" },
	{ "xmpp:alice@example.org?git-join;" BOTH ";share=a%3Bb", NULL, NULL, false,
	  "what it names is no share" },
	{ "xmpp:alice@example.org?git-join;" BOTH ";share=", NULL, NULL, false,
	  "what it names is no share" },
	{ "xmpp:alice@example.org?git-join;" BOTH ";until=soon", NULL, NULL, false,
	  "its end is no time" },
	{ "xmpp:alice@example.org?git-join;" BOTH ";until=99999999999999999999", NULL, NULL, false,
	  "its end is no time" },
	{ "xmpp:alice@example.org?git-join;" BOTH ";kind=group", NULL, NULL, false,
	  "it is of a kind that is not known" },
};

static void parses(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct invitation_link link;
		const char *why = NULL;
		int result = invitation_link_parse(&link, rows[i].text, &why);

		if (!rows[i].jid) {
			is_int(result, -1, rows[i].text);
			is_str(why, rows[i].why, "is refused, with this reason");
			ok(!link.secret[1], "and no secret is left");
			continue;
		}
		is_int(result, 0, rows[i].text);
		is_str(link.jid, rows[i].jid, "names this address");
		is_str(link.share, rows[i].share, "this share");
		ok(link.device == rows[i].device && link.fp[0] == 0x06 && link.fp[31] == 0xa9 &&
			   link.secret[0] == 0 && link.secret[15] == 15,
		   "this kind, key and secret");
	}
}

static void writes(void)
{
	struct invitation_link link = { .jid = "b\303\274cher;'@example.org", .share = "a b/c+d" },
			       again;
	struct buf text = { 0 };
	const char *why;

	memset(link.fp, 0xab, sizeof(link.fp));
	memset(link.secret, 0xff, sizeof(link.secret));
	invitation_link_put(&text, &link);
	is_str(buf_str(&text),
	       "xmpp:b%C3%BCcher%3B%27@example.org?git-join;key="
	       "abababababababababababababababababababababababababababababababab;"
	       "secret=77777777777777777777777774;share=a%20b/c%2Bd",
	       "it is plain text, in which nothing moves a border");
	buf_reset(&text);
	link = (struct invitation_link){ .jid = "b\303\274cher@example.org",
					 .share = "a b/c",
					 .until = 1764547200,
					 .device = true };
	for (unsigned i = 0; i < sizeof(link.secret); i++)
		link.secret[i] = (unsigned char)(17 * i + 3);
	invitation_link_put(&text, &link);
	is_int(invitation_link_parse(&again, buf_str(&text), &why), 0, "and is read again");
	ok(!strcmp(again.jid, link.jid) && !strcmp(again.share, link.share) && again.device &&
		   again.until == link.until && !memcmp(again.fp, link.fp, sizeof(link.fp)) &&
		   !memcmp(again.secret, link.secret, sizeof(link.secret)),
	   "as it was");
	buf_finish(&text);
}

static void is_bounded(void)
{
	char text[INVITATION_LINK_MAX + 100];
	struct invitation_link link;
	const char *why = NULL;

	memset(text, 'x', sizeof(text));
	memcpy(text, "xmpp:alice@example.org?git-join;" BOTH ";",
	       strlen("xmpp:alice@example.org?"
		      "git-join;" BOTH ";"));
	text[INVITATION_LINK_MAX - 1] = '\0';
	is_int(invitation_link_parse(&link, text, &why), 0, "the longest one is read");
	text[INVITATION_LINK_MAX - 1] = 'x';
	text[INVITATION_LINK_MAX] = '\0';
	is_int(invitation_link_parse(&link, text, &why), -1, "one byte more is refused");
	is_str(why, "it is too long", "as that");
}

int main(void)
{
	parses();
	writes();
	is_bounded();
	return tap_done();
}
