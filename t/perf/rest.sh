#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# usage: t/perf/rest.sh [--json=FILE] [--seconds=N] [--devices=N] [--links=N] [<build directory>]
#
# What a broker costs while nothing happens, against what it may:
#
#   floor    its memory, online with an empty roster, beyond that of a bare program that
#            links the same libraries and is logged in to the same server (bare.c)
#   wakes    how often it wakes up in N seconds, and for what
#   device   memory for each of many buddies who are trusted and have a device online
#   link     memory for each link that has carried a clone and is idle
#
# Memory is PSS, of processes that run side by side and are read in the same moment:
# what libraries share with others on the machine is shared alike. The buddies
# are a component of the server (mod_crowd.lua): their roster, their presences and the
# table of trusted devices are real, their brokers are not. The other ends of
# the links are brokers.
set -e

. "$(dirname "$0")/../lib/lib-sandbox.sh"
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$TOP/build
. "$TOP/t/lib/lib-xmpp.sh"

json=
sends=uncounted
seconds=130
devices=5000
links=12
for arg
do
	case $arg in
	--json=*)
		json=$(realpath -m "${arg#*=}") ;;
	--seconds=*)
		seconds=${arg#*=} ;;
	--devices=*)
		devices=${arg#*=} ;;
	--links=*)
		links=${arg#*=} ;;
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
	if test $status -gt 1
	then
		echo "failed (status $status); the ends of the logs:" >&2
		tail -n 20 "$TRASH"/log/* >&2 || true
	fi
	sandbox_finish >/dev/null 2>&1 || true
	sandbox_leftovers >&2 || status=2
	cd /
	rm -rf "$TRASH"
	exit $status
}

fail () {
	echo "rest.sh: $*" >&2
	exit 2
}

# pss <pid>: in kB.
pss () {
	sed -n 's/^Pss:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/smaps_rollup"
}

# rest <user>...: all of them have done what there was to do, and have given back what it took.
rest () {
	local user

	for user
	do
		wait_for 60 at_rest "$(broker_pid "$user")" 4 || fail "$user's broker does not come to rest"
	done
}

# The crowd's side of the user's roster, and its devices in the user's table of trusted
# ones: a device id is the first 80 bits of the fingerprint, and here it is the number.
befriend_crowd () {
	mkdir -p "$TRASH/prosody/data/localhost/roster" "$TRASH/$1/.state/git-xmpp/accounts/$1@localhost"
	awk -v n="$2" 'BEGIN {
		print "return { [false] = { version = 1; };"
		for (i = 1; i <= n; i++)
			printf "[\"buddy%d@crowd.localhost\"] = { subscription = \"both\"; groups = {}; };\n", i
		print "};"
	}' >"$TRASH/prosody/data/localhost/roster/$1.dat"
	(umask 077 && awk -v n="$2" 'BEGIN {
		for (i = 1; i <= n; i++)
			printf "buddy%d@crowd.localhost %020x%044d seen 1700000000\n", i, i, 0
	}' >"$TRASH/$1/.state/git-xmpp/accounts/$1@localhost/devices")
}

crowd_is_here () {
	test "$(as "$1" git xmpp buddies --porcelain | grep -c "^buddy.*	git	")" -eq "$2"
}

links_up () {
	as "$1" git xmpp status -v | grep -c '^link.* up'
}

measure_floor () {
	: >bare.out
	"$BUILD/t/perf/bare" --server="127.0.0.1:$prosody_port" \
		--ca-file="$TRASH/prosody/localhost.crt" \
		--account="bare@localhost/$PASSWORD" >bare.out 2>&1 &
	bare_pid=$!
	started $bare_pid
	wait_for 10 grep -q online bare.out || fail 'the bare program cannot log in'
	rest alice
	bare_pss=$(pss $bare_pid)
	broker_pss=$(pss "$(broker_pid alice)")
}

# Sleeps of a millisecond and more, as strace sees them; without it, all voluntary switches.
measure_wakes () {
	local before pid tracer

	pid=$(broker_pid alice)
	if ! command -v strace >/dev/null
	then
		before=$(switches "$pid")
		sleep "$seconds"
		wakes=$(($(switches "$pid") - before))
		return
	fi
	: >wakes.trace
	strace -f -q -T -p "$pid" -o wakes.trace 2>/dev/null &
	tracer=$!
	started $tracer
	wait_for 5 grep -q epoll_wait wakes.trace || fail 'strace cannot look at the broker'
	sleep "$seconds"
	end_process $tracer INT
	wakes=$(tr -d '<>' <wakes.trace | awk '/wait|futex|poll|select|nanosleep/ && $NF >= 0.001' | wc -l)
	sends=$(grep -cE '(write|sendto|sendmsg)\(' wakes.trace || true)
}

measure_devices () {
	start_broker crowded
	wait_for 60 crowd_is_here crowded "$devices" || fail 'not all buddies came online'
	rest crowded alice
	empty_pss=$(pss "$(broker_pid alice)")
	crowded_pss=$(pss "$(broker_pid crowded)")
	stop_broker crowded
}

measure_links () {
	local user

	for user in dave $near
	do
		start_broker "$user"
	done
	for user in $near
	do
		pair dave "$user" >/dev/null
	done
	# Pairing has made links. With no shares, nobody has a reason for one after this.
	for user in dave $near
	do
		stop_broker "$user"
	done
	for user in dave $near
	do
		start_broker "$user"
	done
	for user in $near
	do
		wait_for 20 trusts dave "$user" || fail "$user did not come online"
	done
	rest dave
	test "$(links_up dave)" -eq 0 || fail 'there is a link already'
	unlinked_pss=$(pss "$(broker_pid dave)")

	for user in $near
	do
		"$TOP/t/tools/make-repo" "$user/project.git" 10 1
		as "$user" git xmpp share "$user/project.git" --name=project --fetch=dave@localhost >/dev/null
		as dave git clone -q --bare "xmpp::$user@localhost/project" "dave/$user.git"
	done
	rest dave
	test "$(links_up dave)" -eq "$links" || fail 'a link is missing'
	linked_pss=$(pss "$(broker_pid dave)")
}

# row <name> <value> <unit> <bound>
row () {
	local judgement

	judgement=$(awk -v v="$2" -v b="$4" 'BEGIN { print v <= b ? "" : "exceeded" }')
	printf '%-34s %10s %-8s %10s %s\n' "$1" "$2" "$3" "$4" "$judgement"
	test -z "$judgement" || exceeded=t
}

# each <kB more> <things>: KiB for each.
each () {
	awk -v kb="$1" -v n="$2" 'BEGIN { printf "%.2f", kb / n }'
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
sandbox_init
cd "$TRASH"

have_prosody || fail 'prosody and openssl are needed'
prosody_more="plugin_paths = { \"$TOP/t/perf/prosody\" }
Component \"crowd.localhost\" \"crowd\""
near=$(seq -f near%g 1 "$links")
befriend_crowd crowded "$devices"
start_prosody alice bare crowded dave $near
for user in alice crowded dave $near
do
	setup_user "$user" >/dev/null
done
start_broker alice

measure_floor
measure_wakes
measure_devices
measure_links

# A keepalive a minute has two: to ask, and to hear.
wakes_bound=$(((seconds / 60 + 1) * 2))
exceeded=
printf '%-34s %10s %-8s %10s\n' '' measured '' 'at most'
row 'broker at rest' "$broker_pss" kB "$((bare_pss + 2048))"
row "  beyond the bare program's $bare_pss" "$((broker_pss - bare_pss))" kB 2048
row "wake-ups in $seconds s, $sends sent" "$wakes" '' "$wakes_bound"
row "each of $devices idle devices" "$(each $((crowded_pss - empty_pss)) "$devices")" KiB 1
row "each of $links idle links" "$(each $((linked_pss - unlinked_pss)) "$links")" KiB 64

if test -n "$json"
then
	cat >"$json" <<-END
	{
	  "broker": { "pss_kb": $broker_pss, "bare_pss_kb": $bare_pss },
	  "wakes": { "seconds": $seconds, "count": $wakes },
	  "device": { "count": $devices, "kib": $(each $((crowded_pss - empty_pss)) "$devices") },
	  "link": { "count": $links, "kib": $(each $((linked_pss - unlinked_pss)) "$links") }
	}
	END
fi
test -z "$exceeded"
