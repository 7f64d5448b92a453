#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Rights as people think of them: into which refs somebody may push, what is protected, from
# which devices, how much. Of each refusal it is shown that what was refused did not happen,
# and that the pusher is told by which rule.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all 'the server or openssl is not installed'

url=xmpp::bob@localhost/project

# bobs <revision>: what it is in bob's repository; nothing, if there is none.
bobs () {
	git -C bob/project.git rev-parse -q --verify "$1" || :
}

alices () {
	git -C alice/work rev-parse -q --verify "$1"
}

# commit [<branch>]: a new commit of alice's, on that branch or the present one.
commit () {
	test -z "$1" || git -C alice/work checkout -q "$1" || return
	count=$((count + 1))
	echo "$count" >"alice/work/file-$count" &&
	git -C alice/work add "file-$count" &&
	git -C alice/work commit -q -m "commit $count"
}
count=0

# push <refspec>...: alice's; what she is told is in the file told.
push () {
	as alice timeout 60 git -C alice/work push --porcelain bob "$@" >told 2>&1
}

# share <option>...: bob changes how he shares it.
share () {
	as bob git xmpp share --name=project "$@"
}

# stored <object>: bob has it.
stored () {
	git -C bob/project.git cat-file -e "$1" 2>/dev/null
}

# refused <ref> <rule> <object>: alice was told so, and bob has got nothing of it.
refused () {
	grep "^!.*:$1	\[remote rejected\] ($2)" told &&
	test "$(bobs "$1")" != "$3" &&
	! stored "$3"
}

# said <command...>: how often the broker of bob has run git with it... in the file git.calls.
calls () {
	grep -c "$1" git.calls
}

test_expect_success 'two users, a share and a clone' '
	start_server alice bob carol &&
	setup_user alice && setup_user bob && setup_user carol &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 5 &&
	share --help >out 2>&1 || :
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git clone -q -o bob $url alice/work
'

test_expect_success 'a place to push to, and a branch that is protected' '
	as bob git config --global --unset-all xmppShare.project.push &&
	as bob git config --global xmppShare.project.push alice@localhost:refs/heads/alice/\* &&
	as bob git config --global --add xmppShare.project.push alice@localhost:refs/heads/main &&
	as bob git config --global xmppShare.project.protect main &&
	kill -HUP "$(broker_pid bob)"
'

test_expect_success 'one ref of two is refused, by its rule' '
	commit main &&
	push main main:refs/heads/other; status=$?
	cat told &&
	test $status -eq 1 &&
	grep "remote rejected" told &&
	test "$(bobs main)" = "$(alices main)" &&
	test -z "$(bobs other)"
'

test_expect_success 'a push backwards of what is protected is refused, and its pack is not kept' '
	git -C alice/work reset -q --hard main~2 && commit &&
	test_must_fail push +main && cat told &&
	refused refs/heads/main "protected: not a fast-forward" "$(alices main)"
'
test_done
