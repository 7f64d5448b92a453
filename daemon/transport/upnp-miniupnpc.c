/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "upnp.h"

#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <miniupnpc/upnperrors.h>
#include <stdio.h>
#include <string.h>

/*
 * The library's own search is not used: it asks the whole network, and believes whoever answers.
 * The URL of the description comes from a search at the router (mapping-messages.h), and the URL
 * that the description names for requests has to be there, too.
 */

enum {
	CONFLICT = 718,	  /* the external port is somebody else's */
	SAME_PORTS = 724, /* both ports have to be the same */
};

bool upnp_built_in(void)
{
	return true;
}

static void fail(struct upnp_task *task, int error)
{
	const char *why = strupnperror(error);

	task->result.why = why ? why : "an unknown failure";
}

/* The address is the router's own, which the port was mapped at. */
static void take_address(struct upnp_task *task, const struct UPNPUrls *urls, const char *service,
			 uint16_t port)
{
	char ip[64] = "", text[NETADDR_TEXT_MAX + 8];
	int error = UPNP_GetExternalIPAddress(urls->controlURL, service, ip);

	snprintf(text, sizeof(text), "%.40s:%u", ip, port);
	if (error)
		fail(task, error);
	else if (!netaddr_parse(text, &task->result.external) || task->result.external.v6)
		task->result.why = "it has no address of IPv4";
	else
		task->result.done = true;
}

static void map(struct upnp_task *task, const struct UPNPUrls *urls, const char *service)
{
	char external[8], own[8], client[24], lifetime[16];
	int error = CONFLICT;

	snprintf(own, sizeof(own), "%u", task->own.port);
	snprintf(client, sizeof(client), "%u.%u.%u.%u", task->own.ip[0], task->own.ip[1],
		 task->own.ip[2], task->own.ip[3]);
	snprintf(lifetime, sizeof(lifetime), "%u", (unsigned)task->lifetime);
	for (int i = 0; i < UPNP_PORTS && task->ports[i]; i++) {
		snprintf(external, sizeof(external), "%u", task->ports[i]);
		error = UPNP_AddPortMapping(urls->controlURL, service, external, own, client,
					    "git-xmpp", "TCP", NULL, lifetime);
		if (!error) {
			take_address(task, urls, service, task->ports[i]);
			if (!task->result.done)
				UPNP_DeletePortMapping(urls->controlURL, service, external, "TCP",
						       NULL);
			return;
		}
		if (error != CONFLICT && error != SAME_PORTS)
			break;
	}
	fail(task, error);
}

static void forget(struct upnp_task *task, const struct UPNPUrls *urls, const char *service)
{
	char external[8];
	int error;

	snprintf(external, sizeof(external), "%u", task->ports[0]);
	error = UPNP_DeletePortMapping(urls->controlURL, service, external, "TCP", NULL);
	task->result.done = !error;
	if (error)
		fail(task, error);
}

void upnp_run(struct upnp_task *task)
{
	struct UPNPUrls urls = { 0 };
	struct IGDdatas data = { 0 };
	char lan[64];

	task->result = (struct mapping_job_result){ .why = "its description is not to be had" };
	if (UPNP_GetIGDFromUrl(task->url, &urls, &data, lan, sizeof(lan)) != 1)
		return;
	if (!urls.controlURL || !mapping_url_is_at(urls.controlURL, &task->gateway) ||
	    !*data.first.servicetype)
		task->result.why = "its description is of no use";
	else if (task->lifetime)
		map(task, &urls, data.first.servicetype);
	else
		forget(task, &urls, data.first.servicetype);
	FreeUPNPUrls(&urls);
}
