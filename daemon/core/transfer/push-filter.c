/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules of a push, on its way to the process. A device has credit for the bytes of its
 * list as soon as they are here, for they wait until the list is whole; what the process then
 * takes of the list that was written anew gives none.
 */
#include "git-service-internal.h"

#include "log.h"

/* Gives the process what the filter has made. The bytes it was made of have given credit. */
static void give(struct git_service *s, struct buf *git)
{
	s->uncredited += buf_len(git);
	if (buf_len(git))
		s->all->ops->write(s->process, buf_data(git), buf_len(git));
	buf_finish(git);
}

void push_filter_take(struct git_service *s, const void *data, size_t n)
{
	bool faulty = ref_filter_fault(s->filter) != NULL;
	struct buf git = { 0 }, text = { 0 };

	ref_filter_push(s->filter, data, n, &git);
	if (ref_filter_passes(s->filter) && ref_filter_is_atomic(s->filter))
		s->all->ops->atomic(s->process);
	channel_consumed(s->channel, n);
	give(s, &git);
	if (faulty || !ref_filter_fault(s->filter))
		return;
	buf_printf(&text, "fatal: %s\n", ref_filter_fault(s->filter));
	log_about(s->peer->jid, LOG_WARNING, "%s/%s push to '%.64s' is refused: %s", s->peer->jid,
		  s->peer->device, neg_share(s->neg), ref_filter_fault(s->filter));
	channel_write_stderr(s->channel, buf_data(&text), buf_len(&text));
	buf_finish(&text);
	s->all->ops->cut_input(s->process);
}

static bool on_declined(void *owner, const char *ref, struct buf *why)
{
	struct git_service *s = owner;

	return s->process && s->all->ops->declined && s->all->ops->declined(s->process, ref, why);
}

static void find_rules(const struct git_service *s, const struct share *share,
		       struct ref_rules *rules)
{
	const struct subject subject =
		context_subject(s->all->context, s->peer->jid, s->peer->device);

	policy_ref_rules(s->all->context->policy, &subject, share, rules);
}

void push_filter_begin(struct git_service *s, const struct share *share, struct buf *text)
{
	struct ref_rules rules;

	s->max_pack = share->max_pack;
	if (s->service != SERVICE_RECEIVE_PACK)
		return;
	find_rules(s, share, &rules);
	if (!ref_rules_allow_all(&rules)) {
		ref_rules_write(&rules, text);
		s->filter = ref_filter_create(&rules, on_declined, s);
	}
	ref_rules_finish(&rules);
}

bool git_service_is_narrowed(const struct git_service *s, const struct share *share)
{
	static const struct ref_rules none = { .everywhere = true };
	struct ref_rules rules;
	bool narrower;

	if (s->service != SERVICE_RECEIVE_PACK)
		return false;
	if (share->max_pack && (!s->max_pack || share->max_pack < s->max_pack))
		return true;
	find_rules(s, share, &rules);
	narrower = ref_rules_narrower(&rules, s->filter ? ref_filter_rules(s->filter) : &none);
	ref_rules_finish(&rules);
	return narrower;
}

void push_filter_end(struct git_service *s)
{
	struct buf git = { 0 };

	if (!s->filter)
		return;
	ref_filter_end(s->filter, &git);
	give(s, &git);
}

void push_filter_over(struct git_service *s, struct buf *pusher)
{
	struct buf text = { 0 };

	ref_filter_over(s->filter, pusher);
	if (ref_filter_unreported(s->filter, &text)) {
		s->status = s->status ? s->status : 1;
		if (s->channel)
			channel_write_stderr(s->channel, buf_data(&text), buf_len(&text));
	}
	buf_finish(&text);
}
