/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "alloc.h"
#include "decimal.h"
#include "hex.h"
#include "text.h"
#include "trust-internal.h"

/*
 * The file of the trust table. One space separates words, a newline ends the line.
 *
 * A malformed line is dropped. Its device is unknown then, which is the safe side.
 */

static const char *const mark_names[MARK_COUNT] = {
	[MARK_EXPECTED] = "expected",
	[MARK_ASKED] = "asked",
	[MARK_LISTED] = "listed",
	[MARK_GRANTED] = "granted",
	[MARK_LOST] = "lost",
	[MARK_BLOCKED] = "blocked",
	[MARK_MEANT] = "meant",
};

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

/* TRUST_UNKNOWN if s names no state. */
static enum trust_state parse_state(const char *s)
{
	/* The name up to version 0.1. */
	if (!strcmp(s, "refused"))
		return TRUST_DISTRUSTED;
	for (unsigned i = TRUST_UNKNOWN + 1; i <= TRUST_DISTRUSTED; i++)
		if (!strcmp(s, trust_state_name(i)))
			return (enum trust_state)i;
	return TRUST_UNKNOWN;
}

static bool name_valid(const char *name)
{
	size_t n = strlen(name);

	if (!n || n >= DEVICE_NAME_MAX || !text_utf8_valid(name, n))
		return false;
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	return true;
}

static bool parse_mark(struct trust *t, const char *jid, const char *name, uint64_t since)
{
	struct trust_person *p;
	unsigned mark = 0;

	while (mark < MARK_COUNT && strcmp(name, mark_names[mark]))
		mark++;
	if (mark == MARK_COUNT || !since)
		return false;
	p = trust_make_person(t, jid);
	if (!p || p->since[mark])
		return false;
	p->since[mark] = since;
	return true;
}

static bool parse_line(struct trust *t, char *line)
{
	unsigned char fp[FINGERPRINT_BYTES];
	char *rest = line;
	const char *jid = next_word(&rest), *key = next_word(&rest);
	const char *word = next_word(&rest), *since = next_word(&rest);
	struct trusted_device *d;
	enum trust_state state;
	uint64_t seconds;

	if (!since || !decimal_parse(since, UINT64_MAX, &seconds))
		return false;
	if (!strcmp(key, "-"))
		return !rest && parse_mark(t, jid, word, seconds);
	state = parse_state(word);
	if (state == TRUST_UNKNOWN || strlen(key) != 2 * sizeof(fp) ||
	    !hex_decode(key, fp, sizeof(fp)) || (rest && !name_valid(rest)))
		return false;
	if (trust_find_device(trust_person(t, jid), fp))
		return false;
	d = trust_add_device(t, jid, fp, state, seconds);
	if (!d)
		return false;
	d->name = xstrdup(rest);
	return true;
}

/*
 * Nobody who has a device is expected. A file that was edited or merged may say both, and
 * the next unknown device must not profit from that.
 */
static void settle_expectations(struct trust *t)
{
	for (struct trust_person *p = t->persons; p; p = p->next)
		if (p->devices)
			p->since[MARK_EXPECTED] = 0;
}

int trust_parse(struct trust *t, const char *text, size_t n)
{
	int dropped = 0;

	while (n) {
		const char *stop = memchr(text, '\n', n);
		size_t len = stop ? (size_t)(stop - text) : n;

		if (len) {
			char *line = xstrndup(text, len);

			dropped += strlen(line) != len || !parse_line(t, line);
			free(line);
		}
		len += stop != NULL;
		text += len;
		n -= len;
	}
	settle_expectations(t);
	return dropped;
}

void trust_write(const struct trust *t, struct buf *out)
{
	for (const struct trusted_device *d = t->devices; d; d = d->next) {
		char hex[2 * FINGERPRINT_BYTES + 1];

		hex_encode(d->fp, FINGERPRINT_BYTES, hex);
		buf_printf(out, "%s %s %s %" PRIu64 "%s%s\n", d->jid, hex,
			   trust_state_name(d->state), d->first_seen, d->name ? " " : "",
			   d->name ? d->name : "");
	}
	for (const struct trust_person *p = t->persons; p; p = p->next)
		for (unsigned i = 0; i < MARK_COUNT; i++)
			if (p->since[i])
				buf_printf(out, "%s - %s %" PRIu64 "\n", p->jid, mark_names[i],
					   p->since[i]);
}
