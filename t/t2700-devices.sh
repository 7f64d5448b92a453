#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Devices that come, go and die: bob has two of them on one account, and
# brokers are killed at every moment that matters.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project
gate=$TRASH/gate

# setup_device <directory> <user>: another home of the same account.
setup_device () {
	mkdir -p -m 700 "$1/run" &&
	as "$1" git config --global init.defaultBranch main &&
	as "$1" git config --global user.name "$1" &&
	as "$1" git config --global user.email "$1@example.com" &&
	as "$1" git config --global xmpp.directAddresses false &&
	{ ! sanitized || as "$1" git config --global xmpp.receiveMemory 0; } &&
	as "$1" git xmpp setup "$2@localhost" --server="127.0.0.1:$server_port" \
		--ca-file="$TRASH/prosody/localhost.crt" \
		--password-command="cat $TRASH/$2/pw" --no-start
}

# device_of <user>: its id, as its broker said at its start.
device_of () {
	sed -n "s/.* serving '.*', device //p" "log/$1" | tail -n 1
}

# fingerprint_of <user>
fingerprint_of () {
	as "$1" git xmpp verify --self
}

# device_is <user> <buddy> <device> <words>: as that user sees it, behind its id and its name.
device_is () {
	as "$1" git xmpp buddies "$2@localhost" | grep "^[ !]*$(device_of "$3") [^ ]*  *$4"
}

# The hook of a receive-pack, or a pre-push one: it hangs while the gate is closed.
hanging_hook () {
	cat >"$1" <<-END &&
	#!/bin/sh
	grep -q refs/heads/slow || exit 0
	pwd >"$gate/new" && mv "$gate/new" "$gate/began"
	while test -e "$gate/closed"
	do
		sleep 0.05
	done
	END
	chmod +x "$1"
}

close_gate () {
	mkdir -p "$gate" && rm -f "$gate/began" && : >"$gate/closed"
}

open_gate () {
	rm -f "$gate/closed"
}

hangs () {
	test -e "$gate/began"
}

test_atexit open_gate

commit () {
	git -C alice/work commit -q --allow-empty -m "of alice"
}

push () {
	as alice timeout 180 git -C alice/work push -q "${2:-$url}" "HEAD:refs/heads/$1"
}

# has <user> <ref>: what alice has just committed.
has () {
	test "$(git -C "$1/project.git" rev-parse -q --verify "$2")" = "$(git -C alice/work rev-parse HEAD)"
}

# lines <pattern> <user>: how many of the broker's log.
lines () {
	grep -c -e "$1" "log/$2"
}

more_lines () {
	test "$(lines "$1" "$2")" -gt "$3"
}

test_expect_success 'alice and bob' '
	start_server alice bob &&
	setup_user alice && setup_user bob && setup_device bob2 bob &&
	start_broker alice GIT_XMPP_TRACE=1 && start_broker bob GIT_XMPP_TRACE=1 &&
	pair alice bob &&
	patience alice 3 &&
	"$TOP/t/tools/make-repo" bob/project.git 20 0 &&
	hanging_hook bob/project.git/hooks/pre-receive &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git clone -q $url alice/work &&
	"$TOP/t/tools/make-repo" alice/told.git 5 0 &&
	as alice git xmpp share alice/told.git --name=told --fetch=bob@localhost
'

test_expect_success 'a second device of bob is pending until alice names it' '
	start_broker bob2 GIT_XMPP_TRACE=1 &&
	"$TOP/t/tools/make-repo" bob2/project.git 20 0 &&
	hanging_hook bob2/project.git/hooks/pre-receive &&
	as bob2 git xmpp share bob2/project.git --name=project --push=alice@localhost &&
	as bob2 git xmpp add alice@localhost &&
	wait_for 10 device_is alice bob bob2 "online  pending" &&
	test_must_fail as alice git ls-remote "$url?device=$(device_of bob2)" 2>err &&
	grep "no trusted device of .bob@localhost. is online" err &&
	grep "git xmpp verify bob@localhost" err
'

test_expect_success 'add and accept, said again, show its fingerprint and grant nothing' '
	for verb in add accept add
	do
		as alice git xmpp $verb bob@localhost >out 2>&1 && cat out &&
		grep "$(fingerprint_of bob2)" out &&
		device_is alice bob bob2 "online  pending" || return 1
	done &&
	test_must_fail as alice git ls-remote "$url?device=$(device_of bob2)"
'

# away <directory>: alice's broker has heard that this device of bob's has gone.
away () {
	as alice git xmpp buddies bob@localhost | grep "^[ !]*$(device_of "$1") .*  offline"
}

test_expect_success 'and a push that is queued does not go to it before that, but then at once' '
	stop_broker bob &&
	wait_for 10 away bob &&
	commit &&
	as alice git -C alice/work xmpp queue push origin HEAD:refs/heads/queued &&
	test_must_fail has bob2 queued &&
	as alice git xmpp verify bob@localhost --fingerprint="$(fingerprint_of bob2)" &&
	wait_for 10 device_is alice bob bob2 "online  verified" &&
	wait_for 10 has bob2 queued
'

test_expect_success 'with the first device back there are two' '
	start_broker bob GIT_XMPP_TRACE=1 &&
	wait_for 10 device_is alice bob bob "online  seen"
'

# bob2 has what alice's share has.
told () {
	test "$(git -C bob2/told rev-parse -q --verify origin/main)" = "$(git -C alice/told.git rev-parse main)"
}

# The share was there before, so nothing but the verification makes alice's broker look again.
test_expect_success 'and is told from then on what moves in shares that it follows' '
	as bob2 git clone -q xmpp::alice@localhost/told bob2/told &&
	as bob2 git -C bob2/told xmpp follow &&
	"$TOP/t/tools/make-repo" alice/told.git 1 0 8 &&
	wait_for 10 told
'

test_expect_success 'the device in the address chooses one' '
	commit &&
	push chosen "$url?device=$(device_of bob2)" &&
	has bob2 chosen && test_must_fail has bob chosen &&
	commit &&
	push chosen "$url?device=$(device_of bob)" &&
	has bob chosen && test_must_fail has bob2 chosen &&
	as alice git ls-remote "$url?device=$(device_of bob2)" &&
	test_must_fail as alice git ls-remote "$url?device=aaaaaaaaaaaaaaaa" 2>err &&
	cat err
'

# watched <user>: alice's clone has what that device's repository has.
watched () {
	test "$(git -C alice/watch rev-parse -q --verify origin/main)" = "$(git -C "$1/project.git" rev-parse main)"
}

# Their repositories differ, and a link is up with both.
test_expect_success 'what one of them announces is fetched from that one' '
	as alice git clone -q $url alice/watch &&
	as alice git -C alice/watch xmpp follow &&
	for who in bob2 bob bob2 bob
	do
		"$TOP/t/tools/make-repo" $who/project.git 1 0 $((i += 7)) &&
		wait_for 15 watched $who || return 1
	done
'

test_expect_success 'what only a device has that is away is not said to be unshared, and a push waits for it' '
	git clone -q --bare bob2/project.git bob2/only.git &&
	as bob2 git xmpp share bob2/only.git --name=only --push=alice@localhost &&
	as alice git -C alice/work remote add only xmpp::bob@localhost/only &&
	stop_broker bob2 && wait_for 10 away bob2 &&
	test_must_fail as alice git ls-remote xmpp::bob@localhost/only 2>err &&
	has_message share-away err && grep "device .$(device_of bob2). is not online" err &&
	{ before=$(lines "receive-pack of bob@localhost/only failed" alice) || :; } && commit &&
	as alice git -C alice/work xmpp queue push only HEAD:refs/heads/later &&
	wait_for 20 more_lines "receive-pack of bob@localhost/only failed" alice "$before" &&
	start_broker bob2 GIT_XMPP_TRACE=1 &&
	arrived () {
		test "$(git -C bob2/only.git rev-parse -q --verify later)" = "$(git -C alice/work rev-parse HEAD)"
	} &&
	wait_for 60 arrived
'

test_expect_success 'S5: without it a push goes to one of them, and to one only' '
	commit &&
	push any &&
	if has bob any
	then
		test_must_fail has bob2 any
	else
		has bob2 any
	fi
'

test_expect_success 'S9: the one that serves is killed in the middle of a push: the next push works at once' '
	close_gate &&
	commit &&
	background alice git -C alice/work push -q $url HEAD:refs/heads/slow &&
	wait_for 10 hangs &&
	case $(cat gate/began) in
	"$TRASH/bob/"*) dies=bob lives=bob2 ;;
	*) dies=bob2 lives=bob ;;
	esac &&
	patience alice 600 &&
	kill_broker $dies &&
	push at-once &&
	has $lives at-once &&
	alive $job
'

test_expect_success 'S8 R14: the push that was cut off fails when its time is over, and says so' '
	patience alice 3 &&
	job_ends 10 128 &&
	open_gate &&
	wait_for 10 no_services &&
	wait_for 10 no_helpers &&
	test_must_fail has $lives slow
'

test_expect_success 'the device comes back and serves again' '
	start_broker $dies GIT_XMPP_TRACE=1 &&
	wait_for 10 device_is alice bob $dies "online  [sv]e" &&
	commit &&
	push returned "$url?device=$(device_of $dies)" &&
	has $dies returned &&
	git -C $dies/project.git fsck --connectivity-only
'

test_expect_success 'own devices show themselves, and are admitted by their fingerprints only' '
	wait_for 10 device_is bob bob bob2 "online  pending" &&
	wait_for 10 device_is bob2 bob bob "online  pending" &&
	for verb in add accept
	do
		test_must_fail as bob git xmpp $verb bob@localhost 2>err && cat err &&
		grep "is your own account" err || return 1
	done &&
	device_is bob bob bob2 "online  pending" &&
	as bob git xmpp verify bob@localhost --fingerprint="$(fingerprint_of bob2)" &&
	as bob2 git xmpp verify bob@localhost --fingerprint="$(fingerprint_of bob)" &&
	wait_for 10 device_is bob bob bob2 "online  verified" &&
	wait_for 10 device_is bob2 bob bob "online  verified"
'

test_expect_success 'and fetch from each other and push to each other' '
	"$TOP/t/tools/make-repo" bob/notes.git 5 0 &&
	as bob git xmpp share bob/notes.git --name=notes &&
	as bob2 git clone -q xmpp::bob@localhost/notes bob2/notes &&
	git -C bob2/notes commit -q --allow-empty -m "of bob2" &&
	as bob2 git -C bob2/notes push -q origin HEAD:refs/heads/from-bob2 &&
	test "$(git -C bob/notes.git rev-parse from-bob2)" = "$(git -C bob2/notes rev-parse HEAD)"
'

# notes_arrived: bob2 has what bob's share has.
notes_arrived () {
	test "$(git -C bob2/notes rev-parse -q --verify origin/main)" = "$(git -C bob/notes.git rev-parse main)"
}

test_expect_success 'and follow each other' '
	as bob2 git -C bob2/notes xmpp follow &&
	"$TOP/t/tools/make-repo" bob/notes.git 1 0 7 &&
	wait_for 10 notes_arrived
'

# What is followed would be fetched now and then, and hang at the gate as well.
test_expect_success 'bob has one device again, and alice follows nothing' '
	stop_broker bob2 &&
	as alice git -C alice/watch xmpp unfollow &&
	git -C alice/work remote set-url origin $url
'

# pushes_and_fetches: everything works, and is sound.
number=0
pushes_and_fetches () {
	number=$((number + 1))
	open_gate &&
	wait_for 15 no_services && wait_for 15 no_helpers &&
	commit && push "after-$number" && has bob "after-$number" &&
	as alice timeout 180 git -C alice/work fetch -q origin &&
	git -C bob/project.git fsck --connectivity-only &&
	git -C alice/work fsck --connectivity-only &&
	no_quarantine
}

# no_quarantine: a receive-pack whose reader died leaves its directory to git prune (and git gc).
no_quarantine () {
	test "$who" = alice || git -C bob/project.git prune --expire=now || return
	! ls -d bob/project.git/objects/tmp_objdir-* 2>/dev/null
}

# back <user>
back () {
	start_broker "$1" GIT_XMPP_TRACE=1
}

# cut_off: the git in the background ends by itself, without success.
cut_off () {
	wait_for 15 gone "$job" || return
	test_must_fail wait "$job"
}

# More than half a megabyte has gone to the service: what it has not read fills the windows.
pack_flows () {
	as alice git xmpp status --json | grep -q "\"sent\":[5-9][0-9][0-9][0-9][0-9][0-9]"
}

stop_services () {
	stopped=$(service_pids)
	test -n "$stopped" && kill -STOP $stopped
}

test_expect_success 'a big repository to clone, whose packs wait at the gate' '
	"$TOP/t/tools/make-repo" bob/big.git 10 4 &&
	as bob git xmpp share bob/big.git --name=big --fetch=alice@localhost &&
	cat >bob/pack-objects <<-END &&
	#!/bin/sh
	: >"$gate/began"
	while test -e "$gate/closed"
	do
		sleep 0.05
	done
	exec "\$@"
	END
	chmod +x bob/pack-objects &&
	as bob git config --global uploadpack.packObjectsHook "$TRASH/bob/pack-objects"
'

for who in alice bob
do
	test_expect_success "the broker of $who is killed while nothing happens" '
		kill_broker $who &&
		back $who &&
		pushes_and_fetches
	'

	test_expect_success "in the middle of a clone" '
		close_gate &&
		opened=$(lines "session upload-pack bob@localhost/big: asking -> open" alice)
		background alice git clone -q --bare xmpp::bob@localhost/big alice/half.git &&
		wait_for 10 more_lines "session upload-pack bob@localhost/big: asking -> open" alice $opened &&
		wait_for 10 hangs &&
		kill_broker $who &&
		open_gate &&
		cut_off &&
		back $who &&
		pushes_and_fetches &&
		as alice git clone -q --bare xmpp::bob@localhost/big alice/whole-$who.git &&
		git -C alice/whole-$who.git fsck --connectivity-only
	'

	# More than the windows between here and there hold, so that some of it waits.
	test_expect_success "while a pack is being received" '
		close_gate &&
		hanging_hook alice/work/.git/hooks/pre-push &&
		"$TOP/t/tools/make-repo" alice/work 5 4 31$number &&
		background alice git -C alice/work push -q $url main:refs/heads/slow-$who &&
		wait_for 10 hangs &&
		stop_services &&
		open_gate &&
		wait_for 10 pack_flows &&
		kill_broker $who &&
		kill -CONT $stopped &&
		cut_off &&
		rm alice/work/.git/hooks/pre-push &&
		back $who &&
		pushes_and_fetches
	'

	test_expect_success "while one push is deferred behind another" '
		close_gate &&
		deferred=$(lines "-> deferred, deferred there" alice)
		commit &&
		background alice git -C alice/work push -q $url HEAD:refs/heads/slow-deferred-$who &&
		first=$job &&
		wait_for 10 hangs &&
		background alice git -C alice/work push -q $url HEAD:refs/heads/behind-$who &&
		wait_for 10 more_lines "-> deferred, deferred there" alice $deferred &&
		kill_broker $who &&
		cut_off &&
		job=$first && cut_off &&
		back $who &&
		pushes_and_fetches &&
		test_must_fail git -C bob/project.git rev-parse -q --verify behind-$who
	'

	test_expect_success "while a queued push runs: it arrives, once" '
		close_gate &&
		commit &&
		as alice git -C alice/work xmpp queue push origin HEAD:refs/heads/slow-queued-$who &&
		wait_for 10 hangs &&
		kill_broker $who &&
		open_gate &&
		back $who &&
		queue_empty () {
			test -z "$(as alice git xmpp queue)"
		} &&
		wait_for 30 queue_empty &&
		has bob slow-queued-$who &&
		pushes_and_fetches
	'
done

test_expect_success 'what was killed left nothing behind' '
	wait_for 5 no_services && wait_for 5 no_helpers &&
	wait_for 5 one_broker alice && wait_for 5 one_broker bob &&
	as alice git xmpp queue >out &&
	test_is_empty out
'

test_done
