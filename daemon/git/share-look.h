/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SHARE_LOOK_H
#define DAEMON_SHARE_LOOK_H

/*
 * Looks into a repository for core/transfer/share-answers.h, with libgit2 in libuv's thread
 * pool: where HEAD leads, and when the newest commit of its branches was made. What a fetch
 * would not show is not looked at. Of a repository that libgit2 cannot open (SHA-256, reftable)
 * nothing is known.
 */

#include "share-answers.h"

/* The arg of the ops is the loop (uv_loop_t). */
extern const struct share_answers_ops share_look_ops;

#endif
