/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHANNEL_H
#define CORE_CHANNEL_H

/*
 * Channels: many byte streams in one link, in the manner of SSH's connection
 * protocol (RFC 4254). A channel is announced by starting-push with its
 * number; the side that announces it made it with channel_open(), the other
 * takes it with channel_accept(), which grants the first credit; its own first
 * credit, CHANNEL_WINDOW, is understood, and grows where it does not fill the path
 * (receive-window.h). Data needs credit; standard error is
 * bounded in all instead, and what is beyond is dropped. Each direction ends by
 * itself; the status comes after the serving side's end of data; a close by
 * either side ends it for both. Channels take turns (deficit round robin).
 *
 *   state       event                                   next
 *   OPENING     ACCEPT from the peer                    OPEN      events->accepted
 *   OPEN        both ends of data and the exit status   CLOSED    events->closed(NULL)
 *   any         CLOSE, channel_close(), link ended      CLOSED    events->closed(reason), once
 *
 * Numbers: the side with the lower fingerprint makes odd ones, the other even
 * ones, rising, never reused in a link. Late records for a closed channel are
 * ignored, and so are those for one that is announced and not accepted (yet): its
 * opener has no credit, so they can only be a CLOSE. If it is accepted all the
 * same, the opener answers the ACCEPT with another CLOSE.
 *
 * Callbacks may call anything here, channel_close() of their own channel included.
 * After closed() the channel is gone. A reason is a word as for BYE (record_reason()).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"

struct channel;

struct channel_events {
	void (*accepted)(void *owner);
	/*
	 * Bytes for the owner, who will have at most CHANNEL_WINDOW_MAX of them
	 * before channel_consumed().
	 */
	void (*data)(void *owner, const void *data, size_t n);
	void (*stderr_data)(void *owner, const void *data, size_t n);
	void (*end)(void *owner);
	/*
	 * The far process is over. What is queued for it is dropped;
	 * channel_end() is all that may follow.
	 */
	void (*exited)(void *owner, uint32_t status);
	/* channel_room() has grown; also after channel_end(), as long as data leaves. */
	void (*writable)(void *owner);
	/*
	 * The last event. NULL: both ends and status were exchanged. The
	 * channel is gone after it.
	 */
	void (*closed)(void *owner, const char *reason);
};

/* All channels of one link. */
struct channels {
	struct link *link;		/* borrowed */
	struct channel *first;		/* owned */
	unsigned count;
	size_t extra;			/* by which windows have grown, all together */
	uint32_t next;			/* number of the next channel_open() */
	uint32_t announced;		/* the highest number that the peer has announced */
	struct channel *turn;		/* whose turn it is */
};

void channels_init(struct channels *c, struct link *link, bool odd);

/* Closes every channel with the reason, without telling the peer. */
void channels_finish(struct channels *c, const char *reason);

/*
 * A record of type ACCEPT to CLOSE. NULL, or the rule of the protocol that it breaks, "field: rule"
 * (the link should end with "protocol").
 */
const char *channels_record(struct channels *c, const struct record *record);

/*
 * For link_events.fill: queues a record of the channel whose turn it is; false
 * if none can be sent.
 */
bool channels_fill(struct channels *c);

/* NULL when there are CHANNELS_PER_LINK. The peer is to be told by starting-push. */
struct channel *channel_open(struct channels *c, const struct channel_events *events, void *owner);

/*
 * The peer says that one of this number comes. False: it is not the peer's to
 * use, or not above those before.
 */
bool channel_announced(struct channels *c, uint32_t number);

/*
 * Takes the channel the peer announced; NULL if it is not the peer's to use, or
 * in use, or too many.
 */
struct channel *channel_accept(struct channels *c, uint32_t number,
			       const struct channel_events *events, void *owner);

/* Whether it is one that our side announces, by its parity. */
bool channel_number_is_ours(const struct channels *c, uint32_t number);

/* Whether it carries data: ours, that the peer has accepted, or the peer's. */
bool channel_is_open(const struct channel *ch);

uint32_t channel_number(const struct channel *ch);

/* Who hears of it from now on. */
void channel_set_events(struct channel *ch, const struct channel_events *events, void *owner);

/*
 * How many bytes channel_write() takes now without queueing too much: CHANNEL_WINDOW, or as much
 * as the peer wants, up to CHANNEL_WINDOW_MAX, while all of a link have no more than
 * CHANNELS_EXTRA_MAX beyond that.
 */
size_t channel_room(const struct channel *ch);

/* Queues data; all of it is taken. Not after channel_end(). */
void channel_write(struct channel *ch, const void *data, size_t n);
/*
 * As long as the exit status has not left, which it does after all that is
 * queued; then it is dropped.
 */
void channel_write_stderr(struct channel *ch, const void *data, size_t n);
void channel_end(struct channel *ch);
/*
 * The serving side's last word, sent after all data. Includes channel_end();
 * write no data after it.
 */
void channel_exit(struct channel *ch, uint32_t status);
/* The owner has passed n bytes on: gives credit back when it is worth a record. */
void channel_consumed(struct channel *ch, size_t n);

/* Ends it at once; what is queued is dropped. events->closed(reason) is called before return. */
void channel_close(struct channel *ch, const char *reason);

/* Bytes sent and received so far, for status. */
uint64_t channel_sent(const struct channel *ch);
uint64_t channel_received(const struct channel *ch);

#endif
