/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_MAPPER_H
#define DAEMON_MAPPER_H

/*
 * Has the router forward our port while links need that (port-mapping.h): the sockets, the timer
 * and the jobs of UPnP, which run in the thread pool.
 */

#include <uv.h>

#include "port-mapping.h"

struct mapper;

/* changed: another address is to be told, or none any more. */
struct mapper *mapper_create(uv_loop_t *loop, void (*changed)(void *owner), void *owner);
/*
 * No event comes any more. What is mapped is removed first; the loop goes on for as long as that
 * takes.
 */
void mapper_destroy(struct mapper *m);

/* As the functions of port-mapping.h. */
void mapper_allow(struct mapper *m, uint16_t port);
void mapper_use(struct mapper *m, enum mapping_use use);
void mapper_network_changed(struct mapper *m);

/* To look at only. */
const struct port_mapping *mapper_mapping(const struct mapper *m);

#endif
