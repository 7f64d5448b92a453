#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the user is told when it does not work: one line that says what and with
# whom, an exit status that git's own transports would give, and never a hang.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-slow-push.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

# fatal <pattern> <user> <command...>: ends within 20 seconds with status 128
# and exactly one line `fatal: ...`, which matches.
fatal () {
	local pattern user

	pattern=$1
	user=$2
	shift 2
	test_expect_code 128 as "$user" timeout -k 1 20 "$@" 2>err
	set -- $?
	cat err
	test "$1" -eq 0 &&
	test "$(grep -c '^fatal: ' err)" -eq 1 &&
	grep "^fatal: .*$pattern" err
}

test_expect_success 'bob shares one repository with alice, and carol is nobody' '
	start_server alice bob carol dave &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 10 2 &&
	git clone -q --bare bob/project.git bob/secret.git &&
	git clone -q --bare bob/project.git bob/readable.git &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as bob git xmpp share bob/readable.git --name=readable --fetch=alice@localhost &&
	as bob git xmpp share bob/secret.git --name=secret --fetch=dave@localhost &&
	as alice git clone -q $url alice/work
'

remember_descriptors alice bob

test_expect_success 'a share that does not exist' '
	fatal "bob@localhost.*nothing" alice git clone xmpp::bob@localhost/nothing alice/x &&
	sed s/nothing/secret/g err >unknown &&
	test ! -e alice/x
'

test_expect_success 'a share that is for others: told exactly the same' '
	fatal "bob@localhost.*secret" alice git clone xmpp::bob@localhost/secret alice/x &&
	test_cmp unknown err
'

test_expect_success 'the same for fetch, push, ls-remote and archive' '
	fatal "bob@localhost.*secret" alice git -C alice/work fetch xmpp::bob@localhost/secret &&
	fatal "bob@localhost.*secret" alice git -C alice/work push xmpp::bob@localhost/secret main &&
	fatal "bob@localhost.*secret" alice git ls-remote xmpp::bob@localhost/secret &&
	fatal "bob@localhost.*secret" alice git archive --remote=xmpp::bob@localhost/secret main
'

test_expect_success 'push where one may only fetch' '
	as alice git ls-remote xmpp::bob@localhost/readable &&
	fatal "bob@localhost.*readable.*push" alice git -C alice/work push xmpp::bob@localhost/readable main
'

test_expect_success 'a push that git refuses there ends with 1, not with 128' '
	git -C bob/project.git config receive.denyDeletes true &&
	test_expect_code 1 as alice git -C alice/work push origin --delete main 2>err &&
	! grep "^fatal:" err &&
	grep "remote rejected.*deletion prohibited" err
'

test_expect_success 'what is no address' '
	for bad in bob bob@localhost bob@localhost/ @localhost/project bob@localhost/.. \
		bob@localhost/-x bob@localhost/a//b "bob@local host/project"
	do
		fatal "invalid xmpp URL" alice git ls-remote "xmpp::$bad" && has_message bad-url err || return 1
	done
'

test_expect_success 'a newline in an address is refused, not acted upon' '
	fatal "invalid xmpp URL" alice git ls-remote "xmpp::bob@localhost/pro
ject"
'

test_expect_success 'somebody who is no buddy' '
	fatal "carol@localhost.*not your buddy" alice git ls-remote xmpp::carol@localhost/project
'

test_expect_success 'somebody who was asked and did not answer' '
	as alice git xmpp add carol@localhost &&
	fatal "carol@localhost.*not accepted" alice git ls-remote xmpp::carol@localhost/project
'

test_expect_success 'a buddy who is online without a broker' '
	chat_login carol &&
	chat_send "<presence to=\"alice@localhost\" type=\"subscribed\"/>" &&
	chat_send "<presence to=\"alice@localhost\" type=\"subscribe\"/>" &&
	carol_is_seen () {
		as alice git xmpp buddies --porcelain | grep "^carol@localhost	online	"
	} &&
	wait_for 5 carol_is_seen &&
	fatal "carol@localhost.*not with git-xmpp" alice git ls-remote xmpp::carol@localhost/project
'

test_expect_success 'and now she is offline' '
	chat_logout &&
	carol_is_away () {
		as alice git xmpp buddies --porcelain | grep "^carol@localhost	offline	"
	} &&
	wait_for 5 carol_is_away &&
	fatal "carol@localhost.*offline" alice git ls-remote xmpp::carol@localhost/project
'

test_expect_success 'a buddy whose broker ended' '
	stop_broker bob &&
	fatal "bob@localhost.*offline" alice git -C alice/work fetch &&
	fatal "bob@localhost.*offline" alice git -C alice/work push origin main
'

test_expect_success 'and back again: it works at once' '
	start_broker bob &&
	wait_for 10 trusts alice bob &&
	as alice git -C alice/work fetch
'

remember_descriptors alice bob

test_expect_success 'the peer broker is killed in mid-clone' '
	patience alice 2 &&
	slow_pack &&
	background alice git clone $url alice/x 2>err &&
	wait_for 10 test -e packing &&
	kill_broker bob &&
	job_ends 15 128 &&
	cat err &&
	patience alice 600 &&
	grep "bob@localhost" err &&
	test ! -e alice/x &&
	touch go
'

test_expect_success 'R3: the helper is killed in mid-clone: both ends end' '
	start_broker bob && wait_for 10 trusts alice bob &&
	slow_pack &&
	background alice git clone $url alice/x 2>err &&
	wait_for 10 test -e packing &&
	kill -KILL $(helpers) &&
	job_ends 5 128 &&
	wait_for 5 no_services &&
	test ! -e alice/x &&
	as bob git config --global --unset uploadpack.packObjectsHook &&
	as alice git -C alice/work fetch
'

test_expect_success 'the far service is killed in mid-clone' '
	slow_pack &&
	background alice git clone $url alice/x 2>err &&
	wait_for 10 test -e packing &&
	kill -KILL $(service_pids) &&
	job_ends 5 128 &&
	touch go &&
	as bob git config --global --unset uploadpack.packObjectsHook &&
	as alice git -C alice/work fetch
'

test_expect_success 'a share whose repository is gone says nothing about paths' '
	git clone -q --bare bob/project.git bob/gone.git &&
	as bob git xmpp share bob/gone.git --name=gone --fetch=alice@localhost &&
	mv bob/gone.git bob/moved.git &&
	fatal "bob@localhost.*gone" alice git ls-remote xmpp::bob@localhost/gone &&
	! grep "$TRASH" err
'

test_expect_success 'R4: what is not shared any more is like what never was' '
	as bob git xmpp unshare readable &&
	grep -v "^Cloning" unknown | sed s/secret/readable/g >expect &&
	fatal "readable" alice git ls-remote xmpp::bob@localhost/readable &&
	cp err actual &&
	test_cmp expect actual
'

test_expect_success 'the brokers hold as many descriptors as before, and no git' '
	touch go &&
	wait_for 10 no_services &&
	wait_for 5 no_helpers &&
	descriptors_as_before
'

test_expect_success 'R18: the own broker is down and may not be started' '
	stop_broker alice &&
	fatal "XMPP broker" alice git -c xmpp.autostart=false ls-remote $url &&
	test_expect_code 1 as alice git xmpp status
'

test_expect_success 'a wrong password' '
	setup_user dave &&
	echo wrong >dave/pw &&
	run_broker dave &&
	wait_for 10 test -S dave/run/git-xmpp/socket &&
	fatal "authentication failed for .dave@localhost" dave git ls-remote $url &&
	test_expect_code 1 as dave git xmpp status &&
	alive $(broker_pid dave)
'

test_expect_success 'no password' '
	stop_broker dave &&
	rm dave/pw &&
	run_broker dave &&
	wait_for 10 test -S dave/run/git-xmpp/socket &&
	fatal "passwordCommand" dave git ls-remote $url && has_message password-command err &&
	stop_broker dave
'

test_expect_success 'R18: no account' '
	rm -f dave/.gitconfig dave/.config/git/config &&
	run_broker dave &&
	wait_for 10 test -S dave/run/git-xmpp/socket &&
	fatal "no XMPP account" dave git ls-remote $url &&
	stop_broker dave
'

test_expect_success 'a server whose certificate is not trusted' '
	setup_user dave &&
	echo "$PASSWORD" >dave/pw &&
	mkdir other-ca &&
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj /CN=localhost -keyout other-ca/key -out other-ca/crt &&
	as dave git xmpp setup dave@localhost --server=127.0.0.1:$server_port \
		--ca-file="$TRASH/other-ca/crt" --password-command="cat $TRASH/dave/pw" --no-start &&
	run_broker dave &&
	wait_for 10 test -S dave/run/git-xmpp/socket &&
	fatal "certificate of .localhost" dave git ls-remote $url &&
	stop_broker dave
'

test_expect_success 'a server that is not there' '
	stop_server &&
	run_broker dave &&
	wait_for 10 test -S dave/run/git-xmpp/socket &&
	fatal "cannot reach XMPP server .localhost" dave git ls-remote $url
'

test_done
