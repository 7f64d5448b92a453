/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "address.h"
#include "alloc.h"
#include "decimal.h"
#include "device-name.h"
#include "hex.h"
#include "lines.h"
#include "trust-internal.h"

/*
 * The file of the trust table. One space separates words, a newline ends the line. What has
 * its usual value is not written.
 *
 * A malformed line is dropped. Its device is unknown then, which is the safe side. So is a
 * word that a later version has added.
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

/* A line about this device. */
static bool parse_own(struct trust *t, const char *word, uint64_t since, const char *rest)
{
	if (!strcmp(word, "retired")) {
		if (t->retired || !since || rest)
			return false;
		t->retired = since;
		return true;
	}
	if (strcmp(word, "named") || t->own_name || !rest || !device_name_valid(rest))
		return false;
	trust_name_self(t, rest, since);
	return true;
}

static bool parse_fingerprint(const char *hex, unsigned char fp[FINGERPRINT_BYTES])
{
	return strlen(hex) == 2 * FINGERPRINT_BYTES && hex_decode(hex, fp, FINGERPRINT_BYTES);
}

static bool parse_name(struct trusted_device *d, const char *name)
{
	if (!device_name_valid(name))
		return false;
	d->name = xstrdup(name);
	return true;
}

/* Whether the word is one of those that a device's line may have; *value is what follows '='. */
static bool split_detail(char *word, const char **value)
{
	static const char *const keys[] = {
		"since", "seen", "by", "was", "settled", "compared", "told", "name",
	};
	size_t n = strcspn(word, "=");

	for (size_t i = 0; word[n] && i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i]) == n && !strncmp(word, keys[i], n)) {
			word[n] = '\0';
			*value = word + n + 1;
			return true;
		}
	return false;
}

static bool parse_time(const char *text, uint32_t *seconds)
{
	uint64_t value;

	if (!decimal_parse(text, UINT32_MAX, &value))
		return false;
	*seconds = (uint32_t)value;
	return true;
}

static bool parse_detail(struct trusted_device *d, const char *key, const char *value)
{
	unsigned char by[FINGERPRINT_BYTES];

	if (!strcmp(key, "since"))
		return parse_time(value, &d->since);
	if (!strcmp(key, "seen"))
		return parse_time(value, &d->last_seen);
	if (!strcmp(key, "by")) {
		if (!parse_fingerprint(value, by))
			return false;
		trust_set_by(d, by);
		return true;
	}
	if (!strcmp(key, "was"))
		return (d->was = parse_state(value)) != TRUST_UNKNOWN;
	if (strcmp(value, "1"))
		return false;
	if (!strcmp(key, "settled"))
		d->settled = true;
	else if (!strcmp(key, "told"))
		d->told = true;
	else
		d->compared = true;
	return true;
}

/* Reads what follows first-seen. */
static bool parse_details(struct trusted_device *d, char *rest)
{
	const char *value;
	char *word;

	if (rest && !split_detail(rest, &value))
		return parse_name(d, rest);
	for (;;) {
		/* split_detail() has cut the key off the rest of the line. */
		if (!rest || !strcmp(rest, "name"))
			return !rest || parse_name(d, value);
		word = rest;
		rest = (char *)value;
		value = next_word(&rest);
		if (!value || !parse_detail(d, word, value))
			return false;
		if (rest && !split_detail(rest, &value))
			return false;
	}
}

static bool parse_line(void *arg, char *line)
{
	struct trust *t = arg;
	unsigned char fp[FINGERPRINT_BYTES];
	char *rest = line;
	const char *jid = next_word(&rest), *key = next_word(&rest);
	const char *word = next_word(&rest), *since = next_word(&rest);
	struct trusted_device *d;
	enum trust_state state;
	uint64_t seconds;

	if (!since || !decimal_parse(since, UINT64_MAX, &seconds))
		return false;
	if (!strcmp(key, "-") && !strcmp(jid, "-"))
		return parse_own(t, word, seconds, rest);
	if (!strcmp(key, "-"))
		return !rest && parse_mark(t, jid, word, seconds);
	state = parse_state(word);
	if (state == TRUST_UNKNOWN || seconds > UINT32_MAX || !parse_fingerprint(key, fp))
		return false;
	if (trust_find_device(trust_person(t, jid), fp))
		return false;
	d = trust_add_device(t, jid, fp, state, seconds);
	if (!d)
		return false;
	if (parse_details(d, rest))
		return true;
	trust_remove_device(t, d);
	return false;
}

/*
 * A device is vouched for by one that is verified, and never otherwise. A line that was lost
 * or edited must not leave the word of a device in force that has none.
 */
static void settle_vouched(struct trust *t)
{
	struct trusted_device *d = t->devices, *next;

	for (; d; d = next) {
		struct trust_person *p = trust_make_person(t, d->jid);
		const struct trusted_device *by =
			d->by && d->state == TRUST_VOUCHED ? trust_find_device(p, d->by) : NULL;

		next = d->next;
		if (d->state == TRUST_VOUCHED && (!by || by->state != TRUST_VERIFIED))
			trust_drop_one(t, p, d, d->since);
	}
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
	int dropped = lines_parse(text, n, parse_line, t);

	settle_vouched(t);
	settle_expectations(t);
	return dropped;
}

static void write_device(const struct trusted_device *d, struct buf *out)
{
	char hex[2 * FINGERPRINT_BYTES + 1];

	hex_encode(d->fp, FINGERPRINT_BYTES, hex);
	buf_printf(out, "%s %s %s %" PRIu32, d->jid, hex, trust_state_name(d->state),
		   d->first_seen);
	if (d->since != d->first_seen)
		buf_printf(out, " since=%" PRIu32, d->since);
	if (d->last_seen != d->first_seen)
		buf_printf(out, " seen=%" PRIu32, d->last_seen);
	if (d->by) {
		hex_encode(d->by, FINGERPRINT_BYTES, hex);
		buf_printf(out, " by=%s", hex);
	}
	if (d->was != TRUST_UNKNOWN)
		buf_printf(out, " was=%s", trust_state_name(d->was));
	if (d->settled)
		buf_puts(out, " settled=1");
	if (d->compared)
		buf_puts(out, " compared=1");
	if (d->told)
		buf_puts(out, " told=1");
	if (d->name)
		buf_printf(out, " name=%s", d->name);
	buf_puts(out, "\n");
}

void trust_write(const struct trust *t, struct buf *out)
{
	for (const struct trusted_device *d = t->devices; d; d = d->next)
		write_device(d, out);
	for (const struct trust_person *p = t->persons; p; p = p->next)
		for (unsigned i = 0; i < MARK_COUNT; i++)
			if (p->since[i])
				buf_printf(out, "%s - %s %" PRIu64 "\n", p->jid, mark_names[i],
					   p->since[i]);
	if (t->own_name)
		buf_printf(out, "- - named %" PRIu64 " %s\n", t->named, t->own_name);
	if (t->retired)
		buf_printf(out, "- - retired %" PRIu64 "\n", t->retired);
}
