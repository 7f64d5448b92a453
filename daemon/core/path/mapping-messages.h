/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_MAPPING_MESSAGES_H
#define CORE_MAPPING_MESSAGES_H

/*
 * The datagrams by which a router is asked to forward a TCP port of IPv4 to this machine: PCP
 * (RFC 6887, opcode MAP), its predecessor NAT-PMP (RFC 6886), and the search of UPnP for the
 * description of a gateway (UPnP Device Architecture 1.1, 1.3.2, sent to one host).
 *
 * Who answers may be anybody in the local network: mapping_parse() takes any bytes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netaddr.h"

enum {
	MAPPING_PORT = 5351,	    /* of PCP and NAT-PMP */
	MAPPING_SEARCH_PORT = 1900, /* of UPnP */
	MAPPING_NONCE_BYTES = 12,
	MAPPING_REQUEST_MAX = 256, /* bytes of a request */
	MAPPING_ANSWER_MAX = 1500, /* bytes of an answer that are looked at; PCP has 1100 */
	MAPPING_URL_MAX = 256,
};

struct mapping_request {
	struct netaddr own;		    /* our address as the router sees it, and the port to be
					       forwarded */
	struct netaddr external;	    /* what is asked for, or what we have; all 0: any */
	uint32_t lifetime;		    /* seconds; 0 removes the mapping */
	uint8_t nonce[MAPPING_NONCE_BYTES]; /* of PCP; the same as long as the mapping lives */
};

/* Each returns the length of the request. */
size_t mapping_put_pcp(const struct mapping_request *r, uint8_t out[MAPPING_REQUEST_MAX]);
size_t mapping_put_nat_pmp(const struct mapping_request *r, uint8_t out[MAPPING_REQUEST_MAX]);
/* Asks for the router's own address. */
size_t mapping_put_nat_pmp_address(uint8_t out[MAPPING_REQUEST_MAX]);
size_t mapping_put_search(const struct netaddr *gateway, uint8_t out[MAPPING_REQUEST_MAX]);

enum mapping_answer_kind {
	MAPPING_NONSENSE, /* none of the following, or about something else */
	MAPPING_PCP_MAP,
	MAPPING_NAT_PMP_ADDRESS,
	MAPPING_NAT_PMP_MAP,
	MAPPING_NO_PCP,	    /* the router does not speak PCP, but NAT-PMP */
	MAPPING_NO_VERSION, /* it speaks neither in a version that we know */
};

struct mapping_answer {
	enum mapping_answer_kind kind;
	unsigned result;	 /* 0: done; else RFC 6887 7.4 or RFC 6886 3.5 */
	uint32_t epoch;		 /* seconds since the router lost its mappings */
	uint32_t lifetime;	 /* seconds that the mapping, or an error of PCP, lasts */
	uint16_t own_port;	 /* of a map */
	struct netaddr external; /* address of PCP's map and of NAT-PMP's address, port of a
				    map */
};

/*
 * An answer of PCP counts only with the nonce; one for another protocol than TCP is nonsense,
 * and so is one of PCP that maps to an address of IPv6.
 */
void mapping_parse(const uint8_t *data, size_t n, const uint8_t nonce[MAPPING_NONCE_BYTES],
		   struct mapping_answer *out);

/*
 * The answer to a search: copies the URL of the description. False if there is none, or it is not
 * one of http at the gateway's own address, so that nobody has us ask another host.
 */
bool mapping_parse_search(const uint8_t *data, size_t n, const struct netaddr *gateway,
			  char url[MAPPING_URL_MAX + 1]);
/* Whether this is a URL of http at this address, with any port. */
bool mapping_url_is_at(const char *url, const struct netaddr *host);

/* A phrase for a result, by RFC 6887 7.4 (pcp) or RFC 6886 3.5. */
const char *mapping_result_text(bool pcp, unsigned result);

#endif
