/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An answer remembers the names of the shares that its device might see, and goes through them.
 * Before and after a repository is looked into, the policy is asked whether the device may use
 * the share: the configuration, the roster or the trust in the device may have changed.
 */
#include "share-answers.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "peer.h"
#include "record.h"

struct answer {
	struct list link;  /* share_answers::all; first, so that a cast leads back */
	struct peer *peer; /* borrowed, until share_answers_ended() */
	char id[SHARES_ID_LEN + 1];
	char **names; /* owned */
	size_t count, next;
	struct buf rows;    /* of the record that is being filled */
	unsigned row_count; /* in it */
};

void share_answers_init(struct share_answers *a, struct context *context,
			const struct share_answers_ops *ops, void *arg)
{
	*a = (struct share_answers){ .context = context, .ops = ops, .arg = arg };
	list_init(&a->all);
	log_budget_init(&a->budget, SHARES_ASKED_BURST, SHARES_ASKED_EVERY);
}

static void drop(struct share_answers *a, struct answer *answer)
{
	if (a->look && a->all.next == &answer->link) {
		a->ops->cancel(a->arg, a->look);
		a->look = NULL;
	}
	list_remove(&answer->link);
	a->count--;
	for (size_t i = 0; i < answer->count; i++)
		free(answer->names[i]);
	free(answer->names);
	buf_finish(&answer->rows);
	free(answer);
}

void share_answers_finish(struct share_answers *a)
{
	while (!list_alone(&a->all))
		drop(a, (struct answer *)a->all.next);
	log_budget_finish(&a->budget);
}

static enum policy_verdict judge(const struct share_answers *a, const struct peer *p,
				 enum service service, const char *name, const struct share **share)
{
	const struct subject subject = context_subject(a->context, p->jid, p->device);

	*share = NULL;
	if (!context_admits(a->context, p->jid, p->fp))
		return POLICY_NOT_SHARED;
	return policy_check(a->context->policy, &subject, service, name, share);
}

/* The share, if the device may fetch from it. */
static const struct share *find_allowed(const struct share_answers *a, const struct peer *p,
					const char *name)
{
	const struct share *share;

	return judge(a, p, SERVICE_UPLOAD_PACK, name, &share) == POLICY_ALLOWED ? share : NULL;
}

static void say(struct peer *p, const char *id, const char *key, const char *value,
		const struct buf *rows)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", id);
	fields_add(&fields, key, value);
	if (rows && buf_len(rows))
		buf_append(&fields, buf_data(rows), buf_len(rows));
	p->all->ops->say(p, RECORD_SHARES, &fields);
	buf_finish(&fields);
}

static void on_looked(void *owner, const struct share_row *found);

/* Goes on with the first answer, until a repository is looked into or none is left. */
static void go_on(struct share_answers *a)
{
	while (!a->look && !list_alone(&a->all)) {
		struct answer *answer = (struct answer *)a->all.next;
		const struct share *share;

		if (answer->next == answer->count) {
			struct peer *p = answer->peer;
			struct buf rows = answer->rows;
			char id[SHARES_ID_LEN + 1];

			memcpy(id, answer->id, sizeof(id));
			answer->rows = (struct buf){ 0 };
			drop(a, answer);
			say(p, id, "more", NULL, &rows);
			buf_finish(&rows);
			continue;
		}
		share = find_allowed(a, answer->peer, answer->names[answer->next]);
		if (!share || !share->path)
			answer->next++;
		else
			a->look = a->ops->look(a->arg, share->path, on_looked, a);
	}
}

static void add_row(struct answer *answer, const struct share_row *row)
{
	if (answer->row_count == SHARE_ROWS_MAX || buf_len(&answer->rows) > SHARE_ROWS_BYTES_MAX) {
		say(answer->peer, answer->id, "more", "1", &answer->rows);
		buf_reset(&answer->rows);
		answer->row_count = 0;
	}
	share_row_write(row, &answer->rows);
	answer->row_count++;
}

static void on_looked(void *owner, const struct share_row *found)
{
	struct share_answers *a = owner;
	struct answer *answer = (struct answer *)a->all.next;
	const char *name = answer->names[answer->next++];
	struct share_row row = { .push = false };
	const struct share *share;

	a->look = NULL;
	if (found)
		row = *found;
	strcpy(row.name, name);
	row.push = judge(a, answer->peer, SERVICE_RECEIVE_PACK, name, &share) == POLICY_ALLOWED;
	if (find_allowed(a, answer->peer, name))
		add_row(answer, &row);
	go_on(a);
}

static bool is_answered(const struct share_answers *a, const struct peer *p)
{
	for (const struct list *r = a->all.next; r != &a->all; r = r->next)
		if (((const struct answer *)r)->peer == p)
			return true;
	return false;
}

static void begin(struct share_answers *a, struct peer *p, const char *id)
{
	struct answer *answer = xcalloc(1, sizeof(*answer));

	answer->peer = p;
	strcpy(answer->id, id);
	answer->names = xcalloc(SHARES_MAX, sizeof(*answer->names));
	for (const struct share *s = policy_first(a->context->policy);
	     s && answer->count < SHARES_MAX; s = s->next)
		if (find_allowed(a, p, s->name))
			answer->names[answer->count++] = xstrdup(s->name);
	list_init(&answer->link);
	list_append(&a->all, &answer->link);
	a->count++;
	go_on(a);
}

const char *share_answers_record(struct share_answers *a, struct peer *p,
				 const struct record *record)
{
	struct fields f = { (const char *)record->payload, record->len };
	unsigned left_out;
	const char *id;

	if (!fields_valid(f))
		return FIELDS_RULE;
	id = shares_id(f);
	if (!id)
		return "id: 24 digits of lower-case hex";
	if (a->context->stopping || is_answered(a, p) || a->count == SHARE_ANSWERS_MAX ||
	    !log_budget_admits(&a->budget, p->jid, true, context_now(a->context), &left_out))
		say(p, id, "state", "busy", NULL);
	else
		begin(a, p, id);
	return NULL;
}

void share_answers_ended(struct share_answers *a, const struct peer *p)
{
	struct list *r, *next;

	for (r = a->all.next; r != &a->all; r = next) {
		next = r->next;
		if (((struct answer *)r)->peer == p)
			drop(a, (struct answer *)r);
	}
	go_on(a);
}
