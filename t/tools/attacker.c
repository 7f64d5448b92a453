/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An attacker of a broker on 127.0.0.1, which runs until a signal ends it.
 *
 * usage: attacker [options] <kind> <victim's full JID> [<argument>...]
 *   --as SPEC        user@localhost    this account, --crowd times, each with its own resource
 *                    localhost         accounts u1, u2 ..., each once
 *                    user@domain, domain    the same for JIDs of a component's domain
 *   --crowd N        how many full JIDs (1)
 *   --c2s PORT  --component PORT  --password P
 *   --rate N         a second, for all JIDs together (0: as fast as it goes)
 *   --each N  --count N  --length N  --block N  --depth N  --key FILE  --share S  --service S
 *   --tcp  --accept  --drip
 *
 * Prints "ready" when it has taken all that it can take, and at the end how often it was
 * served and refused.
 */
#include "attack.h"

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alloc.h"

enum { BEAT = 5, PATIENCE = 4000, UNSENT_MAX = 256 * 1024, CROWD_MAX = 4096 };

static const struct attack_kind *const kinds[] = {
	&attack_open, &attack_break, &attack_say, &attack_keys, &attack_fetch, &attack_leave,
	&attack_records,
	&attack_peek,
};

static const char *as, *password = "correct-horse";
static unsigned crowd = 1, c2s, component;
static volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
	stopped = 1;
}

uint64_t attack_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void tell(const struct attack *a, const char *word)
{
	printf("%s done=%u refused=%u\n", word, a->done, a->refused);
	fflush(stdout);
}

void attack_ready_if(struct attack *a, bool so, uint64_t now)
{
	if (!a->began)
		a->began = now;
	if (a->ready || (!so && now < a->began + PATIENCE))
		return;
	a->ready = true;
	tell(a, "ready");
}

bool attack_may(struct attack *a, const struct who *who, uint64_t now)
{
	if (!a->began)
		a->began = now;
	if (buf_len(&who->stream->out) > UNSENT_MAX ||
	    (a->rate && a->said >= (now - a->began) * a->rate / 1000 + 1))
		return false;
	a->said++;
	return true;
}

/* The crowd. */

static struct stream *add_stream(struct attack *a, struct stream *s)
{
	a->streams = xrealloc(a->streams, (a->n_streams + 1) * sizeof(*a->streams));
	return a->streams[a->n_streams++] = s;
}

/*
 * Sends presence as an ordinary client would, so that the victim hears of it when the JID
 * goes.
 */
static void show(struct who *who, const char *type)
{
	buf_printf(&who->stream->out, "<presence from='%s'%s%s><priority>-1</priority></presence>",
		   who->full, type, who->stream->ssl ? "" : who->attack->to_victim);
}

static void gather(struct attack *a)
{
	const char *at = strchr(as, '@'), *domain = at ? at + 1 : as;
	bool client = !strcmp(domain, "localhost");
	struct stream *s =
		client ? NULL : add_stream(a, stream_component(component, domain, password));

	a->who = xcalloc(crowd, sizeof(*a->who));
	for (a->n = 0; a->n < crowd; a->n++) {
		struct who *who = &a->who[a->n];
		char user[80], resource[32];

		if (at)
			snprintf(user, sizeof(user), "%.*s", (int)(at - as), as);
		else
			snprintf(user, sizeof(user), "u%zu", a->n + 1);
		snprintf(resource, sizeof(resource), "r%zu", a->n + 1);
		snprintf(who->full, sizeof(who->full), "%s@%s/%s", user, domain, resource);
		if (client)
			s = add_stream(a, stream_login(c2s, user, password, resource));
		who->stream = s;
		who->attack = a;
		show(who, "");
	}
}

static void leave(struct attack *a)
{
	for (size_t i = 0; i < a->n; i++)
		show(&a->who[i], " type='unavailable'");
	for (size_t i = 0; i < a->n_streams; i++) {
		stream_flush(a->streams[i]);
		stream_destroy(a->streams[i]);
	}
	free(a->streams);
	free(a->who);
}

static struct who *find(struct attack *a, const struct stream *s, const char *stanza)
{
	char to[ATTACK_JID_MAX] = "";

	stanza_attribute(stanza, "to", to, sizeof(to));
	for (size_t i = 0; i < a->n; i++)
		if (a->who[i].stream == s && (s->ssl || !strcmp(a->who[i].full, to)))
			return &a->who[i];
	return NULL;
}

static void hear(struct attack *a, struct stream *s, const struct attack_kind *kind)
{
	char *stanza;

	while ((stanza = stream_next(s))) {
		struct who *who = find(a, s, stanza);

		if (who && kind->take)
			kind->take(a, who, stanza);
		free(stanza);
	}
}

static void run(struct attack *a, const struct attack_kind *kind)
{
	struct pollfd *fds = xcalloc(a->n_streams, sizeof(*fds));

	while (!stopped) {
		kind->step(a, attack_now());
		for (size_t i = 0; i < a->n_streams; i++) {
			stream_pump(a->streams[i]);
			hear(a, a->streams[i], kind);
			if (a->streams[i]->over) {
				puts("a stream is over");
				stopped = 1;
			}
			fds[i] = (struct pollfd){
				.fd = a->streams[i]->fd,
				.events = POLLIN | (buf_len(&a->streams[i]->out) ? POLLOUT : 0),
			};
		}
		poll(fds, a->n_streams, BEAT);
	}
	free(fds);
}

static const struct attack_kind *kind_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

static int usage(void)
{
	fprintf(stderr, "usage: attacker [options] --as SPEC <kind> <victim> [<argument>...]\n");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		fprintf(stderr, "  %s\n", kinds[i]->usage);
	return 2;
}

static int options(struct attack *a, int argc, char **argv)
{
	static const struct option names[] = {
		{ "as", required_argument, NULL, 'a' }, { "crowd", required_argument, NULL, 'n' },
		{ "c2s", required_argument, NULL, 'c' },
		{ "component", required_argument, NULL, 'C' },
		{ "password", required_argument, NULL, 'p' },
		{ "rate", required_argument, NULL, 'r' },
		{ "each", required_argument, NULL, 'e' }, { "count", required_argument, NULL, 'N' },
		{ "length", required_argument, NULL, 'l' },
		{ "block", required_argument, NULL, 'b' },
		{ "depth", required_argument, NULL, 'd' }, { "key", required_argument, NULL, 'k' },
		{ "share", required_argument, NULL, 's' },
		{ "service", required_argument, NULL, 'S' },
		{ "tcp", no_argument, NULL, 't' }, { "accept", no_argument, NULL, 'A' },
		{ "drip", no_argument, NULL, 'D' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "+", names, NULL)) != -1) {
		switch (c) {
		case 'a': as = optarg; break;
		case 'n': crowd = (unsigned)atoi(optarg); break;
		case 'c': c2s = (unsigned)atoi(optarg); break;
		case 'C': component = (unsigned)atoi(optarg); break;
		case 'p': password = optarg; break;
		case 'r': a->rate = (unsigned)atoi(optarg); break;
		case 'e': a->each = (unsigned)atoi(optarg); break;
		case 'N': a->count = (unsigned)atoi(optarg); break;
		case 'l': a->length = (unsigned)atoi(optarg); break;
		case 'b': a->block = (unsigned)atoi(optarg); break;
		case 'd': a->depth = (unsigned)atoi(optarg); break;
		case 'k': a->key = optarg; break;
		case 's': a->share = optarg; break;
		case 'S': a->service = optarg; break;
		case 't': a->tcp = true; break;
		case 'A': a->accept = true; break;
		case 'D': a->drip = true; break;
		default: return -1;
		}
	}
	return optind;
}

int main(int argc, char **argv)
{
	struct attack a = {
		.each = 4, .count = 1, .length = 16, .block = 5700, .service = "upload-pack"
	};
	int first = options(&a, argc, argv);
	const struct attack_kind *kind =
		first >= 0 && argc - first >= 2 ? kind_named(argv[first]) : NULL;
	struct sigaction action = { .sa_handler = on_signal };

	if (!kind || !as || !crowd || crowd > CROWD_MAX || a.length > ATTACK_ID_MAX)
		return usage();
	a.victim = argv[first + 1];
	snprintf(a.to_victim, sizeof(a.to_victim), " to='%s'", a.victim);
	a.args = argv + first + 2;
	a.n_args = argc - first - 2;
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	gather(&a);
	run(&a, kind);
	tell(&a, "over");
	for (size_t i = 0; i < a.n && kind->end; i++)
		kind->end(&a.who[i]);
	leave(&a);
	return 0;
}
