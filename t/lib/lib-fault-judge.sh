# SPDX-License-Identifier: GPL-3.0-or-later
#
# What has to be true after a fault. Sourced after lib-fault-kinds.sh by t/faults, when the transfer has
# ended and everything is repaired.
#
#   judge    $verdict: right, or wrong; $words: the first thing that is wrong, or what the user was told

# wrong <words>: the first one counts.
wrong () {
	echo "wrong: $1"
	test $verdict = wrong || words=$1
	verdict=wrong
}

# What git has left behind in a repository.
litter () {
	find "$1" \( -name 'tmp_*' -o -name '*.lock' -o -name 'incoming-*' \) -print -prune
}

whole () {
	git -C "$1" fsck --no-dangling >fsck 2>&1 && ! grep -E 'error|missing|broken|corrupt' fsck
}

idle () {
	test -z "$(processes_of alice)$(processes_of bob)"
}

few_descriptors () {
	test "$(broker_fds alice)" -le "$fds_alice" && test "$(broker_fds bob)" -le "$fds_bob"
}

no_children () {
	test -z "$(pgrep -P "$(broker_pid alice)"; pgrep -P "$(broker_pid bob)")"
}

# What git promises of the refs, and what its status said.
judge_refs () {
	local now want

	case $direction in
	push)
		want=$(git -C alice/work rev-parse main)
		now=$(git -C bob/project.git rev-parse main)
		before=$old ;;
	fetch)
		want=$(git -C bob/project.git rev-parse main)
		now=$(git -C alice/work rev-parse origin/main)
		before=$seen ;;
	esac
	if test $status -eq 0
	then
		test "$now" = "$want" || wrong "status 0, but $now and not $want"
	elif test "$now" = "$want"
	then
		case $fault in
		kill-git | kill-helper) words="$words, arrived" ;;
		*) grep -q 'not known' err && words="$words, arrived" || wrong "status $status, but it has arrived" ;;
		esac
	else
		test "$now" = "$before" || wrong "the ref is $now"
	fi
}

# Why it ended, as an id of the catalogue if it is one of ours.
reason_of () {
	"$BUILD/t/messages" of <err | sort -u | tr '\n' ' ' | sed 's/ $//'
}

judge () {
	verdict=right words=
	wait_for 60 idle || { git_stacks; wrong "still running: $(ps -o args= -p "$(processes_of alice | head -n 1)$(processes_of bob | head -n 1)" | cut -c 1-60)"; }
	test $outcome != hangs || wrong "hangs"
	test $status -eq 0 || words=$(reason_of)
	judge_refs
	case "$status $fault" in
	0*) ;;
	*kill-git | *kill-helper) ;;
	*) grep -qE '^(fatal|error|remote: error|remote: fatal): ' err || wrong 'no reason is given' ;;
	esac
	test $gap -le $link_limit || wrong "$gap seconds of silence"
	# What the user takes away ends; what comes back goes on.
	case "$when $outcome $fault" in
	# An upload-pack that has written all is not missed.
	*'% continued kill-service')
		test $direction = fetch || wrong 'it went on' ;;
	*'% continued remove-'* | *'% continued distrust-'* | *'% continued unshare' | *'% continued kill-'*)
		wrong 'it went on' ;;
	*'% ended reset-'* | *'% ended hole-'* | *'% ended server-'* | *'% ended clock'* | *'% ended stop-'*)
		wrong 'it ended' ;;
	esac
	test -z "$died" || case "$died" in
	*:128) grep -q 'fatal: out of memory' log/alice log/bob || wrong "a broker ended:$died" ;;
	# git's helper was quicker to start one.
	' alice:0') test $fault = kill-here || wrong "a broker ended:$died" ;;
	*) wrong "a broker ended:$died" ;;
	esac
	whole bob/project.git || wrong "fsck of bob's"
	whole alice/work || wrong "fsck of alice's"
	judge_litter
	next_push || wrong "the next push: $(tail -n 1 next)"
	wait_for 60 idle || wrong 'something runs'
	wait_for 20 no_children || wrong 'a broker has children'
	wait_for 40 few_descriptors ||
	wrong "descriptors: $(broker_fds alice) of $fds_alice, $(broker_fds bob) of $fds_bob"
	sockets >sockets-after
	cmp sockets-before sockets-after || wrong 'other sockets'
	{ stop_broker alice && stop_broker bob; } || wrong 'a broker does not end'
}

# A git that is killed leaves what it had begun, and one that fetches leaves its pack, as over ssh.
judge_litter () {
	local there here

	there=$(litter bob/project.git) here=$(litter alice/work/.git)
	if test -n "$there"
	then
		# To remove it, git needs a descriptor.
		case $fault in
		kill-service | fds-service) words="$words, git's quarantine" ;;
		*) wrong "left: $there" ;;
		esac
		rm -rf $there
	fi
	if test -n "$here"
	then
		test "$direction" = fetch && test $status -ne 0 && words="$words, git's tmp_pack" || wrong "left: $here"
		rm -rf $here
	fi
	words=${words#, }
}

# A small one, over what was there before.
next_push () {
	: >next
	wait_for 60 trusts alice bob || { echo 'not trusted' >next; return 1; }
	git -C alice/work update-ref refs/heads/next \
		"$(git -C alice/work commit-tree -p "$seen" -m next "$seen^{tree}")" &&
	as alice timeout 120 git -C alice/work push -q origin next 2>next &&
	test "$(git -C bob/project.git rev-parse next)" = "$(git -C alice/work rev-parse next)" &&
	as alice timeout 120 git -C alice/work ls-remote -q origin >refs 2>next
}
