#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Started by run. What git does, over every transport on the loopback
# interface, in turns: each transport has its n-th sample before any has the next.
set -e

. "$(dirname "$0")/lib-perf.sh"

REFS='+refs/heads/*:refs/remotes/origin/*'

runs=$PERF_RUNS
few=$(((runs + 2) / 3))

# rounds <how many> <measurement> <function> [<argument>...]: function <transport> <round>
# [<argument>...]. Round 0 is not recorded: it brings what is needed into memory, and the links
# up. Every other round goes backwards, so that nobody always comes next after the same one.
rounds () {
	local count measurement function in_turn round transport

	count=$1
	measurement=$2
	function=$3
	shift 3
	wanted "$measurement" || return 0
	say "$measurement"
	round=0
	while test $round -le "$count"
	do
		in_turn=$transports
		test $((round % 2)) -eq 0 || in_turn=$(printf '%s\n' $transports | tac)
		for transport in $in_turn
		do
			leaves_out "$measurement" "$transport" && continue
			if test $round -eq 0
			then
				(PERF_SAMPLES=/dev/null; $function "$measurement" "$transport" 0 "$@") || true
			else
				$function "$measurement" "$transport" $round "$@"
			fi
		done
		round=$((round + 1))
	done
}

# What would take minutes and tell nothing that a smaller one does not.
leaves_out () {
	case $1,$2 in
	clone-large,xmpp-*inband | drain,xmpp-*inband)
		return 0 ;;
	esac
	return 1
}

ls_remote () {
	sample "$1" "$2" git ls-remote "$(url_of "$2" small)"
}

fetch_nothing () {
	sample "$1" "$2" git -C noop.git fetch -q "$(url_of "$2" small)" "$REFS"
}

fetch_one () {
	rm -rf fetch.git
	cp -r base.git fetch.git
	sample "$1" "$2" git -C fetch.git fetch -q "$(url_of "$2" one)" "$REFS"
	same_main fetch.git refs/remotes/origin/main one
}

# Always the next commit, so that nothing has to be undone there.
push_one () {
	sample "$1" "$2" git -C chain.git push -q "$(url_of "$2" "push-$2")" \
		"main~$((runs - $3)):refs/heads/main"
}

clone () {
	rm -rf clone.git
	sample "$1" "$2" git clone -q --bare "$(url_of "$2" "$4")" clone.git
	same_main clone.git main "$4"
	rm -rf clone.git
}

# same_main <repository> <ref> <name>: or the sample above tells of something that did not happen.
same_main () {
	test "$failed" -ne 0 && return
	test "$(git -C "$1" rev-parse "$2")" = "$(git -C "$SRV/$3.git" rev-parse main)"
}

drain () {
	clocked "$2" $(drain_command "$2" large)
	record "$1" "$2" MB/s "$(awk -v wall="$wall" '{ n = $1 } END { printf "%.2f", n / 1e6 / wall }' log/command)" 1
}

many () {
	rm -rf many
	mkdir many
	clocked "$2" --copies="$4" git clone -q --bare "$(url_of "$2" small)" many/{}
	record "$1" "$2" s "$wall" "$4"
	rm -rf many
}

# The repositories that the measurements need.
prepare () {
	local transport

	small_repository
	cp -r srv/small.git srv/one.git
	"$TOP/t/tools/make-repo" srv/one.git 1 0 2
	git init -q --bare base.git
	git -C srv/small.git push -q "$TRASH/base.git" main:refs/remotes/origin/main "refs/tags/*:refs/tags/*"
	git clone -q --bare srv/small.git noop.git
	git -C noop.git fetch -q "$SRV/small.git" "$REFS"
	cp -r srv/small.git chain.git
	"$TOP/t/tools/make-repo" chain.git $((runs + 1)) 0 3
	if wanted clone-medium
	then
		medium_repository
	fi
	if wanted clone-large || wanted drain
	then
		large_repository
	fi
}

# The first command, which starts the near broker, too: it logs in, finds out who is there,
# and makes a link. What brokers may do is not on the bill, for there is none at first.
first () {
	case $2 in
	ssh)
		;;
	xmpp-*)
		as "near${2#xmpp-}" git xmpp daemon stop >>log/command 2>&1 || true ;;
	*)
		return 0 ;;
	esac
	(processes_of () { :; }; sample "$1" "$2" git ls-remote "$(url_of "$2" small)")
}

measure_first () {
	wanted first || return 0
	for kind in $kinds
	do
		stop_broker near$kind
	done
	rounds "$runs" first first
}

# What is not ours.
start_others () {
	transports='file git'
	start_git_daemon
	if start_sshd
	then
		transports="$transports ssh ssh-master"
	else
		missing all ssh 'no sshd here; t/install-deps'
	fi
}

perf_init
prepare
transports=
kinds='direct proxy inband'
if test -n "$PERF_BEFORE"
then
	kinds='direct wasdirect proxy wasproxy inband wasinband'
else
	start_others
fi
if have_prosody
then
	start_ours $kinds
	share_ours small
	try_ours $kinds
	for name in one medium large
	do
		test -d srv/$name.git && share_ours $name
	done
else
	missing all xmpp 'no prosody here; t/install-deps'
fi
for transport in $transports
do
	cp -r srv/small.git srv/push-$transport.git
	case $transport in
	xmpp-*)
		as "far${transport#xmpp-}" git xmpp share srv/push-$transport.git --name=push-$transport \
			--push="near${transport#xmpp-}@localhost" >/dev/null ;;
	esac
done

rounds "$runs" ls-remote ls_remote
rounds "$runs" fetch-nothing fetch_nothing
rounds "$runs" fetch-one fetch_one
rounds "$runs" push-one push_one
rounds "$runs" clone-small clone small
rounds "$runs" clone-8 many 8
rounds "$runs" clone-32 many 32
rounds "$runs" clone-medium clone medium
rounds $few clone-large clone large
rounds "$runs" drain drain
measure_first
