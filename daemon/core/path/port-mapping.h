/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PORT_MAPPING_H
#define CORE_PORT_MAPPING_H

/*
 * Has the router of the local network forward a port to us while that is of use: by PCP, else by
 * NAT-PMP, else by UPnP. Then a device that cannot be dialled behind its NAT can be.
 *
 * Nothing is asked before a link is busy on a path that is worse than a direct one for
 * MAPPING_BUSY_AFTER. A mapping is removed when no link has been busy for MAPPING_LINGER, and
 * when the owner ends. A router that says nothing is sent MAPPING_TRIES datagrams for each
 * protocol, and then rests for hours. Only the default gateway is asked, and nobody else is
 * believed.
 *
 * Pure: what links do, datagrams, results of UPnP and `now` come in; what to open, send and ask
 * goes out. Times are in ms, lifetimes on the wire in seconds.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mapping-messages.h"
#include "netaddr.h"

enum {
	MAPPING_BUSY_AFTER = 1000, /* for a link to be busy on a worse path, before the router
				      is asked, */
	MAPPING_FIRST_AFTER = 250, /* and before it is asked for the first time in */
	MAPPING_FIRST_EVERY = 24 * 3600 * 1000,
	MAPPING_LINGER = 10 * 60 * 1000, /* how long a mapping is kept that no link uses */
	MAPPING_TRIES = 3,		 /* datagrams for each question */
	MAPPING_RETRY_FIRST = 250,	 /* between the first two of them; then twice that */
	MAPPING_UPNP_MAX = 20 * 1000, /* for an answer by UPnP, which takes several connections */
	MAPPING_LIFETIME = 3600,      /* seconds; asked for */
	MAPPING_LIFETIME_MIN = 120,   /* seconds; a shorter one is not worth its renewals */
	MAPPING_LIFETIME_MAX = 24 * 3600,    /* seconds; a longer one counts as this */
	MAPPING_RENEW_MIN = 10 * 1000,	     /* between two renewals */
	MAPPING_CHECK_EVERY = 60 * 1000,     /* between two renewals because a link does not get
						better by the mapping */
	MAPPING_REST_FIRST = 10 * 60 * 1000, /* after the first failure; then twice that, */
	MAPPING_REST_MAX = 8 * 3600 * 1000,  /* up to this */
};

enum mapping_protocol {
	MAPPING_PCP,
	MAPPING_NAT_PMP,
	MAPPING_UPNP,
};

enum mapping_state {
	MAPPING_OFF,	  /* there is no port to be mapped, or the user does not want it */
	MAPPING_UNUSED,	  /* no link needs one */
	MAPPING_ASKING,	  /* the router is asked */
	MAPPING_HELD,	  /* there is one */
	MAPPING_RENEWING, /* there is one, and the router is asked to prolong it */
	MAPPING_REMOVING, /* there was one, and the router is asked to forget it */
	MAPPING_RESTING,  /* none was to be had, and the router is not asked for a while */
};

/* What the router is asked just now. */
enum mapping_step {
	MAPPING_ASK_PCP,
	MAPPING_ASK_ADDRESS, /* NAT-PMP: by which address the world sees it */
	MAPPING_ASK_NAT_PMP,
	MAPPING_ASK_SEARCH, /* UPnP: where its description is */
	MAPPING_ASK_UPNP,   /* the job runs */
};

enum mapping_use {
	MAPPING_NO_LINK_BUSY,
	MAPPING_LINK_BUSY,	 /* on direct paths */
	MAPPING_LINK_BUSY_WORSE, /* one of them on another path, though a direct one is
				    allowed */
};

/* What UPnP is to do: to map the port, or to remove the mapping (lifetime 0). */
struct mapping_job {
	const char *url; /* of the router's description; borrowed for the call */
	struct netaddr gateway;
	struct netaddr own;	/* the port to be forwarded, and our address */
	uint16_t external_port; /* to begin with; 0: any */
	uint32_t lifetime;	/* seconds */
};

struct mapping_job_result {
	bool done;
	struct netaddr external; /* of a port that was mapped */
	const char *why;	 /* a phrase, if it was not done */
};

struct port_mapping_events {
	/* The default gateway of IPv4 and our address towards it. False: there is none. */
	bool (*gateway)(void *owner, struct netaddr *gateway, struct netaddr *own);
	void (*random)(void *owner, void *out, size_t n);
	/*
	 * Opens a socket of UDP from our address towards this one, in place of an earlier one.
	 * False: there is none.
	 */
	bool (*open)(void *owner, const struct netaddr *own, const struct netaddr *to);
	void (*send)(void *owner, const void *data, size_t n);
	void (*close)(void *owner);
	/*
	 * Begins a job, of which there is one at a time; port_mapping_job_done() follows, and
	 * not within the call. NULL: UPnP is not built in.
	 */
	void (*job)(void *owner, const struct mapping_job *job);
	/* There is another address to tell, or none any more: port_mapping_external(). */
	void (*changed)(void *owner);
	/* After port_mapping_end(): no mapping is left, no job runs. */
	void (*ended)(void *owner);
};

struct port_mapping {
	const struct port_mapping_events *events;
	void *owner;
	enum mapping_state state;
	enum mapping_step step;
	enum mapping_protocol protocol; /* of HELD, RENEWING and REMOVING */
	uint16_t port;			/* ours; 0: none */
	bool ending;
	/* the need */
	enum mapping_use use;
	uint64_t use_since;
	uint64_t asked_at; /* 0: never */
	/* the router */
	struct netaddr gateway, own; /* own has the port that is mapped */
	uint8_t nonce[MAPPING_NONCE_BYTES];
	char url[MAPPING_URL_MAX + 1];
	bool epoch_known;
	uint32_t epoch;	   /* as it was told last, */
	uint64_t epoch_at; /* and when */
	/* the question */
	unsigned tries;
	uint64_t again_at;
	uint32_t lifetime;   /* seconds; asked for, 0 when removing */
	bool job, job_maps;  /* a job runs; it maps */
	bool job_stale;	     /* what it maps is not wanted any more */
	struct netaddr seen; /* NAT-PMP's first answer: the router's own address */
	bool asked_twice;    /* both questions of NAT-PMP, because of the epoch */
	bool rejected;	     /* what is being removed was of no use */
	/* the mapping */
	struct netaddr external;
	uint64_t until; /* of the mapping, or of the rest */
	uint64_t renewed_at, renew_at;
	unsigned rest; /* ms; the last one */
	char why[96];  /* of RESTING */
};

void port_mapping_init(struct port_mapping *m, const struct port_mapping_events *events,
		       void *owner);
/*
 * Removes what is mapped. ended() follows, maybe within the call: in MAPPING_TRIES datagrams, or
 * with the job that runs.
 */
void port_mapping_end(struct port_mapping *m, uint64_t now);

/* The port that may be mapped; 0: none. Another one than before takes its place. */
void port_mapping_allow(struct port_mapping *m, uint16_t port, uint64_t now);
void port_mapping_use(struct port_mapping *m, enum mapping_use use, uint64_t now);
/* We may have another router: what it had mapped is forgotten, and so are its refusals. */
void port_mapping_network_changed(struct port_mapping *m, uint64_t now);

/* A datagram has come from this address. */
void port_mapping_hear(struct port_mapping *m, const struct netaddr *from, const uint8_t *data,
		       size_t n, uint64_t now);
/* The system says that nobody takes what was sent. */
void port_mapping_refused(struct port_mapping *m, uint64_t now);
void port_mapping_job_done(struct port_mapping *m, const struct mapping_job_result *result,
			   uint64_t now);

/* Does what is due. */
void port_mapping_step(struct port_mapping *m, uint64_t now);
uint64_t port_mapping_deadline(const struct port_mapping *m);

/* Where the world reaches us; NULL: not by a mapping. */
const struct netaddr *port_mapping_external(const struct port_mapping *m);

const char *mapping_protocol_name(enum mapping_protocol protocol); /* "PCP" ... */
const char *mapping_state_name(enum mapping_state state);	   /* "off" ... */

#endif
