#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The client of t/interop, which was written from Documentation/protocol.md alone, and the broker:
# ivy has the one, alice the other. With real git, in both roles.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"
for PYTHON in python3 /usr/bin/python3 none
do
	"$PYTHON" -c 'import slixmpp' 2>/dev/null && break
done
test "$PYTHON" != none || test_skip_all 'python3-slixmpp is not installed'

every_line=yes
INTEROP=$TRASH/ivy/device
PYTHONDONTWRITEBYTECODE=1
export PYTHON INTEROP PYTHONDONTWRITEBYTECODE
ours=xmpp::ivy@localhost/theirs
theirs=interop::alice@localhost/project

# ivy <command>...: what she says to her session.
ivy () {
	"$PYTHON" "$TOP/t/interop/interop" "$INTEROP" "$@"
}

# start_ivy [<transport>]: what her log has of the session before goes to log.before.
start_ivy () {
	mkdir -p "$INTEROP" && touch "$INTEROP/log" && cat "$INTEROP/log" >>"$INTEROP/log.before" &&
	: >"$INTEROP/log" || return
	"$PYTHON" "$TOP/t/interop/interop" "$INTEROP" run ivy@localhost "$TRASH/ivy/pw" \
		"127.0.0.1:$server_port" "$TRASH/prosody/localhost.crt" "$@" >"$TRASH/log/ivy" 2>&1 </dev/null &
	ivy_pid=$!
	started $ivy_pid
	wait_for 20 ivy_says "^.* online as"
}

stop_ivy () {
	end_process "$ivy_pid"
}

ivy_says () {
	grep -e "$1" "$INTEROP/log"
}

# Her git, which finds her remote helper.
ivys_git () {
	PATH=$TOP/t/interop:$PATH as ivy timeout 120 git "$@"
}

ivys_path_is () {
	ivy status | grep "\"path\": \"$1"
}

same_ref () {
	test "$(git -C "$1" rev-parse "$3")" = "$(git -C "$2" rev-parse "$3")"
}

alice_has_main () {
	test "$(git -C ivy/theirs.git rev-parse main)" = "$(git -C alice/work rev-parse origin/main)"
}

test_expect_success 'the vectors of the text are what the other client computes' '
	"$PYTHON" "$TOP/t/interop/vectors.py" "$TOP/Documentation/protocol.md"
'

test_expect_success 'alice has a broker, ivy the other client, and each a repository' '
	start_server alice carol ivy &&
	setup_user alice && plain_user ivy &&
	start_broker alice GIT_XMPP_TRACE=1 && start_ivy &&
	"$TOP/t/tools/make-repo" alice/project.git 20 1 &&
	"$TOP/t/tools/make-repo" ivy/theirs.git 20 1 2
'

test_expect_success 'alice adds ivy, ivy accepts: each trusts the device of the other by first use' '
	as alice git xmpp add ivy@localhost &&
	wait_for 10 ivy_says "alice@localhost wants to be a contact" &&
	ivy add jid=alice@localhost &&
	wait_for 30 trusts alice ivy &&
	wait_for 30 ivy_says "first use of alice@localhost" &&
	as alice git xmpp buddies >out && grep "ivy@localhost" out
'

test_expect_success 'ivy sees in alice'"'"'s presence which device it is, and alice in that of ivy' '
	wait_for 20 ivy_says "presence of alice@localhost $(sed -n "s/.* this is device //p" log/alice)$" &&
	as alice git xmpp buddies ivy@localhost >out &&
	grep "$(ivy status | sed -n "s/^ \"device\": \"\(.*\)\",/\1/p").*online" out
'

test_expect_success 'ivy lists what alice shares with her' '
	as alice git xmpp share alice/project.git --name=project --push=ivy@localhost &&
	ivy shares jid=alice@localhost >out &&
	grep "\"share\": \"project\"" out && grep "\"right\": \"push\"" out && grep "refs/heads/main" out
'

test_expect_success 'ivy clones from alice' '
	ivys_git ls-remote $theirs >actual && git ls-remote alice/project.git >expect &&
	test_cmp expect actual &&
	ivys_git clone -q $theirs ivy/work &&
	git -C ivy/work fsck && same_ref ivy/work alice/project.git HEAD
'

test_expect_success 'ivy fetches what is new, in the versions 0, 1 and 2 of git' '
	"$TOP/t/tools/make-repo" alice/project.git 3 0 5 &&
	ivys_git -C ivy/work fetch -q &&
	test "$(git -C ivy/work rev-parse origin/main)" = "$(git -C alice/project.git rev-parse main)" &&
	for version in 0 1 2
	do
		ivys_git -c protocol.version=$version clone -q --bare $theirs ivy/version-$version.git &&
		git -C ivy/version-$version.git fsck &&
		same_ref alice/project.git ivy/version-$version.git main || return 1
	done
'

test_expect_success 'ivy pushes to alice' '
	"$TOP/t/tools/make-repo" ivy/work 3 0 6 &&
	ivys_git -C ivy/work push -q origin HEAD:refs/heads/of-ivy &&
	git -C alice/project.git fsck &&
	test "$(git -C alice/project.git rev-parse of-ivy)" = "$(git -C ivy/work rev-parse HEAD)" &&
	wait_for 10 journal_has alice "ivy@localhost/project.*of-ivy"
'

test_expect_success 'what alice refuses is told to ivy with its reason' '
	test_must_fail ivys_git ls-remote interop::alice@localhost/nothing 2>err &&
	grep "not-shared" err &&
	as alice git xmpp share alice/project.git --name=project --rm=ivy@localhost &&
	as alice git xmpp share alice/project.git --name=project --fetch=ivy@localhost &&
	test_must_fail ivys_git -C ivy/work push -q origin HEAD:refs/heads/more 2>err && cat err &&
	grep "push-denied" err &&
	as alice git xmpp share alice/project.git --name=project --push=ivy@localhost
'

test_expect_success 'alice sees what ivy shares, clones and pushes' '
	ivy share name=theirs path="$TRASH/ivy/theirs.git" jid=alice@localhost right=push &&
	as alice git xmpp list ivy@localhost >out && grep theirs out &&
	as alice timeout 180 git clone -q $ours alice/work && git -C alice/work fsck &&
	same_ref ivy/theirs.git alice/work HEAD &&
	"$TOP/t/tools/make-repo" alice/work 3 0 7 &&
	as alice timeout 180 git -C alice/work push -q origin HEAD:refs/heads/of-alice &&
	git -C ivy/theirs.git fsck &&
	test "$(git -C ivy/theirs.git rev-parse of-alice)" = "$(git -C alice/work rev-parse HEAD)"
'

test_expect_success 'what ivy refuses is told to alice in words' '
	test_must_fail as alice timeout 180 git ls-remote xmpp::ivy@localhost/nothing 2>err &&
	has_message not-shared err &&
	ivy share name=theirs path="$TRASH/ivy/theirs.git" jid=alice@localhost right=fetch &&
	test_must_fail as alice timeout 180 git -C alice/work push -q origin HEAD:refs/heads/more 2>err &&
	has_message push-denied err &&
	ivy share name=theirs path="$TRASH/ivy/theirs.git" jid=alice@localhost right=push
'

test_expect_success 'both make archives of what the other one has' '
	ivys_git archive --remote=$theirs main >ivy/archive.tar && tar tf ivy/archive.tar >out && test -s out &&
	as alice timeout 180 git archive --remote=$ours main >alice/archive.tar &&
	tar tf alice/archive.tar >out && test -s out
'

# Cuts ivy's path again and again, until the job has ended.
cuts () {
	n=0
	while ! gone "$job" && test $n -lt "$1"
	do
		wait_for 20 ivys_path_is "$2" && ivy cut jid=alice@localhost && n=$((n + 1)) &&
		sleep 1
	done
	echo "$n cuts" && test $n -gt 0
}

test_expect_success 'a path that is cut under a clone and a push of ivy: the link goes on over another one' '
	"$TOP/t/tools/make-repo" alice/big.git 5 2 9 &&
	as alice git xmpp share alice/big.git --name=big --push=ivy@localhost &&
	PATH=$TOP/t/interop:$PATH background ivy git clone -q --bare interop::alice@localhost/big ivy/big.git &&
	cuts 3 in-band && job_ends 100 0 &&
	git -C ivy/big.git fsck && same_ref alice/big.git ivy/big.git main &&
	ivy_says "link resumed with alice" && "$TOP/t/tools/make-repo" ivy/big.git 5 2 10 &&
	PATH=$TOP/t/interop:$PATH background ivy git -C ivy/big.git push -q origin main:grown &&
	cuts 3 in-band && job_ends 100 0 &&
	git -C alice/big.git fsck &&
	test "$(git -C alice/big.git rev-parse grown)" = "$(git -C ivy/big.git rev-parse main)"
'

test_expect_success '... and under a clone of alice' '
	ivy share name=big path="$TRASH/ivy/big.git" jid=alice@localhost right=push &&
	background alice git clone -q --bare xmpp::ivy@localhost/big alice/copy.git &&
	cuts 3 in-band && job_ends 100 0 &&
	git -C alice/copy.git fsck && same_ref ivy/big.git alice/copy.git main
'

test_expect_success 'both ask at one moment, without a link: one of the two comes to be, and both are served' '
	for n in 1 2 3 4
	do
		ivy bye jid=alice@localhost &&
		background alice git ls-remote -q $ours main &&
		ivys_git ls-remote -q $theirs main &&
		job_ends 20 0 || return 1
	done
'

test_expect_success 'a broker that was killed has forgotten the link, and a new one comes in its place' '
	ivys_git ls-remote -q $theirs main && kill_broker alice &&
	start_broker alice GIT_XMPP_TRACE=1 &&
	ivys_git ls-remote -q $theirs main && as alice timeout 180 git ls-remote -q $ours main &&
	ivy_says "link with alice.* ended: \(gone\|new\)" && ! ivy_says "broke the protocol"
'

test_expect_success 'fields and records that nobody knows are passed over' '
	ivy later on=true && ivy bye jid=alice@localhost &&
	ivys_git ls-remote -q $theirs main &&
	as alice timeout 180 git ls-remote -q $ours main &&
	ivys_git -C ivy/work push -q origin HEAD:refs/heads/later &&
	as alice timeout 180 git -C alice/work push -q origin HEAD:refs/heads/later &&
	ivy later on=false &&
	! grep "broke the protocol" log/alice "$INTEROP/log"
'

# Times that ivy was asked for it.
asked () {
	grep -c "asks for upload-pack of theirs" "$INTEROP/log"
}

asked_again () {
	test "$(asked)" -gt "$1"
}

test_expect_success 'WITHDRAW of either side ends what was asked for' '
	ivy withdraw jid=alice@localhost share=project && ivys_git ls-remote -q $theirs main &&
	ivy slow seconds=30 && before=$(asked) &&
	background alice git ls-remote -q $ours main &&
	wait_for 20 asked_again "$before" && kill "$job" &&
	wait_for 10 ivy_says "withdraws: cancelled" &&
	ivy slow seconds=0 &&
	as alice timeout 180 git ls-remote -q $ours main
'

# hang <repository>: what is pushed there waits until $TRASH/hangs is gone.
hang () {
	cat >"$1/hooks/update" <<-END &&
	#!/bin/sh
	: >"$TRASH/hangs"
	while test -e "$TRASH/hangs"; do sleep 0.1; done
	END
	chmod +x "$1/hooks/update"
}

test_expect_success 'a push whose link ended before its report: alice learns from ivy what became of it' '
	hang ivy/theirs.git &&
	background alice git -C alice/work push -q origin HEAD:refs/heads/hung &&
	wait_for 20 test -e hangs && ivy bye jid=alice@localhost reason=stopped && rm hangs &&
	job_ends 60 0 && git -C ivy/theirs.git rev-parse hung &&
	rm ivy/theirs.git/hooks/update
'

test_expect_success '... and ivy from alice' '
	hang alice/project.git &&
	PATH=$TOP/t/interop:$PATH background ivy git -C ivy/work push -q origin HEAD:refs/heads/hung &&
	wait_for 20 test -e hangs && ivy bye jid=alice@localhost reason=stopped && rm hangs &&
	job_ends 60 0 && git -C alice/project.git rev-parse hung && ivy_says "outcome of .*: done 0" &&
	ivy outcome jid=alice@localhost id=000000000000000000000000 received=0 >out && grep unknown out &&
	rm alice/project.git/hooks/update
'

test_expect_success 'alice follows what ivy shares, and fetches when ivy says that it moved' '
	as alice git -C alice/work xmpp follow && "$TOP/t/tools/make-repo" ivy/theirs.git 2 0 12 &&
	ivy moved name=theirs && wait_for 20 alice_has_main
'

# ivy_again <transport>: she begins anew, and her link moves to TCP.
ivy_again () {
	stop_ivy && start_ivy "$1" && ivys_git ls-remote -q $theirs main &&
	wait_for 20 ivys_path_is direct
}

over_tcp () {
	wait_for 10 path_is alice direct &&
	rm -rf ivy/again alice/again &&
	ivys_git clone -q --bare $theirs ivy/again && git -C ivy/again fsck &&
	as alice timeout 180 git clone -q --bare $ours alice/again && git -C alice/again fsck &&
	ivys_git -C ivy/work push -q origin "HEAD:refs/heads/tcp-$1" &&
	as alice timeout 180 git -C alice/work push -q origin "HEAD:refs/heads/tcp-$1" &&
	ivys_path_is direct
}

# compares <typed>: alice, who is shown the string. Her ten digits are in $digits.
compares () {
	as alice timeout 180 "$BUILD/t/on-terminal" "$1" git xmpp verify ivy@localhost >said 2>err
	code=$?
	digits=$(sed -n "s/^ *\([0-9]\{5\} [0-9]\{5\}\)$/\1/p" said | head -n 1)
	cat said && test -n "$digits" && return $code
}

# shown <n>: that many strings, to ivy.
shown () {
	test "$(grep -c "the string with alice" "$INTEROP/log")" -eq "$1"
}

test_expect_success 'alice compares devices with ivy, ivy with alice: both are shown the same digits' '
	test_expect_code 1 compares "\n" && wait_for 10 ivy_says "the string with alice.* is $digits" &&
	first=$digits && ivy compare jid=alice@localhost &&
	wait_for 10 shown 2 && compares "y\n" && ivy_says "the string with alice.* is $digits" && test "$digits" != "$first" &&
	wait_for 10 ivy_says "has found the string to be: same" &&
	as alice git xmpp buddies ivy@localhost >out && grep " verified " out
'

test_expect_success 'the link moves to TCP: alice dials ivy' '
	as alice git config --global xmpp.directAddresses configured &&
	as alice git config --global xmpp.directLocal true && reload alice &&
	ivy_again listen && over_tcp 1
'

test_expect_success 'ivy dials alice' '
	direct_user alice && stop_broker alice && start_broker alice GIT_XMPP_TRACE=1 &&
	ivy_again dial && over_tcp 2
'

test_expect_success 'both may dial; the path is cut under a clone and a push of both, and found again' '
	ivy_again auto && over_tcp 3 &&
	rm -rf ivy/big.git && "$TOP/t/tools/make-repo" alice/big.git 5 16 13 &&
	PATH=$TOP/t/interop:$PATH background ivy git clone -q --bare interop::alice@localhost/big ivy/big.git &&
	cuts 3 "[di]" && job_ends 100 0 &&
	git -C ivy/big.git fsck && same_ref alice/big.git ivy/big.git main &&
	background alice git clone -q --bare xmpp::ivy@localhost/big alice/copy-2.git &&
	cuts 3 "[di]" && job_ends 100 0 &&
	git -C alice/copy-2.git fsck && same_ref ivy/big.git alice/copy-2.git main &&
	wait_for 30 ivys_path_is direct && ! grep "broke the protocol" log/alice "$INTEROP/log"
'

# order: lower or higher, as ivy's fingerprint is in comparison with alice's.
order () {
	lowest=$({ as alice git xmpp verify --self | tr -d " \n" | tr A-F a-f; echo; ivy fingerprint; } | sort | head -n 1)
	test "$lowest" = "$(ivy fingerprint)" && echo lower || echo higher
}

# Ivy begins a path whenever alice does: each of the two has to see which one stays. Where the machine
# is busy, one of them may be through before the other one has begun.
crosses () {
	local n

	ivy cross on=true && for n in 1 2 3 4 5 6 7 8 9 10 11 12
	do
		ivy bye jid=alice@localhost &&
		as alice timeout 180 git ls-remote -q $ours main && ivys_git ls-remote -q $theirs main || return 1
		test $n -lt 3 || ! have_crossed || return 0
	done
	echo 'no two paths have met'
	return 1
}

have_crossed () {
	case $(order) in
	lower)
		ivy_says "HELLO collision to alice" ;;
	higher)
		ivy_says "came to nothing: the other one came first\|HELLO collision from alice" ;;
	esac
}

test_expect_success 'of two paths that begin at one moment the one of the lower fingerprint stays' '
	stop_broker alice && as alice git config --global xmpp.directAddresses false &&
	start_broker alice GIT_XMPP_TRACE=1 && stop_ivy && start_ivy &&
	crosses && before=$(order) && stop_ivy && mkdir ivy/second && cp ivy/device/state.json ivy/second &&
	INTEROP=$TRASH/ivy/second && ivy fingerprint &&
	while test "$(order)" = "$before"
	do
		rm ivy/second/*.pem
	done &&
	start_ivy &&
	wait_for 20 as alice git xmpp verify ivy@localhost --fingerprint="$(ivy fingerprint)" &&
	crosses && stop_ivy && INTEROP=$TRASH/ivy/device && ! grep "broke the protocol" log/alice ivy/*/log*
'

test_expect_success 'with an invitation of carol, ivy is her buddy and clones with what it says' '
	setup_user carol && start_broker carol &&
	"$TOP/t/tools/make-repo" carol/project.git 3 0 &&
	as carol git xmpp invite carol/project.git --share=project --push >link 2>err && cat link err &&
	start_ivy && ivy join link="$(cat link)" &&
	wait_for 20 ivy_says "joined carol@localhost: push of project" &&
	wait_for 20 ivy_says "presence of carol@localhost" &&
	ivys_git clone -q interop::carol@localhost/project ivy/of-carol &&
	same_ref carol/project.git ivy/of-carol HEAD &&
	as carol git xmpp buddies ivy@localhost >out && cat out && grep " verified " out
'

test_done
