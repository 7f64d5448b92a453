/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_IQ_H
#define DAEMON_IQ_H

/*
 * Our iq requests that wait for an answer. An answer counts only if its id is known and it
 * comes from the JID that was asked: those who are asked see the ids, so an id proves
 * nothing. The id holds the slot's index, so it is found without a search. No clock here: the
 * caller passes `now`.
 *
 * In-band paths have as many places as all of them may need, and no others. So no path can
 * keep us from asking our own server, nor keep another path from sending its blocks.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

enum {
	IQ_OWN_PLACES = 64,	/* for requests to our own server and its proxies */
	IQ_PENDING_MAX = IBB_MAX * IBB_STANZAS_MAX + IQ_OWN_PLACES,
	IQ_PREFIX_BYTES = 12,	/* random, new for each connection */
	IQ_ID_MAX = 2 * IQ_PREFIX_BYTES + 16 + 1,
};

struct iq_rows;

typedef void (*iq_answer)(void *arg, const char *error);
/* The answer to a query: rows lists what it holds; NULL with an error. */
typedef void (*iq_rows_answer)(void *arg, const char *error, struct iq_rows *rows);

struct iq_request {
	iq_answer answer;	/* exactly one of the two is set */
	iq_rows_answer rows_answer;
	void *arg;
	bool of_path;		/* sent for an in-band path */
};

/* Answers a request that was taken out of the table. rows may be NULL. */
void iq_tell(const struct iq_request *request, const char *error, struct iq_rows *rows);

/* Our JIDs, to recognise answers of our own account and server. Strings may be NULL. */
struct iq_self {
	const char *full, *bare, *domain;
};

struct iq_table;

struct iq_table *iq_create(void);
/* Nothing may be pending. */
void iq_destroy(struct iq_table *t);

/* Begins a new connection: ids start with prefix from now on. Nothing may be pending. */
void iq_begin(struct iq_table *t, const unsigned char prefix[IQ_PREFIX_BYTES]);

/*
 * Adds a request and returns its handle. to NULL: our own account. Returns 0 if too many are
 * pending; requests of in-band paths leave IQ_OWN_PLACES free: iq_path_fits().
 */
uint64_t iq_add(struct iq_table *t, const char *to, uint64_t deadline,
		const struct iq_request *request);
bool iq_path_fits(const struct iq_table *t);
void iq_id(const struct iq_table *t, uint64_t handle, char out[IQ_ID_MAX]);

/* An id for a request without a slot: an answer to it is dropped. */
void iq_unawaited_id(struct iq_table *t, char out[IQ_ID_MAX]);

/*
 * Each takes one request out of the table; false if none fits. The caller answers it
 * (iq_tell()), but for iq_forget(), which drops it.
 */
bool iq_take(struct iq_table *t, const char *id, const char *from, const struct iq_self *self,
	     struct iq_request *out);
bool iq_take_expired(struct iq_table *t, uint64_t now, struct iq_request *out);
bool iq_take_any(struct iq_table *t, struct iq_request *out);
bool iq_forget(struct iq_table *t, uint64_t handle);

/* A time not later than the earliest deadline; UINT64_MAX if nothing is pending. */
uint64_t iq_deadline(const struct iq_table *t);
size_t iq_pending(const struct iq_table *t);

#endif
