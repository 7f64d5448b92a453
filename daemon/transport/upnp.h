/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_UPNP_H
#define DAEMON_UPNP_H

/*
 * A router is asked by UPnP to map a port, or to forget it (Internet Gateway Device, service
 * WANIPConnection:1). This is XML over HTTP, by libminiupnpc in upnp-miniupnpc.c; upnp-missing.c is
 * for a build without that library.
 */

#include <stdbool.h>
#include <stdint.h>

#include "port-mapping.h"

enum { UPNP_PORTS = 4 }; /* external ports that are tried */

struct upnp_task {
	char url[MAPPING_URL_MAX + 1]; /* of the router's description */
	struct netaddr gateway;	       /* all that is asked is there */
	struct netaddr own;	       /* the port to be forwarded, and our address */
	uint16_t ports[UPNP_PORTS];    /* external ones, in their order; 0: none */
	uint32_t lifetime;	       /* seconds; 0: the first of the ports is to be forgotten */
	struct mapping_job_result result;
};

bool upnp_built_in(void);

/*
 * Fills in the result. Blocks, for seconds with each of some connections to a router that does
 * not answer: not for the thread of the loop. What is mapped by no lease would stay when we are
 * gone, so a router that knows no leases is not asked for that.
 */
void upnp_run(struct upnp_task *task);

#endif
