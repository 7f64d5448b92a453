#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# usage: t/perf/idle.sh [--seconds=N] [--no-close] [<build directory>]
#
# What a pair of devices costs that has nothing to do: bytes on the wire between both
# brokers and their server, stanzas that the server took from them, and processor time,
# over N seconds (300) each: while a link is up at rest, and (ten minutes after its
# last use; not with --no-close) when it has closed. Ends with a status that is not 0
# when that is more than keepalives.
set -e

. "$(dirname "$0")/../lib/lib-sandbox.sh"
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$TOP/build
. "$TOP/t/lib/lib-xmpp.sh"

seconds=300
close=1
for arg
do
	case $arg in
	--seconds=*)
		seconds=${arg#*=} ;;
	--no-close)
		close= ;;
	-*)
		sed -n 's/^# usage: /usage: /p' "$0" >&2
		exit 129 ;;
	*)
		BUILD=$(cd "$arg" && pwd) ;;
	esac
done

clean_up () {
	status=$?
	trap - EXIT INT TERM HUP
	sandbox_finish >/dev/null 2>&1 || true
	sandbox_leftovers >&2 || status=1
	cd /
	rm -rf "$TRASH"
	exit $status
}

# Both directions of both brokers' connections, as TCP carried them.
bytes () {
	ss -tinH state established "dport = :$prosody_port" |
	tr " " "\n" | awk -F: '/^bytes_(sent|received):/ { sum += $2 } END { print sum + 0 }'
}

# What the server took from its clients.
stanzas () {
	grep -c 'RECV: ' "$TRASH/log/prosody" || true
}

# Of both brokers, in hundredths of a second.
ticks () {
	cat "/proc/$(broker_pid alice)/stat" "/proc/$(broker_pid bob)/stat" | awk '{ sum += $14 + $15 } END { print sum }'
}

links () {
	as alice git xmpp status --json | grep -c '"path"' || true
}

no_link () {
	test "$(links)" -eq 0
}

# What may be said by two brokers in so many seconds, each once a minute or less: a ping of the
# link and its answer, both as data in stanzas that are answered, and one of the connection.
allowed () {
	echo $((12 * (seconds / 60 + 1)))
}

# measure <what>: prints a line of the table.
measure () {
	local b s t

	b=$(bytes) s=$(stanzas) t=$(ticks)
	sleep "$seconds"
	b=$(($(bytes) - b)) s=$(($(stanzas) - s)) t=$(($(ticks) - t))
	awk -v what="$1" -v b=$b -v s=$s -v t=$t -v n="$seconds" 'BEGIN {
		printf "%-28s %8d %10.1f %8d %10.2f %8.3f\n", what, b, b / n, s, s * 60 / n, t / n
	}'
	test "$s" -le "$(allowed)"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
sandbox_init
cd "$TRASH"

have_prosody && command -v ss >/dev/null || {
	echo 'prosody, openssl and ss are needed' >&2
	exit 1
}
prosody_debug=debug
start_prosody alice bob
for user in alice bob
do
	setup_user $user >/dev/null
	start_broker $user
done
pair alice bob >/dev/null
git init -q --bare bob/project.git
as bob git xmpp share bob/project.git --name=project --push=alice@localhost >/dev/null
git init -q -b main work
git -C work -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m first
as alice git -C work push -q xmpp::bob@localhost/project main

# The last acknowledgements.
sleep 5
printf '%-28s %8s %10s %8s %10s %8s\n' "$seconds s, two devices" bytes bytes/s stanzas per-min cpu-%
measure 'a link is up, in-band'
test "$(links)" -gt 0
test -n "$close" || exit 0
wait_for 900 no_link
sleep 5
measure 'no link'
