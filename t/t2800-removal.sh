#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The end of being buddies: removed, distrusted, blocked, declined, by command or by
# another client of the account, online or not. Whoever it is gets nothing from
# then on, and comes back by the user's own decision only. PATHS=direct runs it over a
# path that no server could cut.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

prosody_blocklist=yes
url=xmpp::bob@localhost
gate=$TRASH/gate

open_gate () {
	rm -f "$gate/closed"
}

close_gate () {
	mkdir -p "$gate" && rm -f "$gate/began" && : >"$gate/closed"
}

hangs () {
	test -e "$gate/began"
}

test_atexit open_gate

# waits_at_gate <file>: a program of bob's that waits while the gate is closed, then does what
# it is told.
waits_at_gate () {
	cat >"$1" <<-END &&
	#!/bin/sh
	: >"$gate/began"
	while test -e "$gate/closed"
	do
		sleep 0.05
	done
	test \$# -eq 0 || exec "\$@"
	END
	chmod +x "$1"
}

fingerprint_of () {
	as "$1" git xmpp verify --self
}

# field <user> <buddy> <number>: of the line that buddies --porcelain has of them.
field () {
	as "$1" git xmpp buddies --porcelain | sed -n "s/^$2@localhost	/&/p" | cut -f "$3"
}

# has_field <user> <buddy> <number> <value>
has_field () {
	test "$(field "$1" "$2" "$3")" = "$4"
}

is_wanted () {
	has_field "$1" "$2" 2 wants
}

# device_is <user> <buddy> <state>: all that are known of them.
device_is () {
	as "$1" git xmpp buddies "$2@localhost" --json >devices.json &&
	! grep -o '"trust":"[a-z]*","online"' devices.json | grep -v "\"$3\"" &&
	grep -q "\"trust\":\"$3\",\"online\"" devices.json
}

fetches () {
	as alice timeout 180 git ls-remote "$url/$1" >/dev/null
}

gets_nothing () {
	for share in project all
	do
		! fetches $share || return 1
	done
	! as alice timeout 180 git -C alice/work push -q "$url/project" HEAD:refs/heads/forbidden
}

no_link () {
	! as "$1" git xmpp status --json | grep -q '"jid":"[a-z]*@localhost","device":"[a-z0-9]*","path"'
}

# a link is up; with PATHS=direct, on the path that nobody else can cut.
linked () {
	fetches project || return
	test "$PATHS" != direct || wait_for 15 path_is alice direct
}

# is_apart <user> <buddy>: the end has reached them.
is_apart () {
	test "$(field "$1" "$2" 3)" != both && test "$(field "$1" "$2" 3)" != to
}

# become_buddies: again, after either has removed the other. Nothing counts before both have
# verified.
become_buddies () {
	wait_for 10 is_apart alice bob && wait_for 10 is_apart bob alice &&
	as alice git xmpp add bob@localhost &&
	wait_for 10 is_wanted bob alice &&
	as bob git xmpp accept alice@localhost &&
	wait_for 10 has_field alice bob 3 both &&
	wait_for 10 has_field bob alice 3 both &&
	verify_each_other
}

verify_each_other () {
	as alice git xmpp verify bob@localhost --fingerprint="$(fingerprint_of bob)" &&
	as bob git xmpp verify alice@localhost --fingerprint="$(fingerprint_of alice)" &&
	wait_for 20 linked
}

# says <pattern> <command>...: it fails, and that is what it says.
says () {
	local pattern

	pattern=$1
	shift
	! "$@" >said 2>&1 && cat said && grep -e "$pattern" said
}

# roster_of <user>: what the server has of it.
roster_of () {
	cat "$TRASH/prosody/data/localhost/roster/$1.dat" 2>/dev/null
}

chat_removes () {
	chat_login "$1" &&
	chat_send "<iq type='set' id='rm'><query xmlns='jabber:iq:roster'><item jid='$2@localhost' subscription='remove'/></query></iq>" &&
	wait_for 5 grep -q "id='rm' type='result'\|type='result' id='rm'\|id='rm'" "$TRASH/log/chat" &&
	chat_logout
}

# chat_blocks <user> <buddy> <block or unblock>
chat_blocks () {
	chat_login "$1" &&
	chat_send "<iq type='set' id='bl'><$3 xmlns='urn:xmpp:blocking'><item jid='$2'/></$3></iq>" &&
	wait_for 5 grep -q "id='bl'" "$TRASH/log/chat" &&
	chat_logout
}

test_expect_success 'alice and bob; bob shares with her, and with all buddies' '
	start_prosody alice bob carol &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	# Who is blocked is not told, and waits as for any path.
	patience alice 10 &&
	"$TOP/t/tools/make-repo" bob/project.git 20 0 &&
	git clone -q --bare bob/project.git bob/all.git &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as bob git xmpp share bob/all.git --name=all --fetch=buddies &&
	as alice git clone -q "$url/project" alice/work &&
	git -C alice/work commit -q --allow-empty -m "of alice" &&
	waits_at_gate bob/gate &&
	as bob git config --global uploadpack.packObjectsHook "$TRASH/bob/gate" &&
	linked && fetches all
'

test_expect_success 'what cannot be meant is refused' '
	says "has not asked" as bob git xmpp accept carol@localhost && has_message not-asked said &&
	says "has not asked" as bob git xmpp decline carol@localhost &&
	says "not among your buddies" as bob git xmpp remove carol@localhost && has_message no-such-buddy said &&
	says "is not blocked" as bob git xmpp unblock carol@localhost && has_message not-blocked said &&
	says "no device of" as bob git xmpp distrust carol@localhost && has_message no-device-known said &&
	for verb in add accept remove block unblock
	do
		says "your own account" as bob git xmpp $verb bob@localhost || return 1
	done &&
	test "$(field bob carol 1)" = ""
'

test_expect_success 'a request to nobody is refused, and stays known' '
	says "refused" as bob git xmpp add zed@nosuch.invalid &&
	as bob git xmpp buddies >out && cat out &&
	grep "^. zed@nosuch.invalid .*refused" out &&
	as bob git xmpp remove zed@nosuch.invalid &&
	! as bob git xmpp buddies --porcelain | grep zed@nosuch
'

# --- removed ---

test_expect_success 'another client removes alice: what runs for her ends' '
	close_gate &&
	background alice git clone -q --bare "$url/project" alice/half.git &&
	wait_for 10 hangs &&
	chat_removes bob alice &&
	job_ends 10 128 &&
	open_gate &&
	wait_for 10 no_services &&
	wait_for 5 no_link bob && wait_for 5 no_link alice &&
	device_is bob alice suspended
'

test_expect_success 'she gets nothing, and is told that she is no buddy' '
	gets_nothing &&
	says "no longer your buddy" as alice git ls-remote "$url/all"
'

test_expect_success 'she asks again: that is for bob to decide, and he declines' '
	as alice git xmpp add bob@localhost &&
	wait_for 10 is_wanted bob alice &&
	gets_nothing &&
	as bob git xmpp status >out && cat out && grep "alice@localhost" out &&
	as bob git xmpp decline alice@localhost &&
	! is_wanted bob alice &&
	wait_for 5 has_field alice bob 9 declined &&
	says "has not asked" as bob git xmpp decline alice@localhost
'

test_expect_success 'she asks again, and he accepts: her key is shown, and counts nothing' '
	as alice git xmpp add bob@localhost &&
	wait_for 10 is_wanted bob alice &&
	as bob git xmpp accept alice@localhost >out 2>&1 && cat out &&
	grep "$(fingerprint_of alice)" out &&
	wait_for 10 has_field bob alice 3 both &&
	as bob git xmpp accept alice@localhost && as bob git xmpp add alice@localhost &&
	device_is bob alice suspended &&
	gets_nothing
'

test_expect_success 'until he verifies that very key' '
	verify_each_other && fetches all
'

test_expect_success 'bob removes her by command: he and she know, and the server' '
	as bob git xmpp remove alice@localhost &&
	! roster_of bob | grep alice@localhost &&
	wait_for 5 no_link bob &&
	gets_nothing &&
	says "not your buddy" as bob git ls-remote xmpp::alice@localhost/project &&
	device_is bob alice suspended &&
	has_field bob alice 8 removed
'

test_expect_success 'a device of hers cannot be verified before she is asked' '
	says "not your buddy" as bob git xmpp verify alice@localhost --fingerprint="$(fingerprint_of alice)" &&
	become_buddies
'

test_expect_success 'removed with another client while the broker is away: seen at its next login' '
	stop_broker bob &&
	chat_removes bob alice &&
	start_broker bob &&
	device_is bob alice suspended &&
	gets_nothing &&
	become_buddies
'

test_expect_success 'what is not to be seen any more counts as removed, while away as well' '
	stop_broker bob &&
	chat_login bob &&
	chat_send "<presence to=\"alice@localhost\" type=\"unsubscribed\"/>" &&
	wait_for 10 has_field alice bob 3 from &&
	chat_logout &&
	start_broker bob &&
	device_is bob alice suspended &&
	gets_nothing &&
	as bob git xmpp remove alice@localhost &&
	become_buddies
'

# pushes_slowly: bob has all of a push of alice, and his hook waits.
pushes_slowly () {
	cp bob/gate bob/project.git/hooks/pre-receive &&
	close_gate &&
	background alice git -C alice/work push -q "$url/project" "HEAD:refs/heads/$1" &&
	wait_for 10 hangs
}

finished () {
	git -C bob/project.git rev-parse -q --verify "refs/heads/$1"
}

test_expect_success 'a push that had arrived whole finishes, and the journal says so; she hears nothing of it' '
	pushes_slowly whole &&
	as bob git xmpp remove alice@localhost &&
	job_ends 15 128 &&
	open_gate &&
	wait_for 10 finished whole &&
	wait_for 10 no_services &&
	rm bob/project.git/hooks/pre-receive &&
	wait_for 10 journal_has bob "alice@localhost.*finished after its link had ended (removed)"
'

queue_failed () {
	as alice git xmpp queue | grep "failed"
}

test_expect_success 'what she queues for him fails, and says why' '
	as alice git -C alice/work remote set-url origin "$url/project" &&
	as alice git -C alice/work xmpp queue push origin HEAD:refs/heads/queued &&
	become_buddies &&
	stop_broker bob &&
	as alice git -C alice/work xmpp queue push origin HEAD:refs/heads/queued-more &&
	as alice git xmpp remove bob@localhost &&
	wait_for 10 queue_failed &&
	as alice git xmpp queue >out && cat out &&
	for id in $(as alice git xmpp queue | sed -n "s/^ *\(q[0-9]*\).*/\1/p")
	do
		as alice git xmpp queue drop $id
	done
	start_broker bob && become_buddies
'

# --- distrusted ---

test_expect_success 'a key is distrusted: its link ends, and the contact stays' '
	as bob git xmpp distrust alice@localhost --fingerprint="$(fingerprint_of alice)" &&
	wait_for 5 no_link bob &&
	has_field bob alice 3 both &&
	device_is bob alice distrusted &&
	gets_nothing &&
	# However often she asks, and though she is not always answered at once.
	for n in 1 2 3
	do
		says "does not trust this device" as alice git ls-remote "$url/all" || return 1
	done
'

test_expect_success 'add, accept, a restart, removal and return change nothing about that' '
	as bob git xmpp add alice@localhost && as bob git xmpp accept alice@localhost &&
	stop_broker bob && start_broker bob &&
	as bob git xmpp remove alice@localhost &&
	wait_for 10 is_apart alice bob &&
	as alice git xmpp add bob@localhost &&
	wait_for 10 is_wanted bob alice &&
	as bob git xmpp accept alice@localhost &&
	wait_for 10 has_field bob alice 3 both &&
	device_is bob alice distrusted &&
	gets_nothing
'

test_expect_success 'only that very key, verified, ends it' '
	says "has this fingerprint" as bob git xmpp verify alice@localhost --fingerprint="$(fingerprint_of bob)" &&
	device_is bob alice distrusted &&
	verify_each_other
'

# --- blocked ---

test_expect_success 'blocked by command, at the server: all of it ends' '
	close_gate &&
	background alice git clone -q --bare "$url/project" alice/blocked.git &&
	wait_for 10 hangs &&
	as bob git xmpp block alice@localhost >out && cat out && grep "your server" out &&
	grep "alice@localhost" "$TRASH/prosody/data/localhost/blocklist/bob.dat" &&
	job_ends 90 128 &&
	open_gate &&
	wait_for 10 no_services && wait_for 5 no_link bob &&
	gets_nothing &&
	says "is blocked" as bob git ls-remote xmpp::alice@localhost/project &&
	says "is blocked" as bob git xmpp add alice@localhost &&
	says "is blocked" as bob git xmpp verify alice@localhost --fingerprint="$(fingerprint_of alice)"
'

test_expect_success 'unblocked, she counts when she is verified, and not before' '
	as bob git xmpp unblock alice@localhost &&
	! grep "alice@localhost" "$TRASH/prosody/data/localhost/blocklist/bob.dat" &&
	device_is bob alice suspended &&
	gets_nothing &&
	verify_each_other
'

test_expect_success 'blocked by another client, the whole domain at once' '
	chat_blocks bob localhost block &&
	wait_for 5 device_is bob alice suspended &&
	wait_for 5 no_link bob &&
	gets_nothing &&
	says "still blocked" as bob git xmpp unblock alice@localhost && has_message still-blocked said &&
	chat_blocks bob localhost unblock &&
	gets_nothing &&
	verify_each_other
'

test_expect_success 'blocked by another client while the broker is away' '
	stop_broker bob &&
	chat_blocks bob alice@localhost block &&
	start_broker bob &&
	device_is bob alice suspended &&
	gets_nothing &&
	as bob git xmpp unblock alice@localhost &&
	verify_each_other
'

# online_again <user>: after the server was away.
online_again () {
	as "$1" git xmpp status | grep "online"
}

test_expect_success 'where the server cannot, it is the broker who blocks, and still does after a restart' '
	prosody_blocklist= &&
	restart_prosody &&
	wait_for 70 linked &&
	as bob git xmpp block alice@localhost >out && cat out && grep "this broker only" out &&
	gets_nothing &&
	stop_broker bob && start_broker bob &&
	gets_nothing &&
	has_field bob alice 8 blocked,removed &&
	as bob git xmpp unblock alice@localhost &&
	gets_nothing &&
	verify_each_other
'

# --- rights ---

test_expect_success 'a right that is taken away ends what runs on it' '
	close_gate &&
	background alice git clone -q --bare "$url/all" alice/unshared.git &&
	wait_for 10 hangs &&
	as bob git xmpp share --name=all --rm=buddies &&
	job_ends 10 128 &&
	open_gate &&
	wait_for 10 no_services &&
	! fetches all && fetches project
'

test_expect_success 'so does a share that is no more, or stands for something else' '
	"$TOP/t/tools/make-repo" bob/other.git 3 0 &&
	as bob git xmpp share --name=all --fetch=buddies &&
	close_gate &&
	background alice git clone -q --bare "$url/all" alice/moved.git &&
	wait_for 10 hangs &&
	as bob git config --global xmppShare.all.path "$TRASH/bob/other.git" &&
	reload bob &&
	job_ends 10 128 &&
	open_gate && wait_for 10 no_services && close_gate &&
	background alice git clone -q --bare "$url/all" alice/gone.git &&
	wait_for 10 hangs &&
	as bob git xmpp unshare all &&
	job_ends 10 128 &&
	open_gate &&
	wait_for 10 no_services
'

# --- kept or said ---

# no_room <user>: where the trust table would be written, there is a directory.
no_room () {
	mkdir "$(trust_table "$1").$(broker_pid "$1")"
}

room () {
	rmdir "$(trust_table "$1").$(broker_pid "$1")"
}

trust_table () {
	find "$TRASH/$1/.state/git-xmpp" -name devices
}

test_expect_success 'a decision that cannot be kept is an error, and has not been made' '
	no_room bob &&
	cp "$(trust_table bob)" devices.before &&
	for command in remove distrust block "verify --fingerprint=$(fingerprint_of alice | tr -d " ")"
	do
		says "cannot use .*devices" as bob git xmpp $command alice@localhost || return 1
	done &&
	cmp "$(trust_table bob)" devices.before &&
	device_is bob alice verified &&
	fetches project &&
	says "cannot use .*devices" as bob git xmpp add carol@localhost &&
	test "$(field bob carol 1)" = "" &&
	room bob
'

not_remembered () {
	grep "a new device is not remembered, and gets nothing" log/bob
}

test_expect_success 'a first device that cannot be remembered is not trusted, and still expected' '
	setup_user carol && start_broker carol &&
	as carol git xmpp add bob@localhost &&
	wait_for 10 is_wanted bob carol &&
	stop_broker carol &&
	as bob git xmpp accept carol@localhost >out && cat out && grep "for 7 days" out &&
	no_room bob && start_broker carol &&
	wait_for 10 not_remembered &&
	has_field bob carol 4 none &&
	stop_broker carol && room bob && start_broker carol &&
	wait_for 10 trusts bob carol &&
	as bob git xmpp remove carol@localhost
'

test_expect_success 'a roster that comes back empty suspends, and says so' '
	stop_broker bob && stop_broker alice &&
	stop_prosody &&
	rm "$TRASH/prosody/data/localhost/roster/bob.dat" &&
	prosody_run "$prosody_port" &&
	start_broker bob &&
	device_is bob alice suspended &&
	as bob git xmpp status >out && cat out &&
	grep "roster came back empty" out &&
	stop_broker bob && start_broker bob &&
	as bob git xmpp status | grep "roster came back empty"
'

test_done
