/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_REF_FILTER_H
#define CORE_REF_FILTER_H

/*
 * Stands between somebody who pushes and receive-pack, and takes out of the list of
 * commands what the rules refuse (gitprotocol-pack(5), "Reference Update Request"). The
 * list is kept until it is whole, REF_LIST_MAX at most, and is written anew for git: git
 * gets no byte of it that was not understood here. The report of receive-pack gets a line
 * for each ref that was taken out.
 *
 * Of an atomic push, or one with a certificate, all refs are refused if one is. If none is
 * left, the pack is dropped, and git gets an empty list once the pusher is done.
 *
 * Names and deletions are judged here, before any pack. Whether a ref moves forward is
 * judged by git-xmpp-hook while git has the pack in quarantine; here the words "hook
 * declined" of the report become the rule. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "ref-rules.h"

enum {
	REF_LIST_MAX = 1024 * 1024,		/* bytes of the list, with its certificate and
						   options */
	REF_REPORT_MAX = 2 * 1024 * 1024,	/* bytes of a report; one that is longer passes as
						   it is */
};

struct ref_filter;

/*
 * Takes what the rules hold. declined tells by which rule the hook has declined a ref; false
 * if it was not one of ours.
 */
struct ref_filter *
ref_filter_create(struct ref_rules *rules,
		  bool (*declined)(void *owner, const char *ref, struct buf *why), void *owner);
void ref_filter_destroy(struct ref_filter *f);

/* Takes bytes of the pusher's; appends to *git what receive-pack is to get. */
void ref_filter_push(struct ref_filter *f, const void *data, size_t n, struct buf *git);
/* The pusher has sent everything. */
void ref_filter_end(struct ref_filter *f, struct buf *git);

/* Whether further bytes of the pusher's go to git as they are. */
bool ref_filter_passes(const struct ref_filter *f);
/* Whether the pusher wants all refs changed or none; once the list was read. */
bool ref_filter_is_atomic(const struct ref_filter *f);

/*
 * What is wrong with the list, as "the list of refs is too long"; NULL if nothing is. git has
 * got nothing of it then, and gets nothing more.
 */
const char *ref_filter_fault(const struct ref_filter *f);

/* Takes bytes of receive-pack's; appends to *pusher what the pusher is to get. */
void ref_filter_answer(struct ref_filter *f, const void *data, size_t n, struct buf *pusher);
/* receive-pack has ended. */
void ref_filter_over(struct ref_filter *f, struct buf *pusher);

/*
 * Whether the pusher wants no report and would take the push for a success: then all of it
 * was refused. *text gets a line for each ref, for standard error.
 */
bool ref_filter_unreported(const struct ref_filter *f, struct buf *text);

/* The rules that it judges by. */
const struct ref_rules *ref_filter_rules(const struct ref_filter *f);

#endif
