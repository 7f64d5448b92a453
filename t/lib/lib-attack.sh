# SPDX-License-Identifier: GPL-3.0-or-later
#
# Alice, whom somebody attacks, and Carol, who wants to be served meanwhile. Sourced
# after lib-xmpp.sh.
#
#   friends                          Alice, Carol and Dave, paired; Carol may fetch alice/project.git, Dave nothing
#   key_of <user>                    the file with its device key
#   second_device <directory> <user> another device of that user, which Alice has been shown
#   device_is <directory> <user> <state>   as Alice knows it
#   attack <option>...               starts t/attacker against Alice, waits until it is ready
#   attack_ends                      ends what was started, all of it
#   answers <user>                   its broker says its status, before the command gives it up
#   served <seconds> <git command>   Carol's git does; the time is a figure of the test
#   link_made <seconds>              Dave, who was away and to whom Alice has nothing to say, gets a link
#   is_served                        alice answers, and both of these come true; $url is what Carol may fetch
#   has_gone                         the attacks end, and all is as before
#   remember                         what Alice's broker has: descriptors, memory, log
#   bounded <kB of memory> <kB of log>   it has not got more than so much since then
#   as_before                        it has no more descriptors than then, and no process of git's; remembers anew

attackers=

device_of () {
	sed -n "s/.* serving '.*', device //p" "$TRASH/log/$1" | tail -n 1
}

key_of () {
	find "$TRASH/$1/.data/git-xmpp" -name key
}

second_device () {
	mkdir -p -m 700 "$1/run" &&
	cp "$2/.gitconfig" "$1/.gitconfig" &&
	start_broker "$1" &&
	# Devices of one account show themselves to each other.
	{ test "$2" = alice || as "$1" git xmpp add alice@localhost; } &&
	wait_for 10 device_is "$1" "$2" pending
}

device_is () {
	as alice git xmpp buddies "$2@localhost" | grep "$(device_of "$1").*$3"
}

friends () {
	setup_user alice && setup_user carol && setup_user dave &&
	start_broker alice && start_broker carol && start_broker dave &&
	pair alice carol && pair alice dave &&
	"$TOP/t/tools/make-repo" alice/project.git 20 &&
	as alice git xmpp share alice/project.git --name=project --fetch=carol@localhost &&
	as carol git ls-remote xmpp::alice@localhost/project &&
	stop_broker dave &&
	wait_for 5 no_services &&
	# Who attacks ends without a word, and has what is theirs for as long as a link waits.
	patience alice 5 &&
	victim=alice@localhost/git.$(device_of alice)
}

attack_is_ready () {
	grep -q '^ready' "$1" || gone "$attacker"
}

# attack_begins <option>...: without waiting.
attack_begins () {
	said=$TRASH/attack.$((${#attackers} + 1))
	"$BUILD/t/attacker" --c2s "$server_port" --component "${component_port:-0}" --password "$PASSWORD" \
		"$@" >"$said" 2>&1 &
	attacker=$!
	attackers="$attackers $attacker"
	started $attacker
}

attack () {
	attack_begins "$@" &&
	wait_for 20 attack_is_ready "$said" &&
	grep '^ready' "$said" ||
	{ cat "$said"; return 1; }
}

attack_ends () {
	local pid

	for pid in $attackers
	do
		is_child "$pid" && end_process "$pid"
	done
	attackers=
	tail -n 2 "$TRASH"/attack.* 2>/dev/null
	rm -f "$TRASH"/attack.*
}

says_status () {
	timeout 120 env $(env_of "$1") git xmpp status >/dev/null
}

# answers <user>: their broker does. The command waits for five seconds, which a broker that is not
# optimised, under sanitizers and beside others, may need; one that was stopped would not answer
# ever.
answers () {
	wait_for 10 says_status "$1" && return
	echo "the broker of $1 does not say its status"
	return 1
}

figure () {
	echo "# $*" >>"$TRASH/figures"
}

figures () {
	cat "$TRASH/figures" 2>/dev/null
	rm -f "$TRASH/figures"
}

milliseconds () {
	date +%s%3N
}

served () {
	local began patience took

	patience=$1
	shift
	began=$(milliseconds)
	if ! timeout "$patience" env $(env_of carol) git "$@"
	then
		echo "carol was not served within $patience s: git $*"
		figure "carol's git $1 was not served in $(($(milliseconds) - began)) ms"
		return 1
	fi
	took=$(($(milliseconds) - began))
	figure "carol's git $1 took $took ms"
}

# That nothing is shared with him is what he can only be told on a link.
link_made () {
	local began took status

	start_broker dave && wait_for 20 trusts dave alice || return
	began=$(milliseconds)
	test_must_fail timeout "$1" env $(env_of dave) git ls-remote xmpp::alice@localhost/project 2>"$TRASH/err"
	took=$(($(milliseconds) - began))
	grep "does not share" "$TRASH/err"
	status=$?
	figure "dave's link $(test $status -eq 0 && echo took || echo "was not made in") $took ms"
	cat "$TRASH/err"
	stop_broker dave
	return $status
}

log_size () {
	wc -c <"$TRASH/log/$1"
}

# As many descriptors as at first are borne at any time.
remember () {
	wait_for 10 idles alice
	fds_then=${fds_then:-$(broker_fds alice)}
	memory_then=$(anonymous alice)
	log_then=$(log_size alice)
}

bounded () {
	local memory log

	memory=$(($(anonymous alice) - memory_then))
	log=$((($(log_size alice) - log_then) / 1024))
	figure "alice's broker has $memory kB and $log kB of log more"
	sanitized || test $memory -le "$1" || { echo "memory: $memory kB more"; return 1; }
	test $log -le "$2" || { echo "log: $log kB more"; return 1; }
}

fds_at_most () {
	test "$(broker_fds "$1")" -le "$2"
}

as_before () {
	wait_for 15 no_services &&
	wait_for 30 fds_at_most alice "$fds_then" ||
	{ ls -l "/proc/$(broker_pid alice)/fd"; return 1; }
	remember
}

is_served () {
	answers alice &&
	served 60 ls-remote -q $url >/dev/null &&
	link_made 60 &&
	answers alice
}

# What the attack has begun, a crowd of git processes say, may still run.
has_gone () {
	attack_ends &&
	wait_for 30 answers alice &&
	as_before
}
