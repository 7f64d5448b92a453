/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Unix socket: clients that say any bytes in any pieces, read when they like and go when
 * they like, and owners that answer, close and dismiss them, on a real loop. The input is a
 * program. An owner gets the frames that its client has said, in their order, and nothing after
 * it has closed the client or was told of the end. No more clients than CLIENTS_MAX are kept;
 * in the end nothing is left in the loop.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "alloc.h"
#include "bounds.h"
#include "conn.h"
#include "program.h"

enum act {
	ACT_CONNECT,
	ACT_GREET, /* a right HELLO, and an OPEN or COMMAND */
	ACT_BYTES, /* any bytes */
	ACT_FRAME, /* a frame of any type */
	ACT_SHORT, /* the header of a frame, and less than it says */
	ACT_READ,
	ACT_GO,	  /* the client closes */
	ACT_TURN, /* the loop turns */
	ACT_SEND, /* the owner answers */
	ACT_CLOSE,
	ACT_GIVE,
	ACT_DISMISS,
	ACT_MANY, /* one act, by as many clients */
	ACTS,
};

enum {
	CLIENTS = CLIENTS_MAX + 20,
	QUEUED_MAX = 1 << 20, /* bytes, after which an owner says nothing more */
	ACTS_MAX = 200,
};

#define S(...)                                                                                     \
	{                                                                                          \
		(const char[]){ __VA_ARGS__ }, sizeof((const char[]){ __VA_ARGS__ })               \
	}

const struct fuzz_seed fuzz_seeds[] = {
	/* A session: data both ways, and its end. */
	S(ACT_CONNECT, 0, ACT_GREET, 0, 0, ACT_TURN, ACT_SEND, 0, 1, 40, ACT_FRAME, 0, 3, 5, 'h',
	  'e', 'l', 'l', 'o', ACT_TURN, ACT_READ, 0, ACT_FRAME, 0, 4, 0, ACT_TURN, ACT_CLOSE, 0,
	  ACT_TURN, ACT_READ, 0),
	/* A command is dismissed; another client says half of a frame and goes. */
	S(ACT_CONNECT, 1, ACT_GREET, 1, 1, ACT_TURN, ACT_GIVE, 1, ACT_CONNECT, 2, ACT_SHORT, 2, 1,
	  200, ACT_TURN, ACT_DISMISS, ACT_GO, 2, ACT_TURN, ACT_TURN),
	/* Bytes that are no frame; nobody reads what is sent. */
	S(ACT_CONNECT, 3, ACT_BYTES, 3, 6, (char)0xff, (char)0xff, 'H', 0, 0, 9, ACT_TURN,
	  ACT_CONNECT, 4, ACT_GREET, 4, 0, ACT_TURN, ACT_SEND, 4, 1, 255, ACT_SEND, 4, 1, 255,
	  ACT_GO, 4, ACT_TURN),
	/* More clients than are served; then they all go. */
	S(ACT_MANY, (char)0xff, ACT_CONNECT, 0, ACT_MANY, (char)0xff, ACT_CONNECT, (char)0xfe,
	  ACT_MANY, (char)0xff, ACT_GREET, 0, 0, ACT_TURN, ACT_MANY, (char)0xff, ACT_GO, 0,
	  ACT_TURN),
	{ NULL, 0 },
};

struct owner {
	struct conn *conn;		/* NULL: none, or none any more */
	unsigned frames;
	bool closes_within;		/* closes its client when the next frame comes */
};

static struct {
	uv_loop_t loop;
	uv_pipe_t listener;
	struct conns conns;
	int clients[CLIENTS];		/* -1: there is none */
	struct owner *owners[CLIENTS_MAX];
	unsigned owned;
	char path[64];
} all;

static void on_frame(void *arg, const struct frame *frame)
{
	struct owner *o = arg;

	must(o->conn && frame->len <= FRAME_MAX);
	o->frames++;
	if (!o->closes_within)
		return;
	conn_close(o->conn);
	o->conn = NULL;
}

static void on_closed(void *arg)
{
	struct owner *o = arg;

	must(o->conn != NULL);
	o->conn = NULL;
}

static void on_drained(void *arg)
{
	const struct owner *o = arg;

	must(o->conn && !conn_queued(o->conn));
}

static const struct conn_events events = {
	.frame = on_frame, .closed = on_closed, .drained = on_drained,
};

static void own(struct conn *c, struct fields f)
{
	struct owner *o = xcalloc(1, sizeof(*o));

	must(!conn_has_owner(c));
	o->conn = c;
	o->closes_within = fields_get(f, "closes") != NULL;
	if (all.owned == CLIENTS_MAX || fields_get(f, "refused")) {
		free(o);
		conn_close(c);
		return;
	}
	all.owners[all.owned++] = o;
	conn_set_owner(c, &events, o);
}

static void on_open(void *owner, struct conn *c, struct fields open)
{
	own(c, open);
}

static void on_other_version(void *owner, const char *task)
{
	must(task != NULL);
}

static const struct control_events control_events = {
	.open = on_open, .command = on_open, .other_version = on_other_version,
};

static void on_connection(uv_stream_t *server, int status)
{
	if (!status)
		conns_accept(&all.conns, server);
}

static void turn(unsigned times)
{
	while (times--)
		uv_run(&all.loop, UV_RUN_NOWAIT);
}

static int *choose_client(struct program *in)
{
	return &all.clients[(program_byte(in) + in->round) % CLIENTS];
}

/* An owner that has its client still; or NULL. */
static struct owner *choose_owner(struct program *in)
{
	unsigned first = program_byte(in);

	for (unsigned i = 0; i < all.owned; i++) {
		struct owner *o = all.owners[(first + i) % all.owned];

		if (o->conn)
			return o;
	}
	return NULL;
}

static void go(int *client)
{
	if (*client >= 0)
		close(*client);
	*client = -1;
}

static void act_connect(int *client)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	go(client);
	strcpy(address.sun_path + 1, all.path + 1);
	*client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	must(*client >= 0);
	if (connect(*client, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(all.path + 1))))
		go(client);
	turn(1);
}

static void put(int client, const void *data, size_t n)
{
	if (client >= 0 && send(client, data, n, MSG_NOSIGNAL) < 0)
		return;
}

static void act_greet(int client, struct program *in)
{
	uint8_t how = program_byte(in);
	struct buf out = { 0 }, f = { 0 };

	fields_add_u64(&f, "protocol", how & 2 ? FRAME_PROTOCOL + 1 : FRAME_PROTOCOL);
	if (how & 4)
		fields_add(&f, "task", "queue");
	frame_put_fields(&out, FRAME_HELLO, &f);
	if (how & 8)
		fields_add(&f, "closes", "1");
	if (how & 16)
		fields_add(&f, "refused", "1");
	frame_put_fields(&out, how & 1 ? FRAME_COMMAND : FRAME_OPEN, &f);
	put(client, buf_data(&out), buf_len(&out));
	buf_finish(&out);
	buf_finish(&f);
}

static void act_frame(int client, struct program *in, bool all_of_it)
{
	static const enum frame_type types[] = {
		FRAME_HELLO, FRAME_OPEN, FRAME_COMMAND, FRAME_DATA, FRAME_END, FRAME_CREDIT,
	};
	enum frame_type type = types[program_byte(in) % 6];
	struct buf out = { 0 };
	size_t n;
	const uint8_t *bytes;

	if (all_of_it) {
		bytes = program_bytes(in, &n);
		frame_put(&out, type, bytes, n);
	} else {
		frame_header((unsigned char *)buf_reserve(&out, FRAME_HEADER), type,
			     257u * program_byte(in));
		buf_added(&out, FRAME_HEADER);
	}
	put(client, buf_data(&out), buf_len(&out));
	buf_finish(&out);
}

static void act_read(int client)
{
	static char sink[64 * 1024];

	if (client >= 0 && read(client, sink, sizeof(sink)) < 0)
		return;
}

static void act_send(struct owner *o, struct program *in)
{
	static const enum frame_type types[] = { FRAME_READY, FRAME_DATA, FRAME_STDERR, FRAME_END };
	static char data[255 * 256];
	enum frame_type type = types[program_byte(in) % 4];
	size_t n = 256u * program_byte(in);

	if (o && conn_queued(o->conn) < QUEUED_MAX)
		conn_send(o->conn, type, data, n);
}

static void perform(struct program *in)
{
	uint8_t act = program_byte(in) % ACTS;
	int *client = act <= ACT_GO ? choose_client(in) : NULL;
	struct message why = { 0 };
	struct owner *o;
	const uint8_t *bytes;
	size_t n;

	switch (act) {
	case ACT_MANY:
		program_many(in, perform);
		break;
	case ACT_CONNECT:
		act_connect(client);
		break;
	case ACT_GREET:
		act_greet(*client, in);
		break;
	case ACT_BYTES:
		bytes = program_bytes(in, &n);
		put(*client, bytes, n);
		break;
	case ACT_FRAME:
	case ACT_SHORT:
		act_frame(*client, in, act == ACT_FRAME);
		break;
	case ACT_READ:
		act_read(*client);
		break;
	case ACT_GO:
		go(client);
		break;
	case ACT_SEND:
		o = choose_owner(in);
		act_send(o, in);
		break;
	case ACT_CLOSE:
		o = choose_owner(in);
		if (!o)
			break;
		conn_close(o->conn);
		o->conn = NULL;
		break;
	case ACT_GIVE:
		o = choose_owner(in);
		if (o)
			conn_give(o->conn, &all);
		break;
	case ACT_DISMISS:
		message_set(&why, MSG_BROKER_FULL, "path", all.path + 1, NULL);
		conns_dismiss(&all.conns, &all, program_byte(in) & 1 ? &why : NULL);
		break;
	default:
		turn(1);
		break;
	}
}

static void begin(void)
{
	static unsigned count;

	memset(&all, 0, sizeof(all));
	snprintf(all.path + 1, sizeof(all.path) - 1, "git-xmpp-fuzz-%d-%u", (int)getpid(), count++);
	must(!uv_loop_init(&all.loop) && !uv_pipe_init(&all.loop, &all.listener, 0));
	for (unsigned i = 0; i < CLIENTS; i++)
		all.clients[i] = -1;
	conns_init(&all.conns, &control_events, NULL);
}

static void listen_here(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path + 1, all.path + 1);
	must(fd >= 0);
	must(!bind(fd, (struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(all.path + 1))));
	must(!uv_pipe_open(&all.listener, fd));
	must(!uv_listen((uv_stream_t *)&all.listener, 8, on_connection));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct program in = { .at = data, .left = n };

	/* As the broker does. */
	signal(SIGPIPE, SIG_IGN);
	begin();
	listen_here();
	for (unsigned acts = 0; in.left && acts < ACTS_MAX; acts++) {
		perform(&in);
		must(all.conns.count <= CLIENTS_MAX);
	}
	turn(2);
	conns_end(&all.conns);
	must(!all.conns.count);
	for (unsigned i = 0; i < CLIENTS; i++)
		go(&all.clients[i]);
	uv_close((uv_handle_t *)&all.listener, NULL);
	turn(3);
	/* Nothing is left in the loop. */
	must(!uv_loop_close(&all.loop));
	for (unsigned i = 0; i < all.owned; i++) {
		must(!all.owners[i]->conn);
		free(all.owners[i]);
	}
	return 0;
}
