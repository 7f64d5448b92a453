#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The journals of both sides say of each push and fetch what git said of it and what the refs are,
# also of those that are refused, cancelled or cut. Bob reaches the server through a relay that is
# cut. JOURNAL_ROUNDS rounds of eleven pushes and eleven fetches each; ten make more than 200.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

rounds=${JOURNAL_ROUNDS:-1}
url=xmpp::bob@localhost/project

start_relay () {
	"$BUILD/t/relay" $relay_port $server_port relay.pid && started "$(cat relay.pid)"
}

cut_relay () {
	kill -KILL "$(cat relay.pid)"
}

at_exit "cut_relay 2>/dev/null"

# The relay is back, bob's broker is told to try now, and the two see each other.
mend_relay () {
	start_relay && kill -HUP "$(broker_pid bob)" && wait_for 60 trusts alice bob && wait_for 60 trusts bob alice
}

# hook <name> <command>: bob's, for the branches whose names match in its case.
hook () {
	cat >"bob/project.git/hooks/$1" && chmod +x "bob/project.git/hooks/$1"
}

# run <command>: alice's git, which is a group of its own, in the background; its exit status
# goes to $TRASH/status.
run () {
	rm -f status began go
	env --default-signal=INT,QUIT $(env_of alice) setsid sh -c '"$@"; echo $? >status.new; mv status.new status' sh "$@" \
		>out 2>&1 &
	job=$!
	started $job
}

# Ctrl-C, for git and the helper; the shell that tells the status is spared.
interrupt () {
	local pid

	for pid in $(pgrep -g $job)
	do
		test "$pid" = "$job" || kill -INT "$pid" 2>/dev/null
	done
	wait_for 10 test -e status
}

commit () {
	git -C alice/work commit -q --allow-empty -m "$1" && new=$(git -C alice/work rev-parse --short=7 HEAD)
}

bob_has () {
	git -C bob/project.git rev-parse -q --verify "refs/heads/$1" >/dev/null
}

# line <user> <pattern>: the last line of the journal that is about it.
line () {
	journal "$1" -n 100000 | grep -e "$2" | tail -n 1
}

# says <user> <pattern> <result>: that line has this result.
says () {
	line "$1" "$2" | grep -q "  transfer  [a-z]*  $3  "
}

# both_say <branch> <result of alice> <result of bob>: soon, and only once.
both_say () {
	wait_for 60 says alice "; $1 " "$2" && wait_for 60 says bob "; $1 " "$3" ||
	{ line alice "; $1 "; line bob "; $1 "; journal alice -n 5; journal bob -n 5; return 1; }
}

# outcome <branch> <status or -> <moved|not> <result of alice> <result of bob>: of the push of
# the branch, by git and by the refs; the journals agree.
outcome () {
	wait_for 60 test -e status &&
	{ test "$2" = - || test "$(cat status)" -eq "$2" || { cat status out; return 1; }; } &&
	wait_for 30 no_services &&
	both_say "$1" "$4" "$5" &&
	if test "$3" = moved
	then
		bob_has "$1"
	else
		! bob_has "$1"
	fi
}

# fetches: how many lines with this result each journal has about fetches.
fetches () {
	journal "$1" -n 100000 | grep -c "  transfer  $2  $3  "
}

# fetched <result of alice> <result of bob>: the last fetch has a line on both sides, which says so.
fetched () {
	ours=$((${ours:-0} + 1))
	all_said () {
		test "$(fetches alice fetch '[a-z]*')" -eq $ours && test "$(fetches bob fetched '[a-z]*')" -eq $ours
	}
	wait_for 30 all_said &&
	says alice "  transfer  fetch  " "$1" && says bob "  transfer  fetched  " "$2"
}

# A new commit at bob's, so that there is something to fetch.
news () {
	git -C bob/project.git update-ref refs/heads/main \
		"$(git -C bob/project.git commit-tree -p main -m "$1" "main^{tree}")"
}

# slow_pack: bob's pack-objects waits for the file go. quick_pack: not any more.
slow_pack () {
	as bob git config --global uploadpack.packObjectsHook "$TRASH/slow-pack"
}

quick_pack () {
	as bob git config --global --unset uploadpack.packObjectsHook
}

test_expect_success 'alice at the server, bob behind a relay' '
	start_server alice bob &&
	relay_port=$("$BUILD/t/free-port") && start_relay &&
	setup_user alice && setup_user bob &&
	as bob git config --global xmpp.localhost.server 127.0.0.1:$relay_port &&
	as alice git config --global xmpp.pathTimeout 3 && as bob git config --global xmpp.pathTimeout 3 &&
	start_broker alice && start_broker bob && pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 5 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as bob git xmpp share bob/project.git --name=readable --fetch=alice@localhost &&
	as alice git clone -q $url alice/work && fetched ok ok &&
	cat >slow-pack <<-END &&
	#!/bin/sh
	>"$TRASH/began"
	while ! test -e "$TRASH/go"; do sleep 0.05; done
	exec "\$@"
	END
	chmod +x slow-pack &&
	hook pre-receive <<-END &&
	#!/bin/sh
	while read -r old new ref
	do
		case \$ref in
		*/slow-*)
			>"$TRASH/began"
			while ! test -e "$TRASH/go"; do sleep 0.05; done ;;
		esac
	done
	END
	hook update <<-END &&
	#!/bin/sh
	case \$1 in */not-*) exit 1; esac
	END
	hook post-receive <<-END
	#!/bin/sh
	while read -r old new ref
	do
		case \$ref in
		*/late-*)
			>"$TRASH/began"
			while ! test -e "$TRASH/go"; do sleep 0.05; done ;;
		esac
	done
	END
'

test_expect_success 'an archive, one of nothing, and a share that cannot be served have lines on both sides' '
	as alice git archive --remote=$url main >archive.tar && tar -tf archive.tar >/dev/null &&
	wait_for 20 says alice "  archive  " ok && wait_for 20 says bob "  archived  " ok &&
	test_must_fail as alice git archive --remote=$url nosuch &&
	wait_for 20 says alice "  archive  " failed && wait_for 20 says bob "  archived  " failed &&
	git init -q --bare bob/damaged.git &&
	as bob git xmpp share bob/damaged.git --push=alice@localhost &&
	git -C bob/damaged.git config core.repositoryFormatVersion 99 &&
	test_must_fail as alice git -C alice/work push -q xmpp::bob@localhost/damaged HEAD:x &&
	says alice "  refused  broken" refused && wait_for 20 says bob "  refused  broken" refused
'

round=0
while test $((round += 1)) -le "$rounds"
do
	test_expect_success "round $round: four pushes that succeed, of a branch, of two, and of none any more" '
		for n in 1 2
		do
			commit $round-$n && run git -C alice/work push -q origin HEAD:ok-$round-$n &&
			outcome ok-$round-$n 0 moved ok ok || return 1
		done &&
		run git -C alice/work push -q origin HEAD:two-$round HEAD:three-$round &&
		outcome two-$round 0 moved ok ok && bob_has three-$round &&
		line bob "; two-$round" | grep "; two-$round made at $new, three-$round made at $new$" &&
		run git -C alice/work push -q origin :three-$round &&
		outcome three-$round 0 not ok ok &&
		line alice "; three-$round" | grep "three-$round deleted$"
	'

	test_expect_success "round $round: one that a hook refuses, and one of which it refuses a part" '
		commit $round-no && run git -C alice/work push -q origin HEAD:not-$round &&
		outcome not-$round 1 not refused refused &&
		line alice "; not-$round" | grep "not-$round made at $new refused: hook declined$" &&
		run git -C alice/work push -q origin HEAD:part-$round HEAD:not-$round &&
		outcome part-$round 1 moved refused refused && ! bob_has not-$round
	'

	test_expect_success "round $round: a request that is refused has a line on both sides" '
		run git -C alice/work push -q xmpp::bob@localhost/readable HEAD:x && wait_for 20 test -e status &&
		test "$(cat status)" -eq 128 &&
		test "$(journal bob -n 100000 | grep -c "alice@localhost/readable  transfer  pushed  refused  push-denied")" -eq $round &&
		test "$(journal alice -n 100000 | grep -c "bob@localhost/readable  transfer  push  refused  push-denied")" -eq $round
	'

	test_expect_success "round $round: one that is cancelled while a hook runs is applied, and both know" '
		commit $round-slow && run git -C alice/work push -q origin HEAD:slow-$round &&
		wait_for 20 test -e began && interrupt && touch go &&
		outcome slow-$round - moved ok ok
	'

	test_expect_success "round $round: one that is cancelled when its refs have moved" '
		commit $round-late && run git -C alice/work push -q origin HEAD:late-$round &&
		wait_for 20 test -e began && interrupt && touch go &&
		outcome late-$round - moved ok ok
	'

	test_expect_success "round $round: one whose link is cut: unknown, until the two have spoken again" '
		commit $round-cut && run git -C alice/work push -q origin HEAD:slow-cut-$round &&
		wait_for 20 test -e began && cut_relay &&
		wait_for 20 grep -q "connection was lost" out && interrupt && touch go &&
		wait_for 20 no_services &&
		wait_for 30 says alice "; slow-cut-$round " unknown &&
		mend_relay && outcome slow-cut-$round - moved ok ok
	'

	test_expect_success "round $round: one whose link is cut, and the broker that knew is gone: the refs tell" '
		commit $round-lost && run git -C alice/work push -q origin HEAD:slow-lost-$round &&
		wait_for 20 test -e began && cut_relay &&
		wait_for 20 grep -q "connection was lost" out && interrupt && touch go &&
		wait_for 20 no_services && kill_broker bob &&
		start_relay && start_broker bob && wait_for 60 says alice "; slow-lost-$round " ok &&
		bob_has slow-lost-$round && line alice "; slow-lost-$round " | grep "by the refs"
	'

	test_expect_success "round $round: one whose own broker is killed: the next one settles it" '
		commit $round-mine && run git -C alice/work push -q origin HEAD:slow-mine-$round &&
		wait_for 20 test -e began && kill_broker alice && wait_for 20 test -e status && touch go &&
		wait_for 20 no_services && start_broker alice && outcome slow-mine-$round 128 moved ok ok &&
		rm -f go began
	'

	test_expect_success "round $round: six fetches that bring something, and one that does not" '
		for n in 1 2 3 4 5 6
		do
			news $round-$n && run git -C alice/work fetch -q && wait_for 20 test -e status &&
			test "$(cat status)" -eq 0 && fetched ok ok || return 1
		done &&
		run git -C alice/work fetch -q && wait_for 20 test -e status && test "$(cat status)" -eq 0
	'

	test_expect_success "round $round: one of the old protocol" '
		news $round-old && run git -C alice/work -c protocol.version=0 fetch -q && wait_for 20 test -e status &&
		test "$(cat status)" -eq 0 && fetched ok ok
	'

	test_expect_success "round $round: two that are cancelled before the pack comes" '
		slow_pack &&
		for n in 0 2
		do
			news $round-c$n && run git -C alice/work -c protocol.version=$n fetch -q &&
			wait_for 20 test -e began && interrupt && test "$(cat status)" -ne 0 &&
			wait_for 20 no_services && touch go &&
			fetched cancelled cancelled || return 1
		done &&
		quick_pack
	'

	test_expect_success "round $round: one whose link is cut" '
		slow_pack && news $round-cut && run git -C alice/work fetch -q && wait_for 20 test -e began &&
		cut_relay && wait_for 120 test -e status && test "$(cat status)" -eq 128 &&
		wait_for 20 no_services && touch go &&
		quick_pack && mend_relay && fetched failed failed
	'
done

test_expect_success 'a fetch whose own broker is stopped was not cancelled by the user' '
	slow_pack && news stopped && run git -C alice/work fetch -q && wait_for 20 test -e began &&
	stop_broker alice && wait_for 20 test -e status && test "$(cat status)" -eq 128 &&
	wait_for 20 no_services && touch go &&
	quick_pack && start_broker alice && wait_for 20 trusts alice bob && fetched failed failed
'

test_expect_success 'what is taken away while it is fetched is said to be, and the same command is no way out' '
	slow_pack && news taken && run git -C alice/work fetch -q && wait_for 20 test -e began &&
	as bob git xmpp unshare project && wait_for 20 test -e status && test "$(cat status)" -eq 128 && touch go &&
	grep "bob@localhost. does not share a repository .project. with you" out && ! grep "same command" out &&
	quick_pack && fetched failed failed
'

test_expect_success 'a git that is killed there: both say by what' '
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	hook pre-receive <<-\END &&
	#!/bin/sh
	kill -KILL $PPID
	END
	commit killed && run git -C alice/work push -q origin HEAD:killed && outcome killed 128 not failed failed &&
	line alice "; killed " | grep "git was ended by signal 9" && line bob "; killed " | grep "git was ended by signal 9"
'

test_expect_success 'nothing is left to be settled' '
	ls alice/.state/git-xmpp/unsettled >left && test_is_empty left
'

test_done
