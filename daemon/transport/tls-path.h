/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TLS_PATH_H
#define DAEMON_TLS_PATH_H

/*
 * A path (path.h) in TLS: what the kinds of path that we have put into stanzas or into a
 * TCP connection. The kind gives ciphertext, and takes ciphertext as it can send it.
 */

#include "path.h"
#include "tls.h"

struct tls_path {
	struct path path;		/* first: a struct path * is one of us */
	struct tls *tls;		/* owned */
	struct buf plain_in, plain_out;
	struct buf cipher;		/* to be sent by the kind */
};

/* client: our side of TLS; its hello is in cipher then. use: as of tls_create(). */
void tls_path_init(struct tls_path *p, const struct path_ops *ops, enum path_kind kind,
		   const char *name, const struct device_key *key, bool client,
		   const struct pass_use *use, const struct path_events *events, void *owner);
/* Frees what it holds; the kind frees itself. */
void tls_path_finish(struct tls_path *p);

/* As the op of that name: it encrypts, into cipher. */
void tls_path_write(struct path *p, const void *data, size_t n);

/*
 * Ciphertext has arrived: established and plain are called, and cipher may have
 * grown. NULL; or, when the path is at its end, why: the kind sends what may be
 * in cipher and calls path_over(); tls_error() has the details for the log. The
 * owner may have closed it meanwhile (over): NULL then too.
 */
const char *tls_path_take(struct tls_path *p, const void *data, size_t n);

/*
 * Asks the owner for plaintext that makes at most about room bytes of
 * ciphertext, into cipher; false if there was none.
 */
bool tls_path_fill(struct tls_path *p, size_t room);

#endif
