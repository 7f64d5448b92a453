#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a command says when it cannot do what was asked: that, and a way out, which is typed here
# as it was printed and leads on.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost
every_line=yes

# typed <user> <directory> <pattern>: the command in a hint of err, as that user types it there.
typed () {
	sed -n "s/^hint: .*\"\(git xmpp $3[^\"]*\)\".*/\1/p" err >command && cat command &&
	test -s command && (cd "$2" && as "$1" sh "$TRASH/command")
}

test_expect_success 'before there is an account, there is no list of buddies, and no word that somebody is none' '
	start_server alice bob && mkdir -p -m 700 carol/run &&
	run_broker carol && wait_for 10 test -S carol/run/git-xmpp/socket &&
	test_expect_code 128 as carol git xmpp buddies 2>err && has_message no-account err &&
	test_expect_code 128 as carol git xmpp buddies bob@localhost 2>err && grep "^fatal: no XMPP account" err &&
	test_expect_code 128 as carol git xmpp buddies --json >out && grep "\"id\":\"no-account\"" out &&
	stop_broker carol
'

test_expect_success 'nor with a password that is refused' '
	setup_user bob && echo wrong >bob/pw && run_broker bob && wait_for 10 test -S bob/run/git-xmpp/socket &&
	test_expect_code 128 as bob git xmpp buddies 2>err && grep "^fatal: authentication failed" err &&
	test_expect_code 128 as bob git xmpp verify alice@localhost 2>err && grep "^fatal: authentication failed" err &&
	echo "$PASSWORD" >bob/good
'

test_expect_success 'setup that was sent for does not send there again: what its hints say leads on' '
	test_expect_code 128 as bob git xmpp setup bob@localhost 2>err && cat err &&
	grep "^hint: .*git xmpp setup --password-command=" err && ! grep "Store another" err &&
	printf "#!/bin/sh\ncat $TRASH/bob/good\n" >askpass && chmod +x askpass &&
	(GIT_ASKPASS="$TRASH/askpass" && export GIT_ASKPASS && typed bob . "setup --ask") &&
	test_must_fail as bob git config --get-regexp "passwordcommand" &&
	as bob git xmpp status && stop_broker bob && mv bob/good bob/pw &&
	as bob git xmpp setup bob@localhost --no-start --password-command="cat $TRASH/bob/pw"
'

test_expect_success 'what was not answered is answered by what the hint says' '
	setup_user alice && start_broker alice && start_broker bob && as alice git xmpp add bob@localhost &&
	"$TOP/t/tools/make-repo" bob/project.git 2 && "$TOP/t/tools/make-repo" alice/mine.git 2 &&
	test_expect_code 128 as alice git ls-remote $url/project 2>err && cat err &&
	has_message not-accepted err && typed bob . accept &&
	wait_for 10 trusts alice bob && wait_for 10 trusts bob alice
'

test_expect_success 'what is not shared is shared by what the hint says, and so for pushes' '
	test_expect_code 128 as alice git ls-remote $url/project 2>err && cat err &&
	typed bob bob/project.git share && as alice git ls-remote $url/project &&
	test_expect_code 128 as alice git -C alice/mine.git push $url/project main:x 2>err && cat err &&
	typed bob bob/project.git share && as alice git -C alice/mine.git push -q $url/project main:x
'

# A second device of bob's, which has said nothing to anybody.
test_expect_success 'a device that has not shown its key is asked for it, when its fingerprint is read out' '
	mkdir -p -m 700 bob2/run && as bob2 git xmpp setup bob@localhost --server="127.0.0.1:$server_port" \
		--ca-file="$TRASH/prosody/localhost.crt" --password-command="cat $TRASH/bob/pw" --no-start &&
	start_broker bob2 && fp=$(as bob2 git xmpp verify --self) && is_online () {
		grep "bob@localhost: device $1 is online" log/alice
	} &&
	wait_for 10 is_online "$(sed -n "s/.* serving .*, device //p" log/bob2)" &&
	kill -STOP "$(broker_pid bob2)" &&
	test_expect_code 1 as alice git xmpp verify bob@localhost --fingerprint="$fp" 2>err && has_message not-shown err &&
	kill -CONT "$(broker_pid bob2)" &&
	as alice git xmpp verify bob@localhost --fingerprint="$fp" &&
	stop_broker bob2
'

fp=$(printf "%064d" 7)

test_expect_success 'a fingerprint that no device has: none of those that are online, or not seen yet' '
	test_expect_code 1 as alice git xmpp verify bob@localhost --fingerprint=$fp 2>err && cat err &&
	has_message fingerprint-mismatch err &&
	stop_broker bob && wait_for 10 test_must_fail trusts alice bob &&
	test_expect_code 1 as alice timeout 120 git xmpp verify bob@localhost --fingerprint=$fp 2>err && cat err &&
	has_message not-seen err && ! grep "in between" err
'

test_expect_success 'what is none is said to be none' '
	test_expect_code 128 as alice git xmpp verify bob@localhost --fingerprint=acorn 2>err && has_message bad-fingerprint err &&
	test_expect_code 128 as alice git xmpp add @ 2>err && has_message bad-jid err &&
	for n in $(seq 33)
	do
		as alice git xmpp invite >/dev/null 2>err || break
	done && test "$n" -eq 33 && cat err && has_message invitations-full err &&
	as alice git xmpp unshare nothing 2>err; test $? -eq 1 && has_message no-such-share err
'

test_expect_success 'who is removed while the server is away stays in its list' '
	stop_server && wait_for 10 test_must_fail as alice git xmpp status &&
	test_must_fail as alice git xmpp remove bob@localhost 2>err && has_message roster-kept err
'

test_expect_success 'a broker that hangs is ended by what the hint says' '
	kill -STOP "$(broker_pid alice)" &&
	test_expect_code 128 as alice git ls-remote $url/project 2>err && cat err &&
	has_message broker-hung err && typed alice . "daemon stop" &&
	wait_for 20 gone "$(broker_pid alice)"
'

test_expect_success 'why a broker did not start is what it said first, not its advice' '
	mkdir -p -m 755 open/run && chmod 755 open/run &&
	test_expect_code 128 as carol GIT_XMPP_SOCKET="$TRASH/open/run/socket" git xmpp daemon start 2>err && cat err &&
	grep "^fatal: the XMPP broker did not start: refusing to use .*others can access it" err &&
	has_message broker-start-failed err
'

test_expect_success 'a repository that git serves to nobody cannot be shared' '
	git init -q --bare bob/odd.git && git -C bob/odd.git config core.repositoryFormatVersion 99 &&
	test_must_fail as bob git xmpp share bob/odd.git --fetch=alice@localhost 2>err && cat err &&
	as bob git xmpp share --list >out && ! grep odd out
'

test_done
