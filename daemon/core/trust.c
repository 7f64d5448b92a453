/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trust.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "alloc.h"
#include "table.h"

/*
 * Devices in the order they were met, and per JID (a person) its few devices
 * again and whether its first one is still expected. What is asked for is
 * always one person's; the list is for writing and showing.
 *
 * A line of the file that cannot be understood is dropped: its device is
 * unknown then, which is the safe side.
 */

struct entry {
	struct trusted_device device;
	struct entry *sibling;		/* person::devices */
};

struct person {
	struct table_node node;		/* first: table_find() leads back to the person */
	struct person *next;		/* trust::persons */
	char *jid;			/* owned; its devices' jid as well */
	struct entry *devices;
	unsigned count;
	bool expected;
	uint64_t expected_since;
};

struct trust {
	struct table by_jid;
	struct person *persons, **persons_tail;			/* owned */
	struct trusted_device *devices, **devices_tail;		/* owned, each in its entry */
};

static const char *const state_names[] = {
	[TRUST_UNKNOWN] = "unknown",
	[TRUST_PENDING] = "pending",
	[TRUST_SEEN] = "seen",
	[TRUST_VERIFIED] = "verified",
	[TRUST_REFUSED] = "refused",
};

const char *trust_state_name(enum trust_state state)
{
	return state_names[state];
}

bool trust_allows(enum trust_state state)
{
	return state == TRUST_SEEN || state == TRUST_VERIFIED;
}

struct trust *trust_create(void)
{
	struct trust *t = xcalloc(1, sizeof(*t));

	t->persons_tail = &t->persons;
	t->devices_tail = &t->devices;
	return t;
}

static void free_device(struct trusted_device *d)
{
	free(d->name);
	free(d);	/* the first member of its entry */
}

static void free_person(struct person *p)
{
	free(p->jid);
	free(p);
}

void trust_destroy(struct trust *t)
{
	if (!t)
		return;
	while (t->devices) {
		struct trusted_device *d = t->devices;

		t->devices = d->next;
		free_device(d);
	}
	while (t->persons) {
		struct person *p = t->persons;

		t->persons = p->next;
		free_person(p);
	}
	table_finish(&t->by_jid);
	free(t);
}

static struct person *find_person(const struct trust *t, const char *jid)
{
	char bare[JID_MAX];

	return jid_bare(jid, bare) ? (struct person *)table_find(&t->by_jid, bare) : NULL;
}

/* NULL if it is no bare JID, or one too many. */
static struct person *make_person(struct trust *t, const char *jid)
{
	char bare[JID_MAX];
	struct person *p = find_person(t, jid);

	if (p)
		return p;
	if (!jid_bare(jid, bare) || t->by_jid.count >= BUDDIES_MAX)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->jid = xstrdup(bare);
	table_add(&t->by_jid, &p->node, p->jid);
	*t->persons_tail = p;
	t->persons_tail = &p->next;
	return p;
}

static struct trusted_device *find_device(const struct person *p, const unsigned char *fp)
{
	for (struct entry *e = p ? p->devices : NULL; e; e = e->sibling)
		if (!memcmp(e->device.fp, fp, FINGERPRINT_BYTES))
			return &e->device;
	return NULL;
}

static bool any_allowed(const struct person *p)
{
	for (struct entry *e = p->devices; e; e = e->sibling)
		if (trust_allows(e->device.state))
			return true;
	return false;
}

static unsigned count_pending(const struct trust *t)
{
	unsigned count = 0;

	for (struct trusted_device *d = t->devices; d; d = d->next)
		count += d->state == TRUST_PENDING;
	return count;
}

/* A device not there yet; NULL at a bound. */
static struct trusted_device *add_device(struct trust *t, const char *jid, const unsigned char *fp,
					 enum trust_state state, uint64_t first_seen)
{
	struct person *p;
	struct entry *e;

	if (state == TRUST_PENDING && count_pending(t) >= PENDING_DEVICES_MAX)
		return NULL;
	p = make_person(t, jid);
	if (!p || p->count >= DEVICES_PER_BUDDY)
		return NULL;
	e = xcalloc(1, sizeof(*e));
	e->device.jid = p->jid;
	memcpy(e->device.fp, fp, FINGERPRINT_BYTES);
	e->device.state = state;
	e->device.first_seen = first_seen;
	e->sibling = p->devices;
	p->devices = e;
	p->count++;
	*t->devices_tail = &e->device;
	t->devices_tail = &e->device.next;
	return &e->device;
}

static void remove_device(struct trust *t, struct person *p, struct entry *gone)
{
	struct trusted_device **d = &t->devices;
	struct entry **at = &p->devices;

	while (*at != gone)
		at = &(*at)->sibling;
	*at = gone->sibling;
	p->count--;
	while (*d != &gone->device)
		d = &(*d)->next;
	*d = gone->device.next;
	if (t->devices_tail == &gone->device.next)
		t->devices_tail = d;
	free_device(&gone->device);
}

/* Who has no device any more. */
static void remove_person(struct trust *t, struct person *p)
{
	struct person **at = &t->persons;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (t->persons_tail == &p->next)
		t->persons_tail = at;
	table_remove(&t->by_jid, &p->node);
	free_person(p);
}

void trust_expire(struct trust *t, uint64_t unix_now)
{
	struct trusted_device *d = t->devices;

	while (d) {
		struct trusted_device *next = d->next;
		struct person *p = find_person(t, d->jid);

		if (d->state == TRUST_PENDING && unix_now > d->first_seen &&
		    unix_now - d->first_seen >= PENDING_EXPIRY) {
			remove_device(t, p, (struct entry *)d);
			if (!p->devices && !p->expected)
				remove_person(t, p);
		}
		d = next;
	}
}

/* The file: each word is ended by one space, the line by a newline. */

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

/* A plain decimal that fits. */
static bool parse_time(const char *s, uint64_t *value)
{
	*value = 0;
	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned digit = (unsigned char)*s - '0';

		if (digit > 9 || *value > (UINT64_MAX - digit) / 10)
			return false;
		*value = *value * 10 + digit;
	}
	return true;
}

static enum trust_state parse_state(const char *s)
{
	for (unsigned i = TRUST_PENDING; i <= TRUST_REFUSED; i++)
		if (!strcmp(s, state_names[i]))
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

static bool parse_expected(struct trust *t, const char *jid, const char *state, uint64_t since)
{
	struct person *p;

	if (strcmp(state, "expected") != 0)
		return false;
	p = make_person(t, jid);
	if (!p || p->expected)
		return false;
	p->expected = true;
	p->expected_since = since;
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

	if (!since || !parse_time(since, &seconds))
		return false;
	if (!strcmp(key, "-"))
		return !rest && parse_expected(t, jid, word, seconds);
	state = parse_state(word);
	if (state == TRUST_UNKNOWN || strlen(key) != 2 * sizeof(fp) ||
	    !hex_decode(key, fp, sizeof(fp)) || (rest && !name_valid(rest)))
		return false;
	if (find_device(find_person(t, jid), fp))
		return false;
	d = add_device(t, jid, fp, state, seconds);
	if (!d)
		return false;
	d->name = xstrdup(rest);
	return true;
}

/*
 * Expectations of those who have an allowed device are taken back: the file may say
 * both (by hand, or put together from two), and the next unknown device must not profit.
 */
static void settle_expectations(struct trust *t)
{
	for (struct person *p = t->persons; p; p = p->next)
		if (any_allowed(p))
			p->expected = false;
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
		buf_printf(out, "%s %s %s %" PRIu64 "%s%s\n", d->jid, hex, state_names[d->state],
			   d->first_seen, d->name ? " " : "", d->name ? d->name : "");
	}
	for (const struct person *p = t->persons; p; p = p->next)
		if (p->expected)
			buf_printf(out, "%s - expected %" PRIu64 "\n", p->jid, p->expected_since);
}

void trust_expect(struct trust *t, const char *jid, uint64_t unix_now)
{
	struct person *p;

	trust_expire(t, unix_now);
	p = make_person(t, jid);
	if (!p)
		return;
	for (struct entry *e = p->devices; e; e = e->sibling)
		if (e->device.state == TRUST_PENDING)
			e->device.state = TRUST_SEEN;
	if (p->expected)
		return;
	p->expected = !any_allowed(p);
	p->expected_since = unix_now;
}

bool trust_expected(const struct trust *t, const char *jid)
{
	const struct person *p = find_person(t, jid);

	return p && p->expected;
}

enum trust_state trust_meet(struct trust *t, const char *jid, const unsigned char *fp,
			    uint64_t unix_now, bool *changed)
{
	struct trusted_device *d;
	struct person *p;

	*changed = false;
	trust_expire(t, unix_now);
	p = find_person(t, jid);
	d = find_device(p, fp);
	if (d)
		return d->state;
	d = add_device(t, jid, fp, p && p->expected ? TRUST_SEEN : TRUST_PENDING, unix_now);
	if (!d)
		return TRUST_PENDING;
	*changed = true;
	if (p)
		p->expected = false;
	return d->state;
}

enum trust_state trust_look(const struct trust *t, const char *jid, const unsigned char *fp)
{
	const struct trusted_device *d = find_device(find_person(t, jid), fp);

	return d ? d->state : TRUST_UNKNOWN;
}

bool trust_set(struct trust *t, const char *jid, const unsigned char *fp, enum trust_state state)
{
	struct person *p = find_person(t, jid);
	struct trusted_device *d = find_device(p, fp);

	assert(state != TRUST_UNKNOWN);
	if (!d)
		return false;
	d->state = state;
	if (trust_allows(state))
		p->expected = false;
	return true;
}

void trust_forget(struct trust *t, const char *jid)
{
	struct person *p = find_person(t, jid);

	if (!p)
		return;
	while (p->devices)
		remove_device(t, p, p->devices);
	remove_person(t, p);
}

const struct trusted_device *trust_first(const struct trust *t)
{
	return t->devices;
}

bool trust_any(const struct trust *t, const char *jid)
{
	const struct person *p = find_person(t, jid);

	return p && any_allowed(p);
}
