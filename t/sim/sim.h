/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_SIM_H
#define T_SIM_H

/*
 * The simulator: a handful of brokers with the real core (links, channels,
 * negotiations, service requests, presence, announcements) in one process, and around them a
 * world made of one seed: a server, paths, git processes, users, and what can
 * happen to them. Time is virtual and jumps from event to event; after every event
 * the invariants are checked (sim-check.c). Documentation/simulation.md tells the whole.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "absence.h"
#include "announcer.h"
#include "attempts.h"
#include "buf.h"
#include "candidates.h"
#include "channel.h"
#include "context.h"
#include "follower.h"
#include "git-service.h"
#include "inquirer.h"
#include "link.h"
#include "negotiation.h"
#include "path-manager.h"
#include "path-selector.h"
#include "path.h"
#include "peer.h"
#include "peers.h"
#include "presence.h"
#include "quota.h"
#include "service-request.h"
#include "session.h"
#include "trust.h"

enum {
	BROKERS_MAX = 4,
	SHARES = 2,
	WIRES_MAX = 128,
	INBANDS_MAX = 32,		/* of a broker; fewer than IBB_MAX, so that there can be
					   more than that */
	STREAMS_MAX = 64,
	PROCESSES_MAX = 512,
	PROCESS_CHAINS = 256,
	HELPERS_MAX = 256,
	TELLS_MAX = 512,
	EVENTS_MAX = 8192,
	FLOW_MAX = 32,			/* blocks in flight, the window and a last word */
	OUTCOMES = 256,
	KEPT = 128,
	IDS_KEPT = 32,
	PATTERN = 64 * 1024,
	PATTERN_ROOM = PATTERN + 16 * 1024,
	STREAM_HEADER = 4 + 40 + 1 + 40 + 16 + 4,	/* each stream says first how long it is */
};

struct world;

/* What may happen in the run of this seed, and how often (in thousands, unless it is said). */
struct swarm {
	unsigned delay_max;		/* ms for a block */
	unsigned block;			/* bytes of one */
	unsigned window;		/* bytes in flight */
	unsigned span;			/* ms of trouble, before everything heals */
	unsigned every;			/* ms between two strokes of fate */
	unsigned helpers, moves;	/* how many */
	unsigned path_loss, path_silent, open_fails, open_silent;
	unsigned account_loss, crash;
	unsigned end_loss;		/* of an account, when a push has sent everything */
	unsigned presence_late, presence_lost, presence_twice;
	bool presence_disorder;
	unsigned inventions;		/* presences, and errors, that are not so */
	bool forgetful;			/* nobody is told anew who is there when everything heals */
	unsigned child_hangs, child_fails, child_dies, child_late, slow_reader;
	unsigned helper_killed, nested;
	unsigned big;			/* streams beyond the windows */
	unsigned push_size;		/* of each push; 0: by chance */
	unsigned denied, untrusted;
	bool announcements, follows;
	bool paths;			/* there are better kinds than in-band */
	bool withholds;			/* proxies keep the tails of bursts */
	unsigned network_changes, dial_changes, reloads, holes;
	unsigned demands;		/* users who force a kind of path */
	bool picky;			/* one allows some kinds only */
	bool parting;			/* two lose each other for good */
	int hostile;			/* the broker that is; -1: none */
	bool mute;			/* it acknowledges nothing */
	unsigned relays;		/* it passes on, as its own, paths that others open to it */
	bool greedy;			/* its whole account takes all it can, and nothing else
					   happens */
};

/* Events */

enum event_kind {
	EVENT_ARRIVES,		/* a block, or a close: slot is a wire, arg the end that sent it */
	EVENT_ESTABLISHED,	/* slot is a wire */
	EVENT_CUT,		/* an end learns that its path is gone: arg is the end */
	EVENT_CHILD,		/* slot is a process, arg a step */
	EVENT_HELPER,		/* slot is a helper, arg a step */
	EVENT_PRESENCE,		/* slot is a broker, arg what the server says */
	EVENT_QUESTION,		/* slot is a broker, arg a ping of another one */
	EVENT_LOGIN,		/* slot is a broker */
	EVENT_GRACE,		/* slot is a broker, arg its login */
	EVENT_START,		/* slot is a broker: a user does something there */
	EVENT_MOVE,		/* slot is a broker: refs of a share of its move */
	EVENT_FATE,
	EVENT_CUT_OFF,		/* slot is a broker: its account is lost, and the server knows */
	EVENT_REFS,		/* slot is a broker, arg a watch of its refs, or a reading of
				   them */
	EVENT_FOLLOW,		/* slot is a broker, arg a comparison, or a fetch that could not be
				   made */
	EVENT_STREAM,		/* slot is a stream, arg a step */
	EVENT_NETWORK,		/* slot is a broker: it notices that its network is another one */
	EVENT_PART,		/* slot is a broker, arg another one: nothing passes between them
				   any more */
	EVENT_PARTED,		/* so neither has kept the link that they had */
};

struct event {
	uint64_t at, order;
	enum event_kind kind;
	uint32_t slot, generation;
	uint64_t arg;
};

/* Paths */

struct wire_end {
	struct path path;		/* first; of whoever it is handed to */
	bool used;
	struct broker *broker;
	char full[64];			/* the JID that it goes to, of an in-band path */
	struct buf plain;		/* arrived, not consumed */
	bool kicked;
	/* towards the other end */
	struct buf out;			/* said, not in a block yet */
	struct buf flight;
	uint32_t blocks[FLOW_MAX];	/* sizes; 0 is the close */
	unsigned first, count;
	uint64_t last_at;
	bool held;			/* the last block waits at the proxy for more to come */
	struct quota_place place;	/* of an in-band path */
};

struct wire {
	uint32_t generation;
	bool used, up, dead;		/* dead: nothing arrives any more */
	bool raw;			/* opened by a hostile broker without a link */
	struct broker *relay;		/* a hostile broker that each end takes for the other one;
					   borrowed, or NULL */
	bool silent;			/* and nothing is said on it */
	enum path_kind kind;
	int hole;			/* blocks until nothing arrives any more; negative: none is
					   counted */
	uint32_t target;		/* the resource, or the port, it is opened to */
	struct dialer *dialer;		/* of a direct path that is not up; or */
	struct s5b *stream;		/* of one through a proxy: borrowed */
	struct wire_end end[2];		/* [0] has opened it */
};

/* An attempt to dial a device: what daemon/transport/dialer.c does. */
struct dialer {
	bool used;
	const struct dialer_events *events;
	void *owner;
	struct wire *wire;		/* until that is up or gone */
	struct pass pass;		/* of the device, and the use that we make of it */
	uint64_t number;
	unsigned char fp[FINGERPRINT_BYTES];
};

/* A bytestream through a proxy: what daemon/transport/s5b.c does. */
struct s5b {
	bool used;
	uint32_t generation;
	struct broker *broker, *other;
	const struct s5b_events *events;
	void *owner;
	char sid[PASS_TOKEN_LEN + 1];
	bool offering, device_joined, joined;
	unsigned of;			/* the broker whose proxy it is */
	struct wire *wire;		/* of who offers, when the proxy has connected the two */
};

/* What the simulator notes of a peer, beside what that knows. */
struct note {
	struct peer *peer;		/* borrowed; NULL: there is none */
	struct broker *other;		/* the device, which exists whether its broker runs or
					   not */
	const struct link_events *link;	/* the peer's own, behind those that look on */
	const struct negotiation_events *negotiations;
	bool was_hostile;		/* the device, when the link was made: its bad words may
					   still be on their way */
	unsigned attaches, tries;	/* counted, to find flapping */
	uint64_t first_up;		/* 0: never */
	uint64_t parted_at;		/* the link that it had then must end; 0: it must not */
	struct path *seen;		/* the path that was counted last; never followed */
	uint64_t delayed_at;		/* when an offer of a proxy was last one too many; 0:
					   never */
	/* the answer that a can-push wants */
	char asked[NEG_ID_LEN + 1];
	bool answered;
	/* what a hostile broker has heard, to say it again */
	char ids[IDS_KEPT][NEG_ID_LEN + 1];
	unsigned id_count;
	uint32_t channel_heard;
	unsigned heard;			/* records */
};

/* What an announcer has told a device, and what the device has heard from it. */
struct telling_count {
	uint64_t version;		/* the newest one that it was to be told */
	uint32_t to_life;		/* which process of the device has been told; 0: none */
	unsigned tells;			/* how often it was to be */
	/* what the device has heard, in its present life, of the announcer's present one */
	uint32_t by_life, heard_life, heard_by;
	uint64_t heard;
	unsigned hearings;
	uint64_t refs;			/* what it was told they are */
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
	/* of one life */
	struct context context;		/* of the parts that ask for one; its tables are these
					   below */
	bool running;
	uint32_t life;			/* counts them: the instance */
	uint8_t instance[INSTANCE_BYTES];
	struct presence *presence;
	struct trust *trust;
	struct announcer *announcer;
	struct refwatch *watches;	/* owned; of the announcer */
	struct refs_read *reads;	/* owned; of the announcer, under way */
	uint32_t refs_steps;		/* counts them */
	struct follower *follower;
	struct refcompare *compares;	/* owned; of the follower, under way */
	struct git_run *fetches;	/* owned; of the follower, under way */
	uint32_t follow_steps;		/* counts them */
	struct inquirer *inquirer;
	struct question *questions;	/* owned; of the inquirer, on their way */
	uint32_t questions_asked;	/* counts them */
	struct peers peers;
	struct note notes[BROKERS_MAX];	/* of the devices */
	struct sessions sessions;
	unsigned noted;			/* pushes of ours that may be cut, and are written down */
	struct helper *helpers;
	struct git_services git_services;
	struct service_host host;
	struct quota ibb_paths;
	bool online;
	uint64_t online_at;
	/* around it */
	unsigned transport;		/* what its user allows */
	bool has_proxy;
	uint32_t network;		/* counts them: an address is good in one of them */
	/* at the server */
	uint32_t login;			/* counts them */
	uint32_t resource;		/* the last part of its full JID */
	bool shown;			/* the server believes that it is online */
	uint32_t shown_life, shown_resource;
	uint64_t presence_at[BROKERS_MAX];	/* when the last that was said of others arrives */
	/* on disk */
	uint64_t refs[SHARES];		/* how often they moved */
	/* what its user wants; broker_configure() puts it into the tables */
	/* of an account, for all its devices */
	bool may_fetch[SHARES][BROKERS_MAX], may_push[SHARES][BROKERS_MAX];
	bool trusts[BROKERS_MAX];
	bool follow[BROKERS_MAX][SHARES];
	uint64_t fetched[BROKERS_MAX][SHARES];	/* of what it follows */
	struct telling_count told[BROKERS_MAX][SHARES];
	uint32_t met[BROKERS_MAX];	/* the life of each that its announcer last met */
};

/* One direction of a channel: bytes that its place in the stream determines. */
struct sim_stream {
	uint32_t offset;
	uint64_t total, done;
	uint8_t header[STREAM_HEADER];
};

/* A git process that serves, from its start on; and for a while after its end. */
struct service_process {
	bool used;			/* it has not ended */
	uint32_t generation;
	struct broker *broker;
	uint32_t life;			/* of the broker */
	struct broker *of;		/* whom it serves */
	const struct service_events *events;
	void *owner;			/* of the events */
	/* as git_service_start() gave it; good while there is a negotiation */
	void *serving;
	void (*gone)(void *arg);	/* not NULL: nobody wants it any more, and it is told to
					   end */
	void *gone_arg;
	enum service service;
	unsigned share;
	char id[NEG_ID_LEN + 1];	/* of the negotiation */
	struct service_process *chain;	/* world::by_id */
	bool by_hostile;
	bool talked, paused, finishing, hangs, over;
	bool late;			/* the first byte of the device came when nobody waited for
					   it */
	bool in_ended, cut;		/* its input ended; or was cut, and it goes on without its
					   device */
	bool named, was_named;		/* a push that says what it wants; and is not known to be
					   remembered */
	uint64_t named_at;		/* what it had said then */
	uint64_t talked_at;		/* when it began to talk, or was started */
	size_t held;			/* bytes for it that it has not read */
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

/* git, its helper, and the user who waits for it: a client of the broker's sessions. */
struct helper {
	bool used;
	uint32_t generation;
	struct helper *next;		/* broker::helpers */
	struct broker *broker;
	struct session *session;	/* NULL once either has let the other go */
	enum service service;
	unsigned share, account;
	int device;			/* -1: any of the account */
	struct broker *by;		/* who serves; NULL: nobody yet */
	char id[NEG_ID_LEN + 1];	/* of the negotiation; "" before that */
	bool final;			/* must succeed */
	bool background;		/* a follow */
	bool held_up;			/* thinks, or waits for the push of its hook */
	bool nested;			/* is the push of a hook */
	uint32_t parent, parent_generation;
	bool demands;			/* a kind of path, of the peer that it is open with */
	bool ended_out, exited;
	bool lost;			/* its push was sent whole, and then lost its link */
	enum message_id error;		/* that it was told */
	struct ending *ending;		/* borrowed, or NULL */
	unsigned status;
	size_t credit;			/* bytes that it may say */
	uint64_t began, unconsumed;
	bool reading;
	struct sim_stream in, out;
};

/* A telling under way: what looks on, between the announcer and the negotiation. */
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
	uint64_t refs;			/* as they were when the service began to talk */
};

/* A broker has put away what becomes of a push. */
struct kept {
	char id[NEG_ID_LEN + 1];
	const struct broker *by;
	unsigned of_account;
	uint32_t life;
	uint64_t from, at;
};

struct stats {
	uint64_t runs, events, pushes, fetches, announcements, restarts, lost_paths, hostile;
	uint64_t refused, killed, resumed, deferred, lost_pushes, outcomes, virtual_ms;
	uint64_t direct, proxied, moves;
};

/* What comes of dialling a device's address. */
enum dialling {
	DIAL_REFUSED,
	DIAL_WORKS,
	DIAL_SILENT,
	DIAL_HOLE,		/* it works for a few blocks */
};

enum phase { PHASE_TROUBLE, PHASE_HEALING, PHASE_FINAL, PHASE_OVER };

struct world {
	uint64_t seed, random, ids;
	uint64_t now, order;
	uint64_t healed_at, final_at;
	bool trace;
	enum phase phase;
	struct swarm swarm;
	struct event heap[EVENTS_MAX];
	unsigned events;
	struct broker brokers[BROKERS_MAX];
	unsigned count, accounts;
	struct wire wires[WIRES_MAX];
	struct s5b streams[STREAMS_MAX];
	struct dialer dialers[WIRES_MAX];
	enum dialling dialling[BROKERS_MAX][BROKERS_MAX];
	bool joins[BROKERS_MAX][BROKERS_MAX];	/* the first can reach the proxy of the second */
	uint64_t harmed_at[BROKERS_MAX][BROKERS_MAX];	/* when a path of theirs, or one that was
							   tried, was last made to fail */
	uint64_t rerouted_at[BROKERS_MAX][BROKERS_MAX];	/* when what dialling comes to last
							   changed */
	bool parted[BROKERS_MAX][BROKERS_MAX];
	struct service_process processes[PROCESSES_MAX];
	struct service_process *by_id[PROCESS_CHAINS];	/* the newest first */
	unsigned process_next;
	unsigned named;			/* of these */
	const char *starting;		/* the negotiation for which a process is being started;
					   borrowed */
	struct helper helpers[HELPERS_MAX];
	struct tell tells[TELLS_MAX];
	struct outcome outcomes[OUTCOMES];
	unsigned outcome_next;
	struct kept kept[KEPT];
	unsigned kept_next;
	struct buf scratch;		/* owned */
	struct ending *ending;		/* of the next helper; borrowed, or NULL */
	unsigned kicked;		/* ends that may have something to send */
	unsigned final_left;
	bool starting_final;
	unsigned steps;
	unsigned said;			/* presences, and questions for them */
	struct stats *stats;		/* borrowed */
	const uint8_t *pattern;		/* PATTERN_ROOM bytes; borrowed */
};

/* sim.c */
const char *share_name(unsigned share);
const char *share_path(unsigned share);

/* Says what went wrong and ends the process; the trace of the seed follows. */
void violation(struct world *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
void say(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define trace(w, ...) ((w)->trace ? say(w, __VA_ARGS__) : (void)0)

/* sim-world.c: chance, events, the order of things */
uint64_t draw(struct world *w);
/* Bytes for an id, from the seed, but drawn apart: how many ids there are changes nothing else. */
void draw_id(struct world *w, void *id, size_t n);
unsigned below(struct world *w, unsigned n);
unsigned between(struct world *w, unsigned least, unsigned most);
bool chance(struct world *w, unsigned thousandths);
void event_add(struct world *w, uint64_t delay, enum event_kind kind, uint32_t slot,
	       uint32_t generation, uint64_t arg);
/* What brokers log of each other is nobody's to read. */
void world_silence(void);
void world_run(struct world *w, uint64_t seed);
/*
 * For scenarios: so many brokers, each of an account of its own, and no trouble
 * that is not made by hand.
 */
void world_make_quiet(struct world *w, uint64_t seed, unsigned count);
/* The next event, and what must be true after it; or nothing happens until that time. */
void world_step(struct world *w, uint64_t until);
void world_end(struct world *w);

/* sim-server.c: who is online, who hears of it when, and what fate does */
void server_login(struct broker *b);
/* The connection is gone; noticed: the server knows it, and tells. */
void server_logout(struct broker *b, bool noticed);
/* A directed presence: to all devices of an account, or to one. */
void server_directs(struct broker *from, const char *bare, struct broker *only, bool asks);
/* A presence that the server has sent arrives. */
void server_says(struct broker *to, uint64_t arg);
/* Everybody who is online hears what is true now. */
void server_tells_truth(struct world *w);
void full_jid(const struct broker *b, uint32_t resource, char out[64]);
void server_cuts_off(struct broker *b);
void fate(struct world *w);
void heal(struct world *w);

/* sim-inquiry.c: the server's part in the questions of the inquirer */
void inquirer_start(struct broker *b);
void inquirer_finish(struct broker *b);
/* Its connection is gone: no answer comes any more. */
void questions_lost(struct broker *b);
void question_step(struct broker *b, uint64_t arg);
/* Somebody who is online, and whom this one does not see. */
const struct broker *inquirer_misses(const struct broker *b);

/* sim-path.c */
struct wire *wire_of(const struct world *w, const struct path *path);
struct wire_end *end_of(struct path *path);
/* A wire from one broker to another, that is being opened; NULL if there is none. */
struct wire *wire_open(struct broker *b, struct broker *to, enum path_kind kind, uint32_t target);
/* An in-band path to a full JID; NULL if there is no place. */
struct path *ibb_path_open(struct broker *b, const char *full, enum ibb_path_standing standing,
			   const struct path_events *events, void *owner);
/* The same at the far end, for a wire that was offered. */
struct path *ibb_path_accept(struct wire *wire, enum ibb_path_standing standing,
			     const struct path_events *events, void *owner);
/* Gives one end to an owner. */
struct path *end_begin(struct wire *wire, unsigned side, const struct path_events *events,
		       void *owner);
/* silent: nothing is ever said on it. */
void path_open_raw(struct broker *b, struct broker *to, bool silent);
/* It leaves at once. */
void path_say(struct world *w, struct path *path, const void *data, size_t n);
void paths_flush(struct world *w);
/* It dies; both ends learn of it, later or never. */
void path_lose(struct world *w, struct wire *wire, bool silent);
/* All paths of a broker; the in-band ones. */
void paths_end(struct broker *b);
void ibb_paths_lost(struct broker *b);
void path_arrives(struct world *w, struct wire *wire, unsigned from);
void wire_established(struct world *w, struct wire *wire);
/* One end is told that it is over, for that reason. */
void wire_cut(struct world *w, struct wire *wire, unsigned side, const char *why);

/* sim-peer.c: what looks on */
extern const struct peers_events peer_events;
struct broker *broker_of(const struct peer *p);
struct broker *other_of(const struct peer *p);
struct note *note_of(const struct peer *p);
/* The peer of a device, or NULL; or one that is made. */
struct peer *peer_with(const struct broker *b, const struct broker *other);
struct peer *peer_wanted(struct broker *b, const struct broker *other);
/* Nothing leaves any more: its process is dead. */
void peer_abandon(struct peer *p);
/* Counts the moves of its links. */
void peers_note(struct broker *b);

/* sim-attempts.c: dialers and bytestreams, and who is at the far end */
extern const struct connector_ops attempt_ops;
/* It could dial the device where it is now, and would be let in. */
bool attempt_would_reach(const struct peer *p);
/* A direct path is up, or one through a proxy: both ends hear of it; false: nobody is there. */
bool dial_arrives(struct world *w, struct wire *wire);
bool stream_arrives(struct world *w, struct wire *wire);
/* A wire that an attempt had is gone. */
void attempt_lost(struct wire *wire);
void stream_step(struct s5b *s, unsigned step);

/* sim-network.c: who gets through to whom */
void networks_draw(struct world *w);
void network_changes(struct broker *b);
void network_noticed(struct broker *b);
void dialling_changes(struct world *w);
/*
 * From the one to the other nothing passes between the two; a link that they
 * had, and used, must be over then.
 */
void networks_part(struct broker *a, struct broker *b);
void networks_meet(struct broker *a, struct broker *b);
/* A user changes what is allowed. */
void transport_changes(struct broker *b);
/* ... and so that all may talk with each other again. */
void transport_heals(struct broker *b);
/* Something was made to fail between the two, or around one of them: no link need survive it. */
void harm(struct broker *a, const struct broker *b);
void harm_all(struct broker *b);

/* sim-broker.c: daemon/broker.c */
struct broker *device_find(struct world *w, const char *device);
/* When a timer of this owner is due; UINT64_MAX if there is none. */
uint64_t broker_deadline(const struct broker *b, const void *owner);
void broker_start(struct broker *b);
/* Those of its timers that are due. */
void broker_timers(struct broker *b);
/* Its user trusts others now, or shares with others. */
void broker_configure(struct broker *b);
void broker_crash(struct broker *b);
/* The end of the run: everything is closed in an orderly way. */
void broker_stop(struct broker *b);
void broker_online(struct broker *b);
void broker_offline(struct broker *b);
void broker_instance(uint32_t index, uint32_t life, uint8_t out[INSTANCE_BYTES]);
void broker_available(struct broker *b, const struct broker *from, uint32_t resource);
void broker_unavailable(struct broker *b, const struct broker *from, uint32_t resource);
/* An error in the place of a presence of theirs. */
void broker_doubts(struct broker *b, const struct broker *from);
/* Somebody is at this full JID. */
void broker_answered(struct broker *b, const char *full);
void broker_device_gone(struct broker *b, const char *full, const char *device);

/* sim-service.c: git's serving processes, below the shipped serves (daemon/core/transfer) */
extern const struct service_ops process_ops;
extern const struct git_services_events git_service_events;
/* What the shipped peers ask for. */
const char *service_authorize(struct broker *b, struct peer *p, enum service service,
			      const char *share);
void *service_start(struct broker *b, struct peer *p, struct negotiation *neg);
void service_stop(struct broker *b, void *serving);
void process_step(struct service_process *p, unsigned step);
void processes_unhang(struct world *w);
/* The process is killed. */
void process_die(struct service_process *p);
/* All of a broker that has ended. */
void processes_end(struct broker *b);
/* Notes which pushes have been put away. */
void processes_note(struct world *w);
/* The one of this negotiation, running or ended; or NULL. */
struct service_process *process_of(const struct broker *b, const char *id);
/* Whether there is a negotiation about it. */
bool process_negotiated(const struct service_process *p);
/* A push of the device to the share whose process runs, and that has no negotiation any more. */
const struct service_process *process_left(const struct broker *b, const struct broker *of,
					   const char *share);

/* sim-helper.c: clients of sessions, git above them, and their users */
extern const struct session_client_ops helper_ops;
extern const struct session_ops session_account_ops;
extern const struct session_events session_events;
struct helper *helper_start(struct broker *b, enum service service, unsigned account, int device,
			    unsigned share, struct helper *parent);
void helper_kill(struct helper *h, const char *because);
void helper_step(struct helper *h, unsigned step);
/* A user of this broker does something. */
void user_acts(struct broker *b);
void helpers_kill(struct broker *b, const char *because);
/* ms until a process reads what is there for it; some take their time. */
unsigned reading_delay(struct world *w);

const struct outcome *outcome_find(const struct world *w, const char *id);

/* sim-outcome.c: what is remembered of pushes that lost their link */
/* A push has lost its link: what it says from this place of its output on is kept. */
void outcome_kept(struct broker *b, const struct broker *of, const char *id, uint64_t from);
void outcome_answer(struct peer *p, const char *id, uint64_t received, struct buf *fields);

/* sim-stream.c */
void stream_init(struct sim_stream *s, const char *id, bool of_server, uint64_t total);
/*
 * The bytes that come next, and how many of at most *n are next to each other;
 * they count as said.
 */
const uint8_t *stream_take(const struct world *w, struct sim_stream *s, size_t *n);
/* As much as the channel takes, up to this place in the stream; whether that was the last byte. */
bool stream_write(struct world *w, struct sim_stream *s, struct channel *ch, uint64_t upto);
void stream_read(struct world *w, struct sim_stream *s, const void *data, size_t size);
bool stream_complete(const struct sim_stream *s);

/* sim-announce.c: the refs, and what looks on at tellings and hearings */
void announcer_start(struct broker *b);
void announcer_finish(struct broker *b);
/* The refs of a share move. */
void announcer_moved(struct broker *b, unsigned share);
void refs_step(struct broker *b, uint64_t arg);
/* Another device appears, or is there once more; or goes. */
void announcer_device(struct broker *b, const struct broker *other, bool online);
/* A link with this process of it is up. */
void announcement_met(struct broker *b, const struct broker *other,
		      const uint8_t instance[INSTANCE_BYTES]);
void announcement_heard(struct peer *p, const char *share, struct fields f);
bool announcer_rests(const struct broker *b);

/* sim-follow.c: the refs, git and the configuration that the follower has */
void follower_start(struct broker *b);
void follower_finish(struct broker *b);
/* It is in the configuration from now on, and has been since the start. */
void follower_add(struct broker *b, unsigned device, unsigned share);
void follower_heard(struct broker *b, unsigned device, unsigned share, struct fields tips);
void follower_online(struct broker *b, unsigned device);
void follower_step(struct broker *b, uint64_t arg);
bool follower_rests(const struct broker *b);
/* A fetch that was made for it is over. */
void followed(struct broker *b, unsigned device, unsigned share, const struct outcome *outcome);

/* sim-hostile.c */
void hostile_acts(struct broker *b);
/* Takes the acknowledgements out of what its link says. */
void hostile_withholds(struct buf *out);
/* A path that it opened without a link is up. */
void hostile_greets(struct world *w, struct path *path);
/* What an end of such a path hears of it: nothing. */
extern const struct path_events raw_events;
void hostile_hears(struct peer *p, const struct record *record);

/* sim-greedy.c */
enum { SERVED = 2000 };			/* ms, for who is not greedy */
void greedy_draw(struct world *w);
void greedy_acts(struct broker *b);
void greedy_hears(struct peer *p, const struct record *record);
void check_places(const struct broker *b);

/* sim-check.c */
void check_all(struct world *w);
/* More than one push of a device to a share, and none of them has been silent. */
void check_push_request(struct peer *p, const char *id);
/* Who is asked has the whole time to answer. */
void check_asked(struct peer *p, const char *id);
bool quiescent(struct world *w);
void check_announced(struct world *w);
/* No link is younger than that. */
bool paths_settled(const struct world *w, uint64_t time);
/* Every two that have a link are on the best path there is. */
void check_paths(struct world *w);
/* From the one to the other nothing moves, and nothing is tried that need not be. */
void note_rest(struct world *w);
void check_rest(struct world *w);

#endif
