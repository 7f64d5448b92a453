/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line is gone through word by word. First what is known is looked for, because it may have
 * blanks in it; then quotes; then a word is judged by what it looks like.
 */
#include "masking.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alloc.h"

enum {
	KNOWN_MIN = 2,	/* bytes of a name that is looked for */
	WORD_MAX = 24,	/* bytes of a word that is a word */
	HEX_MIN = 12,	/* hexadecimal digits that are no number of ours */
	DEVICE_ID = 16, /* characters, of base32 */
	GROUP_DIGITS = 4,
	GROUPS_MIN = 3, /* of digits that are no numbers of ours */
	IPV4_DOTS = 3,
	IPV6_COLONS = 2,
};

static const char *const names[MASK_COUNT] = {
	[MASK_BUDDY] = "buddy", [MASK_SERVER] = "server", [MASK_ACCOUNT] = "account",
	[MASK_SHARE] = "share", [MASK_REMOTE] = "remote", [MASK_ADDRESS] = "address",
	[MASK_PATH] = "path",	[MASK_ID] = "id",	  [MASK_NAME] = "name",
};

/* The row of a name; it is made if there is none. */
static struct masked *row_of(struct masking *m, enum mask mask, const char *text, size_t n)
{
	unsigned number = 1;

	for (size_t i = 0; i < m->count; i++) {
		struct masked *row = &m->rows[i];

		if (strlen(row->text) == n && !strncasecmp(row->text, text, n) &&
		    (row->mask == mask || row->known))
			return row;
		number += row->mask == mask;
	}
	m->rows = xrealloc(m->rows, (m->count + 1) * sizeof(*m->rows));
	m->rows[m->count] = (struct masked){ xstrndup(text, n), mask, number, false };
	return &m->rows[m->count++];
}

static void put(struct masking *m, enum mask mask, const char *text, size_t n, struct buf *out)
{
	const struct masked *row = row_of(m, mask, text, n);

	buf_printf(out, "%s-%u", names[row->mask], row->number);
}

void masking_know(struct masking *m, enum mask mask, const char *text)
{
	if (text && strlen(text) >= KNOWN_MIN)
		row_of(m, mask, text, strlen(text))->known = true;
}

void masking_name(struct masking *m, enum mask mask, const char *text, struct buf *out)
{
	put(m, mask, text, strlen(text), out);
}

/* A byte of a name; all of UTF-8 above ASCII is. */
static bool is_inner(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* The longest known name that begins here and does not go on; NULL if there is none. */
static const struct masked *known_at(const struct masking *m, const char *at)
{
	const struct masked *best = NULL;

	for (size_t i = 0; i < m->count; i++) {
		const struct masked *row = &m->rows[i];
		size_t n = strlen(row->text);

		if (!row->known || strncasecmp(at, row->text, n) || is_inner(at[n]))
			continue;
		if (!best || n > strlen(best->text))
			best = row;
	}
	return best;
}

static bool ends_quote(const char *quote)
{
	return !quote[1] || strchr(" \t,;:.)/", quote[1]);
}

/*
 * The quote that closes the one at `at`. If the number of quotes that may close one is even, a
 * quote stands in a name: then the last one counts. NULL: none closes it.
 */
static const char *closing(const char *at)
{
	const char *first = NULL, *last = NULL;
	size_t quotes = 0;

	for (const char *p = at; (p = strchr(p, '\'')); p++) {
		quotes++;
		if (p == at || !ends_quote(p))
			continue;
		first = first ? first : p;
		last = p;
	}
	return quotes % 2 ? last : first;
}

static size_t count_of(const char *word, size_t n, const char *set)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += strchr(set, word[i]) != NULL;
	return count;
}

static bool is_all(const char *word, size_t n, const char *set)
{
	return count_of(word, n, set) == n;
}

/* Also with its port, and in brackets. */
static bool is_address(const char *word, size_t n)
{
	if (is_all(word, n, "0123456789.:/"))
		return count_of(word, n, ".") >= IPV4_DOTS || count_of(word, n, ":") >= IPV6_COLONS;
	return is_all(word, n, "0123456789abcdefABCDEF:[].%") &&
	       count_of(word, n, ":") >= IPV6_COLONS;
}

static bool has_inner_dot(const char *word, size_t n)
{
	for (size_t i = 1; i + 1 < n; i++)
		if (word[i] == '.' && is_inner(word[i - 1]) && is_inner(word[i + 1]) &&
		    !(isdigit((unsigned char)word[i - 1]) && isdigit((unsigned char)word[i + 1])))
			return true;
	return false;
}

static bool has_high(const char *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)word[i] >= 0x80)
			return true;
	return false;
}

/* Appends the two parts of an address of XMPP, and "..." for what is behind them. */
static void put_jid(struct masking *m, const char *word, size_t n, struct buf *out)
{
	const char *at = memchr(word, '@', n);
	size_t local = at - word, domain = 0;

	while (local + 1 + domain < n && !strchr("/:?,;<>\"", at[1 + domain]))
		domain++;
	put(m, MASK_BUDDY, word, local, out);
	buf_puts(out, "@");
	put(m, MASK_SERVER, at + 1, domain, out);
	if (local + 1 + domain < n)
		buf_puts(out, "/...");
}

/* Whether a name that is known stands anywhere in the word. */
static bool has_known(const struct masking *m, const char *word, size_t n)
{
	for (size_t i = 0; i < m->count; i++) {
		size_t len = strlen(m->rows[i].text);

		for (size_t at = 0; m->rows[i].known && at + len <= n; at++)
			if (!strncasecmp(word + at, m->rows[i].text, len))
				return true;
	}
	return false;
}

static void put_word(struct masking *m, const char *word, size_t n, struct buf *out)
{
	const char *equals = memchr(word, '=', n);

	if (memchr(word, '@', n))
		put_jid(m, word, n, out);
	else if (is_address(word, n))
		put(m, MASK_ADDRESS, word, n, out);
	else if (memchr(word, '/', n))
		put(m, MASK_PATH, word, n, out);
	else if (equals)
		buf_printf(out, "%.*s...", (int)(equals - word) + 1, word);
	else if (has_high(word, n) || n > WORD_MAX || has_known(m, word, n))
		put(m, MASK_NAME, word, n, out);
	else if (has_inner_dot(word, n))
		put(m, MASK_SERVER, word, n, out);
	else if ((n >= HEX_MIN && is_all(word, n, "0123456789abcdefABCDEF")) ||
		 (n == DEVICE_ID && is_all(word, n, "abcdefghijklmnopqrstuvwxyz234567")))
		put(m, MASK_ID, word, n, out);
	else
		buf_append(out, word, n);
}

/*
 * The length of the word that begins here. What follows an address of XMPP may have blanks in
 * it; in the log it ends before a colon.
 */
static size_t word_length(const char *at)
{
	size_t n = strcspn(at, " \t\n"), slash = strcspn(at, "/");
	const char *end;

	if (slash < n && memchr(at, '@', slash)) {
		end = strstr(at + slash, ": ");
		if (end && (size_t)(end - at) > n)
			n = end - at;
	}
	return n;
}

/* The length of a fingerprint as people read it, groups of four digits; 0: none is here. */
static size_t fingerprint_length(const char *at)
{
	size_t n = 0, groups = 0;

	while (strspn(at + n, "0123456789ABCDEFabcdef") == GROUP_DIGITS) {
		n += GROUP_DIGITS;
		groups++;
		if (at[n] != ' ')
			break;
		n++;
	}
	if (groups < GROUPS_MIN)
		return 0;
	return at[n - 1] == ' ' ? n - 1 : n;
}

void masking_line(struct masking *m, const char *line, struct buf *out)
{
	const char *at = line;

	while (*at) {
		const struct masked *known = known_at(m, at);
		const char *close = *at == '\'' ? closing(at) : NULL;
		size_t n = fingerprint_length(at), tail = 0;

		if (n) {
			put(m, MASK_ID, at, n, out);
			at += n;
			continue;
		}
		if (close) {
			buf_puts(out, "'");
			put(m, MASK_NAME, at + 1, close - at - 1, out);
			buf_puts(out, "'");
			at = close + 1;
			continue;
		}
		if (known &&
		    !strchr("@/", at[strlen(known->text)] ? at[strlen(known->text)] : ' ')) {
			buf_printf(out, "%s-%u", names[known->mask], known->number);
			at += strlen(known->text);
			continue;
		}
		n = word_length(at);
		if (!n || strchr("\"(<", *at)) {
			buf_append(out, at++, 1);
			continue;
		}
		while (tail + 1 < n && strchr(",;:.)\">!?", at[n - tail - 1]))
			tail++;
		put_word(m, at, n - tail, out);
		buf_append(out, at + n - tail, tail);
		at += n;
	}
}

void masking_finish(struct masking *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->rows[i].text);
	free(m->rows);
	*m = (struct masking){ .count = 0 };
}
