# SPDX-License-Identifier: GPL-3.0-or-later
#
# One transfer between Alice and Bob, up to a moment in its midst, and on to its end.
# Sourced after lib-xmpp.sh by t/faults, in a network of its own, with $transport, $direction, $when and
# $fault.
#
#   prepare           the server, both brokers, what is to be transferred
#   meet_the_moment   the transfer is as far as $when says; who is halted in a state stays so
#   go_on             whoever was halted goes on
#   await_end         how it ended: $outcome, $status; $gap: seconds in which nothing came, at most
#   repair            there is room, memory, a network, a broker and a right again

url=xmpp::bob@localhost/project
link_limit=45		# seconds; what a page says, 15, on a machine that is busy

user_of () {
	case $1 in here) echo alice ;; there) echo bob ;; esac
}

case $direction in
push) receiver=bob/project.git sender=alice ;;
fetch) receiver=alice/work/.git sender=bob ;;
esac

case $transport in
direct) megabytes=20 bandwidth=1500k ;;
large) megabytes=200 bandwidth=15m ;;
in-band) megabytes=2 bandwidth=150k ;;
proxy) megabytes=2 bandwidth=0 ;;
esac
# What goes on in-band is the rest of this; and in a state nothing has to be slow.
test $fault != hole-path || megabytes=3 bandwidth=300k
case $when in
*%) ;;
link:suspended | ibb:closed) megabytes=1 bandwidth=0 ;;
*) megabytes=0 bandwidth=0 ;;
esac

# A home of its own that can be full.
small_home () {
	mkdir -p -m 700 "$1" && mount -t tmpfs -o "size=$((megabytes * 5 + 20))m,mode=700" tmpfs "$1" &&
	at_exit "umount -l '$TRASH/$1'"
}

# broker_by <start_broker|run_broker> <user>: one that can be halted, and be mistaken about the time.
broker_by () {
	case "$fault $2" in
	clock?here' 'alice | clock?there' 'bob)
		echo +0 >"$2.clock"
		$1 "$2" HALT="$TRASH/$2.halt" LD_PRELOAD="$BUILD/t/halt.so:$libfaketime" \
			FAKETIME_TIMESTAMP_FILE="$TRASH/$2.clock" FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 ;;
	*)
		$1 "$2" HALT="$TRASH/$2.halt" LD_PRELOAD="$BUILD/t/halt.so" ;;
	esac
}

# run_again <user>: without waiting for what comes of it.
run_again () {
	broker_by run_broker "$1"
}

prepare () {
	libfaketime=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null | head -n 1)
	case $fault in
	clock*) test -n "$libfaketime" || { echo "no libfaketime"; return 1; } ;;
	disk-*) small_home "$(user_of ${fault#disk-})" || return ;;
	esac
	ip link set lo up &&
	{ test $transport != proxy || prosody_proxy=yes; } &&
	start_server alice bob && setup_user alice && setup_user bob || return
	case $transport in
	direct | large)
		direct_user alice && direct_user bob || return ;;
	proxy)
		as alice git config --global xmpp.directLocal true &&
		as bob git config --global xmpp.directLocal true || return ;;
	esac
	broker_by start_broker alice && broker_by start_broker bob && pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 5 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git clone -q $url alice/work &&
	git -C bob/project.git config transfer.unpackLimit 1 &&
	git -C alice/work config transfer.unpackLimit 1 &&
	case $direction in
	push) "$TOP/t/tools/make-repo" alice/work 1 $megabytes 7 ;;
	fetch) "$TOP/t/tools/make-repo" bob/project.git 1 $megabytes 7 ;;
	esac &&
	as $sender git config --global xmpp.bandwidth $bandwidth && reload $sender &&
	wait_for 20 on_its_path &&
	wait_for 10 idles alice && wait_for 10 idles bob &&
	fds_alice=$(broker_fds alice) && fds_bob=$(broker_fds bob) && sockets >sockets-before &&
	old=$(git -C bob/project.git rev-parse main) && seen=$(git -C alice/work rev-parse origin/main)
}

on_its_path () {
	case $transport in
	direct | large) path_is alice direct ;;
	in-band) path_is alice in-band ;;
	proxy) path_is alice proxy ;;
	esac
}

# What lies beside a broker's socket.
sockets () {
	find alice/run bob/run -mindepth 1 | sort
}

have () {
	du -sk "$receiver/objects" 2>/dev/null | cut -f 1
}

begin_job () {
	have_before=$(have)
	case $direction in
	push) background alice git -C alice/work push -q origin main 2>err ;;
	fetch) background alice git -C alice/work fetch -q origin 2>err ;;
	esac
}

has_come () {
	test "$(have)" -ge "$1" || gone $job
}

# plan: for each state who is halted, by which words of their log, and what brings them there.
plan () {
	case $when in
	neg:requested) set -- bob transfer 'requested -> starting, push-request came' ;;
	neg:offered) set -- bob transfer 'requested -> requested, can-push came' ;;
	neg:wanted) set -- alice transfer 'offered -> wanted' ;;
	neg:starting) set -- alice transfer 'wanted -> starting, starting-push sent' ;;
	neg:accepting) set -- bob transfer 'requested -> starting, starting-push came' ;;
	neg:open)
		case $direction in
		push) set -- bob transfer 'starting -> open, the service talks' ;;
		fetch) set -- alice transfer 'requested -> open' ;;
		esac ;;
	neg:ended) set -- alice transfer 'open -> ended' ;;
	link:idle) set -- bob login 'a link with alice@localhost' ;;
	link:handshake) set -- bob login 'link idle -> handshake' ;;
	link:up) set -- bob login 'link handshake -> up, new' ;;
	link:suspended) set -- alice cut 'link up -> suspended' ;;
	link:ended) set -- alice login 'link up -> ended' ;;
	ibb:opening) set -- alice login 'opening -> open, it was offered' ;;
	ibb:open) set -- bob login 'opening -> open, the other side took it' ;;
	ibb:closed) set -- alice cut 'open -> closed, the connection with' ;;
	tcp:connecting) set -- bob unanswered '' ;;
	tcp:open) set -- bob login 'connecting -> open, it answers' ;;
	tcp:lingering) set -- alice login 'open -> lingering' ;;
	tcp:closed) set -- alice login 'lingering -> closed' ;;
	tcp:asking) set -- bob login 'connecting -> asking' ;;
	tcp:joined) set -- bob login 'asking -> joined' ;;
	esac
	halted=$1 provocation=$2 line=$3
}

halts () {
	test ! -e "$halted.halt" && grep -q '^State:.T' "/proc/$(broker_pid $halted)/status"
}

dials () {
	test -n "$(ss -Htn state syn-sent "dport = :$alice_port or dport = :$bob_port")"
}

meet_the_moment () {
	case $when in
	*%)
		halted=
		begin_job && wait_for 120 has_come $((have_before + megabytes * 1024 * ${when%\%} / 100)) &&
		! gone $job
		return ;;
	esac
	plan
	test $provocation = unanswered || echo "$line" >$halted.halt.new
	case $provocation in
	transfer)
		mv $halted.halt.new $halted.halt && begin_job && wait_for 20 halts ;;
	cut)
		as $sender git config --global xmpp.bandwidth 50k && reload $sender &&
		begin_job && wait_for 60 has_come $((have_before + 20)) && ! gone $job &&
		mv $halted.halt.new $halted.halt && fault_reset here && wait_for 20 halts ;;
	login)
		# Bob's own broker goes and comes; if he is the one, he is halted when he comes.
		test $halted = bob || mv alice.halt.new alice.halt
		{ stop_broker bob || :; } &&
		{ test $halted != bob || mv bob.halt.new bob.halt; } &&
		run_again bob && wait_for 40 halts && begin_job ;;
	unanswered)
		stop_broker bob && drop "$alice_port" "$bob_port" && run_again bob && wait_for 40 dials && begin_job ;;
	esac
}

go_on () {
	test -z "$halted" || kill -CONT "$(broker_pid $halted)" 2>/dev/null
	rm -f alice.halt bob.halt
	halted=
}

seconds () {
	date +%s
}

await_end () {
	local had has last now

	gap=0 had=$(have) last=$(seconds) outcome=
	while ! gone $job
	do
		now=$(seconds)
		test $((now - last)) -lt 150 || { outcome=hangs; break; }
		has=$(have)
		if test "$has" != "$had"
		then
			test $((now - last)) -le $gap || gap=$((now - last))
			had=$has last=$now
		fi
		sleep 0.2
	done
	now=$(seconds)
	test $((now - last)) -le $gap || gap=$((now - last))
	test -z "$outcome" || { tail -n 30 log/alice log/bob; git_stacks; kill -KILL $job $(helpers); }
	wait $job
	status=$?
	test -n "$outcome" || { test $status -eq 0 && outcome=continued || outcome=ended; }
	echo "$outcome, $status, $gap"
	cat err
}

git_stacks () {
	ps -o pid,ppid,stat,args -p "$(sandbox_processes | tr '\n' ,)1"
}

# fingerprints: each trusts the other's device again.
compared () {
	as alice git xmpp verify bob@localhost --fingerprint="$(as bob git xmpp verify --self)" &&
	as bob git xmpp verify alice@localhost --fingerprint="$(as alice git xmpp verify --self)"
}

repair () {
	local user

	died=
	nft delete table inet faults 2>/dev/null
	test -z "$filled" || rm -f "$filled/fill"
	test -z "$cage" || echo max >$cage/pids.max
	for user in alice bob
	do
		if gone "$(broker_pid $user)"
		then
			end_process "$(broker_pid $user)"
			died="$died $user:$ended_status"
			run_again $user
		else
			prlimit --pid "$(broker_pid $user)" --nofile=4096:4096 --as=unlimited:unlimited
		fi
		wait_for 60 broker_online $user || echo "$user is not online"
	done
	case $fault in
	remove-*)
		{ wait_for 20 trusts alice bob && trusts bob alice; } || {
			as alice git xmpp add bob@localhost
			wait_for 20 knows bob alice
			as bob git xmpp add alice@localhost
			as bob git xmpp accept alice@localhost
			wait_for 20 seen_there
			compared; } ;;
	distrust-*)
		compared ;;
	unshare)
		as bob git xmpp share bob/project.git --name=project --push=alice@localhost ;;
	esac
	as $sender git config --global --unset xmpp.bandwidth
	reload $sender
	wait_for 60 trusts alice bob && wait_for 60 trusts bob alice
}

seen_there () {
	buddy_line alice bob | grep -q '	git	' && buddy_line bob alice | grep -q '	git	'
}

# What outlives the cell's directory.
free_all () {
	test -z "$cage" || rmdir "$cage" 2>/dev/null
}
filled=
cage=
