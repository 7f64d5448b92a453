/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_SIM_H
#define T_SIM_H

/*
 * The simulator: a few brokers with the real core (links, channels, negotiations, service
 * requests, presence, announcements) in one process, inside a world made from one seed: a
 * server, paths, git processes, users, and the faults that befall them. Time is virtual and
 * jumps from event to event. When it goes on the invariants are checked (sim-check.c).
 * Documentation/simulation.md describes it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "absence.h"
#include "admission.h"
#include "announcer.h"
#include "attempts.h"
#include "buf.h"
#include "candidates.h"
#include "channel.h"
#include "context.h"
#include "device-news.h"
#include "follower.h"
#include "git-service.h"
#include "inquirer.h"
#include "join-attempt.h"
#include "join-waiting.h"
#include "link.h"
#include "negotiation.h"
#include "path-manager.h"
#include "path-selector.h"
#include "path.h"
#include "peer.h"
#include "peers.h"
#include "presence.h"
#include "punch.h"
#include "quota.h"
#include "service-request.h"
#include "session.h"
#include "share-answers.h"
#include "share-list.h"
#include "trust.h"

enum {
	BROKERS_MAX = 4,
	SHARES = 2,
	SHARE_NAME_ROOM = 8,
	WIRES_MAX = 128,
	INBANDS_MAX = 32, /* in-band paths of a broker; fewer than IBB_MAX, so
			     that the limit can be exceeded */
	STREAMS_MAX = 64,
	PUNCHERS_MAX = 64,
	PROCESSES_MAX = 512,
	PROCESS_CHAINS = 1024,
	PROCESS_WORDS = PROCESSES_MAX / 64,
	WIRE_WORDS = WIRES_MAX / 64,
	HELPERS_MAX = 256,
	TELLS_MAX = 512,
	ISSUED_MAX = 12, /* links of invitations */
	EVENTS_MAX = 8192,
	PACKET = 1200, /* bytes of a block that pass where the way is narrow */
	FLOW_MAX = 32, /* blocks in flight: the window and a close */
	OUTCOMES = 256,
	KEPT = 128,
	IDS_KEPT = 32,
	PATTERN = 64 * 1024,
	PATTERN_ROOM = PATTERN + 16 * 1024,
	STREAM_HEADER = 4 + 40 + 1 + 40 + 16 + 4, /* each stream begins with its length */
};

struct world;

/*
 * What may happen in the run of a seed, and how often: in thousandths, unless a unit is
 * given.
 */
struct swarm {
	unsigned delay_max;		/* ms until a block arrives */
	unsigned block;			/* bytes of a block */
	unsigned window;		/* bytes in flight */
	unsigned span;			/* ms of faults before everything heals */
	unsigned every;			/* ms between two faults */
	unsigned helpers, moves;	/* numbers of requests, and of moves of refs */
	unsigned path_loss, path_silent, open_fails, open_silent;
	unsigned account_loss, crash;
	unsigned end_loss;		/* loss of an account when a push has sent everything */
	unsigned presence_late, presence_lost, presence_twice;
	bool presence_disorder;
	unsigned inventions;		/* false presences and errors */
	bool forgetful;			/* presences are not repeated when everything heals */
	unsigned child_hangs, child_fails, child_dies, child_late, slow_reader;
	unsigned helper_killed, nested;
	unsigned big;			/* streams longer than the windows */
	unsigned push_size;		/* bytes of each push; 0: at random */
	unsigned denied, untrusted;
	unsigned trust_events;		/* how often a user decides about a device */
	bool announcements, follows;
	bool paths;			/* there are better kinds of path than in-band */
	bool punches;			/* some of them reach each other if both connect at once */
	bool one_nat;			/* the first two are behind one NAT at first */
	bool hairpins;			/* ... which brings them together by its outer address */
	bool isolates;			/* ... and does not let them reach each other inside */
	bool withholds;			/* proxies hold back the last bytes of bursts */
	unsigned network_changes, dial_changes, reloads, holes;
	unsigned demands;		/* how often a user forces a kind of path */
	bool picky;			/* one broker allows only some kinds of path */
	bool parting;			/* two brokers lose each other for good */
	int hostile;			/* index of the hostile broker; -1: none */
	bool mute;			/* the hostile broker acknowledges nothing */
	unsigned relays;		/* how often it relays, as its own, paths that others
					   open to it */
	unsigned compares;		/* how often a user compares devices */
	unsigned invites;		/* how often users invite, or join */
	bool greedy;			/* its whole account takes all places it can, and
					   nothing else happens */
};

/* Events */

enum event_kind {
	EVENT_ARRIVES,	   /* a block, or a close: slot is a wire, arg the end that sent
			      it */
	EVENT_ESTABLISHED, /* slot is a wire */
	EVENT_CUT,	   /* an end learns that its path is gone: slot is a wire, arg the
			      end */
	EVENT_CHILD,	   /* slot is a process, arg a step */
	EVENT_HELPER,	   /* slot is a helper, arg a step */
	EVENT_PRESENCE,	   /* slot is a broker, arg the presence from the server */
	EVENT_QUESTION,	   /* slot is a broker, arg a ping to another one */
	EVENT_LOGIN,	   /* slot is a broker */
	EVENT_GRACE,	   /* slot is a broker, arg its login */
	EVENT_START,	   /* slot is a broker: its user does something */
	EVENT_MOVE,	   /* slot is a broker: the refs of one of its shares move */
	EVENT_FATE,
	EVENT_CUT_OFF, /* slot is a broker: its connection is lost, and the server
			  notices */
	EVENT_REFS,    /* slot is a broker, arg a watch of its refs, or a read of them */
	EVENT_FOLLOW,  /* slot is a broker, arg a comparison, or a fetch that could
			  not start */
	EVENT_LOOK,    /* slot is a broker, arg a look into one of its repositories */
	EVENT_STREAM,  /* slot is a stream, arg a step */
	EVENT_PUNCH,   /* slot is a puncher, arg one of its slots, or its timer */
	EVENT_NETWORK, /* slot is a broker: it notices that its network has changed */
	EVENT_PART,    /* slot is a broker, arg another one: from now on nothing
			  passes between them */
	EVENT_PARTED,  /* the same two: by now neither may still have their old link */
	EVENT_REQUEST, /* slot is a broker: its request to be a contact, to the account
			  that is arg */
	EVENT_TIMER,   /* none of the heap: a broker's own timer */
	EVENT_KINDS,
};

struct event {
	uint64_t at, order;
	enum event_kind kind;
	uint32_t slot, generation;
	uint64_t arg;
};

/* Paths */

struct wire_end {
	struct path path;		/* first; belongs to the owner of this end */
	bool used;
	struct broker *broker;
	char full[64];			/* of an in-band path: the JID it goes to */
	struct buf plain;		/* bytes that arrived and are not consumed */
	bool kicked;
	bool dry;			/* its owner had nothing to send, and has not
					   kicked since */
	/* towards the other end */
	struct buf out;			/* bytes sent, not in a block yet */
	struct buf flight;
	uint32_t blocks[FLOW_MAX];	/* sizes; 0 is the close */
	unsigned first, count;
	uint64_t last_at;
	bool beyond;			/* a block left although the window was full */
	bool stuck;			/* the way is narrow, and nothing arrives any more */
	bool held;			/* the proxy holds the last block back until more comes */
	struct quota_place place;	/* of an in-band path */
};

struct wire {
	uint32_t generation;
	bool used, up, dead;		/* dead: nothing arrives any more */
	bool raw;			/* opened by a hostile broker without a link */
	char sid[JOIN_SID_LEN + 1];	/* of a path that an invitation opens; else empty */
	struct broker *relay;		/* a hostile broker between the ends, which each takes
					   for the other; borrowed, or NULL */
	bool silent;			/* raw, and nothing is sent on it */
	enum path_kind kind;
	int hole;			/* blocks until nothing arrives any more; negative: no
					   limit */
	bool narrow;			/* the first block above PACKET is the last of its
					   direction */
	uint32_t target;		/* the resource or port it is opened to */
	struct dialer *dialer;		/* the attempt of a direct path that is not up;
					   borrowed */
	struct s5b *stream;		/* the same of a path through a proxy; borrowed */
	struct puncher *puncher;	/* the same of one that both sides open, of the side that
					   offered; borrowed */
	struct wire_end end[2];		/* [0] is the initiator's */
};

/* An attempt to dial a device, in the place of daemon/transport/dialer.c. */
struct dialer {
	bool used;
	const struct dialer_events *events;
	void *owner;
	struct wire *wire;		/* borrowed, until it is up or gone */
	struct pass pass;		/* the device's pass, and which use of it this is */
	uint64_t number;
	unsigned char fp[FINGERPRINT_BYTES];
};

/* A bytestream through a proxy, in the place of daemon/transport/s5b.c. */
struct s5b {
	bool used;
	uint32_t generation;
	struct broker *broker, *other;
	const struct s5b_events *events;
	void *owner;
	char sid[PASS_TOKEN_LEN + 1];
	bool offering, device_joined, joined;
	unsigned of;			/* index of the broker whose proxy it is */
	struct wire *wire;		/* the offering side's, once the proxy has connected
					   the two */
};

/* Both sides connect at once, in the place of daemon/transport/puncher.c. */
struct puncher {
	bool used;
	uint32_t generation;
	struct broker *broker, *other;
	const struct puncher_events *events;
	void *owner;
	char sid[PASS_TOKEN_LEN + 1];
	bool client;
	struct punch machine;
	uint64_t planned;		/* when its timer comes; 0: there is none */
	struct wire *wire;		/* of the client, from when the two connected until the
					   path is up */
	unsigned slot;			/* which has connected */
};

/* What the simulator records of a peer, in addition to the peer itself. */
struct note {
	struct broker *other;		/* the device; it exists whether or not its broker runs */
	const struct link_events *link;	/* the peer's own events; the simulator's observers
					   call them */
	const struct negotiation_events *negotiations;
	bool was_hostile;		/* the device was hostile when the link was made: its
					   bad records may still be on their way */
	unsigned attaches, tries;	/* counted to find flapping */
	uint64_t first_up;		/* 0: never */
	uint64_t parted_at;		/* when the two were parted: that link must end; 0:
					   they were not */
	struct path *seen;		/* the path that was counted last; never dereferenced */
	/* whether the can-push with this id has been answered */
	char asked[NEG_ID_LEN + 1];
	bool answered;
	/* what a hostile broker has received, to repeat it */
	char ids[IDS_KEPT][NEG_ID_LEN + 1];
	unsigned id_count;
	uint32_t channel_heard;
	unsigned heard;			/* records */
};

/* What an announcer has told a device, and what that device has received. */
struct telling_count {
	uint64_t version;		/* the newest one that the device should be told */
	uint32_t to_life;		/* the life of the device that was told; 0: none */
	unsigned tells;			/* how often it was told */
	/* what the device received in its present life from the announcer's present one */
	uint32_t by_life, heard_life, heard_by;
	uint64_t heard, heard_at;
	unsigned hearings;
	uint64_t refs;			/* the refs that it was told */
};

/* Whom a user has blocked, and where that is kept. */
enum blocked { BLOCKED_NOT, BLOCKED_BY_SERVER, BLOCKED_HERE };

/* The link of an invitation, and what is known of it. */
struct issued {
	struct invitation_link link;
	unsigned by; /* the index of the inviter */
	char id[INVITATION_ID_LEN + 1];
	bool held[BROKERS_MAX]; /* who has it */
	bool taken_back, used;
	/* the device as whose the inviter has kept it; without a place on the disk it may be so in
	   vain, and that device be trusted only later */
	const struct broker *spent_on;
};

/* What runs the git processes of a broker. */
struct service_host {
	struct broker *broker;
};

struct broker {
	struct world *world;
	unsigned index;
	unsigned account;		/* the index of its first device */
	char name[8], jid[16];		/* the jid is the account's */
	unsigned char fp[FINGERPRINT_BYTES];
	char device[DEVICE_ID_LEN + 1];
	bool hostile;
	bool puppet;			/* hostile, and says only what a scenario makes it say */
	/* these last for one life */
	struct context context;		/* given to the core; its tables are those below */
	bool touched;			/* something of it may have changed since it was last
					   looked at */
	uint64_t looked_at;		/* the look that it was last part of */
	bool running;
	uint32_t life;			/* counts its lives; makes the instance */
	uint8_t instance[INSTANCE_BYTES];
	struct presence *presence;
	struct trust *trust;
	struct announcer *announcer;
	struct refwatch *watches;	/* owned; made by the announcer */
	struct refs_read *reads;	/* owned; reads of the announcer that are under way */
	uint32_t refs_steps;		/* counts the steps of watches and reads */
	struct follower *follower;
	struct refcompare *compares;	/* owned; comparisons of the follower that are under
					   way */
	struct git_run *fetches;	/* owned; fetches of the follower that are under way */
	uint32_t follow_steps;		/* counts the comparisons and fetches */
	struct device_news *device_news;
	struct share_answers share_answers;
	struct share_look *look;	/* owned */
	struct share_lists share_lists;
	struct listing *listings;	/* owned; lists that users wait for */
	struct comparisons *comparisons;
	struct admission admission;
	struct join_attempts join_attempts;
	struct join_waiting *join_waiting; /* owned */
	struct join_use *join_uses;	   /* owned; commands of its user */
	bool comparing;			/* a path that is opened now is no link's */
	struct inquirer *inquirer;
	struct question *questions;	/* owned; pings of the inquirer that are on their way */
	uint32_t questions_asked;	/* counts the questions */
	struct peers peers;
	struct peer *peer_of[BROKERS_MAX];	/* of each device; borrowed; NULL: there is none */
	struct note notes[BROKERS_MAX];	/* one for each device */
	struct sessions sessions;
	unsigned noted;			/* our pushes that are written down, because they may
					   be cut off */
	struct helper *helpers;
	struct git_services git_services;
	struct service_host host;
	uint64_t busy[PROCESS_WORDS];	/* a bit for each of its processes that is used or named */
	struct quota ibb_paths;
	bool online;
	uint64_t online_at;
	/* its surroundings */
	unsigned transport;		/* kinds of path that its user allows */
	bool has_proxy;
	uint32_t network;		/* counts its networks: an address is good in one
					   network only */
	/* at the server */
	uint32_t login;			/* counts its logins */
	uint32_t resource;		/* the last part of its full JID */
	bool shown;			/* the server takes it for online */
	uint32_t shown_life, shown_resource;
	uint64_t presence_at[BROKERS_MAX];	/* when the last presence of each broker
						   arrives */
	/* on disk */
	uint64_t refs[SHARES];		/* how often each share's refs moved */
	/* what its user wants; broker_configure() applies it */
	/* these go by account, for all its devices */
	bool may_fetch[SHARES][BROKERS_MAX], may_push[SHARES][BROKERS_MAX];
	bool trusts[BROKERS_MAX];
	struct buf trust_kept;		/* the trust table, from one life to the next */
	struct buf invitations_kept, joinings_kept; /* the same of these */
	bool wants_to_join[BROKERS_MAX];	    /* its user has used a link of this device, and
						       not decided against it since */
	bool thrown_out[BROKERS_MAX];	/* only its user may let this device in again */
	enum blocked blocks[BROKERS_MAX];	/* by account */
	bool said_no[BROKERS_MAX];	/* its user has told this device that the words differ */
	bool follow[BROKERS_MAX][SHARES];
	uint64_t fetched[BROKERS_MAX][SHARES];	/* version of the refs that was fetched last */
	struct telling_count told[BROKERS_MAX][SHARES];
	uint32_t met[BROKERS_MAX];	/* the life of each device that its announcer last met */
};

/* One direction of a channel. Each byte is determined by its place in the stream. */
struct sim_stream {
	uint32_t offset;
	uint64_t total, done;
	uint8_t header[STREAM_HEADER];
};

/* A git process that serves, from its start until some time after its end. */
struct service_process {
	bool used;			/* the process has not ended */
	uint32_t generation;
	struct broker *broker;
	uint32_t life;			/* of the broker when it started */
	struct broker *of;		/* the device it serves */
	const struct service_events *events;
	void *owner;			/* of the events */
	/* from git_service_start(); valid while there is a negotiation */
	void *serving;
	void (*gone)(void *arg);	/* not NULL: the process was left and told to end */
	void *gone_arg;
	enum service service;
	unsigned share;
	char id[NEG_ID_LEN + 1];	/* of the negotiation */
	struct service_process *chain;	/* world::by_id */
	uint64_t negotiated_at;		/* the look of all (world::looks) that last met its
					   negotiation */
	bool by_hostile;
	bool talked, paused, finishing, hangs, over;
	bool late;			/* the device's first byte came too late to keep its
					   turn */
	bool in_ended, cut;		/* its input ended; or was cut off, and it goes on
					   without its device */
	bool named, was_named;		/* named: a push whose commands have arrived, and whose
					   outcome is not known to be kept; was_named: it was
					   so once */
	uint64_t named_at;		/* bytes of output at that time */
	uint64_t talked_at;		/* when it began to talk, or was started */
	size_t held;			/* input that it has not read, in bytes */
	bool reading;
	struct sim_stream in, out;
	uint64_t advert, refs;
};

/* How a helper ended. */
struct ending {
	bool over, success;
	uint64_t at;
	char because[64];
};

/* git, its helper, and the user who waits for them: a client of a broker's session. */
struct helper {
	bool used;
	uint32_t generation;
	struct helper *next;		/* broker::helpers */
	struct broker *broker;
	struct session *session;	/* NULL once either side has ended it */
	enum service service;
	unsigned share, account;
	int device;			/* index of the device; -1: any of the account */
	struct broker *by;		/* the broker that serves it; NULL: none yet */
	char id[NEG_ID_LEN + 1];	/* of the negotiation; "" before there is one */
	bool final;			/* one of the last requests, which must succeed */
	bool background;		/* a fetch of the follower */
	bool held_up;			/* waits for its hook, or for the push of its hook */
	bool nested;			/* it is the push of a hook */
	uint32_t parent, parent_generation;
	bool demands;			/* it demands a kind of path of its peer */
	bool ended_out, exited;
	bool lost;			/* its push lost its link after everything was sent */
	enum message_id error;		/* the error that it was told */
	struct ending *ending;		/* borrowed, or NULL */
	unsigned status;
	size_t credit;			/* bytes that it may send */
	uint64_t began, unconsumed;
	bool reading;
	struct sim_stream in, out;
};

/* An announcement under way, observed between the announcer and the negotiation. */
struct tell {
	bool used;
	struct broker *broker, *to;
	struct peer *peer;		/* borrowed */
	unsigned share;
	uint64_t version;
	const struct initiator_events *events;
	void *owner;
};

struct outcome {
	char id[NEG_ID_LEN + 1];
	unsigned status;
	bool complete;
	uint64_t refs;			/* the refs when the service began to talk */
};

/* A broker keeps the outcome of a push. */
struct kept {
	char id[NEG_ID_LEN + 1];
	const struct broker *by;
	unsigned of_account;
	uint32_t life;
	uint64_t from, at;
};

/* What a check must meet to say anything; counted to see that it does. */
enum met {
	MET_PAIR,		/* two sides with a negotiation, and nothing on its way */
	MET_WAITS,		/* a deferred push, and one that it waits for */
	MET_LEFT,		/* the same, and that one has lost its link */
	MET_SILENT,		/* two pushes of a share served, one of them open and silent */
	MET_HALF,		/* an account with half of the places for processes */
	MET_STRANGERS,		/* tables that one domain has filled */
	MET_SERVED,		/* one that a greedy account must not hold up */
	MET_RESTED,		/* a link of which none has left its path at rest */
	MET_HAIRPIN,		/* two behind one NAT, who connected by its outer address */
	MET_COUNT,
};

struct stats {
	uint64_t runs, events, pushes, fetches, announcements, restarts, lost_paths, hostile;
	uint64_t decisions;		/* of users about devices */
	uint64_t refused, killed, resumed, deferred, lost_pushes, outcomes, virtual_ms;
	uint64_t compared;
	uint64_t rows;			/* of lists of shares */
	uint64_t blocks, said_no;
	uint64_t invited, joined, joins_refused, waited;
	uint64_t direct, proxied, moves;
	uint64_t kinds[EVENT_KINDS];	/* events; and timers, as the last kind */
	uint64_t met[MET_COUNT];
};

/* The result of dialling a device's address. */
enum dialling {
	DIAL_REFUSED,
	DIAL_WORKS,
	DIAL_SILENT,
	DIAL_HOLE,   /* the path works for a few blocks, then swallows all */
	DIAL_NARROW, /* it swallows what is longer than PACKET, and what comes behind */
};

enum phase { PHASE_TROUBLE, PHASE_HEALING, PHASE_FINAL, PHASE_OVER };

struct world {
	uint64_t seed, random, ids;
	uint64_t now, order;
	uint64_t healed_at, final_at;
	bool trace;
	enum phase phase;
	struct swarm swarm;
	unsigned events;		/* in the heap */
	struct broker brokers[BROKERS_MAX];
	unsigned count, accounts;
	bool punches[BROKERS_MAX][BROKERS_MAX];	/* whether the two reach each other where both
						   connect at once */
	bool one_nat;			/* none of the first two has left their NAT yet */
	enum dialling dialling[BROKERS_MAX][BROKERS_MAX];
	bool joins[BROKERS_MAX][BROKERS_MAX];	/* whether the first can reach the proxy of the
						   second */
	uint64_t harmed_at[BROKERS_MAX][BROKERS_MAX];	/* when a path of the two, or an
							   attempt at one, was last made to
							   fail */
	uint64_t rerouted_at[BROKERS_MAX][BROKERS_MAX];	/* when the result of dialling last
							   changed */
	bool parted[BROKERS_MAX][BROKERS_MAX];
	bool strangers[BROKERS_MAX][BROKERS_MAX]; /* by account; no contacts of each other */
	struct issued issued[ISSUED_MAX];
	unsigned issued_count;
	struct service_process *by_id[PROCESS_CHAINS];	/* hash chains, the newest first */
	unsigned process_next;
	/* how many places of each table were ever used: the first ones, because the first that is
	   free is taken */
	unsigned wires_used, streams_used, punchers_used, dialers_used, helpers_used, tells_used;
	unsigned named;			/* how many processes are named */
	const char *starting;		/* id of the negotiation for which a process is being
					   started; borrowed */
	struct outcome outcomes[OUTCOMES];
	unsigned outcome_next;
	struct kept kept[KEPT];
	unsigned kept_next;
	struct buf scratch;		/* owned */
	struct ending *ending;		/* given to the next helper; borrowed, or NULL */
	unsigned kicked;		/* how many ends may have something to send */
	uint64_t kicked_wires[WIRE_WORDS];	/* a bit for each wire with such an end */
	unsigned final_left;
	bool starting_final;
	unsigned steps;
	uint64_t looks;			/* counts the looks of sim-check.c */
	bool sparse;			/* looks leave out brokers that were not touched */
	unsigned said;			/* presences and pings sent */
	struct stats *stats;		/* borrowed */
	const uint8_t *pattern;		/* PATTERN_ROOM bytes; borrowed */
	/* These are last: of them a new run clears only what was used. */
	struct wire wires[WIRES_MAX];
	struct s5b streams[STREAMS_MAX];
	struct puncher punchers[PUNCHERS_MAX];
	struct dialer dialers[WIRES_MAX];
	struct helper helpers[HELPERS_MAX];
	struct tell tells[TELLS_MAX];
	struct service_process processes[PROCESSES_MAX];
	struct event heap[EVENTS_MAX];
};

/* sim.c, or stage.c */

/* Prints what went wrong and ends the process. The seed is then run again with its trace. */
void violation(struct world *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
void say(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define trace(w, ...) ((w)->trace ? say(w, __VA_ARGS__) : (void)0)

/* sim-world.c: randomness, events, the course of a run */
uint64_t draw(struct world *w);
/*
 * Random bytes for an id. They have their own generator, so the number of ids changes
 * nothing else in the run.
 */
void draw_id(struct world *w, void *id, size_t n);
/* The place of the first bit from this place on that is set; 64 * words if there is none. */
unsigned next_bit(const uint64_t *bits, unsigned words, unsigned from);
unsigned below(struct world *w, unsigned n);
unsigned between(struct world *w, unsigned least, unsigned most);
bool chance(struct world *w, unsigned thousandths);
void event_add(struct world *w, uint64_t delay, enum event_kind kind, uint32_t slot,
	       uint32_t generation, uint64_t arg);
/* Discards what brokers log of each other. */
void world_silence(void);
void world_run(struct world *w, uint64_t seed);
/*
 * For scenarios: count brokers, each with an account of its own, and no faults but those of
 * the scenario.
 */
void world_make_quiet(struct world *w, uint64_t seed, unsigned count);
/*
 * Runs the next event and checks the invariants. If there is none before until, only
 * advances the time to it.
 */
void world_step(struct world *w, uint64_t until);
/*
 * Everything heals and comes to rest, everybody pushes to everybody and fetches, which must
 * work at once, and the world ends: the second half of a run.
 */
void world_conclude(struct world *w);
void world_end(struct world *w);

/* sim-server.c: who is online, who is told when, and the faults */
void server_login(struct broker *b);
/* The connection is lost. noticed: the server knows, and tells the others. */
void server_logout(struct broker *b, bool noticed);
/* Sends a directed presence, to all devices of an account or to only one. */
void server_directs(struct broker *from, const char *bare, struct broker *only, bool asks);
/* A presence from the server arrives. */
void server_says(struct broker *to, uint64_t arg);
/* Tells every broker that is online which resources are online now. */
void server_tells_truth(struct world *w);
void full_jid(const struct broker *b, uint32_t resource, char out[64]);
void server_cuts_off(struct broker *b);
void fate(struct world *w);
void heal(struct world *w);

/* sim-inquiry.c: how the server answers the inquirer's pings */
void inquirer_start(struct broker *b);
void inquirer_finish(struct broker *b);
/* The connection is lost: all open pings fail. */
void questions_lost(struct broker *b);
void question_step(struct broker *b, uint64_t arg);
/* A broker that is online and that b does not see; NULL: none. */
const struct broker *inquirer_misses(const struct broker *b);

/* sim-path.c */
struct wire *wire_of(const struct world *w, const struct path *path);
struct wire_end *end_of(struct path *path);
/* A wire from one broker to another, being opened. NULL if there is no place. */
struct wire *wire_open(struct broker *b, struct broker *to, enum path_kind kind, uint32_t target);
/* An in-band path to a full JID; NULL if there is no place. */
struct path *ibb_path_open(struct broker *b, const char *full, enum ibb_path_standing standing,
			   const struct path_events *events, void *owner);
/* The same by an invitation; the end of a full JID that was not seen may lack. */
struct path *ibb_path_open_as(struct broker *b, const char *full, const char *sid,
			      const struct path_events *events, void *owner);
/* The other end of a wire that was offered; NULL if there is no place. */
struct path *ibb_path_accept(struct wire *wire, enum ibb_path_standing standing,
			     const struct path_events *events, void *owner);
/* Makes the path of one end, and gives it to an owner. */
struct path *end_begin(struct wire *wire, unsigned side, const struct path_events *events,
		       void *owner);
/* Opens an in-band path without a link. silent: nothing is ever sent on it. */
void path_open_raw(struct broker *b, struct broker *to, bool silent);
/* Sends bytes on a path at once. */
void path_say(struct world *w, struct path *path, const void *data, size_t n);
void paths_flush(struct world *w);
/* The path dies. Both ends learn of it later; if silent, over TCP never. */
void path_lose(struct world *w, struct wire *wire, bool silent);
/* Ends all paths of a broker; only the in-band ones. */
void paths_end(struct broker *b);
void ibb_paths_lost(struct broker *b);
void path_arrives(struct world *w, struct wire *wire, unsigned from);
void wire_established(struct world *w, struct wire *wire);
/* Tells one end that its path is over, and why. */
void wire_cut(struct world *w, struct wire *wire, unsigned side, const char *why);

/* sim-peer.c: the broker's side of its peers, and observers between them and their links */
extern const struct peers_events peer_events;
struct broker *broker_of(const struct peer *p);
struct broker *other_of(const struct peer *p);
struct note *note_of(const struct peer *p);
/* The peer of a device, or NULL. peer_wanted() makes it if need be; NULL if that cannot be. */
struct peer *peer_with(const struct broker *b, const struct broker *other);
struct peer *peer_wanted(struct broker *b, const struct broker *other);
/* Ends a peer of a dead process: it sends nothing more. */
void peer_abandon(struct peer *p);
/* Counts the times that its links came onto another path. */
void peers_note(struct broker *b);

/* sim-attempts.c: dialers and bytestreams, and their far ends */
struct netaddr address_of(const struct broker *b);
extern const struct connector_ops attempt_ops;
/* Whether it could dial the device at its present address and would be admitted. */
bool attempt_would_reach(const struct peer *p);
/*
 * A direct path, or one through a proxy, reaches its far end. False if nobody takes it
 * there.
 */
bool dial_arrives(struct world *w, struct wire *wire);
bool stream_arrives(struct world *w, struct wire *wire);
/* The wire of an attempt is gone. */
void attempt_lost(struct wire *wire);
void stream_step(struct s5b *s, unsigned step);

/* sim-punch.c: the attempts of two at once */
struct puncher *punch_begin(struct broker *b, struct broker *other,
			    const struct punch_record *offer, const struct puncher_events *events,
			    void *owner);
void punch_record_arrives(struct puncher *p, const struct punch_record *record);
void punch_given_up(struct puncher *p);
void punch_event(struct puncher *p, unsigned arg);
/* As dial_arrives() and attempt_lost(). */
bool punch_arrives(struct wire *wire);
void punch_lost(struct wire *wire);
/* The sid of an attempt that is under way with it; or NULL. */
const char *punch_sid_of(const struct peer *p);

/* sim-network.c: who can reach whom */
void networks_draw(struct world *w);
/* Whether the two are behind one NAT. */
bool networks_are_one(const struct world *w, unsigned a, unsigned b);
void network_changes(struct broker *b);
void network_noticed(struct broker *b);
void dialling_changes(struct world *w);
/*
 * Between the two calls nothing passes between these brokers; a link that they had and used
 * must have ended by the second.
 */
void networks_part(struct broker *a, struct broker *b);
void networks_meet(struct broker *a, struct broker *b);
/* A user changes which kinds of path are allowed. */
void transport_changes(struct broker *b);
/* A user allows all kinds again, if in-band was forbidden. */
void transport_heals(struct broker *b);
/*
 * Notes that something was made to fail between the two, or around one of them: no link need
 * survive it.
 */
void harm(struct broker *a, const struct broker *b);
void harm_all(struct broker *b);

/* sim-broker.c: in the place of daemon/broker/broker.c */
struct broker *device_find(struct world *w, const char *device);
/* When a timer of this owner is due; UINT64_MAX if there is none. */
uint64_t broker_deadline(const struct broker *b, const void *owner);
void broker_start(struct broker *b);
/* Runs those of its timers that are due. */
void broker_timers(struct broker *b);
/* Applies what its user wants: whom they trust and share with. */
void broker_configure(struct broker *b);
/*
 * A key was shown. There may have been no place for it when the user decided, because another
 * device of its owner had the only one: the user decides now.
 */
void broker_met(struct broker *b, const char *jid, const unsigned char *fp);
void broker_crash(struct broker *b);
/* The end of the run: closes everything in an orderly way. */
void broker_stop(struct broker *b);
void broker_online(struct broker *b);
void broker_offline(struct broker *b);
void broker_instance(uint32_t index, uint32_t life, uint8_t out[INSTANCE_BYTES]);
void broker_available(struct broker *b, const struct broker *from, uint32_t resource);
void broker_unavailable(struct broker *b, const struct broker *from, uint32_t resource);
/* An error came in the place of a presence of from. */
void broker_doubts(struct broker *b, const struct broker *from);
/* A ping to this full JID was answered. */
void broker_answered(struct broker *b, const char *full);
void broker_device_gone(struct broker *b, const char *full, const char *device);

/*
 * sim-service.c: git processes that serve, below the shipped services (daemon/core/transfer)
 */
extern const struct service_ops process_ops;
extern const struct git_services_events git_service_events;
/* Called for the shipped peers. */
const char *service_authorize(struct broker *b, struct peer *p, enum service service,
			      const char *share);
void *service_start(struct broker *b, struct peer *p, struct negotiation *neg);
void service_stop(struct broker *b, void *serving);
void process_step(struct service_process *p, unsigned step);
void processes_unhang(struct world *w);
/* Kills the process. */
void process_die(struct service_process *p);
/* Ends all processes of a broker that has ended. */
void processes_end(struct broker *b);
/* Notes the pushes whose outcome is now kept. */
void processes_note(struct world *w);
unsigned processes_used(const struct world *w);
/*
 * The first process of the broker from this place on that runs or whose outcome is still to be
 * noted; or NULL. next_busy(): the one after it.
 */
struct service_process *first_busy(const struct broker *b);
struct service_process *next_busy(const struct service_process *p);
/* The process of this negotiation, running or ended; or NULL. */
struct service_process *process_of(const struct broker *b, const char *id);
/* Whether its negotiation still exists. */
bool process_negotiated(const struct service_process *p);
/*
 * A push of the device to the share whose process runs although its negotiation is gone; or
 * NULL.
 */
const struct service_process *process_left(const struct broker *b, const struct broker *of,
					   const char *share);

/* sim-compare.c: meetings, in which users compare devices */
extern const struct digest_ops sim_digests;
void compare_start(struct broker *b);
void compare_finish(struct broker *b);
void user_compares(struct broker *b, struct broker *other);

/* sim-join.c: users invite, and others join */
void join_start(struct broker *b);
void join_begin(struct broker *b);
void join_finish(struct broker *b);
void join_forget_disk(struct broker *b);
void join_event(struct world *w);
/*
 * Its user removes or blocks a person, or does not want to join them any more. False: that
 * cannot be kept, and is not done.
 */
bool join_decided(struct broker *b, const char *jid);
/* A path is opened by an invitation. */
void join_opened(struct world *w, struct wire *wire);
/* A request to be a contact reaches an account. */
void request_arrives(struct broker *from, unsigned account);
bool are_strangers(const struct broker *a, const struct broker *b);
void befriend_all(struct world *w);
/* Invites and joins, when all is well: counted among the last requests. */
void join_final(struct world *w);
/* No command waits longer than it may. */
void check_joins(const struct broker *b);
/* Whether anybody waits to join; all are there by now. */
bool joins_wait(const struct world *w);

/* sim-list.c: what one may use of others */
void list_start(struct broker *b);
void list_finish(struct broker *b);
const char *list_record(struct broker *b, struct peer *p, const struct record *record);
void list_ended(struct broker *b, const struct peer *p);
void look_step(struct broker *b, uint64_t step);
/* A user asks all devices that they trust. */
void user_lists(struct broker *b);

/* sim-trust.c: what devices say of each other, and rights that are lost */

void trust_start(struct broker *b);
void trust_finish(struct broker *b);
/* The table of the last life, or a new one; and to keep it. */
void trust_load(struct broker *b);
void trust_keep(struct broker *b);
/* What the observers expect of the announcer follows the table. */
void trust_follow(struct broker *b);
/* A user decides something about some device. */
void trust_event(struct world *w);
/* Some device of jid is trusted from now on. */
void trust_granted(struct broker *b, const char *jid);
/* Its user decides about a device, and the broker obeys. */
void user_verifies(struct broker *b, const struct broker *other);
void user_distrusts(struct broker *b, const struct broker *other);
/* Whom its server blocks. */
void trust_load_blocks(struct broker *b);
/* Whether the device must not move a byte here. Worlds without decisions are not asked. */
bool trust_lost(const struct broker *b, const struct broker *other);
/* Its user trusts the device, by its key. */
void trust_by_hand(struct broker *b, const struct broker *other);
/* Who has lost the right has no link, and has not got the right back by itself. */
void check_trust(struct broker *b);
/* A device is trusted no more: ends all that runs for it, as daemon/broker/revocation.c does. */
void revoke_device(struct broker *b, const char *jid, const unsigned char *fp);

/* sim-helper.c: clients of sessions, with git above them and their users */
extern const struct session_client_ops helper_ops;
extern const struct session_ops session_account_ops;
extern const struct session_events session_events;
struct helper *helper_start(struct broker *b, enum service service, unsigned account, int device,
			    unsigned share, struct helper *parent);
void helper_kill(struct helper *h, const char *because);
void helper_step(struct helper *h, unsigned step);
/* A user of this broker starts something at random. */
void user_acts(struct broker *b);
void helpers_kill(struct broker *b, const char *because);
/* ms until a process reads its input; some are slow. */
unsigned reading_delay(struct world *w);

const struct outcome *outcome_find(const struct world *w, const char *id);

/* sim-outcome.c: the kept outcomes of pushes that lost their link */
/* A push has lost its link: its output from byte from on is kept. */
void outcome_kept(struct broker *b, const struct broker *of, const char *id, uint64_t from);
void outcome_answer(struct peer *p, const char *id, uint64_t received, struct buf *fields);

/* sim-stream.c */
void stream_init(struct sim_stream *s, const char *id, bool of_server, uint64_t total);
/*
 * The next bytes, in one piece of at most *n bytes, whose size is put into *n. They count as
 * sent.
 */
const uint8_t *stream_take(const struct world *w, struct sim_stream *s, size_t *n);
/*
 * Writes what the channel takes, up to this place in the stream. Returns whether that was
 * the last byte.
 */
bool stream_write(struct world *w, struct sim_stream *s, struct channel *ch, uint64_t upto);
void stream_read(struct world *w, struct sim_stream *s, const void *data, size_t size);
bool stream_complete(const struct sim_stream *s);

/* sim-announce.c: the shares and their refs, and observers of announcements sent and received */
extern const char share_names[SHARES][SHARE_NAME_ROOM];
const char *share_name(unsigned share);
const char *share_path(unsigned share);
void announcer_start(struct broker *b);
/* Each telling of these peers is looked at. */
void announcer_look_on(struct peers *peers);
void announcer_finish(struct broker *b);
/* Moves the refs of a share. */
void announcer_moved(struct broker *b, unsigned share);
void refs_step(struct broker *b, uint64_t arg);
/* Another device came online, or was confirmed online; or went offline. */
void announcer_device(struct broker *b, const struct broker *other, bool online);
/* A link with this instance of a device is up. */
void announcement_met(struct broker *b, const struct broker *other,
		      const uint8_t instance[INSTANCE_BYTES]);
void announcement_heard(struct peer *p, const char *share, struct fields f);
bool announcer_rests(const struct broker *b);

/* sim-follow.c: the follower's comparisons, fetches and configuration */
void follower_start(struct broker *b);
void follower_finish(struct broker *b);
/* Adds a follow to the configuration and restarts the follower with it. */
void follower_add(struct broker *b, unsigned device, unsigned share);
void follower_heard(struct broker *b, unsigned device, unsigned share, struct fields tips);
void follower_online(struct broker *b, unsigned device);
void follower_step(struct broker *b, uint64_t arg);
bool follower_rests(const struct broker *b);
/* A fetch of the follower is over; outcome NULL: it failed. */
void followed(struct broker *b, unsigned device, unsigned share, const struct outcome *outcome);

/* sim-hostile.c */
void hostile_acts(struct broker *b);
/* Removes the acknowledgements from its link's output. */
void hostile_withholds(struct buf *out);
/* A path that it opened without a link is established. */
void hostile_greets(struct world *w, struct path *path);
/* For the end of such a path: ignores all events. */
extern const struct path_events raw_events;
void hostile_hears(struct peer *p, const struct record *record);

/* sim-greedy.c */
enum { SERVED = 2000 };			/* ms within which those who are not greedy are served */
void greedy_draw(struct world *w);
void greedy_acts(struct broker *b);
void greedy_hears(struct peer *p, const struct record *record);
void check_places(const struct broker *b);

/* sim-check.c */
/*
 * Looks at all brokers. check_touched(): only at those that were touched since, but for each
 * sixteenth time, and worlds that are not sparse.
 */
void check_all(struct world *w);
void check_touched(struct world *w);
/* The peer asks for a push: no other one of this device to the share may be active. */
void check_push_request(struct peer *p, const char *id);
/* The one who is asked must have the full time to answer. */
void check_asked(struct peer *p, const char *id);
bool quiescent(struct world *w);
void check_announced(struct world *w);
/* Whether every link is at least that old, in ms. */
bool paths_settled(const struct world *w, uint64_t time);
/* Checks that every link is on the best path there is. */
void check_paths(struct world *w);
/* Between the two calls no link changes its path, and no needless attempt is made. */
void note_rest(struct world *w);
void check_rest(struct world *w);

#endif
