# SPDX-License-Identifier: GPL-3.0-or-later
#
# A broker that does what it is told, in the place of a real one. Sourced after test-lib.sh.
#
#   fake <what it does>...   starts it; $heard has what it was asked, as t/tools/fake-broker.c writes it
#   fake_stop

fake_broker=$BUILD/t/fake-broker
test -x "$fake_broker" || test_skip_all 'fake-broker is not built'

mkdir -m 700 "$TRASH/run"
GIT_XMPP_SOCKET=$TRASH/run/socket
export GIT_XMPP_SOCKET
git config --global xmpp.autostart false
heard=$TRASH/log/heard

fake () {
	fake_stop
	"$fake_broker" --log="$heard" --pid="$TRASH/fake.pid" "$GIT_XMPP_SOCKET" "$@" &&
	fake_pid=$(cat "$TRASH/fake.pid")
}

fake_stop () {
	test -z "$fake_pid" || kill "$fake_pid" 2>/dev/null
	rm -f "$GIT_XMPP_SOCKET"
	fake_pid=
}
fake_pid=
test_atexit fake_stop
