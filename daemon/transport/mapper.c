/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mapper.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "gateway.h"
#include "log.h"
#include "random.h"
#include "sockaddr.h"
#include "upnp.h"
#include "work.h"

/*
 * A socket lives for one question, and is bound to our address towards the router. That of PCP
 * and NAT-PMP is connected, so the kernel drops what anybody else sends, and tells at once that
 * nobody listens there. That of a search is not: some routers answer it from another port.
 *
 * The router's refusal may come as an error of send(), within the call of the machine that sends.
 * It is passed on by the timer.
 */

enum { PORT_MIN = 1024 }; /* lower external ports are those of the router's services */

struct mapper {
	uv_loop_t *loop;
	void (*changed)(void *owner); /* NULL: nobody is told any more */
	void *owner;
	struct port_mapping_events events;
	struct port_mapping machine;
	uv_udp_t *socket; /* owned; NULL: nothing is asked */
	bool connected;
	struct sockaddr_storage to;
	bool refused; /* send() said so */
	uv_timer_t timer;
	char data[MAPPING_ANSWER_MAX + 1]; /* an answer, for the call that takes it */
};

struct job {
	uv_work_t work;
	struct mapper *mapper; /* borrowed: it waits for the job */
	struct upnp_task task;
};

static void on_timer(uv_timer_t *timer);

/* After each event: when the machine wants to be called. */
static void arm(struct mapper *m)
{
	uint64_t at = port_mapping_deadline(&m->machine), now = uv_now(m->loop);

	if (uv_is_closing((uv_handle_t *)&m->timer))
		return;
	if (m->refused)
		at = now;
	if (at == UINT64_MAX)
		uv_timer_stop(&m->timer);
	else
		uv_timer_start(&m->timer, on_timer, at > now ? at - now : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
	struct mapper *m = timer->data;

	if (m->refused) {
		m->refused = false;
		port_mapping_refused(&m->machine, uv_now(m->loop));
	}
	port_mapping_step(&m->machine, uv_now(m->loop));
	arm(m);
}

/* Sockets */

static void on_socket_closed(uv_handle_t *socket)
{
	free(socket);
}

static void on_close(void *owner)
{
	struct mapper *m = owner;

	if (m->socket)
		uv_close((uv_handle_t *)m->socket, on_socket_closed);
	m->socket = NULL;
	m->refused = false;
}

static void on_alloc(uv_handle_t *socket, size_t suggested, uv_buf_t *out)
{
	struct mapper *m = socket->data;

	*out = uv_buf_init(m->data, sizeof(m->data));
}

static void on_datagram(uv_udp_t *socket, ssize_t n, const uv_buf_t *buf,
			const struct sockaddr *from, unsigned flags)
{
	struct mapper *m = socket->data;
	struct netaddr a;

	if (n < 0)
		port_mapping_refused(&m->machine, uv_now(m->loop));
	else if (from && !(flags & UV_UDP_PARTIAL) && sockaddr_to(from, &a))
		port_mapping_hear(&m->machine, &a, (const uint8_t *)buf->base, (size_t)n,
				  uv_now(m->loop));
	arm(m);
}

static int open_socket(struct mapper *m, const struct netaddr *own)
{
	struct netaddr any = *own;
	struct sockaddr_storage addr;
	int error;

	any.port = 0;
	sockaddr_from(&any, &addr);
	error = uv_udp_bind(m->socket, (struct sockaddr *)&addr, 0);
	if (!error && m->connected)
		error = uv_udp_connect(m->socket, (struct sockaddr *)&m->to);
	return error ? error : uv_udp_recv_start(m->socket, on_alloc, on_datagram);
}

static bool on_open(void *owner, const struct netaddr *own, const struct netaddr *to)
{
	struct mapper *m = owner;
	int error;

	on_close(m);
	m->socket = xcalloc(1, sizeof(*m->socket));
	m->connected = to->port == MAPPING_PORT;
	sockaddr_from(to, &m->to);
	error = uv_udp_init(m->loop, m->socket);
	if (error) {
		free(m->socket);
		m->socket = NULL;
		return false;
	}
	m->socket->data = m;
	error = open_socket(m, own);
	if (!error)
		return true;
	log_about("the router", LOG_INFO, "port mapping: no socket: %s", uv_strerror(error));
	on_close(m);
	return false;
}

static void on_send(void *owner, const void *data, size_t n)
{
	struct mapper *m = owner;
	uv_buf_t buf = uv_buf_init((char *)data, (unsigned)n);

	m->refused = uv_udp_try_send(m->socket, &buf, 1,
				     m->connected ? NULL : (struct sockaddr *)&m->to) < 0;
}

/* Jobs */

static void on_work(uv_work_t *work)
{
	struct job *j = work->data;

	upnp_run(&j->task);
}

static void on_worked(uv_work_t *work, int status)
{
	struct job *j = work->data;
	struct mapper *m = j->mapper;

	port_mapping_job_done(&m->machine, &j->task.result, uv_now(m->loop));
	arm(m);
	free(j);
}

static void on_job(void *owner, const struct mapping_job *job)
{
	struct mapper *m = owner;
	struct job *j = xcalloc(1, sizeof(*j));
	uint16_t random[UPNP_PORTS];

	j->mapper = m;
	j->work.data = j;
	strncpy(j->task.url, job->url, MAPPING_URL_MAX);
	j->task.gateway = job->gateway;
	j->task.own = job->own;
	j->task.lifetime = job->lifetime;
	j->task.ports[0] = job->external_port ? job->external_port : job->own.port;
	random_bytes(random, sizeof(random));
	for (int i = 1; i < UPNP_PORTS; i++)
		j->task.ports[i] = PORT_MIN + random[i] % (UINT16_MAX - PORT_MIN);
	work_start(m->loop, &j->work, on_work, on_worked);
}

/* The rest */

static bool on_gateway(void *owner, struct netaddr *gateway, struct netaddr *own)
{
	return gateway_find(gateway, own);
}

static void on_random(void *owner, void *out, size_t n)
{
	random_bytes(out, n);
}

static void on_changed(void *owner)
{
	struct mapper *m = owner;

	if (m->changed)
		m->changed(m->owner);
}

static void on_timer_closed(uv_handle_t *timer)
{
	free(timer->data);
}

static void on_ended(void *owner)
{
	struct mapper *m = owner;

	uv_close((uv_handle_t *)&m->timer, on_timer_closed);
}

static const struct port_mapping_events mapping_events = {
	.gateway = on_gateway,
	.random = on_random,
	.open = on_open,
	.send = on_send,
	.close = on_close,
	.job = on_job,
	.changed = on_changed,
	.ended = on_ended,
};

struct mapper *mapper_create(uv_loop_t *loop, void (*changed)(void *owner), void *owner)
{
	struct mapper *m = xcalloc(1, sizeof(*m));

	m->loop = loop;
	m->changed = changed;
	m->owner = owner;
	m->events = mapping_events;
	if (!upnp_built_in())
		m->events.job = NULL;
	port_mapping_init(&m->machine, &m->events, m);
	uv_timer_init(loop, &m->timer);
	m->timer.data = m;
	return m;
}

void mapper_destroy(struct mapper *m)
{
	if (!m)
		return;
	m->changed = NULL;
	port_mapping_end(&m->machine, uv_now(m->loop));
	arm(m);
}

void mapper_allow(struct mapper *m, uint16_t port)
{
	port_mapping_allow(&m->machine, port, uv_now(m->loop));
	arm(m);
}

void mapper_use(struct mapper *m, enum mapping_use use)
{
	port_mapping_use(&m->machine, use, uv_now(m->loop));
	arm(m);
}

void mapper_network_changed(struct mapper *m)
{
	port_mapping_network_changed(&m->machine, uv_now(m->loop));
	arm(m);
}

const struct port_mapping *mapper_mapping(const struct mapper *m)
{
	return &m->machine;
}
