/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_BOUNDS_H
#define CORE_BOUNDS_H

/*
 * Every bound of the broker, in one place. Times are milliseconds, sizes
 * bytes. With these, the broker's memory is bounded whatever a trusted but
 * hostile buddy sends; Documentation/limits.md adds them up.
 */

enum {
	/* records and links */
	RECORD_PAYLOAD_MAX = 16384 - 12,	/* a record fills one TLS record at most */
	LINK_CONTROL_QUEUE_MAX = 1024,		/* control records waiting; more ends the link */
	LINK_UNACKED_FIRST = 1024 * 1024,	/* bytes kept for replay before data waits, on a new
						   path */
	LINK_UNACKED_MAX = 16 * 1024 * 1024,	/* and on one that is long and fast */
	LINK_ACK_BYTES = 256 * 1024,		/* acknowledged at the latest after so many; mostly
						   along with credit */
	LINK_ACK_DELAY = 250,			/* or after so long */
	LINK_PING_IDLE = 60 * 1000,		/* nothing heard: ask (link at rest) */
	LINK_PING_BUSY = 2 * 1000,		/* nothing heard with something open or
						   unacknowledged */
	LINK_PING_TIMEOUT = 10 * 1000,		/* asked and nothing heard: the path is dead */
	LINK_PROBE_TIMEOUT = 3 * 1000,		/* the same, where there was reason to doubt the
						   path */
	LINK_HELLO_TIMEOUT = 10 * 1000,
	/* an attempt of ours not answered for longer does not win any more */
	LINK_COLLISION_MAX = 2 * 1000,
	LINK_SUSPEND_MAX = 10 * 60 * 1000,	/* without a path, then the link ends; unless set
						   otherwise */
	ABSENCE_GRACE = 3 * 1000,		/* for a device whose presence went away while ours
						   stayed */
	ABSENCE_RETURN = 20 * 1000,		/* for one that is to come back from the same loss
						   as we */
	LINK_IDLE_CLOSE = 10 * 60 * 1000,	/* without a channel or negotiation */
	LINK_VERSION_KEPT = 60 * 60 * 1000,	/* who speaks no protocol of ours is not asked
						   before */

	/* channels */
	CHANNELS_PER_LINK = 64,
	CHANNEL_WINDOW = 512 * 1024,		/* credit at the start, each direction */
	CHANNEL_WINDOW_MAX = 8 * 1024 * 1024,	/* and where that does not fill the path */
	CHANNELS_EXTRA_MAX = 32 * 1024 * 1024,	/* by which all of a link together grow, each
						   direction */
	CHANNEL_STDERR_MAX = 64 * 1024,		/* of standard error carried per channel */
	CHANNEL_QUANTUM = 16384,		/* deficit round robin */

	/* negotiation */
	NEGOTIATIONS_PER_DEVICE = 64,
	NEG_ANSWER_TIMEOUT = 15 * 1000,		/* can-push or push-request unanswered */
	NEG_START_NOTICE = 3 * 1000,		/* then who asked is told that it takes longer */
	NEG_START_TIMEOUT = 60 * 1000,		/* the service process gave no sign */
	NEG_ACCEPT_TIMEOUT = 60 * 1000,		/* who asked for a service does not take its
						   channel */
	NEG_DEFER_RENEW = 20 * 1000,		/* who is kept waiting hears of it so often */
	NEG_DEFER_TIMEOUT = 60 * 1000,		/* and gives up when it does not */
	NEG_IDLE_PUSH = 2 * 1000,		/* an open push without a byte holds nobody back */
	NEG_ENDED_KEPT = 256,			/* ids per device, for duplicates */

	/* outcomes of pushes whose link was lost */
	OUTCOMES_MAX = 32,
	OUTCOME_TAIL_MAX = 64 * 1024,		/* of what git said after the pusher had ended */
	OUTCOME_KEPT = 10 * 60 * 1000,
	OUTCOME_PATIENCE = 90 * 1000,		/* how long a pusher asks a device that is there */
	OUTCOME_ABSENT = 5 * 1000,		/* and waits for one that is not */
	UNSETTLED_MAX = 32,			/* pushes of ours of which nobody knows yet what
						   became of them */
	OUTCOME_AGAIN = 1000,			/* while the push still runs there */

	/* announcements, followed shares, queued pushes */
	ANNOUNCE_DEBOUNCE = 200,		/* after the last move of a ref */
	ANNOUNCE_DEBOUNCE_MAX = 2000,		/* after the first one, if they do not stop */
	ANNOUNCE_TIPS_MAX = 128,		/* refs in one announcement; more are cut */
	ANNOUNCE_RETRY_FIRST = 5 * 1000,	/* to a device that is online and could not be
						   told */
	ANNOUNCE_RETRY_MAX = 10 * 60 * 1000,
	ANNOUNCE_AT_ONCE = 8,			/* tellings under way; each may need a link */
	SHARES_MAX = 256,
	FOLLOWS_MAX = 256,
	FOLLOW_INTERVAL = 1000,			/* between two fetches of one followed share */
	FOLLOW_LOOK_INTERVAL = 100,		/* between two looks whether there is something to
						   fetch */
	FOLLOW_TURNS_MAX = 32,			/* comparing or fetching */
	FOLLOW_APPEARED = 60 * 1000,		/* since the last try, for a buddy who appears to be
						   tried at once */
	FOLLOW_SILENCE = 10 * 60 * 1000,	/* a fetch that shows no progress is ended */
	FOLLOW_BACKOFF_FIRST = 5 * 1000,
	FOLLOW_BACKOFF_MAX = 30 * 60 * 1000,
	QUEUE_MAX = 256,
	QUEUE_RETRY_FIRST = 5 * 1000,
	QUEUE_RETRY_MAX = 30 * 60 * 1000,
	QUEUE_EXPIRY = 30 * 24 * 3600,		/* seconds */
	QUEUE_JUMP = 10 * 60,			/* seconds; what is less is drift */

	/* what is read of a stream from the server */
	STANZA_DEPTH_MAX = 64,			/* elements within each other; what is deeper is
						   left out */
	STANZA_ELEMENTS_MAX = 1000,		/* but of our own server and account */
	STANZA_ATTRIBUTES_MAX = 64,		/* of one element; more are left out */
	STANZA_NAME_MAX = 1024,			/* of an element, with its namespace */
	STANZA_WEIGHT_MAX = 16 * 1024 * 1024,	/* in memory: a roster of BUDDIES_MAX is one
						   stanza */
	STANZA_SIZE_MAX = 4 * 1024 * 1024,	/* as it comes; more ends the connection, as all
						   below */
	STANZA_TAG_MAX = 1024 * 1024,
	STANZA_DEPTH_CUT = 100 * 1000,
	STANZA_RESCAN_MAX = 256 * 1024 * 1024,	/* of one tag that comes in pieces */
	STREAM_HEADER_MAX = 16 * 1024,
	STREAM_PARSER_MAX = 1024 * 1024,	/* bytes that one parser gets: it keeps each name
						   that it has seen */

	/* in-band bytestreams */
	IBB_BLOCK = 5700,			/* offered, and the most that is taken; a stanza
						   stays under 8 KiB */
	IBB_BLOCK_MIN = 512,			/* the least: smaller ones would be mostly stanza */
	IBB_IN_FLIGHT_MAX = 64 * 1024,
	IBB_STANZAS_MAX = 16,
	IBB_STANZAS_UNFINISHED = 2,		/* before a link is made of it */
	IBB_TAKEN_UNFINISHED = 64,		/* blocks until then; each is acknowledged, and may
						   be empty */
	IBB_OPEN_TIMEOUT = 10 * 1000,
	IBB_ACK_TIMEOUT = 30 * 1000,
	ACCEPTORS_PER_DEVICE = 4,		/* paths over TCP whose HELLO has not come */
	IBB_MAX = 256,				/* all of them; shared as quota.h says */

	/* answers to what others ask over XMPP; answers.h */
	ANSWERS_TO_BUDDIES = 64,
	ANSWERS_BUDDIES_TIME = 4 * 1000,	/* each counts for so long */
	ANSWERS_TO_STRANGERS = 8,
	ANSWERS_STRANGERS_TIME = 8 * 1000,
	ANSWERED_ID_MAX = 128,			/* a longer one gets none */
	ANSWERED_STRANGER_MAX = 256,		/* nor does a stranger whose JID is longer */
	ANSWERS_QUEUED_MAX = 256,		/* stanzas that wait to be sent: then nobody else is
						   answered */

	/* who may be known */
	BUDDIES_MAX = 10000,
	DEVICES_PER_BUDDY = 16,
	AWAY_PER_BUDDY = 4,			/* full JIDs at which a broker was last seen */
	PENDING_DEVICES_MAX = 16,
	PENDING_EXPIRY = 7 * 24 * 3600,		/* seconds */
	PENDING_SETTLED = 60,			/* seconds; then it makes room for another one of
						   the same JID */
	STRANGERS_MAX = 16,			/* who want to be a buddy and are not in the
						   roster */
	EXPECTATION_MAX = 7 * 24 * 3600,	/* seconds that add and accept are open for a first
						   device */
	REQUESTS_FRESH = 60 * 1000,		/* who was asked to be seen is not asked again so
						   soon, even by the user */
	REQUESTS_REST = 65 * 1000,		/* since our last stanza about a subscription, for a
						   request to be made again */
	REQUESTS_AT_ONCE = 2,
	BLOCKLIST_MAX = 10000,			/* entries of the server's list of who is blocked */

	/* questions to who is not seen; inquiry.h */
	INQUIRY_SETTLE = 3 * 1000,		/* after a login presences may still come by
						   themselves */
	INQUIRY_FIRST = 5 * 1000,		/* from one round of a domain to the next, at
						   first */
	INQUIRY_EAGER = 60 * 1000,		/* at most, while somebody waits or the domain
						   cannot be reached */
	INQUIRY_MAX = 30 * 60 * 1000,		/* at most, otherwise */
	INQUIRY_AT_ONCE = 8,			/* people of a domain; the next ones a second
						   later */
	INQUIRY_MORE = 1000,
	INQUIRY_PATIENCE = 2 * 1000,		/* whoever has asked waits so long for who may show
						   themselves */
	INQUIRY_TIMEOUT = 10 * 1000,		/* for the answer to a ping */

	/* serving */
	SERVICES_MAX = 64,			/* git processes serving others */
	SERVICE_SILENT = 60 * 1000,		/* then one that only reads makes room, if there is
						   none */
	ORPHAN_LIMIT = 60 * 60 * 1000,		/* for a push to end whose link was lost, then it is
						   ended */
	STOP_PATIENCE = 5 * 1000,		/* a broker that stops waits so long for pushes to
						   end */
	GIT_CPU_MAX = 2 * 3600,			/* seconds of a processor, of each git process for
						   others */
	CLIENTS_MAX = 128,			/* connections on the Unix socket */
	LOOKUPS_MAX = 2,			/* of names that others offer; libuv lets no more
						   run at a time */

	/* the log and the journal */
	LOG_BURST = 50,				/* lines that one party may cause at once */
	LOG_EVERY = 10 * 1000,			/* and then one in so long */
	EVENTS_BURST = 500,			/* the same of the journal: a tenth of what it
						   keeps */
	EVENTS_EVERY = 60 * 1000,
	LOG_PARTIES_MAX = 256,
};

#endif
