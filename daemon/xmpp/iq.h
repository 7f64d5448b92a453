/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_IQ_H
#define DAEMON_IQ_H

/*
 * The iq requests of ours that wait for an answer. An answer counts only if its
 * id is known and it comes from whom the request went to: ids are seen by those
 * who are asked, so they prove nothing. The id names the place in the table, so
 * that finding it is no search. No clock here: `now` is given.
 *
 * In-band paths have places for all that each of them may have open, and no others;
 * so nothing that they do leaves our own server unasked, nor one another's blocks unsent.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

enum {
	IQ_OWN_PLACES = 64,	/* for what we ask our own server and its proxies */
	IQ_PENDING_MAX = IBB_MAX * IBB_STANZAS_MAX + IQ_OWN_PLACES,
	IQ_PREFIX_BYTES = 12,	/* random, new for each connection */
	IQ_ID_MAX = 2 * IQ_PREFIX_BYTES + 16 + 1,
};

struct iq_rows;

typedef void (*iq_answer)(void *arg, const char *error);
/* Of a query: rows is what the answer lists; NULL with an error. */
typedef void (*iq_rows_answer)(void *arg, const char *error, struct iq_rows *rows);

struct iq_request {
	iq_answer answer;	/* one of the two is NULL */
	iq_rows_answer rows_answer;
	void *arg;
	bool of_path;		/* of an in-band path */
};

/* Answers a request that was taken out of the table. rows may be NULL. */
void iq_tell(const struct iq_request *request, const char *error, struct iq_rows *rows);

/* Who we are, for answers of our own account and server. Strings may be NULL. */
struct iq_self {
	const char *full, *bare, *domain;
};

struct iq_table;

struct iq_table *iq_create(void);
/* Nothing may be pending. */
void iq_destroy(struct iq_table *t);

/* A new connection: ids begin with these bytes from now on. Nothing may be pending. */
void iq_begin(struct iq_table *t, const unsigned char prefix[IQ_PREFIX_BYTES]);

/*
 * to may be NULL: our own account. The request's handle; 0 if too many are pending, which
 * for one of an in-band path is IQ_OWN_PLACES sooner: iq_path_fits().
 */
uint64_t iq_add(struct iq_table *t, const char *to, uint64_t deadline,
		const struct iq_request *request);
bool iq_path_fits(const struct iq_table *t);
void iq_id(const struct iq_table *t, uint64_t handle, char out[IQ_ID_MAX]);

/* An id for what is sent without waiting: an answer to it is known to nobody. */
void iq_unawaited_id(struct iq_table *t, char out[IQ_ID_MAX]);

/* Each takes one request out of the table, for the caller to answer; false if there is none. */
bool iq_take(struct iq_table *t, const char *id, const char *from, const struct iq_self *self,
	     struct iq_request *out);
bool iq_take_expired(struct iq_table *t, uint64_t now, struct iq_request *out);
bool iq_take_any(struct iq_table *t, struct iq_request *out);
bool iq_forget(struct iq_table *t, uint64_t handle);

/* Not later than the earliest deadline; UINT64_MAX if nothing is pending. */
uint64_t iq_deadline(const struct iq_table *t);
size_t iq_pending(const struct iq_table *t);

#endif
