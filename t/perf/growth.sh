#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# usage: t/perf/growth.sh [--quick] [--at=NUMBER] [--only=NAME[,NAME...]] [<build directory>]
#
# What a broker costs as there is more of something: at a tenth, a third and all of
#
#   roster   10,000 buddies, each with a trusted device online: to start; a presence of
#            theirs; a push of somebody else
#   shares   1,000 shares of 50 refs: to start; a push to one of them
#   refs     a share of 50,000 refs: to start; a push of one
#   links    200 links at rest: memory; a push over one of them
#   queue    256 pushes that wait for a buddy who is away: to queue one; to start; to deliver
#
# Cost is processor time of the broker, which the kernel counts in nanoseconds, so that other
# programs on the machine matter little; memory is its RSS at rest. What is not in a broker
# (git, the server) is not counted. --quick: a tenth of all that. --at: with so many, and no
# other number; with --only.
set -e

. "$(dirname "$0")/../lib/lib-sandbox.sh"
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$TOP/build
. "$TOP/t/lib/lib-xmpp.sh"

quick=
at=
only=
for arg
do
	case $arg in
	--quick)
		quick=t ;;
	--at=*)
		at=${arg#*=} ;;
	--only=*)
		only=${arg#*=} ;;
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
	echo "growth.sh: $*" >&2
	exit 2
}

wanted () {
	case ",$only," in
	,, | *",$1,"*)
		return 0 ;;
	esac
	return 1
}

# steps <number>: a tenth of it, a third, and all.
steps () {
	if test -n "$at"
	then
		echo "$at"
		return
	fi
	awk -v n="$1" -v quick="$quick" 'BEGIN {
		if (quick)
			n = int(n / 10)
		printf "%d %d %d\n", n / 10, n / 3, n
	}'
}

# cpu <user>: milliseconds that all threads of that broker have had.
cpu () {
	cat /proc/"$(broker_pid "$1")"/task/*/schedstat | awk '{ n += $1 } END { printf "%.3f\n", n / 1000000 }'
}

# memory <user>: kB.
memory () {
	sed -n 's/^Rss:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(broker_pid "$1")/smaps_rollup"
}

# each <ms> <of how many>: ms for each.
each () {
	awk -v ms="$1" -v n="$2" 'BEGIN { printf "%.4f\n", ms / n }'
}

rest () {
	# It may not have begun yet.
	rest_state=
	wait_for 300 at_rest "$(broker_pid "$1")" 2 >/dev/null || fail "$1's broker does not come to rest"
}

# spent <user> <command>...: $spent has what the user's broker computed until it was at rest again.
spent () {
	local before user

	user=$1
	shift
	before=$(cpu "$user")
	"$@"
	rest "$user"
	spent=$(awk -v now="$(cpu "$user")" -v before="$before" 'BEGIN { printf "%.3f\n", now - before }')
}

# row <what grows> <number> <what> <value> <unit>
row () {
	printf '%s\t%s\t%s\t%s\t%s\n' "$@" | tee -a rows >&2
}

# begin <user> <what> <number>: starts the broker; what it took until it was at rest.
begin () {
	local from to

	from=$(date +%s%N)
	start_broker "$1" || fail "$1's broker does not start"
	to=$(date +%s%N)
	rest "$1"
	row "$2" "$3" 'until online' "$(((to - from) / 1000000))" ms
	row "$2" "$3" 'to start, CPU' "$(cpu "$1")" ms
	row "$2" "$3" 'memory' "$(memory "$1")" kB
}

pushes=20

# push_some <url>: from work, one after the other.
push_some () {
	local i

	i=0
	while test $i -lt $pushes
	do
		git -C work commit -q --allow-empty -m "$i"
		as pusher git -C work push -q "$1" HEAD:main || fail 'a push failed'
		i=$((i + 1))
	done
}

# measure_pushes <user> <what> <number> <share>
measure_pushes () {
	as pusher git -C work push -q -f "xmpp::$1@localhost/$4" HEAD:main || fail 'a push failed'
	rest "$1"
	spent "$1" push_some "xmpp::$1@localhost/$4"
	row "$2" "$3" 'a push, CPU' "$(each "$spent" $pushes)" ms
}

# make_friends <user>: with the pusher, who is running.
make_friends () {
	pair pusher "$1" >/dev/null || fail "$1 and the pusher are no buddies"
}

# ---- roster

# The crowd's side of the user's roster, and its devices in the user's table of trusted
# ones: a device id is the first 80 bits of the fingerprint, and here it is the number.
befriend_crowd () {
	awk -v n="$2" 'BEGIN {
		print "return { [false] = { version = 1; };"
		for (i = 1; i <= n; i++)
			printf "[\"buddy%d@crowd.localhost\"] = { subscription = \"both\"; groups = {}; };\n", i
		print "};"
	}' >"$TRASH/prosody/data/localhost/roster/$(prosody_file "$1")"
	(umask 077 && mkdir -p "$TRASH/$1/.state/git-xmpp/accounts/$1@localhost" && awk -v n="$2" 'BEGIN {
		for (i = 1; i <= n; i++)
			printf "buddy%d@crowd.localhost %020x%044d seen 1700000000\n", i, i, 0
	}' >"$TRASH/$1/.state/git-xmpp/accounts/$1@localhost/devices")
}

# storm <user> <kind> <count> <crowd>
storm () {
	echo "$1@localhost $2 $3 $4" >"$TRASH/orders.new"
	mv "$TRASH/orders.new" "$TRASH/orders"
	wait_for 300 test ! -e "$TRASH/orders" || fail 'the crowd does not obey'
}

measure_roster () {
	local kind n storm_size user

	storm_size=10000
	test -z "$quick" || storm_size=1000
	for n in $(steps 9900)
	do
		user=crowded$n
		begin $user roster $n
		for kind in plain again comes
		do
			spent $user storm $user $kind $storm_size $n
			row roster $n "presence ($kind), CPU" "$(each "$spent" $storm_size)" ms
		done
		make_friends $user
		git init -q --bare $user/project.git
		as $user git xmpp share "$TRASH/$user/project.git" --name=project --push=pusher@localhost >/dev/null
		measure_pushes $user roster $n project
		row roster $n 'memory afterwards' "$(memory $user)" kB
		stop_broker $user
	done
}

# ---- shares

# make_share <repository> <refs>: one commit, so many branches of it, packed as git gc would.
make_share () {
	local commit i

	git init -q --bare "$1"
	git -C work push -q "$TRASH/$1" HEAD:refs/heads/main
	commit=$(git -C "$1" rev-parse main)
	awk -v n="$2" -v commit="$commit" 'BEGIN {
		print "# pack-refs with: peeled fully-peeled sorted "
		print commit " refs/heads/main"
		for (i = 1; i < n; i++)
			printf "%s refs/heads/topic/%07d\n", commit, i
	}' >"$1/packed-refs"
	rm -f "$1/refs/heads/main"
}

# configure_share <user> <name>: as git xmpp share would, without a broker.
configure_share () {
	printf '[xmppShare "%s"]\n\tpath = %s\n\tpush = pusher@localhost\n' "$2" "$TRASH/$1/$2.git" >>"$1/.gitconfig"
}

measure_shares () {
	local i n user

	make_share template.git 50
	for n in $(steps 1000)
	do
		user=sharer$n
		i=1
		while test $i -le $n
		do
			cp -r template.git $user/project$i.git
			configure_share $user project$i
			i=$((i + 1))
		done
		begin $user shares $n
		row shares $n watches "$(cat /proc/"$(broker_pid $user)"/fdinfo/* | grep -c '^inotify ')" ''
		make_friends $user
		measure_pushes $user shares $n project$n
		spent $user goes_and_comes pusher
		row shares $n 'a presence, CPU' "$(each "$spent" 20)" ms
		row shares $n 'memory afterwards' "$(memory $user)" kB
		stop_broker $user
	done
}

# goes_and_comes <user>: their broker, ten times.
goes_and_comes () {
	local i

	i=0
	while test $i -lt 10
	do
		stop_broker "$1"
		start_broker "$1"
		i=$((i + 1))
	done
}

measure_refs () {
	local n user

	for n in $(steps 50000)
	do
		user=holder$n
		make_share $user/project.git $n
		configure_share $user project
		begin $user refs $n
		make_friends $user
		measure_pushes $user refs $n project
		row refs $n 'memory afterwards' "$(memory $user)" kB
		stop_broker $user
	done
}

# ---- links

# Each has a broker of its own, and a share that the hub has cloned from.
measure_links () {
	local i last n

	i=0
	for n in $(steps 200)
	do
		start_broker hub || fail 'the hub does not start'
		while test $i -lt $n
		do
			i=$((i + 1))
			start_broker end$i || fail "end$i does not start"
			pair hub end$i >/dev/null || fail "end$i and the hub are no buddies"
		done
		stop_broker hub
		start_broker hub
		i=0
		while test $i -lt $n
		do
			i=$((i + 1))
			wait_for 60 trusts hub end$i >/dev/null || fail "end$i is not there"
		done
		rest hub
		row links 0/$n memory "$(memory hub)" kB
		spent hub link_all $n
		test "$(as hub git xmpp status -v | grep -c '^link.* up')" -eq $n || fail 'a link is missing'
		row links $n 'a link, CPU' "$(each "$spent" $n)" ms
		row links $n memory "$(memory hub)" kB
		spent hub push_over_links $n
		row links $n 'a push, CPU' "$(each "$spent" $pushes)" ms
		stop_broker hub
	done
}

# link_all <number>: a link to each of the ends.
link_all () {
	local j

	j=0
	while test $j -lt "$1"
	do
		j=$((j + 1))
		as hub git ls-remote -q "xmpp::end$j@localhost/project" >/dev/null || fail "no link with end$j"
	done
}

# push_over_links <number>: to the last end.
push_over_links () {
	local k

	k=0
	while test $k -lt $pushes
	do
		git -C work commit -q --allow-empty -m "$k"
		as hub git -C work push -q -f "xmpp::end$1@localhost/project" HEAD:main || fail 'a push failed'
		k=$((k + 1))
	done
}

# ---- queue

measure_queue () {
	local i n

	for n in $(steps 256)
	do
		stop_broker away
		rest pusher
		spent pusher queue_some $n
		row queue $n 'to queue one, CPU' "$(each "$spent" $n)" ms
		row queue $n memory "$(memory pusher)" kB
		spent pusher goes_and_comes friend
		row queue $n 'a presence of another, CPU' "$(each "$spent" 20)" ms
		spent pusher deliver
		row queue $n 'to deliver one, CPU' "$(each "$spent" $n)" ms
	done
}

queue_some () {
	local j

	j=0
	while test $j -lt "$1"
	do
		git -C work commit -q --allow-empty -m "$j"
		as pusher git -C work xmpp queue push away HEAD:refs/heads/b$j >/dev/null ||
			fail 'a push is not queued'
		j=$((j + 1))
	done
	test "$(queued)" -eq "$1" || fail 'not all pushes are queued'
}

queued () {
	as pusher git xmpp queue --json | grep -o '"id"' | wc -l
}

none_queued () {
	test "$(queued)" -eq 0
}

deliver () {
	start_broker away
	wait_for 120 none_queued >/dev/null || fail 'the queue is not delivered'
}

# ---- all of it

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
sandbox_init
cd "$TRASH"

have_prosody || fail 'prosody and openssl are needed'
prosody_more="plugin_paths = { \"$TOP/t/perf/prosody\" }
Component \"crowd.localhost\" \"crowd\"
	crowd_orders = \"$TRASH/orders\""
users='pusher'
! wanted roster || users="$users $(steps 9900 | tr ' ' '\n' | sed 's/^/crowded/')"
! wanted shares || users="$users $(steps 1000 | tr ' ' '\n' | sed 's/^/sharer/')"
! wanted refs || users="$users $(steps 50000 | tr ' ' '\n' | sed 's/^/holder/')"
! wanted queue || users="$users away friend"
! wanted links || users="$users hub $(seq -f end%g 1 "$(steps 200 | sed 's/.* //')")"
start_prosody $users
for user in $users
do
	setup_user "$user" >/dev/null
done
! wanted roster || for n in $(steps 9900)
do
	befriend_crowd crowded$n $n
done
git init -q -b main work
git -C work config user.name pusher
git -C work config user.email pusher@example.com
git -C work commit -q --allow-empty -m first
start_broker pusher

! wanted roster || measure_roster
! wanted shares || measure_shares
! wanted refs || measure_refs
if wanted queue
then
	for user in away friend
	do
		start_broker $user
		make_friends $user
	done
	git init -q --bare away/project.git
	as away git xmpp share "$TRASH/away/project.git" --name=project --push=pusher@localhost >/dev/null
	git -C work remote add away xmpp::away@localhost/project
	as pusher git -C work ls-remote -q away
	measure_queue
fi
if wanted links
then
	make_share template-end.git 1
	for i in $(seq 1 "$(steps 200 | sed 's/.* //')")
	do
		cp -r template-end.git end$i/project.git
		printf '[xmppShare "project"]\n\tpath = %s\n\tpush = hub@localhost\n' "$TRASH/end$i/project.git" >>end$i/.gitconfig
	done
	measure_links
fi
# What grows, how many, and a column for each thing that was measured.
awk -F "\t" '{
	if (!($1 in last)) { order[++n] = $1 }
	last[$1] = 1
	rows[$1] = rows[$1] sprintf("%10s  %-28s %10s %s\n", $2, $3, $4, $5)
} END {
	for (i = 1; i <= n; i++)
		printf "%s\n%s", order[i], rows[order[i]]
}' rows
