#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# bob@localhost has another account, bob2@localhost, and goes there with his key. Alice says so
# once.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::alice@localhost/project

configuration () {
	as alice git config --global --get-all "$1"
}

device_is () {
	as alice git xmpp device "$1@localhost" >out-device 2>&1; grep "$2" out-device
}

# pushes <user> <branch>
pushes () {
	as "$1" timeout 180 git -C bob/work push -q $url "HEAD:refs/heads/$2" >out-push 2>&1
}

fetches () {
	as "$1" timeout 180 git ls-remote $url >out-fetch 2>&1
}

# has_link <user>: alice has one with them.
has_link () {
	as alice git xmpp status -v >out-status && grep "^link .*$1@localhost" out-status
}

moves () {
	(cd alice/work && as alice git xmpp move "$@")
}

test_expect_success 'alice and bob, who share with each other' '
	start_server alice bob bob2 &&
	setup_user alice && setup_user bob &&
	start_broker alice GIT_XMPP_TRACE=1 && start_broker bob GIT_XMPP_TRACE=1 &&
	pair alice bob &&
	patience alice 3 && patience bob 3 &&
	as alice git xmpp verify bob@localhost --fingerprint="$(as bob git xmpp verify --self)" &&
	"$TOP/t/tools/make-repo" alice/project.git 20 0 &&
	"$TOP/t/tools/make-repo" bob/theirs.git 20 0 &&
	as alice git xmpp share alice/project.git --name=project --fetch=bob@localhost \
		"--push=bob@localhost:refs/heads/bob/*" &&
	as alice git config --global xmppGroup.team.member bob@localhost &&
	as bob git xmpp share bob/theirs.git --name=theirs --fetch=alice@localhost &&
	as alice git clone -q xmpp::bob@localhost/theirs alice/work &&
	as alice git -C alice/work remote add other xmpp::carol@localhost/theirs &&
	as alice git -C alice/work config remote.origin.pushurl xmpp://bob@localhost/theirs &&
	(cd alice/work && as alice git xmpp follow origin) &&
	as bob git clone -q xmpp::alice@localhost/project bob/work &&
	pushes bob bob/one && test_must_fail pushes bob main2
'

test_expect_success 'what cannot be moved is refused, and nothing has changed' '
	cp alice/.gitconfig before &&
	test_must_fail moves carol@localhost bob2@localhost 2>err &&
	has_message move-nothing err &&
	test_must_fail moves bob@localhost bob@localhost 2>err &&
	has_message move-taken err &&
	test_must_fail moves bob@localhost alice@localhost 2>err &&
	grep "is your own account" err &&
	test_must_fail moves alice@localhost bob@localhost 2>err </dev/null &&
	grep "you have decided about devices of .bob@localhost" err &&
	test_must_fail moves bob@localhost @ 2>err && grep "not an XMPP address" err &&
	test_expect_code 129 moves bob@localhost 2>err &&
	as alice git xmpp block mallory@localhost &&
	test_must_fail moves bob@localhost mallory@localhost 2>err && cat err &&
	test_cmp before alice/.gitconfig &&
	device_is bob "online  verified"
'

test_expect_success 'the configuration is as before if the table cannot be written' '
	state=$(dirname "$(find alice/.state -name devices)") &&
	mv "$state" away && : >"$state" &&
	test_must_fail moves bob@localhost bob2@localhost 2>err; cat err;
	rm "$state" && mv away "$state" &&
	test_cmp before alice/.gitconfig &&
	test "$(as alice git -C alice/work config remote.origin.url)" = xmpp::bob@localhost/theirs &&
	device_is bob "online  verified" &&
	fetches bob
'

test_expect_success 'alice says so, once, while he is still at the old address' '
	fetches bob && has_link bob &&
	moves bob@localhost bob2@localhost >out 2>err && cat out err &&
	grep "asked bob2@localhost" out &&
	test "$(configuration xmppShare.project.fetch)" = bob2@localhost &&
	test "$(configuration xmppShare.project.push)" = "bob2@localhost:refs/heads/bob/*" &&
	test "$(configuration xmppGroup.team.member)" = bob2@localhost &&
	configuration xmppFollow.bob2@localhost/theirs.remote &&
	test_must_fail configuration xmppFollow.bob@localhost/theirs.remote &&
	test "$(as alice git -C alice/work config remote.origin.url)" = xmpp::bob2@localhost/theirs &&
	test "$(as alice git -C alice/work config remote.origin.pushurl)" = xmpp://bob2@localhost/theirs &&
	test "$(as alice git -C alice/work config remote.other.url)" = xmpp::carol@localhost/theirs &&
	test_must_fail device_is bob verified && test_must_fail fetches bob &&
	test_must_fail pushes bob bob/late && test_must_fail has_link bob &&
	device_is bob2 "verified" &&
	test_must_fail moves bob@localhost bob2@localhost 2>err && grep "you have decided" err
'

# cut_off <n> <old> <new>: the command is killed when it runs git for the n-th time. False if it does
# not run git that often.
cut_off () {
	rm -f calls && mkdir -p between && cat >between/git <<-END &&
	#!/bin/sh
	echo >>"$TRASH/calls"
	test "\$(wc -l <"$TRASH/calls")" -lt $1 || { kill -KILL "\$PPID"; exit 1; }
	exec "$(command -v git)" "\$@"
	END
	chmod +x between/git &&
	(cd alice && as alice env PATH="$TRASH/between:$PATH" git-xmpp move "$2@localhost" "$3@localhost") >out 2>err
	test $? -gt 128
}

# moved <old> <new>: all of it is at the new address, and nothing at the old one.
moved () {
	device_is "$2" verified && test_must_fail device_is "$1" verified &&
	! grep "$1@localhost" alice/.gitconfig && test "$(grep -c "$2@localhost" alice/.gitconfig)" -eq "$rights" &&
	test "$(as alice git -C alice/work config remote.origin.url)" = "xmpp::$2@localhost/theirs" &&
	as alice git xmpp queue --porcelain >out-queue && test "$(grep -c "$2@localhost" out-queue)" -eq 1 &&
	! grep "$1@localhost" out-queue && test -z "$(find alice/.state -name moving)"
}

test_expect_success 'cut off at any step, from outside of the repository: the same command goes on' '
	rights=$(grep -c "bob2@localhost" alice/.gitconfig) && test "$rights" -gt 3 &&
	(cd alice/work && as alice git xmpp queue push origin HEAD:refs/heads/late) &&
	old=bob2 new=bob n=1 &&
	while cut_off "$n" "$old" "$new"
	do
		echo "cut off at $n: $old to $new" &&
		# What a git that is killed leaves as well, and its message tells to remove.
		rm -f alice/.gitconfig.lock &&
		(cd alice && as alice git xmpp move "$old@localhost" "$new@localhost") >out 2>err || { cat out err; return 1; }
		moved "$old" "$new" || return 1
		back=$old old=$new new=$back n=$((n + 1))
	done &&
	cat out err && moved "$old" "$new" && test "$n" -gt 5 && test -f calls &&
	(cd alice && test_must_fail as alice git xmpp move "$old@localhost" "$new@localhost") 2>err && grep "you have decided" err &&
	{ test "$new" = bob2 || (cd alice && as alice git xmpp move bob@localhost bob2@localhost); } && moved bob bob2 &&
	as alice git xmpp queue drop "$(sed -n "s/^entries.\(q[0-9]*\).*/\1/p" out-queue)"
'

test_expect_success 'whoever has the new address without his key gets nothing, and without a question' '
	stop_broker bob && setup_user bob2 && start_broker bob2 GIT_XMPP_TRACE=1 &&
	wait_for $subscribed_in knows bob2 alice && as bob2 git xmpp accept alice@localhost &&
	wait_for $subscribed_in device_is bob2 "online  pending" &&
	test_must_fail fetches bob2 && test_must_fail pushes bob2 bob/two &&
	device_is bob2 "offline  verified" &&
	stop_broker bob2
'

test_expect_success 'bob takes his key to his other account, and nothing is to be compared' '
	key=$(find bob/.data -name key) &&
	cp -p "$key" "bob2/$(echo "$key" | sed "s/^bob.//; s/bob@localhost/bob2@localhost/")" &&
	start_broker bob2 GIT_XMPP_TRACE=1 &&
	as bob2 git xmpp share bob/theirs.git --name=theirs --fetch=alice@localhost &&
	wait_for $subscribed_in device_is bob2 "online  verified" && wait_for 20 trusts bob2 alice &&
	wait_for 20 as alice timeout 180 git -C alice/work fetch -q &&
	fetches bob2
'

test_expect_success 'he may push what he could, and no more' '
	pushes bob2 bob/two &&
	test_must_fail pushes bob2 other && cat out-push
'

test_expect_success 'whoever is at the old address gets nothing' '
	stop_broker bob2 && start_broker bob GIT_XMPP_TRACE=1 &&
	wait_for $subscribed_in device_is bob "online  pending" &&
	test_must_fail fetches bob &&
	test_must_fail pushes bob bob/three &&
	stop_broker alice && start_broker alice GIT_XMPP_TRACE=1 &&
	test_must_fail fetches bob &&
	device_is bob2 "offline  verified"
'

test_done
