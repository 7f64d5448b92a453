/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_NOTICES_H
#define CORE_NOTICES_H

/*
 * What the user has to be told. A notice is one thing that waits for the user, or one piece of
 * news. It stands from notices_add() to notices_settle(), and "git xmpp status" shows all that
 * stand. Each is told twice at most: once in a line of the next git command (said), and once
 * by the user's own command (notifier.h).
 *
 * A notice has a kind, a bare JID and an item; these three name it. The same one is not told
 * again because it is added again. Where others could repeat a thing, or a restart forgets it,
 * a notice that was told is remembered for NOTICE_KEPT after its end, so that it is not told
 * anew when it comes again.
 *
 * A notice that is derived from another table (reviewed) is settled by notices_reviewed(), and
 * by nobody else; so it ends with whatever caused it. News needs no act. It ends by itself,
 * NOTICE_NEWS_KEPT after it was said.
 *
 * NOTICES_MAX places are shared as quota.h says: a buddy is a holder, strangers share half by
 * their domains, and what only the user's own account can cause is a holder, too. One that
 * has ended makes room, and then the oldest of whoever has most.
 *
 * Times are unix seconds. Pure. All functions accept NULL for the table, and do nothing then.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "buf.h"
#include "hashtable.h"
#include "list.h"
#include "quota.h"

struct context;

enum notice_kind {
	/* what waits; reviewed */
	NOTICE_WANTS,	       /* jid asks to be a buddy */
	NOTICE_DEVICE,	       /* a new device of jid is pending; item: its fingerprint,
				  64 digits */
	NOTICE_OWN_DEVICE,     /* the same of our own account */
	NOTICE_MOVED,	       /* a pending device of jid has the key of a trusted
				  device of another address; item: that address */
	NOTICE_QUEUE_FAILED,   /* item: the entry; detail: "share, has failed: why" */
	NOTICE_ROSTER_EMPTIED, /* no jid; detail: how many buddies are suspended */
	NOTICE_COPIED,	       /* our own jid: another machine uses our device key */
	NOTICE_GROUP_WIDENED,  /* jid is in a roster group anew; item: the group */
	/* what waits; settled by who added it */
	NOTICE_COMPARES, /* the user of jid compares devices; item: their device */
	NOTICE_RIGHT_UNWRITTEN, /* jid has joined, and their right in a share is not in the
				   configuration; item: the share; detail: "fetch" or "push" */
	/* news */
	NOTICE_COMPARED,	 /* the user of jid found our device to be right */
	NOTICE_DIFFERS,		 /* the user of jid found another string, and shut us out */
	NOTICE_VOUCHED,		 /* item: a device of jid; detail: the one that vouched */
	NOTICE_REVOKED,		 /* item: a device of jid; detail: the one that revoked it */
	NOTICE_OWN_REVOKED,	 /* the same of our own account */
	NOTICE_INVITATION_USED,	 /* jid has joined; item: the invitation */
	NOTICE_INVITATION_TRIED, /* jid tried an invitation in vain; item: the invitation;
				    detail: why not */
	NOTICE_JOINED,		 /* we have joined jid, who was away; item: their share, or
				    none */
	NOTICE_JOIN_FAILED,	 /* we wait no more to join jid; detail: why */
	NOTICE_KINDS,
};

/* On whose account a notice is, where turns and places are shared. */
enum notice_class {
	NOTICE_OWN, /* only the user's own account could cause it */
	NOTICE_BUDDY,
	NOTICE_STRANGER,
	NOTICE_CLASSES,
};

struct notice {
	struct hashtable_node node; /* first: hashtable_find() leads back to the notice */
	struct list link;	    /* notices::order */
	struct quota_place place;
	enum notice_kind kind;
	char *key;		   /* kind, jid and item; owned */
	char *jid, *item, *detail; /* owned; empty: none. Text of others, not escaped */
	uint64_t since;
	uint64_t ended; /* 0: it stands */
	unsigned round; /* of the last review that found it */
	uint64_t said;	/* when a line told it; 0: not yet */
	bool ran;	/* the user's command told it */
};

struct notices_events {
	/* Something is to be told, or to be written down. No notice is touched in the call. */
	void (*changed)(void *owner);
};

struct notices;

/* All pointers are borrowed. */
struct notices *notices_create(struct context *context, const struct notices_events *events,
			       void *owner);
void notices_destroy(struct notices *n);

/*
 * item and detail may be NULL. A detail is cut to NOTICE_DETAIL_MAX bytes; a later one
 * replaces it. A notice for which there is no place, or with a longer item, is dropped.
 */
void notices_add(struct notices *n, enum notice_kind kind, const char *jid, const char *item,
		 const char *detail);
/* The thing is decided, or over. item NULL: all of that kind and JID. */
void notices_settle(struct notices *n, enum notice_kind kind, const char *jid, const char *item);

/*
 * Around the notices_add() of all that is reviewed: what was not among them has ended.
 */
void notices_review(struct notices *n);
/* The review has found this one, which stands. */
void notices_keep(struct notices *n, struct notice *notice);
void notices_reviewed(struct notices *n);

/* The first that stands, oldest first, and the one after at; NULL: there is none. */
struct notice *notices_next(struct notices *n, const struct notice *at);
/* A line of a command tells it now; the user's command tells it. */
void notices_said(struct notices *n, struct notice *notice);
void notices_ran(struct notices *n, struct notice *notice);
enum notice_class notices_class(const struct notices *n, const struct notice *notice);

/*
 * Parses a file into an empty table, and returns the number of lines that were dropped. The
 * file has one line a notice:
 *   kind since ended said ran jid item detail
 * with a time, 0 or 1 as numbers, "-" for an empty word, and bytes that are no letters, digits
 * or plain signs as % and two hex digits. What is reviewed stands when a review has found it, but
 * for a request, which stands until a review does not. A comparison does not stand, for its words
 * are not kept.
 */
int notices_parse(struct notices *n, const char *text, size_t len);
void notices_write(const struct notices *n, struct buf *out);
/* Forgets all: the account is another one. Tells nobody. */
void notices_clear(struct notices *n);

/* The stable name, as status --json has it: "wants". */
const char *notice_name(enum notice_kind kind);
bool notice_is_reviewed(enum notice_kind kind);
bool notice_is_news(enum notice_kind kind);
/* Whether the user has something to do about it. */
bool notice_waits(enum notice_kind kind);
/* Whether such a notice counts as the user's own, or as a stranger's, whoever jid is. */
bool notice_is_own(enum notice_kind kind);
bool notice_is_strange(enum notice_kind kind);

/*
 * What it says, and what to type, or an empty text; malloc'd. Neither is escaped for a
 * terminal. In what is to be typed each word is quoted for a shell.
 */
char *notice_text(const struct notice *notice);
char *notice_hint(const struct notice *notice);
/*
 * Both in one line, escaped for a terminal, that begins with "xmpp: ". account: which of ours it is
 * about; NULL if there is one only. more: how many other notices the line stands for, which it
 * says; malloc'd.
 */
char *notice_line(const struct notice *notice, const char *account, unsigned more);

#endif
