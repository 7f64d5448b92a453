/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHANNEL_H
#define CORE_CHANNEL_H

/*
 * Channels are many byte streams in one link, in the manner of SSH's connection protocol
 * (RFC 4254). starting-push announces a channel by its number. The side that announces a
 * channel makes it with channel_open(); the other side takes it with channel_accept(),
 * which grants the opener its first credit, unless that was done before
 * (channel_grant()). The acceptor has CHANNEL_WINDOW as its first credit without a
 * record. Windows grow where they do not fill the path (receive-window.h). Data needs
 * credit. Standard error does not: a channel carries CHANNEL_STDERR_MAX bytes of it, and
 * the rest is dropped. Each direction ends by itself. The serving side sends the exit
 * status after its end of data. A close by either side ends the channel for both.
 * Channels take turns (deficit round robin).
 *
 *   state       event                                   next
 *   OPENING     ACCEPT from the peer                    OPEN      events->accepted
 *   OPEN        both ends of data and the exit status   CLOSED    events->closed(NULL)
 *   any         CLOSE, channel_close(), link ended      CLOSED    events->closed(reason), once
 *
 * Numbers: the side with the lower fingerprint makes odd ones, the other even ones. They
 * rise, and are never reused in a link. Late records for a closed channel are ignored.
 * So are records for a channel that is announced and not accepted: a CLOSE, or what its
 * opener sent on credit that was granted before. If a closed channel is accepted all the
 * same, the opener answers the ACCEPT with another CLOSE.
 *
 * Callbacks may call any function here, also channel_close() of their own channel. After
 * closed() the channel is gone. A reason is a word as in BYE (record_reason()).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"

enum {
	/* bytes; a peer that grants more breaks the protocol */
	CREDIT_MAX = 1 << 30,
};

struct channel;

struct channel_events {
	void (*accepted)(void *owner);
	/*
	 * Bytes for the owner. At most CHANNEL_WINDOW_MAX of them come before
	 * channel_consumed() is called.
	 */
	void (*data)(void *owner, const void *data, size_t n);
	void (*stderr_data)(void *owner, const void *data, size_t n);
	void (*end)(void *owner);
	/*
	 * The process at the far end has exited. What is queued for it is dropped; only
	 * channel_end() may follow.
	 */
	void (*exited)(void *owner, uint32_t status);
	/* channel_room() has grown; also after channel_end(), as long as data leaves. */
	void (*writable)(void *owner);
	/*
	 * The last event: the channel is gone after it. NULL: both ends of data and the
	 * exit status were exchanged.
	 */
	void (*closed)(void *owner, const char *reason);
};

/* All channels of one link. */
struct channels {
	struct link *link;		/* borrowed */
	struct channel *first;		/* owned */
	unsigned count;
	size_t extra;			/* bytes by which all windows together have grown */
	uint32_t next;			/* number of the next channel_open() */
	uint32_t announced;		/* the highest number that the peer has announced */
	struct channel *turn;		/* borrowed: whose turn it is, or NULL */
};

void channels_init(struct channels *c, struct link *link, bool odd);

/* Closes every channel with the reason, without telling the peer. */
void channels_finish(struct channels *c, const char *reason);

/*
 * Takes a record of type ACCEPT to CLOSE. Returns NULL, or the rule that the record
 * breaks, as "field: rule"; the link should then end with "protocol".
 */
const char *channels_record(struct channels *c, const struct record *record);

/*
 * For link_events.fill: queues one record of the next channel in turn that can send.
 * False if none can.
 */
bool channels_fill(struct channels *c);

/*
 * Makes a channel; the caller announces its number by starting-push. NULL when there are
 * CHANNELS_PER_LINK, when the link has ended or when the numbers are used up.
 */
struct channel *channel_open(struct channels *c, const struct channel_events *events, void *owner);

/*
 * The peer granted this credit, at most CREDIT_MAX, before the channel was opened: the channel
 * is open without ACCEPT. Called right after channel_open().
 */
void channel_grant(struct channel *ch, uint32_t window);

/*
 * The peer has announced a channel of this number. False if the number is one of ours, or
 * not above all that the peer announced before.
 */
bool channel_announced(struct channels *c, uint32_t number);

/*
 * Takes a channel that the peer has announced. NULL if the number was not announced, is
 * one of ours or is in use, if there are CHANNELS_PER_LINK, or if ACCEPT cannot be sent.
 */
struct channel *channel_accept(struct channels *c, uint32_t number,
			       const struct channel_events *events, void *owner);
/* The same without ACCEPT: the peer knows that CHANNEL_WINDOW is granted. */
struct channel *channel_take(struct channels *c, uint32_t number,
			     const struct channel_events *events, void *owner);

/* Whether channels of this number are made by our side, by its parity. */
bool channel_number_is_ours(const struct channels *c, uint32_t number);

/*
 * Whether the channel carries data: the peer has accepted it, or we have accepted the
 * peer's.
 */
bool channel_is_open(const struct channel *ch);

uint32_t channel_number(const struct channel *ch);

/* From now on this owner gets the events. */
void channel_set_events(struct channel *ch, const struct channel_events *events, void *owner);

/*
 * How many bytes channel_write() should be given now. A channel queues as much as the
 * peer wants, but at least CHANNEL_WINDOW and at most CHANNEL_WINDOW_MAX. All channels of
 * a link together queue at most CHANNELS_EXTRA_MAX beyond their CHANNEL_WINDOWs.
 */
size_t channel_room(const struct channel *ch);

/* Queues data; all of it is taken. Not after channel_end(). */
void channel_write(struct channel *ch, const void *data, size_t n);
/*
 * Queues standard error, up to CHANNEL_STDERR_MAX bytes in all; the rest is dropped, and
 * so is what comes after the exit status was sent.
 */
void channel_write_stderr(struct channel *ch, const void *data, size_t n);
void channel_end(struct channel *ch);
/*
 * Queues the exit status, which the serving side sends last, after all data. Includes
 * channel_end(); write no data after it.
 */
void channel_exit(struct channel *ch, uint32_t status);
/* The owner has passed on n bytes. Gives credit back when it is worth a record. */
void channel_consumed(struct channel *ch, size_t n);

/*
 * Closes the channel at once; queued data is dropped. events->closed(reason) is called
 * before return.
 */
void channel_close(struct channel *ch, const char *reason);

/*
 * Whether all that is to be sent was written, and how many bytes of it have not left yet. False:
 * more may be written.
 */
bool channel_rest(const struct channel *ch, uint64_t *left);

/* Bytes sent and received so far, for status. */
uint64_t channel_sent(const struct channel *ch);
uint64_t channel_received(const struct channel *ch);

#endif
