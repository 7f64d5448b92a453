#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Negotiation that cannot stall, on real brokers: whatever hangs in one
# transfer, the others go on, and nothing is ever saved by a timer. The brokers' traces
# tell who asked, who answered and when.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project
gate=$TRASH/gate

# nothing_timed_out: no answer, start or deferral of a negotiation has reached its time.
nothing_timed_out () {
	test_must_fail grep -e timeout log/alice log/bob
}

# A hook that leaves began.<name> behind and hangs while the gate is closed,
# for pushes of the branches slow*.
hanging_hook () {
	cat >"$1" <<-END &&
	#!/bin/sh
	grep -q refs/heads/slow || exit 0
	: >"$gate/began"
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

# The gate must not outlive the script.
test_atexit open_gate

# The processes are in $stopped.
stop_services () {
	stopped=$(service_pids)
	test -n "$stopped" && kill -STOP $stopped
}

# commit <work tree>
commit () {
	git -C "$1" commit -q --allow-empty -m "in $1"
}

# news <bare repository>: one commit more.
news () {
	git -C "$1" update-ref refs/heads/main "$(
		git -C "$1" commit-tree -p main -m news "main^{tree}")"
}

# push <user> <work tree> <branch> [<url>]
push () {
	as "$1" git -C "$2" push -q "${4:-origin}" "HEAD:refs/heads/$3"
}

# same <repository> <ref> <repository> <ref>
same () {
	test "$(git -C "$1" rev-parse -q --verify "$2")" = "$(git -C "$3" rev-parse -q --verify "$4")"
}

# lines <pattern> <user>: how many of the broker's log.
lines () {
	grep -c -e "$1" "log/$2"
}

more_lines () {
	test "$(lines "$1" "$2")" -gt "$3"
}

# answer_ms <user>: from its last can-push to the answer, by its own log.
answer_ms () {
	awk '
	function ms(stamp,	at) {
		split(stamp, at, /[T:Z]/)
		return ((at[2] * 60 + at[3]) * 60 + at[4]) * 1000
	}
	/ -> offered, can-push sent$/ { began[$3] = ms($1) }
	/ -> wanted, push-request came$/ { took = ms($1) - began[$3] }
	END { printf "%d\n", took }' "log/$1"
}

# others_get_through: with something of alice's hanging at bob, a push to another share
# of his, a fetch of the same one, and announcements in both directions. A can-push that waited
# for what hangs would have no answer at all.
others_get_through () {
	commit alice/other &&
	push alice alice/other "passing-$1" &&
	echo "# a can-push is answered within $(answer_ms alice) ms while $2" >>notes &&

	as alice git -C alice/reader fetch -q &&
	news alice/own.git && news bob/news.git &&
	wait_for 10 same bob/mirror origin/main alice/own.git main &&
	wait_for 10 same alice/news origin/main bob/news.git main &&
	nothing_timed_out
}

# Both have a share of one name: the two directions must not be taken for each other.
test_expect_success 'two users, with shares in both directions that the other one follows' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice GIT_XMPP_TRACE=1 && start_broker bob GIT_XMPP_TRACE=1 &&
	pair alice bob &&
	for share in project other news
	do
		"$TOP/t/tools/make-repo" bob/$share.git 20 0 &&
		as bob git xmpp share bob/$share.git --name=$share --push=alice@localhost || return
	done &&
	"$TOP/t/tools/make-repo" alice/own.git 20 0 &&
	as alice git xmpp share alice/own.git --name=project --push=bob@localhost &&

	as alice git clone -q $url alice/work &&
	as alice git clone -q $url alice/reader &&
	as alice git clone -q xmpp::bob@localhost/other alice/other &&
	as alice git clone -q xmpp::bob@localhost/news alice/news &&
	as bob git clone -q xmpp::alice@localhost/project bob/work &&
	as bob git clone -q xmpp::alice@localhost/project bob/mirror &&
	as alice git -C alice/news xmpp follow &&
	as bob git -C bob/mirror xmpp follow &&
	hanging_hook bob/project.git/hooks/pre-receive
'

test_expect_success 'S4 R7: everything else gets through while a hook of a receive-pack sleeps' '
	close_gate &&
	commit alice/work &&
	background alice git -C alice/work push -q origin HEAD:refs/heads/slow1 &&
	wait_for 10 hangs &&
	others_get_through 1 "a hook sleeps" &&
	alive $job &&
	open_gate &&
	job_ends 10 0 &&
	same bob/project.git slow1 alice/work HEAD
'

test_expect_success 'S4 R7: and while the receive-pack itself is stopped in the middle of a pack' '
	close_gate &&
	hanging_hook alice/work/.git/hooks/pre-push &&
	"$TOP/t/tools/make-repo" alice/work 5 4 11 &&
	background alice git -C alice/work push -q origin main:refs/heads/slow2 &&
	wait_for 10 hangs &&
	stop_services &&
	open_gate &&
	others_get_through 2 "receive-pack is stopped" &&
	alive $job &&
	kill -CONT $stopped &&
	job_ends 30 0 &&
	rm alice/work/.git/hooks/pre-push &&
	same bob/project.git slow2 alice/work main
'

test_expect_success 'S4 R7: and while an upload-pack is stopped' '
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
	as bob git config --global uploadpack.packObjectsHook "$TRASH/bob/pack-objects" &&
	close_gate &&
	background alice git clone -q --bare $url alice/stopped.git &&
	wait_for 10 hangs &&
	stop_services &&
	open_gate &&
	others_get_through 3 "upload-pack is stopped" &&
	alive $job &&
	kill -CONT $stopped &&
	job_ends 30 0 &&
	as bob git config --global --unset uploadpack.packObjectsHook
'

cat notes 2>/dev/null

both_at_once () {
	local i other failed

	i=0
	while test $i -lt "$1"
	do
		i=$((i + 1))
		commit alice/work && commit bob/work || return
		push alice alice/work "a-$i" & other=$!
		push bob bob/work "b-$i"
		failed=$?
		wait $other && test $failed -eq 0 && continue
		echo "round $i failed"
		return 1
	done
}

rounds=100
{ ! sanitized && test "${SERVER:-prosody}" = prosody; } || rounds=20

test_expect_success "S13: both push at the same moment, $rounds times, and no wait reaches a timer" '
	both_at_once $rounds &&
	test "$(git -C bob/project.git for-each-ref "refs/heads/a-*" | wc -l)" -eq $rounds &&
	test "$(git -C alice/own.git for-each-ref "refs/heads/b-*" | wc -l)" -eq $rounds &&
	test_must_fail grep -e timeout -e "starting there" -e "still waits" log/alice log/bob
'

# Bob's mirror may still fetch what was pushed before.
one_service () {
	test "$(service_pids | wc -l)" -eq 1
}

test_expect_success 'S2: a second push to the share waits for the first, and says so' '
	close_gate &&
	deferred=$(lines "-> deferred, deferred there" alice)
	commit alice/work &&
	background alice git -C alice/work push -q origin HEAD:refs/heads/slow3 &&
	first=$job &&
	wait_for 10 hangs &&
	background alice git -C alice/work push -q origin HEAD:refs/heads/second &&
	wait_for 10 more_lines "-> deferred, deferred there" alice $deferred &&
	grep -e "-> deferred, another push of the share is under way" log/bob &&
	alive $first && alive $job &&
	wait_for 10 one_service &&
	test_must_fail git -C bob/project.git rev-parse -q --verify second
'

test_expect_success 'S1 S2: it does not hold back who pushes to another share, nor the other direction' '
	push alice alice/other between && push bob bob/work between &&
	alive $job && nothing_timed_out
'

test_expect_success 'S2: it goes on when the first has ended' '
	open_gate &&
	job_ends 10 0 &&
	job=$first && job_ends 10 0 &&
	same bob/project.git second alice/work HEAD &&
	same bob/project.git slow3 alice/work HEAD
'

test_expect_success 'S2 S9: and when the first was killed' '
	close_gate &&
	commit alice/work &&
	background alice git -C alice/work push -q origin HEAD:refs/heads/slow4 &&
	first=$job &&
	wait_for 10 hangs &&
	deferred=$(lines "-> deferred, deferred there" alice)
	background alice git -C alice/work push -q origin HEAD:refs/heads/third &&
	wait_for 10 more_lines "-> deferred, deferred there" alice $deferred &&
	kill -KILL $first &&
	open_gate &&
	job_ends 20 0 &&
	same bob/project.git third alice/work HEAD
'

test_expect_success 'a push from inside a pre-push hook to the same share does not wait for its own end' '
	cat >alice/work/.git/hooks/pre-push <<-\END &&
	#!/bin/sh
	grep -q refs/heads/outer || exit 0
	git push -q origin HEAD:refs/heads/inner
	END
	chmod +x alice/work/.git/hooks/pre-push &&
	commit alice/work &&
	push alice alice/work outer && nothing_timed_out &&
	rm alice/work/.git/hooks/pre-push &&
	same bob/project.git inner alice/work HEAD &&
	same bob/project.git outer alice/work HEAD
'

fetched="bob@localhost/news: fetched"
served="upload-pack .news.: started"

test_expect_success 'R6 R17: a commit to a followed share costs one fetch here and one upload-pack there' '
	had=$(lines "$fetched" alice) had_served=$(lines "$served" bob)
	news bob/news.git &&
	wait_for 10 more_lines "$fetched" alice $had &&
	same alice/news origin/main bob/news.git main &&
	test "$(lines "$fetched" alice)" -eq $((had + 1)) &&
	test "$(lines "$served" bob)" -eq $((had_served + 1))
'

# Of the link of alice with bob, both ways, the bytes that git says aside.
records () {
	as alice git xmpp status --json |
	tr ",{" "\n\n" | awk -F: '/"control_(sent|received)"/ { sum += $2 } END { print sum + 0 }'
}

# Nothing is on its way any more when the service there has ended and the count rests.
records_rest () {
	local before

	before=$(records)
	wait_for 5 no_services && test "$(records)" -eq "$before"
}

test_expect_success 'R17: and costs at most ten records beside what git says' '
	wait_for 5 records_rest &&
	before=$(records) && had=$(lines "$fetched" alice) &&
	news bob/news.git &&
	wait_for 10 more_lines "$fetched" alice $had &&
	wait_for 5 records_rest &&
	took=$(($(records) - before)) &&
	echo "# $took records, git data aside, for a commit to a followed share" >>notes &&
	test $before -gt 0 && test $took -gt 0 && test $took -le 10
'

test_expect_success 'S10 S11: what moved while the server was down is fetched when it is back, once' '
	had=$(lines "$fetched" alice) had_served=$(lines "$served" bob)
	stop_server KILL &&
	news bob/news.git && news bob/news.git &&
	server_again &&
	wait_for 60 more_lines "$fetched" alice $had &&
	same alice/news origin/main bob/news.git main
'

# A second one would have come before the news that followed it.
test_expect_success 'and the next one as if nothing had been' '
	news bob/news.git &&
	wait_for 10 more_lines "$fetched" alice $((had + 1)) &&
	same alice/news origin/main bob/news.git main &&
	test "$(lines "$fetched" alice)" -eq $((had + 2)) &&
	test "$(lines "$served" bob)" -eq $((had_served + 2))
'

# Both brokers' bytes to and from the server, one sum.
bytes () {
	ss -tinH state established "dport = :$server_port" |
	tr " " "\n" | awk -F: '/^bytes_(sent|received):/ { sum += $2 } END { print sum + 0 }'
}

# Counting over a time is the one thing that needs the time itself. What may come
# are the last acknowledgements of the link and of both server connections, about
# 1000 bytes in TLS with all the stanzas there and back; the link asks for a sign of
# life only after a minute. One negotiation more, at about 1800, would be too much.
quiet () {
	local before after

	before=$(bytes)
	sleep 20
	after=$(bytes)
	echo "# $((after - before)) bytes in 20 s between an idle pair and its server" >>notes
	test "$before" -gt 0 && test $((after - before)) -lt 2000
}

test_expect_success 'command -v ss' 'R17: a pair at rest exchanges keepalives only' '
	wait_for 5 no_services && wait_for 5 no_helpers &&
	as alice git xmpp status -v | grep "^link .* up" &&
	quiet
'

cat notes 2>/dev/null

test_expect_success 'all repositories are sound, and nothing is left running' '
	for repository in bob/project.git bob/other.git bob/news.git alice/own.git alice/work alice/news bob/mirror
	do
		git -C $repository fsck --connectivity-only || return
	done &&
	wait_for 5 no_services && wait_for 5 no_helpers &&
	stop_broker alice && stop_broker bob
'

test_done
