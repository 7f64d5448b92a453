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

# start_ivy [<transport>]
start_ivy () {
	mkdir -p "$INTEROP" &&
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
	ivy status | grep "\"path\": \"$1\""
}

same_ref () {
	test "$(git -C "$1" rev-parse "$3")" = "$(git -C "$2" rev-parse "$3")"
}

test_expect_success 'alice has a broker, ivy the other client, and each a repository' '
	start_server alice ivy &&
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
	as alice timeout 60 git clone -q $ours alice/work && git -C alice/work fsck &&
	same_ref ivy/theirs.git alice/work HEAD &&
	"$TOP/t/tools/make-repo" alice/work 3 0 7 &&
	as alice timeout 60 git -C alice/work push -q origin HEAD:refs/heads/of-alice &&
	git -C ivy/theirs.git fsck &&
	test "$(git -C ivy/theirs.git rev-parse of-alice)" = "$(git -C alice/work rev-parse HEAD)"
'

test_expect_success 'what ivy refuses is told to alice in words' '
	test_must_fail as alice timeout 60 git ls-remote xmpp::ivy@localhost/nothing 2>err &&
	has_message not-shared err &&
	ivy share name=theirs path="$TRASH/ivy/theirs.git" jid=alice@localhost right=fetch &&
	test_must_fail as alice timeout 60 git -C alice/work push -q origin HEAD:refs/heads/more 2>err &&
	has_message push-denied err &&
	ivy share name=theirs path="$TRASH/ivy/theirs.git" jid=alice@localhost right=push
'

test_done
