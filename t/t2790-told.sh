#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Being told: what waits is in status until it is settled, in one line of the next git command,
# once, and given to the user's own command, which strangers cannot make run all the time. And
# what buddies share is told to who asks, as far as they may have it.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project
odd='$(touch${ifs}pwned);`id`|x*'

# asks <user> <whom>: to be a buddy, as an ordinary client does.
asks () {
	chat_login "$1" &&
	chat_send "<presence to='$2@localhost' type='subscribe'/>" &&
	chat_send "<iq type='get' id='asked'><query xmlns='jabber:iq:roster'/></iq>" &&
	wait_for 5 grep -q "id=.asked." "$TRASH/log/chat"
	chat_logout
}

notices_of () {
	as "$1" git xmpp status --json | grep -o '"notices":\[[^]]*\]'
}

has_notice () {
	notices_of "$1" | grep -qF "$2"
}

has_no_notice () {
	! has_notice "$@"
}

looks () {
	as alice git ls-remote $url >out 2>err
}

# runs: how often the command of alice ran.
runs () {
	grep -c '^begin$' notified
}

ran () {
	test "$(runs)" -ge "$1"
}

test_expect_success 'alice, bob, and a command of alice with odd words' '
	start_server alice bob carol dave eve mallory "$odd" &&
	setup_user alice && setup_user bob &&
	: >notified && : >go &&
	cat >"alice/tell me" <<-END &&
	#!/bin/sh
	{
		echo begin
		printf "[%s]\n" "\$@"
		echo "kind \$GIT_XMPP_NOTICE, jid \$GIT_XMPP_JID"
	} >>"$TRASH/notified"
	cat >>"$TRASH/notified"
	while ! test -e "$TRASH/go"
	do
		sleep 0.05
	done
	END
	chmod +x "alice/tell me" &&
	as alice git config --global xmpp.notifyCommand \
		"'\''$TRASH/alice/tell me'\'' \"a \\\"b\\\" \$HOME \$(touch pwned)\" c\\ d ;" &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 3 0 &&
	as bob git xmpp share bob/project.git --name=project --fetch=alice@localhost &&
	looks && test_is_empty err &&
	test_is_empty notified
'

test_expect_success 'a request waits in status, and runs the command without a shell' '
	asks "$odd" alice &&
	wait_for 10 has_notice alice wants &&
	wait_for 10 ran 1 &&
	as alice git xmpp status >status &&
	grep "^! .*wants to be your buddy *git xmpp accept" status | grep -F "$odd@localhost" &&
	line="xmpp: $odd@localhost wants to be your buddy  (git xmpp accept '\''$odd@localhost'\'')" &&
	cat >expect <<-END &&
	begin
	[a "b" \$HOME \$(touch pwned)]
	[c d]
	[;]
	[$line]
	kind wants, jid $odd@localhost
	END
	wait_for 5 grep -q "^kind" notified &&
	test_cmp expect notified &&
	test -z "$(find . -name pwned)" && test ! -e /pwned
'

test_expect_success 'the next git command says it, and only that one' '
	as alice git init -q alice/work &&
	git -C alice/work commit -q --allow-empty -m one &&
	as alice git -C alice/work fetch -q $url 2>err && test_is_empty err &&
	as alice env GIT_XMPP_NOTICES=false git ls-remote $url 2>err && test_is_empty err &&
	looks &&
	echo "$line" >expect &&
	test_cmp expect err &&
	test_must_fail grep "xmpp: " out &&
	looks && test_is_empty err &&
	has_notice alice wants
'

# ejabberd says an open request anew only to who can be sent messages, so the broker has it.
test_expect_success 'a restart neither loses it nor makes it news' '
	stop_broker alice && start_broker alice &&
	wait_for 20 has_notice alice wants &&
	looks && test_is_empty err &&
	ran 1 && ! ran 2
'

test_expect_success 'status has it until it is settled' '
	as alice git xmpp decline "$odd@localhost" &&
	wait_for 10 has_no_notice alice wants &&
	as alice git xmpp status >status && ! grep "^! " status
'

# A restart lets it run anew, once. ejabberd counts these stanzas in each session of alice's, and
# swallows the sixth of a minute (mod_pres_counter): so the strangers have a session of their own.
test_expect_success 'many strangers, again and again, make the command run once' '
	stop_broker alice && start_broker alice &&
	before=$(runs) &&
	for user in carol dave eve mallory carol dave "$odd"
	do
		asks "$user" alice || return
	done &&
	wait_for 10 has_notice alice mallory &&
	wait_for 10 has_notice alice "$odd" &&
	! ran $((before + 2)) &&
	before=$(runs)
'

test_expect_success 'a git xmpp command on a terminal says it, too, and what is more in the last line' '
	as alice "$BUILD/t/on-terminal" -e "" git xmpp buddies bob@localhost >out 2>err &&
	grep "^xmpp: carol@localhost wants to be your buddy" err &&
	test_line_count = 4 err &&
	test_must_fail grep "xmpp: " out &&
	looks && test_is_empty err
'

test_expect_success 'a push that failed is said, and one command runs at a time' '
	rm go &&
	(cd alice/work && as alice git remote add origin $url && as alice git xmpp queue push origin HEAD:refused-1) &&
	wait_for 20 has_notice alice queue-failed &&
	wait_for 10 ran $((before + 1)) &&
	(cd alice/work && as alice git xmpp queue push origin HEAD:refused-2) &&
	wait_for 20 has_notice alice "q2, " &&
	! ran $((before + 2)) &&
	touch go &&
	wait_for 10 ran $((before + 2)) &&
	looks &&
	grep "^xmpp: q1, a push to bob@localhost/project, has failed: .*(git xmpp queue)$" err &&
	grep "^xmpp: q2, " err &&
	test_line_count = 2 err
'

test_expect_success 'a command that is none is logged, and nothing is lost by it' '
	as alice git config --global xmpp.notifyCommand "./no/such" &&
	kill -HUP "$(broker_pid alice)" &&
	(cd alice/work && as alice git xmpp queue push origin HEAD:refused-3) &&
	wait_for 20 has_notice alice "q3, " &&
	wait_for 10 grep "notifyCommand: cannot run" log/alice &&
	as alice git config --global xmpp.notifyCommand "sh \"c" &&
	kill -HUP "$(broker_pid alice)" &&
	wait_for 10 grep "notifyCommand is no command line" log/alice
'

# setup_device <directory> <user>: another home of the same account.
setup_device () {
	mkdir -p -m 700 "$1/run" && plain_user "$1" &&
	as "$1" git xmpp setup "$2@localhost" --server="127.0.0.1:$server_port" \
		--ca-file="$TRASH/prosody/localhost.crt" \
		--password-command="cat $TRASH/$2/pw" --no-start
}

# device_of <user>: its id, as its broker said at its start.
device_of () {
	sed -n "s/.* serving '.*', device //p" "log/$1" | tail -n 1
}

# said_of <repository>: what the list has of its head.
said_of () {
	local at

	at=$(git -C "$1" log -1 --branches --date-order --date="format-local:%Y-%m-%d %H:%M" --format=%cd)
	echo "main  $(git -C "$1" rev-parse main | cut -c 1-12)  $at"
}

lists () {
	as alice git xmpp list "$@" >out
}

test_expect_success 'list has what this device may use, and nothing else' '
	"$TOP/t/tools/make-repo" bob/write.git 2 0 &&
	"$TOP/t/tools/make-repo" bob/secret.git 2 0 &&
	as bob git xmpp share bob/write.git --name="team/my site" --push=alice@localhost &&
	as bob git xmpp share bob/secret.git --name=secret --push=carol@localhost &&
	lists bob@localhost &&
	cat >expect <<-END &&
	bob@localhost
	    project       fetch  $(said_of bob/project.git)  xmpp::bob@localhost/project
	    team/my site  push   $(said_of bob/write.git)  xmpp::bob@localhost/team/my%20site
	END
	test_cmp expect out &&
	lists && test_cmp expect out &&
	as alice git ls-remote "$(sed -n "s/.*  xmpp/xmpp/p" out | tail -n 1)" >/dev/null &&
	as bob git xmpp list alice@localhost >out &&
	test_is_empty out
'

test_expect_success 'what is taken away is not listed any more' '
	as bob git xmpp share --name="team/my site" --rm=alice@localhost &&
	lists bob@localhost &&
	test_must_fail grep site out &&
	lists --json &&
	grep -o "\"name\":\"[^\"]*\"" out >names &&
	echo "\"name\":\"project\"" >expect &&
	test_cmp expect names
'

test_expect_success 'a hostile name of a branch is escaped, a hidden one is not told' '
	cp bob/project.git/HEAD saved &&
	git -C bob/project.git symbolic-ref HEAD "refs/heads/$(printf "\342\200\256txt")" &&
	lists bob@localhost &&
	grep "project  *fetch  *.xe2.x80.xaetxt  *-  " out &&
	lists --json && grep "refs/heads/.*txt" out &&
	cp saved bob/project.git/HEAD &&
	git -C bob/project.git config uploadpack.hideRefs refs/heads/main &&
	lists bob@localhost &&
	grep "project  *fetch  *-  *-  " out &&
	git -C bob/project.git config --unset uploadpack.hideRefs &&
	lists bob@localhost && grep "project  *fetch  *main" out
'

test_expect_success 'who asks for what is not shared is told of the list' '
	test_must_fail as alice git ls-remote xmpp::bob@localhost/secret 2>err &&
	grep "does not share" err && grep "git xmpp list bob@localhost" err
'

test_expect_success 'a device that is not trusted yet is named, and asked once it is' '
	setup_device bob2 bob && start_broker bob2 &&
	"$TOP/t/tools/make-repo" bob2/other.git 2 0 &&
	as bob2 git xmpp share bob2/other.git --name=other --fetch=alice@localhost &&
	wait_for 20 eval "lists bob@localhost && grep \"$(device_of bob2)\" out" &&
	wait_for 20 has_notice alice "a new device of bob@localhost waits" &&
	lists bob@localhost &&
	grep "^! bob@localhost: device $(device_of bob2) waits to be compared  (git xmpp verify bob@localhost)" out &&
	test_must_fail grep other out &&
	test_must_fail as alice git ls-remote xmpp::bob@localhost/other 2>err &&
	grep "their device .$(device_of bob2). is not compared yet" err &&
	as alice git xmpp verify bob@localhost --fingerprint="$(as bob2 git xmpp verify --self)" &&
	wait_for 10 has_no_notice alice "a new device" &&
	wait_for 10 as bob2 git xmpp verify alice@localhost --fingerprint="$(as alice git xmpp verify --self)" &&
	wait_for 20 eval "lists bob@localhost && grep other out && grep project out" &&
	grep "    other  *fetch  *main  .*xmpp::bob@localhost/other" out &&
	grep "    project  *fetch  *main  " out &&
	as alice git ls-remote xmpp::bob@localhost/other >/dev/null &&
	as alice git ls-remote $url >/dev/null
'

test_expect_success 'nobody is there to be asked' '
	stop_broker bob && stop_broker bob2 &&
	wait_for 10 eval "! buddy_line alice bob | grep \"	git	\"" &&
	lists && test_is_empty out &&
	test_must_fail as alice git xmpp list bob@localhost 2>err &&
	grep "is offline" err &&
	test_must_fail lists nobody@localhost --json &&
	grep "not-buddy" out
'

test_done
