/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The opener says HELLO when TLS has proven the key, and only if that is the key of the device
 * that it means. An acceptor has read the opener's HELLO already when it hands a path over, so
 * the answer is the first that we say there. Trust is not asked: a meeting gives no right. But
 * the key is remembered, as that of a link would be, so that the user can decide about it.
 *
 * What can go wrong: the other side says nothing, or never stops. One timer ends the meeting,
 * and the number of its records is bounded. A handler may end the meeting from inside its
 * call, so after each call the state is looked at again, and the memory is freed by a timer.
 */
#include "meeting.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "connector.h"
#include "hello.h"
#include "jid.h"
#include "log.h"
#include "path.h"

static const char exporter_label[] = "EXPORTER-git-xmpp-meet";

enum meeting_state {
	MEETING_OPENING,		/* our path is being made */
	MEETING_GREETING,		/* our HELLO is said, the answer is awaited */
	MEETING_UP,			/* both have said HELLO */
	MEETING_ENDED,			/* for good; the timer frees it */
};

struct meeting {
	struct list link;		/* meetings::list */
	struct meetings *all;		/* borrowed */
	struct path *path;		/* owned; NULL once it is closed */
	char jid[JID_MAX];		/* bare */
	char device[DEVICE_ID_LEN + 1];
	unsigned char fp[FINGERPRINT_BYTES];
	bool exact;			/* fp was given, by an invitation */
	bool invited;			/* the other side has the link of an invitation, and is a
					   stranger else */
	enum meeting_state state;
	const struct meeting_kind *kind;	/* that we opened it for; NULL: they opened it */
	unsigned heard;			/* records */
	struct buf out;			/* said, and not given to the path yet */
	struct timer timer;
};

static const char *const state_names[] = {
	[MEETING_OPENING] = "opening",
	[MEETING_GREETING] = "greeting",
	[MEETING_UP] = "up",
	[MEETING_ENDED] = "ended",
};

static struct context *context_of(const struct meeting *m)
{
	return m->all->connectors->context;
}

static void enter(struct meeting *m, enum meeting_state state, const char *why)
{
	log_about(m->jid, LOG_DEBUG, "%s/%s: meeting %s -> %s, %.64s", m->jid, m->device,
		  state_names[m->state], state_names[state], why);
	m->state = state;
}

/* Called by the timer, so that no function that uses the meeting is on the stack. */
static void on_reap(void *owner)
{
	struct meeting *m = owner;

	buf_finish(&m->out);
	free(m);
}

/* The only way a meeting ends, once. The path was closed, or is closed by the caller. */
static void over(struct meeting *m, const char *reason)
{
	struct meetings *all = m->all;

	enter(m, MEETING_ENDED, reason);
	m->path = NULL;
	list_remove(&m->link);
	timer_stop(&m->timer);
	timer_init(&m->timer, &context_of(m)->timers, on_reap, m);
	timer_set(&m->timer, 0);
	for (unsigned i = 0; i < all->count; i++)
		all->handlers[i].kind->ended(all->handlers[i].owner, m, reason);
}

static void say_bye(struct meeting *m, const char *reason)
{
	struct buf payload = { 0 };

	fields_add(&payload, "reason", reason);
	record_put(&m->out, RECORD_BYE, 0, buf_data(&payload), buf_len(&payload));
	buf_finish(&payload);
}

void meeting_end(struct meeting *m, const char *reason)
{
	if (m->state == MEETING_ENDED)
		return;
	if (m->state == MEETING_UP)
		say_bye(m, reason);
	if (buf_len(&m->out))
		path_write(m->path, buf_data(&m->out), buf_len(&m->out));
	path_close(m->path);
	over(m, reason);
}

static void cut(struct meeting *m, const char *reason)
{
	path_cut(m->path);
	over(m, reason);
}

static void on_timeout(void *owner)
{
	meeting_end(owner, "time-out");
}

static void break_off(struct meeting *m, enum record_type type, const char *rule)
{
	log_about(m->jid, LOG_WARNING, "%s/%s: broke the protocol: %s record: %s", m->jid,
		  m->device, record_type_name(type), rule);
	meeting_end(m, "protocol");
}

static const struct meeting_handler *find_handler(const struct meetings *all, const char *kind)
{
	for (unsigned i = 0; i < all->count; i++)
		if (!strcmp(all->handlers[i].kind->name, kind))
			return &all->handlers[i];
	return NULL;
}

/* A kind that we do not know is answered, unless it is such an answer itself. */
static void say_unsupported(struct meeting *m, const char *kind, struct fields f)
{
	struct buf fields = { 0 };

	if (fields_get(f, "state"))
		return;
	fields_add(&fields, "state", "unsupported");
	meeting_say(m, kind, &fields);
	buf_finish(&fields);
}

static void take_meet(struct meeting *m, const struct record *record)
{
	struct fields f = { (const char *)record->payload, record->len };
	const struct meeting_handler *handler;
	const char *kind, *fault;

	if (!fields_valid(f)) {
		break_off(m, RECORD_MEET, FIELDS_RULE);
		return;
	}
	kind = fields_get(f, "kind");
	if (!kind || !record_is_word(kind)) {
		break_off(m, RECORD_MEET, "kind: a word");
		return;
	}
	if (++m->heard > MEETING_RECORDS_MAX) {
		break_off(m, RECORD_MEET, "number: too many of them");
		return;
	}
	handler = find_handler(m->all, kind);
	if (!handler || (m->invited && !handler->kind->invited)) {
		say_unsupported(m, kind, f);
		return;
	}
	fault = handler->kind->heard(handler->owner, m, f);
	if (fault && m->state != MEETING_ENDED)
		break_off(m, RECORD_MEET, fault);
}

static void come_up(struct meeting *m)
{
	const struct meeting_handler *handler;

	enter(m, MEETING_UP, m->kind ? "they have answered" : "they have opened it");
	if (!m->kind)
		return;
	handler = find_handler(m->all, m->kind->name);
	handler->kind->up(handler->owner, m);
}

/* The answer to our HELLO. */
static void take_hello(struct meeting *m, const struct record *record)
{
	struct link_ends ends = { context_of(m)->self, m->jid };
	struct hello hello = { 0 };

	switch (hello_parse(record, &ends, &hello)) {
	case HELLO_GOOD:
		break;
	case HELLO_OTHER_PROTOCOL:
		presence_other_protocol(context_of(m)->presence, m->jid, m->device, hello.protocol,
					context_now(context_of(m)));
		meeting_end(m, "version");
		return;
	case HELLO_OTHER_NAMES:
		meeting_end(m, "not-you");
		return;
	default:
		break_off(m, record->type, hello.why);
		return;
	}
	if (!strcmp(hello.state, "meet")) {
		if (!m->exact)
			m->all->events->met_key(m->all->owner, m->jid, m->fp);
		come_up(m);
	} else if (!strcmp(hello.state, "untrusted")) {
		meeting_end(m, "untrusted");
	} else {
		break_off(m, RECORD_HELLO, "state: meet, or a refusal");
	}
}

static void take(struct meeting *m, const struct record *record)
{
	if (m->state == MEETING_GREETING)
		take_hello(m, record);
	else if (record->type == RECORD_MEET)
		take_meet(m, record);
	else if (record->type == RECORD_BYE)
		meeting_end(m, record_reason(record, "bye"));
	else if (!record_type_skipped(record->type) || record_type_numbered(record->type))
		break_off(m, record->type, "type: MEET or BYE");
}

static void on_plain(void *owner, struct buf *plain)
{
	struct meeting *m = owner;

	while (m->state != MEETING_ENDED) {
		struct record record;
		long size = record_parse(buf_data(plain), buf_len(plain), &record);

		if (size == 0)
			return;
		if (size < 0) {
			break_off(m, (uint8_t)*buf_data(plain),
				  record_fault(buf_data(plain), buf_len(plain)));
			return;
		}
		take(m, &record);
		buf_consume(plain, (size_t)size);
	}
}

static size_t on_fill(void *owner, struct buf *out, size_t max)
{
	struct meeting *m = owner;
	size_t n = buf_len(&m->out) < max ? buf_len(&m->out) : max;

	buf_append(out, buf_data(&m->out), n);
	buf_consume(&m->out, n);
	return n;
}

/* Both sides say the same HELLO; the opener's has an id, as that of a link. */
static void say_hello(struct meeting *m)
{
	struct link_ends ends = { context_of(m)->self, m->jid };
	uint8_t id[LINK_ID_BYTES];

	context_random(context_of(m), id, sizeof(id));
	hello_put(&m->out, "meet", &ends, context_of(m)->instance, m->kind ? id : NULL, 0);
	path_kick(m->path);
}

static void on_established(void *owner, const unsigned char *fp)
{
	char device[DEVICE_ID_LEN + 1];
	struct meeting *m = owner;

	device_id_of(fp, device);
	if (strcmp(device, m->device) || (m->exact && memcmp(fp, m->fp, FINGERPRINT_BYTES)) ||
	    !memcmp(fp, context_of(m)->fp, FINGERPRINT_BYTES)) {
		log_about(m->jid, LOG_ERROR,
			  "%s: the device that said it is '%s' holds the key of '%s'; not meeting "
			  "it",
			  m->jid, m->device, device);
		meeting_end(m, "unknown-key");
		return;
	}
	memcpy(m->fp, fp, sizeof(m->fp));
	enter(m, MEETING_GREETING, "the key is theirs");
	say_hello(m);
}

static void on_closed(void *owner, const char *why)
{
	struct meeting *m = owner;
	bool opening = m->state == MEETING_OPENING;

	if (opening && path_jid(m->path))
		m->all->events->doubted(m->all->owner, path_jid(m->path), why);
	over(m, opening ? "unreachable" : "lost");
}

static const struct path_events path_events = {
	.established = on_established,
	.plain = on_plain,
	.fill = on_fill,
	.closed = on_closed,
};

static struct meeting *create(struct meetings *all, const char *jid, const char *device)
{
	struct meeting *m = xcalloc(1, sizeof(*m));

	m->all = all;
	snprintf(m->jid, sizeof(m->jid), "%s", jid);
	snprintf(m->device, sizeof(m->device), "%s", device);
	timer_init(&m->timer, &all->connectors->context->timers, on_timeout, m);
	timer_set(&m->timer, context_now(all->connectors->context) + MEETING_TIME);
	list_append(&all->list, &m->link);
	return m;
}

/* Gives m the path that was opened for it. Without one m is freed, and NULL returned. */
static struct meeting *with_path(struct meeting *m, struct path *path)
{
	m->path = path;
	if (path)
		return m;
	list_remove(&m->link);
	timer_stop(&m->timer);
	free(m);
	return NULL;
}

struct meeting *meeting_open(struct meetings *all, const char *full, const char *device,
			     const struct meeting_kind *kind)
{
	enum ibb_path_standing standing = IBB_PATH_STRANGER;
	char jid[JID_MAX];
	struct meeting *m;

	if (!jid_bare_of(full, jid) || context_blocks(all->connectors->context, jid))
		return NULL;
	if (context_trusts_device(all->connectors->context, jid, device))
		standing = IBB_PATH_AWAITED;
	else if (context_counts_as_trusted(all->connectors->context, jid))
		standing = IBB_PATH_TRUSTED;
	m = create(all, jid, device);
	m->kind = kind;
	return with_path(m, all->connectors->ops->open_inband(all->connectors->arg, full, standing,
							      &path_events, m));
}

struct meeting *meeting_open_invited(struct meetings *all, const char *full,
				     const unsigned char fp[FINGERPRINT_BYTES], const char *sid,
				     const struct meeting_kind *kind)
{
	char jid[JID_MAX], device[DEVICE_ID_LEN + 1];
	struct meeting *m;

	if (!jid_bare_of(full, jid) || context_blocks(all->connectors->context, jid))
		return NULL;
	device_id_of(fp, device);
	m = create(all, jid, device);
	m->kind = kind;
	m->exact = true;
	memcpy(m->fp, fp, sizeof(m->fp));
	return with_path(m, all->connectors->ops->open_invited(all->connectors->arg, full, sid,
							       &path_events, m));
}

void meeting_take(struct meetings *all, struct path *path, const char *jid, const unsigned char *fp,
		  bool invited, struct buf *plain)
{
	char device[DEVICE_ID_LEN + 1];
	struct meeting *m;

	device_id_of(fp, device);
	m = create(all, jid, device);
	memcpy(m->fp, fp, sizeof(m->fp));
	m->invited = invited;
	m->path = path;
	path_set_owner(path, &path_events, m);
	say_hello(m);
	come_up(m);
	on_plain(m, plain);
}

void meeting_say(struct meeting *m, const char *kind, struct buf *fields)
{
	struct buf payload = { 0 };

	assert(m->state == MEETING_UP);
	fields_add(&payload, "kind", kind);
	buf_append(&payload, buf_data(fields), buf_len(fields));
	buf_reset(fields);
	record_put(&m->out, RECORD_MEET, 0, buf_data(&payload), buf_len(&payload));
	buf_finish(&payload);
	path_kick(m->path);
}

bool meeting_is_up(const struct meeting *m)
{
	return m->state == MEETING_UP;
}

bool meeting_is_ours(const struct meeting *m)
{
	return m->kind != NULL;
}

const char *meeting_jid(const struct meeting *m)
{
	return m->jid;
}

const char *meeting_device(const struct meeting *m)
{
	return m->device;
}

const unsigned char *meeting_fp(const struct meeting *m)
{
	return m->fp;
}

bool meeting_exporter(const struct meeting *m, unsigned char out[DIGEST_BYTES])
{
	return m->state == MEETING_UP && path_exporter(m->path, exporter_label, out, DIGEST_BYTES);
}

void meetings_init(struct meetings *all, const struct connectors *connectors,
		   const struct meetings_events *events, void *owner)
{
	*all = (struct meetings){ .connectors = connectors, .events = events, .owner = owner };
	list_init(&all->list);
}

void meetings_add_kind(struct meetings *all, const struct meeting_kind *kind, void *owner)
{
	assert(all->count < MEETING_KINDS_MAX);
	all->handlers[all->count++] = (struct meeting_handler){ kind, owner };
}

/* The next meeting that is concerned: handlers may end others, so each search begins anew. */
static struct meeting *next_with(const struct meetings *all, const char *jid, const char *device)
{
	for (struct list *r = all->list.next; r != &all->list; r = r->next) {
		struct meeting *m = (struct meeting *)r;

		if (!strcmp(m->jid, jid) && (!device || !strcmp(m->device, device)))
			return m;
	}
	return NULL;
}

void meetings_revoke(struct meetings *all, const char *jid, const char *device, bool quietly)
{
	struct meeting *m;

	while ((m = next_with(all, jid, device)) != NULL) {
		if (quietly)
			cut(m, "revoked");
		else
			meeting_end(m, "revoked");
	}
}

void meetings_end(struct meetings *all)
{
	while (!list_alone(&all->list))
		meeting_end((struct meeting *)all->list.next, "stopped");
}
