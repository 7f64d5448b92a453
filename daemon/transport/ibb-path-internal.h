/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_IBB_PATH_INTERNAL_H
#define DAEMON_IBB_PATH_INTERNAL_H

/*
 * The record of an in-band path, shared by its files: ibb-path.c (its life, and the calls of its
 * owner), ibb-blocks.c (data both ways) and ibb-paths.c (all of an account, and their places).
 */

#include "ibb.h"
#include "ibb-path.h"

enum { IBB_SID_BYTES = 9 }; /* random ones, told as hex */

enum ibb_path_state {
	IBB_PATH_OPENING,  /* our open is unanswered */
	IBB_PATH_GIVEN_UP, /* our open is unanswered, but its owner has closed the path */
	IBB_PATH_OPEN,	   /* the bytestream is open; TLS is in its handshake or up */
	IBB_PATH_ROOM,	   /* it had to make room; its owner is about to be told */
	IBB_PATH_CLOSED,   /* waits for its handles to close */
};

struct ibb_request { /* a block that is not acknowledged */
	struct ibb_path *inband;
	uint64_t request; /* of account_send_block(); 0: free */
	uint16_t seq;
};

struct ibb_path {
	struct tls_path tls; /* first: a struct path * is one of us */
	struct ibb_paths *all;
	struct round_robin_entry turn; /* ibb_paths::paths */
	struct quota_place place;
	bool kept;	 /* path_keep(): a link uses it */
	unsigned taken;	 /* blocks received before it was kept */
	uint64_t number; /* counts all paths ever created */
	char *jid;	 /* full; owned */
	char sid[2 * IBB_SID_BYTES + 1];
	enum ibb_path_state state;
	struct ibb ibb;
	struct ibb_request blocks[IBB_STANZAS_MAX];
	uint64_t open_request;	     /* of account_open_stream(); 0: none */
	uv_timer_t timer;	     /* handshake, overdue acknowledgements */
	uv_idle_t soon;		     /* sends what there is; in IBB_PATH_ROOM, tells the
					owner */
	uv_timer_t pause;	     /* until the token bucket allows more */
	char *held[IBB_STANZAS_MAX]; /* ids of blocks whose answers wait; owned */
	unsigned held_count;
	uv_timer_t answer; /* until they have waited for long enough */
	int open_handles;
};

/* ibb-path.c */
extern const struct path_ops ibb_path_ops;

void ibb_path_enter(struct ibb_path *p, enum ibb_path_state state, const char *because);
/* The bytestream is open, with blocks of up to block_max bytes: begins the TLS handshake. */
void ibb_path_begin(struct ibb_path *p, size_t block_max, const char *because);
/* Sets the timer by what is not acknowledged. */
void ibb_path_schedule(struct ibb_path *p);
/* Tells the other side that the bytestream is closed. */
void ibb_path_say_close(struct ibb_path *p);
/* Removes the path from the line and the quota, and forgets its requests. */
void ibb_path_let_go(struct ibb_path *p);
/* The only way to end a path. Its memory is freed when its handles are closed. */
void ibb_path_finish(struct ibb_path *p, const char *because);
/* The path broke: ends it and tells the owner. Does nothing if it has ended. */
void ibb_path_break(struct ibb_path *p, const char *why);

/* ibb-blocks.c */
/* Sends what there is, as far as the window, the account and the token bucket allow. */
void ibb_blocks_send(struct ibb_path *p);
/* Sends what is encrypted already, beyond the window: a last word is short. */
void ibb_blocks_send_last(struct ibb_path *p);
/* Sends the answers that wait. False if one cannot be sent. */
bool ibb_blocks_answer(struct ibb_path *p);
/* Handles a block that has come, and answers it in any case. */
void ibb_blocks_take(struct ibb_path *p, const struct ibb_stanza *s);

#endif
