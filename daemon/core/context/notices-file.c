/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file of the notices. One space separates words, a newline ends the line.
 *
 * A malformed line is dropped: its notice is told anew if it still stands.
 */
#include <inttypes.h>
#include <string.h>

#include "alloc.h"
#include "decimal.h"
#include "hex.h"
#include "jid.h"
#include "lines.h"
#include "notices-internal.h"

static void put_word(struct buf *out, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789@+=:,./_";

	if (!*s)
		buf_puts(out, " -");
	else
		buf_puts(out, " ");
	for (; *s; s++) {
		if (strchr(plain, *s))
			buf_append(out, s, 1);
		else
			buf_printf(out, "%%%02x", (unsigned char)*s);
	}
}

void notices_write(const struct notices *n, struct buf *out)
{
	for (struct list *r = n ? n->order.next : NULL; n && r != &n->order; r = r->next) {
		const struct notice *notice = notice_of_link(r);

		buf_printf(out, "%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %d",
			   notice_name(notice->kind), notice->since, notice->ended, notice->said,
			   notice->ran);
		put_word(out, notice->jid);
		put_word(out, notice->item);
		put_word(out, notice->detail);
		buf_puts(out, "\n");
	}
}

/* Decodes a word in place. False if it is not one that put_word() makes. */
static bool get_word(char *word)
{
	char *to = word;

	if (!strcmp(word, "-"))
		*word = '\0';
	for (const char *from = word; *from; from++) {
		unsigned char c = (unsigned char)*from;

		if (c == '%') {
			char digits[3] = { from[1], from[1] ? from[2] : '\0', '\0' };

			if (!hex_decode(digits, &c, 1) || !c)
				return false;
			from += 2;
		}
		*to++ = (char)c;
	}
	*to = '\0';
	return true;
}

static int kind_of(const char *name)
{
	for (int i = 0; i < NOTICE_KINDS; i++)
		if (!strcmp(notice_name((enum notice_kind)i), name))
			return i;
	return -1;
}

/* Cuts the next word off *rest; NULL if there is none. */
static char *next_word(char **rest)
{
	char *word = *rest, *end;

	if (!word || !*word || *word == ' ')
		return NULL;
	end = strchr(word, ' ');
	if (end)
		*end++ = '\0';
	*rest = end;
	return word;
}

static bool parse_line(void *arg, char *line)
{
	struct notices *n = arg;
	char *words[8], *rest = line;
	uint64_t since, ended, said, ran;
	struct notice *notice;
	int kind;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		words[i] = next_word(&rest);
		if (!words[i])
			return false;
	}
	kind = kind_of(words[0]);
	if (kind < 0 || rest || !decimal_parse(words[1], UINT64_MAX, &since) ||
	    !decimal_parse(words[2], UINT64_MAX, &ended) ||
	    !decimal_parse(words[3], UINT64_MAX, &said) || !decimal_parse(words[4], 1, &ran))
		return false;
	for (size_t i = 5; i < ARRAY_SIZE(words); i++)
		if (!get_word(words[i]))
			return false;
	if (strlen(words[5]) >= JID_MAX ||
	    notices_find(n, (enum notice_kind)kind, words[5], words[6]))
		return false;
	notice = notices_make(n, (enum notice_kind)kind, words[5], words[6]);
	if (!notice)
		return false;
	notice_set_detail(notice, words[7]);
	notice->since = since;
	notice->ended = ended;
	notice->said = said;
	notice->ran = ran;
	/*
	 * The words that two users compare are gone with the broker that made them. A server may
	 * say a request only once, so the file is all that has it.
	 */
	if (!ended && kind != NOTICE_WANTS &&
	    (notice_is_reviewed((enum notice_kind)kind) || kind == NOTICE_COMPARES))
		notice_end(n, notice);
	return true;
}

int notices_parse(struct notices *n, const char *text, size_t len)
{
	return lines_parse(text, len, parse_line, n);
}
