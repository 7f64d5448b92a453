#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Followed shares: bob commits, and alice's repository has it without anybody
# having fetched. What her broker runs is seen by a git that keeps a list.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

# A git for alice's broker that writes down how it was called.
watch_git () {
	mkdir -p bin &&
	cat >bin/git <<-END &&
	#!/bin/sh
	echo "\$*" >>"$TRASH/git.alice"
	exec "$(command -v git)" "\$@"
	END
	chmod +x bin/git &&
	: >git.alice
}

start_alice () {
	start_broker alice PATH="$TRASH/bin:$PATH" GIT_XMPP_TRACE=1
}

# commit <number>: that many on bob's main.
commit () {
	made=$((made + 1))
	"$TOP/t/tools/make-repo" bob/project.git "$1" 0 $((100 + made))
}
made=0

bobs () {
	git -C bob/project.git rev-parse -q --verify "$1"
}

# has <repository> <ref> <ref of bob's>
has () {
	test "$(git -C "$1" rev-parse -q --verify "$2")" = "$(bobs "$3")"
}

fetches () {
	grep -c "fetch .*-- origin$" git.alice
}

# What is alice's own in a repository.
own_refs () {
	git -C "$1" for-each-ref refs/heads && git -C "$1" rev-parse HEAD && git -C "$1" status --porcelain
}

test_expect_success 'two users, their brokers, a share and a clone' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	watch_git &&
	start_alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 20 0 &&
	as bob git xmpp share bob/project.git --name=project --fetch=alice@localhost &&
	as alice git clone -q $url alice/work &&
	own_refs alice/work >own
'

test_expect_success 'follow writes one value, however often it is said' '
	as alice git -C alice/work xmpp follow >out &&
	echo "following bob@localhost/project as origin in $TRASH/alice/work/.git" >expect &&
	test_cmp expect out &&
	as alice git -C alice/work xmpp follow origin &&
	as alice git config --global --get-all xmppFollow.bob@localhost/project.remote >actual &&
	echo "origin $TRASH/alice/work/.git" >expect &&
	test_cmp expect actual &&
	as alice git xmpp follow --list >actual &&
	echo "bob@localhost/project  origin $TRASH/alice/work/.git" >expect &&
	test_cmp expect actual
'

test_expect_success 'what bob commits is fetched within seconds' '
	commit 3 &&
	wait_for 10 has alice/work refs/remotes/origin/main main &&
	git -C alice/work log --oneline origin/main >/dev/null
'

test_expect_success 'R15: and again, with a new branch on commits that are there already' '
	git -C bob/project.git branch deep/er/one main~1 &&
	wait_for 10 has alice/work refs/remotes/origin/deep/er/one deep/er/one &&
	git -C bob/project.git update-ref refs/heads/deep/er/one main &&
	wait_for 10 has alice/work refs/remotes/origin/deep/er/one deep/er/one
'

test_expect_success 'R15: and a new tag' '
	git -C bob/project.git tag v100 main &&
	wait_for 10 has alice/work refs/tags/v100 v100
'

test_expect_success 'packed refs are noticed as loose ones' '
	git -C bob/project.git pack-refs --all &&
	commit 1 && git -C bob/project.git pack-refs --all &&
	wait_for 10 has alice/work refs/remotes/origin/main main
'

test_expect_success 'her own branch and work tree are untouched' '
	own_refs alice/work >actual &&
	test_cmp own actual
'

test_expect_success 'the journal says so' '
	journal alice -n 1 >out &&
	grep "Z  bob@localhost/project  follow  origin  ok  $TRASH/alice/work/.git$" out &&
	as alice git xmpp log --json -n 1 >out &&
	grep "\"kind\":\"follow\",\"jid\":\"bob@localhost\",\"share\":\"project\",\"what\":\"origin\",\"result\":\"ok\"" out
'

nothing_new () {
	test "$(grep -c "nothing new in" log/alice)" -gt "$1"
}

test_expect_success 'S5: where nothing is new no git process is started' '
	: >git.alice &&
	seen=$(grep -c "nothing new in" log/alice)
	git -C bob/project.git update-ref refs/changes/1 main~2 &&
	wait_for 10 nothing_new $seen &&
	test_is_empty git.alice
'

test_expect_success 'a ref that is hidden is not announced' '
	git -C bob/project.git config transfer.hideRefs refs/heads/secret &&
	git -C bob/project.git update-ref refs/heads/secret main~3 &&
	: >git.alice &&
	commit 1 &&
	wait_for 10 has alice/work refs/remotes/origin/main main &&
	test "$(fetches)" -eq 1 &&
	test_must_fail git -C alice/work rev-parse -q --verify origin/secret
'

test_expect_success 'what happened while her broker was down is fetched when it is up' '
	stop_broker alice &&
	commit 2 &&
	start_alice &&
	wait_for 10 has alice/work refs/remotes/origin/main main
'

test_expect_success 'what happened while his broker was down as well' '
	stop_broker bob &&
	commit 2 &&
	start_broker bob &&
	wait_for 10 has alice/work refs/remotes/origin/main main
'

test_expect_success 'his restart with nothing new costs no process' '
	: >git.alice &&
	seen=$(grep -c "nothing new in" log/alice)
	stop_broker bob &&
	start_broker bob &&
	wait_for 10 nothing_new $seen &&
	test_is_empty git.alice
'

follow_failed () {
	journal alice -n 1 | grep "follow  origin  failed"
}

test_expect_success 'R14: a fetch that fails is told with its reason, and tried again' '
	mkdir -p alice/work/.git/refs/remotes/origin &&
	: >alice/work/.git/refs/remotes/origin/main.lock &&
	commit 1 &&
	wait_for 15 follow_failed &&
	journal alice -n 1 | grep "lock" &&
	as alice git xmpp status | grep "^follow .*(next attempt in [0-9]* s" &&
	rm alice/work/.git/refs/remotes/origin/main.lock &&
	wait_for 30 has alice/work refs/remotes/origin/main main
'

test_expect_success 'two repositories may follow one share' '
	as alice git clone -q --mirror $url alice/mirror.git &&
	as alice git -C alice/mirror.git xmpp follow &&
	commit 1 &&
	wait_for 10 has alice/work refs/remotes/origin/main main &&
	wait_for 10 has alice/mirror.git refs/heads/main main
'

test_expect_success 'unfollow stops it, for this repository' '
	as alice git -C alice/work xmpp unfollow &&
	test_expect_code 1 as alice git -C alice/work xmpp unfollow &&
	before=$(git -C alice/work rev-parse origin/main) &&
	commit 1 &&
	wait_for 10 has alice/mirror.git refs/heads/main main &&
	test "$(git -C alice/work rev-parse origin/main)" = "$before"
'

test_expect_success 'follow catches up with what was announced before' '
	as alice git -C alice/work xmpp follow &&
	wait_for 10 has alice/work refs/remotes/origin/main main &&
	as alice git -C alice/work xmpp unfollow
'

test_expect_success 'a remote without a refspec cannot be followed' '
	as alice git clone -q --bare $url alice/bare.git &&
	test_expect_code 128 as alice git -C alice/bare.git xmpp follow 2>err &&
	grep "^fatal: remote .origin. has no refspec to fetch by" err &&
	git -C alice/bare.git remote rename origin "a&b" &&
	test_expect_code 128 as alice git -C alice/bare.git xmpp follow "a&b" 2>err &&
	(cd alice/bare.git && eval "$(sed -n "s/^hint: Set one with \"\(.*\)\"$/\1/p" ../../err)") &&
	as alice git -C alice/bare.git xmpp follow "a&b" &&
	as alice git -C alice/bare.git xmpp unfollow "a&b"
'

test_expect_success 'what is not an xmpp remote cannot be followed' '
	git -C alice/work remote add disk "$TRASH/bob/project.git" &&
	test_expect_code 128 as alice git -C alice/work xmpp follow disk 2>err &&
	grep "^fatal: remote .disk. has no xmpp URL" err
'

test_expect_success 'a followed repository that is gone hinders nobody' '
	as alice git -C alice/work xmpp follow &&
	rm -rf alice/mirror.git &&
	commit 1 &&
	wait_for 10 has alice/work refs/remotes/origin/main main
'

test_expect_success 'S12: many moves at once become few fetches' '
	: >git.alice &&
	for i in 1 2 3 4 5 6 7 8 9 10
	do
		echo "create refs/heads/many/$i $(git -C bob/project.git rev-parse "main~$i")" || return 1
	done >many && git -C bob/project.git update-ref --stdin <many &&
	wait_for 10 has alice/work refs/remotes/origin/many/10 many/10 &&
	test "$(fetches)" -le 4
'

test_expect_success 'a branch that is gone there is pruned, as git fetch would' '
	git -C bob/project.git branch gone main && wait_for 10 has alice/work refs/remotes/origin/gone gone &&
	as alice git config --global fetch.prune true &&
	git -C bob/project.git branch -q -D gone &&
	wait_for 10 test_must_fail git -C alice/work rev-parse -q --verify origin/gone
'

# Bob's refs above refs/heads/ are more than a megabyte of text, and in a format that only git
# reads.
test_expect_success 'of a list that is longer than any buffer, the last one is noticed' '
	git init -q --bare --object-format=sha256 bob/long.git &&
	git init -q --object-format=sha256 long-work &&
	git -C long-work commit -q --allow-empty -m one && git -C long-work push -q "$TRASH/bob/long.git" HEAD:main &&
	new=$(git -C long-work rev-parse HEAD) &&
	{ echo "# pack-refs with: peeled fully-peeled sorted" &&
	  seq 100001 114000 | sed "s|.*|$new refs/changes/&|"; } >bob/long.git/packed-refs &&
	as bob git xmpp share bob/long.git --name=long --fetch=alice@localhost &&
	as alice git clone -q xmpp::bob@localhost/long alice/long && as alice git -C alice/long xmpp follow &&
	git -C long-work commit -q --allow-empty -m two && git -C long-work push -q "$TRASH/bob/long.git" HEAD:main &&
	new=$(git -C long-work rev-parse HEAD) && arrived () { test "$(git -C alice/long rev-parse origin/main)" = "$new"; } &&
	wait_for 20 arrived
'

test_done
