#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Taking back: each way in which bob takes from alice what she had, and each
# thing that may be under way then. From that moment on she gets nothing, and
# she cannot come back by herself.
#
# With PATHS=direct the link is on a TCP connection between the two, which no server and no
# presence can end; without, it is in-band.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

prosody_blocklist=yes
url=xmpp::bob@localhost/project
told=xmpp::alice@localhost/told
kind=${PATHS:-inband}
test "$kind" = inband && path=in-band || path=direct

fingerprint_of () {
	as "$1" git xmpp verify --self
}

# at_alice <verb>: what the chat program of bob's telephone does to her.
at_alice () {
	chat_login bob &&
	chat_send "<iq type='set' id='gone'><query xmlns='jabber:iq:roster'><item
		jid='alice@localhost' subscription='remove'/></query></iq>" &&
	wait_for 5 grep -q "id=.gone." "$TRASH/log/chat"
	chat_logout
}

take_back () {
	case $1 in
	remove | block | distrust)
		as bob git xmpp "$1" alice@localhost ;;
	'roster removal')
		at_alice ;;
	unshare)
		as bob git xmpp unshare project ;;
	'share --rm')
		as bob git xmpp share --name=project --rm=alice@localhost ;;
	esac
}

# Only her right to that share is gone; she is a buddy as before.
is_still_buddy () {
	test "$1" = unshare || test "$1" = 'share --rm'
}

share_again () {
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost --fetch=carol@localhost
}

# asks <who> <whom>: and is not known to have been answered.
asks () {
	as "$2" git xmpp buddies --porcelain | grep "^$1@localhost	wants"
}

# By the user's own act, which names the key; never by alice's alone.
give_back () {
	case $1 in
	unshare | 'share --rm')
		share_again ;;
	distrust)
		as bob git xmpp verify alice@localhost --fingerprint="$(fingerprint_of alice)" ;;
	block)
		as bob git xmpp unblock alice@localhost &&
		befriend_again ;;
	*)
		befriend_again ;;
	esac &&
	wait_for 20 may_fetch
}

befriend_again () {
	as alice git xmpp add bob@localhost &&
	as bob git xmpp add alice@localhost &&
	wait_for 10 as bob git xmpp verify alice@localhost --fingerprint="$(fingerprint_of alice)" &&
	wait_for 10 as alice git xmpp verify bob@localhost --fingerprint="$(fingerprint_of bob)"
}

may_fetch () {
	as alice git ls-remote $url >/dev/null 2>&1
}

refused () {
	test_must_fail as alice timeout 180 git ls-remote $url
}

on_path () {
	may_fetch && wait_for 15 path_is alice "$path"
}

# Neither a link nor a transfer is there.
no_link_with_alice () {
	! as bob git xmpp status --json | grep -q '"jid":"alice@localhost","device":'
}

# No link, no process for her. A buddy keeps the link and may do nothing on it.
nothing_for_alice () {
	no_services && { is_still_buddy "$1" || no_link_with_alice; }
}

# Alice sends the beginning of a pack, then waits until the test says go.
slow_packs () {
	local program

	mkdir exec &&
	for program in "$(git --exec-path)"/*
	do
		ln -s "$program" exec/ || return
	done
	rm exec/git &&
	cat >exec/git <<-END &&
	#!/bin/sh
	case " \$* " in
	*' pack-objects '*) ;;
	*) exec "$(git --exec-path)/git" "\$@" ;;
	esac
	"$(git --exec-path)/git" "\$@" | {
		head -c 1000000
		while ! test -e "$TRASH/go"
		do
			sleep 0.05
		done
		cat
	}
	END
	chmod +x exec/git
}

ref_of () {
	git -C bob/project.git rev-parse -q --verify "refs/heads/$1"
}

# entry_of <user> <words>: of the one in that user's queue.
entry_of () {
	as "$1" git xmpp queue | grep "$2"
}

# It was tried and is refused, or bob is nobody who is there.
not_waiting () {
	entry_of alice failed ||
	as alice git xmpp queue --json | grep '"error":"[^"]' ||
	! as alice git xmpp buddies --porcelain | grep "^bob@localhost	git	"
}

drop_queue_of () {
	local id

	for id in $(as "$1" git xmpp queue | sed -n 's/^\(q[0-9]*\) .*/\1/p')
	do
		as "$1" git xmpp queue drop "$id" || return
	done
}

# follows <user>: what bob has now.
follows () {
	test "$(git -C "$1/work" rev-parse origin/main)" = "$(git -C bob/project.git rev-parse main)"
}

cell () {
	test_expect_success "$kind, $way: $1" "$2"
}

test_expect_success 'alice, bob and carol, what they share, and a link' '
	start_server alice bob carol &&
	for user in alice bob carol
	do
		setup_user $user && start_broker $user || return
	done &&
	pair alice bob && pair carol bob &&
	# Who is blocked is not told, and waits as for any path.
	patience alice 10 &&
	"$TOP/t/tools/make-repo" bob/project.git 5 3 &&
	"$TOP/t/tools/make-repo" alice/told.git 5 &&
	share_again &&
	as alice git xmpp share alice/told.git --name=told --push=bob@localhost &&
	as alice git clone -q $url alice/work &&
	as carol git clone -q $url carol/work &&
	as bob git clone -q $told bob/told &&
	"$TOP/t/tools/make-repo" alice/more.git 5 3 3 &&
	slow_packs &&
	on_path
'

n=0
for way in remove 'roster removal' distrust block unshare 'share --rm'
do
	n=$((n + 1))

	cell 'an idle link' '
		on_path &&
		take_back "$way" &&
		wait_for 10 nothing_for_alice "$way" &&
		refused &&
		give_back "$way"
	'

	cell 'a fetch that runs' '
		rm -rf go half alice/clone && half_pack &&
		on_path &&
		background alice git clone -q $url alice/clone 2>err &&
		wait_for 20 test -e half &&
		take_back "$way" &&
		wait_for 10 nothing_for_alice "$way" &&
		whole_pack &&
		job_ends 20 128 &&
		test -s err &&
		test ! -e alice/clone/.git/refs/remotes/origin/main &&
		refused &&
		give_back "$way"
	'

	cell 'a push that runs' '
		rm -f go &&
		on_path &&
		background alice env GIT_EXEC_PATH="$TRASH/exec" git -C alice/more.git push -q -f $url main:running-$n 2>err &&
		wait_for 20 in_mid_push &&
		take_back "$way" &&
		wait_for 10 nothing_for_alice "$way" &&
		touch go &&
		wait_for 20 gone $job &&
		! wait $job &&
		test_must_fail ref_of running-$n &&
		! in_mid_push &&
		refused &&
		give_back "$way"
	'

	cell 'a push that has sent everything may finish, and the journal says so' '
		rm -f go began &&
		cat >bob/project.git/hooks/pre-receive <<-END &&
		#!/bin/sh
		>"$TRASH/began"
		while ! test -e "$TRASH/go"
		do
			sleep 0.05
		done
		END
		chmod +x bob/project.git/hooks/pre-receive &&
		on_path &&
		background alice git -C alice/work push -q $url HEAD:complete-$n 2>err &&
		wait_for 20 test -e began &&
		take_back "$way" &&
		touch go &&
		wait_for 20 no_services &&
		rm bob/project.git/hooks/pre-receive &&
		# Who is told that she gets no answer does not wait for one.
		wait_for 20 gone $job &&
		ref_of complete-$n &&
		wait_for 10 journal_has bob "alice@localhost/project.*complete-$n\|alice@localhost/project.*push" &&
		refused &&
		give_back "$way"
	'

	cell 'a push of hers that is queued' '
		stop_broker bob &&
		(cd alice/work && as alice git xmpp queue push origin HEAD:queued-$n) &&
		stop_broker alice &&
		start_broker bob &&
		take_back "$way" &&
		start_broker alice &&
		wait_for 20 not_waiting &&
		test_must_fail ref_of queued-$n &&
		wait_for 20 drop_queue_of alice &&
		give_back "$way"
	'

	cell 'a push of bobs that is queued for her' '
		is_still_buddy "$way" || {
			stop_broker alice &&
			(cd bob/told && as bob git xmpp queue push origin HEAD:mine-$n) &&
			take_back "$way" &&
			start_broker alice &&
			refused &&
			{ test "$way" = distrust || wait_for 20 entry_of bob failed; } &&
			test_must_fail git -C alice/told.git rev-parse -q --verify mine-$n &&
			wait_for 20 drop_queue_of bob &&
			give_back "$way"
		}
	'

	cell 'what is announced' '
		as alice git -C alice/work xmpp follow &&
		as carol git -C carol/work xmpp follow &&
		on_path &&
		wait_for 30 follows alice && wait_for 30 follows carol &&
		take_back "$way" &&
		before=$(git -C alice/work rev-parse origin/main) &&
		"$TOP/t/tools/make-repo" bob/project.git 1 0 1$n &&
		{ test "$way" = unshare || wait_for 30 follows carol; } &&
		test "$before" = "$(git -C alice/work rev-parse origin/main)" &&
		refused &&
		give_back "$way" &&
		as alice git -C alice/work xmpp unfollow &&
		as carol git -C carol/work xmpp unfollow
	'

	cell 'offline, and back' '
		stop_broker alice &&
		take_back "$way" &&
		start_broker alice &&
		refused &&
		wait_for 10 nothing_for_alice "$way" &&
		stop_broker bob &&
		start_broker bob &&
		refused &&
		give_back "$way"
	'
done

test_done
