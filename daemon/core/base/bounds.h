/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_BOUNDS_H
#define CORE_BOUNDS_H

/*
 * Every bound of the broker, in one place. Times are milliseconds and sizes bytes, unless
 * a comment names another unit. With these bounds the broker's memory is bounded, whatever
 * a trusted but hostile buddy sends; Documentation/limits.md adds them up.
 */

enum {
	/* records and links */
	RECORD_PAYLOAD_MAX = 16384 - 12,	/* a record never needs more than one TLS record */
	LINK_CONTROL_QUEUE_MAX = 1024,		/* control records that wait to be sent; one more
						   ends the link */
	LINK_UNACKED_FIRST = 1024 * 1024,	/* unacknowledged bytes after which data waits, on
						   a new path; they are kept for replay */
	LINK_UNACKED_MAX = 16 * 1024 * 1024,	/* the same on a path that is long and fast */
	LINK_ACK_BYTES = 256 * 1024,		/* received bytes after which an acknowledgement
						   is sent at the latest; mostly it goes along
						   with credit */
	LINK_ACK_DELAY = 250,			/* the longest delay of an acknowledgement */
	LINK_PING_IDLE = 60 * 1000,		/* silence before a PING, on a link at rest */
	LINK_PING_BUSY = 2 * 1000,		/* the same while something is open or
						   unacknowledged */
	LINK_PING_TIMEOUT = 10 * 1000,		/* a path with a PING unanswered for this long is
						   dead */
	LINK_PROBE_TIMEOUT = 3 * 1000,		/* the same when there was reason to doubt the
						   path */
	LINK_TRIAL = 10 * 1000,			/* so long a path is on trial that a link has left
						   a working one for */
	LINK_PING_TRIAL = 500,			/* silence before a PING, on trial and busy */
	LINK_HELLO_TIMEOUT = 10 * 1000,
	/* an attempt of ours that is unanswered for longer does not win a collision */
	LINK_COLLISION_MAX = 2 * 1000,
	LINK_SUSPEND_MAX = 10 * 60 * 1000,	/* a link without a path ends after this; the
						   configuration may set another time */
	ABSENCE_GRACE = 3 * 1000,		/* for a device whose presence went away while we
						   stayed online */
	ABSENCE_RETURN = 20 * 1000,		/* for a device that lost its connection together
						   with us, and should come back */
	LINK_IDLE_CLOSE = 10 * 60 * 1000,	/* a link ends after this without a channel or
						   negotiation */
	LINK_VERSION_KEPT = 60 * 60 * 1000,	/* a device that speaks none of our protocols is
						   not tried again before this */

	/* meetings */
	MEETING_TIME = 60 * 1000,		/* a meeting ends after this, whatever it is for */
	MEETING_RECORDS_MAX = 32,		/* MEET records taken in one meeting */
	MEETING_KINDS_MAX = 8,
	COMPARISONS_MAX = 256,			/* kept; and JIDs whose comparisons are counted */
	COMPARISONS_AT_ONCE = 5,		/* with one JID, whichever side begins */
	COMPARISON_PAUSE = 60 * 1000,		/* then one in this time */
	COMPARISON_KEPT = 10 * 60 * 1000,	/* how long the words are shown */

	/* channels */
	CHANNELS_PER_LINK = 64,
	CHANNEL_WINDOW = 512 * 1024,		/* initial credit in each direction */
	CHANNEL_WINDOW_MAX = 8 * 1024 * 1024,	/* credit where the initial one does not fill the
						   path */
	CHANNELS_EXTRA_MAX = 32 * 1024 * 1024,	/* by how much all windows of a link may grow
						   together, in each direction */
	CHANNEL_STDERR_MAX = 64 * 1024,		/* standard error carried by one channel */
	CHANNEL_QUANTUM = 16384,		/* bytes of one turn in the deficit round robin */

	/* negotiation */
	NEGOTIATIONS_PER_DEVICE = 64,
	NEG_ANSWER_TIMEOUT = 15 * 1000,		/* for the answer to a can-push or push-request */
	NEG_START_NOTICE = 3 * 1000,		/* then the requester is told that the start takes
						   longer */
	NEG_START_TIMEOUT = 60 * 1000,		/* for the first sign of the service process */
	NEG_ACCEPT_TIMEOUT = 60 * 1000,		/* for the requester to take the channel */
	NEG_DEFER_RENEW = 20 * 1000,		/* how often a deferred pusher is told that it
						   still waits */
	NEG_DEFER_TIMEOUT = 60 * 1000,		/* a deferred pusher gives up after this without
						   being told */
	NEG_IDLE_PUSH = 2 * 1000,		/* an open push silent for this long does not hold
						   back others */
	NEG_ENDED_KEPT = 256,			/* ids of ended negotiations per device, to
						   recognise duplicates */

	/* outcomes of pushes whose link was lost */
	OUTCOMES_MAX = 32,
	OUTCOME_TAIL_MAX = 64 * 1024,		/* bytes kept of what git said after the pusher
						   had gone */
	OUTCOME_KEPT = 10 * 60 * 1000,
	OUTCOME_PATIENCE = 90 * 1000,		/* how long a pusher asks a device that is online */
	OUTCOME_ABSENT = 5 * 1000,		/* how long a pusher waits for a device that is
						   gone */
	UNSETTLED_MAX = 32,			/* own pushes whose outcome is unknown */
	OUTCOME_AGAIN = 1000,			/* between two questions while the push still runs
						   there */

	/* announcements, followed shares, queued pushes */
	ANNOUNCE_DEBOUNCE = 200,		/* after the last change of a ref */
	ANNOUNCE_DEBOUNCE_MAX = 2000,		/* after the first change, if they do not stop */
	ANNOUNCE_TIPS_MAX = 128,		/* refs in one announcement; the rest is left out */
	ANNOUNCE_RETRY_FIRST = 5 * 1000,	/* for a device that is online and could not be
						   told */
	ANNOUNCE_RETRY_MAX = 10 * 60 * 1000,
	ANNOUNCE_AT_ONCE = 8,			/* announcements under way at a time; each may
						   need a link */
	SHARES_MAX = 256,
	FOLLOWS_MAX = 256,
	FOLLOW_INTERVAL = 1000,			/* between two fetches of one followed share */
	FOLLOW_LOOK_INTERVAL = 100,		/* between two checks whether there is something
						   to fetch */
	FOLLOW_TURNS_MAX = 32,			/* follows that compare or fetch at a time */
	FOLLOW_APPEARED = 60 * 1000,		/* a buddy's appearance causes a new try only this
						   long after the last one */
	FOLLOW_SILENCE = 10 * 60 * 1000,	/* a fetch without progress for this long is
						   ended */
	FOLLOW_BACKOFF_FIRST = 5 * 1000,
	FOLLOW_BACKOFF_MAX = 30 * 60 * 1000,
	QUEUE_MAX = 256,
	QUEUE_RETRY_FIRST = 5 * 1000,
	QUEUE_RETRY_MAX = 30 * 60 * 1000,
	QUEUE_EXPIRY = 30 * 24 * 3600,		/* seconds */
	QUEUE_JUMP = 10 * 60,			/* seconds; a smaller jump of the clock is taken
						   for drift */

	/* what is read of an XML stream from the server; stanza-filter.h */
	STANZA_DEPTH_MAX = 64,			/* nested elements; deeper ones are left out */
	STANZA_ELEMENTS_MAX = 1000,		/* in a stanza that is not from our own server or
						   account */
	STANZA_ATTRIBUTES_MAX = 64,		/* of one element; one with more loses them all */
	STANZA_NAME_MAX = 1024,			/* of an element, with its namespace */
	STANZA_WEIGHT_MAX = 16 * 1024 * 1024,	/* of a stanza in memory: a roster of BUDDIES_MAX
						   is one stanza */
	STANZA_SIZE_MAX = 4 * 1024 * 1024,	/* of a stanza in the stream; to exceed it, or a
						   bound up to STREAM_HEADER_MAX, ends the
						   connection */
	STANZA_TAG_MAX = 1024 * 1024,
	STANZA_DEPTH_CUT = 100 * 1000,
	STANZA_RESCAN_MAX = 256 * 1024 * 1024,	/* bytes read again of one tag that comes in
						   pieces */
	STREAM_HEADER_MAX = 16 * 1024,
	STREAM_PARSER_MAX = 1024 * 1024,	/* bytes that one parser gets, because it keeps
						   each name that it has seen */

	/* in-band bytestreams */
	IBB_BLOCK = 5700,			/* block size: what we offer, and the most that we
						   accept; a stanza stays under 8 KiB */
	IBB_BLOCK_MIN = 512,			/* the least that we accept: of smaller blocks
						   most would be overhead */
	IBB_IN_FLIGHT_MAX = 64 * 1024,
	IBB_STANZAS_MAX = 16,
	IBB_URGENT = 512,			/* a block of control records that may leave
						   although the window is full; one at a time */
	IBB_STANZAS_UNFINISHED = 2,		/* in flight before the path carries a link */
	IBB_TAKEN_UNFINISHED = 64,		/* blocks accepted until then; each is
						   acknowledged, and may be empty */
	IBB_OPEN_TIMEOUT = 10 * 1000,
	IBB_ACK_TIMEOUT = 30 * 1000,
	IBB_ANSWER_DELAY = 10,			/* the longest that the answer to a block waits
						   for a block of our own to go with */
	ACCEPTORS_PER_DEVICE = 4,		/* TCP paths whose HELLO has not come */
	IBB_MAX = 256,				/* in-band paths; shared as quota.h says */

	/* answers to what others ask over XMPP; answers.h */
	ANSWERS_TO_BUDDIES = 64,
	ANSWERS_BUDDIES_TIME = 4 * 1000,	/* how long an answer takes a place */
	ANSWERS_TO_STRANGERS = 8,
	ANSWERS_STRANGERS_TIME = 8 * 1000,
	ANSWERED_ID_MAX = 128,			/* bytes; a request with a longer id gets no
						   answer */
	ANSWERED_STRANGER_MAX = 256,		/* bytes; nor does a stranger with a longer JID */
	ANSWERS_QUEUED_MAX = 256,		/* stanzas that wait to be sent; with more, only
						   our own server is answered */

	/* contacts, their devices and requests */
	BUDDIES_MAX = 10000,
	BUDDY_GROUPS_MAX = 1024,		/* bytes of the names of a buddy's groups */
	DEVICES_PER_BUDDY = 16,
	AWAY_PER_BUDDY = 4,			/* full JIDs where a broker was seen last */
	DEVICE_VOUCHES_MAX = 8,			/* devices for which one device may vouch */
	DEVICE_REVOKES_MAX = 16,		/* devices that one device may revoke */
	DEVICE_UNMET_MAX = 4,			/* revoked devices of a person that never came */
	DEVICE_NEWS_AT_ONCE = 8,		/* devices to which a link is being made, to tell
						   them of a revocation */
	LAST_SEEN_STEP = 3600,			/* seconds; how exactly it is kept when a device
						   was last seen */
	PENDING_DEVICES_MAX = 16,
	PENDING_EXPIRY = 7 * 24 * 3600,		/* seconds */
	PENDING_SETTLED = 60,			/* seconds; then a pending device makes room for
						   another one of the same JID */
	STRANGERS_MAX = 16,			/* JIDs that ask to be a buddy and are not in the
						   roster */
	EXPECTATION_MAX = 7 * 24 * 3600,	/* seconds for which add and accept admit a first
						   device */
	REQUESTS_FRESH = 60 * 1000,		/* a contact is not asked again sooner, not even
						   by the user */
	REQUESTS_REST = 65 * 1000,		/* a request is repeated only this long after our
						   last subscription stanza */
	REQUESTS_AT_ONCE = 2,
	INVITATIONS_MAX = 32,			/* invitations that are kept, open or over */
	INVITATION_KEPT = 30 * 24 * 3600,	/* seconds for which one that is over is kept */
	INVITATION_DAYS_MAX = 30,		/* for which one may be open */
	JOININGS_MAX = 16,			/* invitations of others that wait to be used */
	JOINING_PAUSE_FIRST = 15 * 1000,	/* ms between two attempts to use one, */
	JOINING_PAUSE_MAX = 10 * 60 * 1000,	/* at most */
	INVITATION_LOOKS = 16,			/* bytestreams of strangers that are looked up among
						   the invitations: of a domain so many at once, */
	INVITATION_LOOK_EVERY = 2000,		/* ms; then one in this time */
	BLOCKLIST_MAX = 10000,			/* entries kept of the server's blocklist */

	/* questions to buddies who are not seen; inquiry.h */
	INQUIRY_SETTLE = 3 * 1000,		/* after a login presences may still come without
						   a question */
	INQUIRY_FIRST = 5 * 1000,		/* the first pause between two rounds of a domain */
	INQUIRY_EAGER = 60 * 1000,		/* the longest pause while somebody waits, or the
						   domain cannot be reached */
	INQUIRY_MAX = 30 * 60 * 1000,		/* the longest pause otherwise */
	INQUIRY_AT_ONCE = 8,			/* people of one domain asked at a time */
	INQUIRY_MORE = 1000,
	INQUIRY_PATIENCE = 2 * 1000,		/* how long an answer to a directed presence is
						   waited for */
	INQUIRY_TIMEOUT = 10 * 1000,		/* for the answer to a ping */

	/* serving */
	SERVICES_MAX = 64,			/* git processes serving others */
	SERVICE_SILENT = 60 * 1000,		/* then a silent service that only reads may be
						   ended, to make room */
	ORPHAN_LIMIT = 60 * 60 * 1000,		/* a push whose link was lost is ended after this */
	UNASKED_LIMIT = 30 * 1000,		/* or after this, if git was not sent a byte, and so
						   has begun nothing */
	DRAIN_PATIENCE = 60 * 1000,		/* how long a broker that is to stop lets transfers
						   go on */
	STOP_PATIENCE = 5 * 1000,		/* how long a broker that stops waits for pushes
						   to end */
	GIT_CPU_MAX = 2 * 3600,			/* seconds of processor time for each git process
						   run for others */
	CLIENTS_MAX = 128,			/* connections on the Unix socket */
	LOOKUPS_MAX = 2,			/* of host names that others offer, at a time;
						   libuv allows no more */

	/* what somebody shares with us; share-answers.h, share-list.h */
	SHARE_ANSWERS_MAX = 16,			/* devices that are answered, one after the other */
	SHARES_ASKED_BURST = 32,			/* questions of one JID at once */
	SHARES_ASKED_EVERY = 5 * 1000,		/* then one per this time */
	SHARE_LIST_AT_ONCE = 16,		/* devices that one list asks at a time */
	SHARES_PATIENCE = 15 * 1000,		/* for the answer of a device */

	/* what the user is told; notices.h */
	NOTICES_MAX = 512,			/* shared as quota.h says */
	NOTICE_DETAIL_MAX = 256,		/* bytes; of an item, too */
	NOTICE_KEPT = 3600,			/* seconds for which one that has ended is not told
						   anew */
	NOTICE_NEWS_KEPT = 24 * 3600,		/* seconds that news stands after it was said */
	NOTICE_NEWS_MAX = 30 * 24 * 3600,	/* seconds that news stands if nobody reads it */
	NOTICE_LINES_MAX = 4,			/* lines that one command is told; the last one
						   stands for the rest */
	NOTIFY_BURST = 5,			/* runs of xmpp.notifyCommand at once */
	NOTIFY_EVERY = 60 * 1000,		/* then one per this time */
	NOTIFY_STRANGERS_EVERY = 10 * 60 * 1000,	/* the same for strangers, at all times */
	NOTIFY_MAX = 30 * 1000,			/* one that runs for longer is ended */

	/* the log and the journal */
	LOG_BURST = 50,				/* lines that one party may cause at once */
	LOG_EVERY = 10 * 1000,			/* then one line per this time */
	EVENTS_BURST = 500,			/* the same for the journal: a tenth of what it
						   keeps */
	EVENTS_EVERY = 60 * 1000,
	LOG_PARTIES_MAX = 256,
};

#endif
