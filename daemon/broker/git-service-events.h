/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_GIT_SERVICE_EVENTS_H
#define DAEMON_GIT_SERVICE_EVENTS_H

/* Handles what git services report; the owner is the name of the account, its bare JID. */

#include "git-service.h"

extern const struct git_services_events git_service_events;

#endif
