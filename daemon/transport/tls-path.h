/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TLS_PATH_H
#define DAEMON_TLS_PATH_H

/*
 * A path (path.h) in TLS: the common part of the kinds of path, which carry TLS in stanzas or
 * in a TCP connection. The kind passes in ciphertext that came, and sends the ciphertext that
 * it finds here.
 */

#include "path.h"
#include "tls.h"

struct tls_path {
	struct path path;		/* first: a struct path * is one of us */
	struct tls *tls;		/* owned */
	struct buf plain_in, plain_out;
	struct buf cipher;		/* to be sent, by the kind */
};

/* client: our side of TLS; its hello is in cipher afterwards. use: as in tls_create(). */
void tls_path_init(struct tls_path *p, const struct path_ops *ops, enum path_kind kind,
		   const char *name, const struct device_key *key, bool client,
		   const struct pass_use *use, const struct path_events *events, void *owner);
/* Frees what the record holds; the kind frees the record. */
void tls_path_finish(struct tls_path *p);

/* path_ops.write: encrypts into cipher. */
void tls_path_write(struct path *p, const void *data, size_t n);

/* path_ops.exporter. */
bool tls_path_exporter(const struct path *p, const char *label, unsigned char *out, size_t n);

/*
 * Handles ciphertext that has arrived: calls established and plain, and may add to cipher.
 * Returns NULL, or why the path is at its end. Then the kind sends what is in cipher, and
 * calls path_over(); tls_error() has details for the log. If the owner closed the path
 * meanwhile (over), returns NULL.
 */
const char *tls_path_take(struct tls_path *p, const void *data, size_t n);

/*
 * Asks the owner for plaintext that makes about room bytes of ciphertext at most, and
 * encrypts it into cipher. False if there was none.
 */
bool tls_path_fill(struct tls_path *p, size_t room);

/* The same with what must not wait (path_events.urgent). */
bool tls_path_fill_urgent(struct tls_path *p, size_t room);

#endif
