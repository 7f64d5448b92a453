#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is said to be kept is kept: on a disk that is full, has no inodes, or is
# read-only, a command says that it failed, and the old state stays.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project
queued=alice/.state/git-xmpp/queue

# small <directory> <size> <inodes>: a file system of its own.
small () {
	mkdir -p -m 700 "$1" && mount -t tmpfs -o "size=$2,nr_inodes=$3,mode=700" tmpfs "$1" &&
	at_exit "umount -l '$TRASH/$1'"
}

can_mount () {
	mkdir -p probe && mount -t tmpfs tmpfs probe && umount probe
}

fill () {
	head -c 8m /dev/zero >"$1/fill" 2>/dev/null
	! { echo x >"$1/more" && sync "$1/more"; } 2>/dev/null
}

queue () {
	as alice git -C alice/work xmpp queue "$@"
}

queue_says () {
	queue | grep "$1"
}

queue_is_empty () {
	test -z "$(queue)"
}

# daemon_fails <pattern>: in the foreground, with --detach, and as "daemon start" it fails and
# says why.
daemon_fails () {
	env $(env_of bob) timeout 120 "$BUILD/git-xmpp-daemon" </dev/null 2>err
	test_expect_code 78 test_status $? && cat err && grep "$1" err &&
	test_expect_code 78 env $(env_of bob) timeout 120 "$BUILD/git-xmpp-daemon" --detach </dev/null 2>err && grep "$1" err &&
	test_expect_code 128 as bob timeout 120 git xmpp daemon start 2>err && grep "did not start.*$1" err &&
	wait_for 5 no_broker_of bob
}

test_status () {
	return "$1"
}

test_expect_success 'two users; the state of alice is on a file system of its own' '
	start_server alice bob && setup_user alice && setup_user bob &&
	{ ! can_mount || small alice/.state 4m 2000; } &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 5 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git clone -q $url alice/work &&
	stop_broker bob && git -C alice/work commit -q --allow-empty -m one
'

test_expect_success can_mount 'no room: nothing is called queued' '
	fill alice/.state &&
	test_expect_code 128 queue push origin main 2>err && cat err && grep "^fatal: .*No space left" err &&
	queue_is_empty && ls $queued >files && ! grep "^q" files &&
	rm alice/.state/fill && queue push origin main && queue_says "^q[0-9]*  .*waits"
'

test_expect_success can_mount 'no room: nothing is called retried' '
	printf "#!/bin/sh\nexit 1\n" >bob/project.git/hooks/update && chmod +x bob/project.git/hooks/update &&
	start_broker bob && wait_for 20 queue_says "failed: " && stop_broker bob &&
	id=$(queue | sed "s/ .*//") && fill alice/.state &&
	test_expect_code 128 queue retry "$id" 2>err && cat err && grep "^fatal: .*No space left" err &&
	grep -q state=failed "$queued/$id" &&
	rm alice/.state/fill && queue retry "$id" && grep -q state=waiting "$queued/$id"
'

test_expect_success can_mount 'read-only: nothing is called dropped, and it is still there' '
	mount -o remount,ro alice/.state &&
	test_expect_code 128 queue drop "$id" 2>err && cat err && grep "^fatal: .*Read-only file system" err &&
	queue_says "^$id " && kill_broker alice && mount -o remount,rw alice/.state && start_broker alice &&
	queue_says "^$id " && queue drop "$id" && queue_is_empty && ! test -e "$queued/$id"
'

test_expect_success can_mount 'without a broker, too' '
	queue push origin main && id=$(queue | sed "s/ .*//") && stop_broker alice &&
	mount -o remount,ro alice/.state &&
	test_expect_code 128 as alice git -c xmpp.autostart=false -C alice/work xmpp queue drop "$id" &&
	mount -o remount,rw alice/.state && queue_says "^$id " && start_broker alice
'

test_expect_success 'files beyond those that are looked at: the next one is when there is room, oldest first' '
	rm -f bob/project.git/hooks/update && stop_broker alice && rm -f $queued/q* &&
	as alice git -c xmpp.autostart=false -C alice/work xmpp queue push origin main >out && id=$(sed "s/ .*//" out) &&
	mv "$queued/$id" "$queued/q900" && tr "\0" "\n" <"$queued/q900" | sed "s/^state=.*/state=failed/" | tr "\n" "\0" >failed &&
	for n in $(seq 300 555); do cp failed $queued/q$n || return 1; done &&
	start_broker alice && start_broker bob && wait_for 20 trusts alice bob &&
	queue drop q300 && wait_for 20 test ! -e $queued/q900 &&
	test "$(git -C bob/project.git rev-parse main)" = "$(git -C alice/work rev-parse main)" &&
	rm -f $queued/q*
'

test_expect_success 'the lock is a directory: no broker, and a reason' '
	stop_broker bob && rm -f bob/run/git-xmpp/lock && mkdir bob/run/git-xmpp/lock &&
	daemon_fails "Is a directory" && rmdir bob/run/git-xmpp/lock
'

test_expect_success can_mount 'no inode for the lock: the same' '
	rm -rf bob/run/git-xmpp && small bob/run 64k 2 && daemon_fails "No space left" && umount bob/run && start_broker bob
'

test_expect_success 'started without standard streams a broker holds its lock' '
	stop_broker bob; rm -f bob/run/git-xmpp/lock;
	env $(env_of bob) "$BUILD/git-xmpp-daemon" --detach <&- && wait_for 15 broker_online bob &&
	env $(env_of bob) "$BUILD/git-xmpp-daemon" --detach && wait_for 5 one_broker bob &&
	as bob git xmpp daemon stop && wait_for 5 no_broker_of bob &&
	env $(env_of bob) "$BUILD/git-xmpp-daemon" --detach <&- >&- 2>&- && wait_for 15 broker_online bob &&
	as bob git xmpp daemon stop
'

test_expect_success 'and what a command prints does not get into its files' '
	git -C alice/work commit -q --allow-empty -m two &&
	queue push origin main >&- && queue push origin main:other >&- 2>&- <&- && queue >out &&
	test_line_count -eq 2 out && tr "\0" "\n" <"$(ls -d $queued/q[0-9]* | head -n 1)" >entry && ! grep waits entry &&
	grep -q "^[0-9]*$" $queued/last && test_line_count -eq 1 $queued/last
'

test_done
