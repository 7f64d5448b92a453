#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Where the password comes from, and where it lies: setup offers what is installed and tries
# whether it comes back.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

SQ="'"

# types <user> <text> <command>...: on a terminal, where a line of the text answers each prompt.
types () {
	local who text

	who=$1 text=$2
	shift 2
	as "$who" GIT_TERMINAL_PROMPT=1 PATH="$TRASH/bin:$PATH" "$BUILD/t/on-terminal" -c "$text" "$@"
}

# set_up <user> <text>: with what is typed.
set_up () {
	types "$1" "$2" git xmpp setup "$1@localhost" --server="127.0.0.1:$server_port" \
		--ca-file="$TRASH/prosody/localhost.crt" >out 2>shown
}

# program <name>: in bin, with this text.
program () {
	mkdir -p bin && { echo "#!/bin/sh"; cat; } >"bin/$1" && chmod +x "bin/$1"
}

# a_keyring: secret-tool, which keeps in a file what it is given.
a_keyring () {
	program secret-tool <<-END
	case \$1 in
	store) cat >"$TRASH/keyring/\$4" ;;
	lookup) cat "$TRASH/keyring/\$3" ;;
	esac
	END
}

# no_brokers: whoever started them.
no_brokers () {
	stop_other_brokers
	return 0
}

afresh () {
	stop_other_brokers
	as alice git config --global --remove-section xmpp.localhost
	as alice git config --global --remove-section credential.xmpp://localhost
	as alice git config --global --unset credential.helper
	rm -rf bin keyring && mkdir keyring
}

choices () {
	grep "^  [1-9]  " shown
}

test_expect_success 'alice has an account' '
	start_server alice bob && plain_user alice && plain_user bob && mkdir -p -m 700 alice/run bob/run
'

test_expect_success 'what is not installed is not offered, and plain text is not what Enter means' '
	afresh; set_up alice "$PASSWORD\n\n" && cat shown &&
	choices >list && printf "  1  store, a file of yours, in plain text\n  2  a command of your own\n  3  until the broker ends\n" >expect &&
	test_cmp expect list && grep "^\[3\] " shown &&
	grep "^the password is kept until the broker stops$" out && grep "^logged in as" out &&
	test_must_fail as alice git config --get-regexp "^credential|passwordcommand" && test ! -e alice/.git-credentials
'

test_expect_success 'a helper of git is offered, used for this domain only, and gives the password to the next broker' '
	afresh; set_up alice "$PASSWORD\n1\n" && cat shown out &&
	grep "^password kept by .store., for credential.xmpp://localhost.helper$" out &&
	test "$(as alice git config credential.xmpp://localhost.helper)" = store &&
	test_must_fail as alice git config credential.helper &&
	no_brokers && start_broker alice && stop_broker alice &&
	types alice "" git xmpp setup >out 2>shown && grep "^password kept by .store.$" out && test_must_fail choices
'

test_expect_success 'a keyring that is there comes first; a broker gets the password from it' '
	afresh; a_keyring && set_up alice "$PASSWORD\n\n" && cat shown out &&
	grep "^  1  secret-tool, the keyring of the desktop" shown && grep "^\[1\] " shown &&
	grep "^the password comes from .secret-tool lookup git-xmpp alice@localhost." out &&
	test "$(as alice git config xmpp.localhost.passwordCommand)" = "secret-tool lookup git-xmpp alice@localhost" &&
	test "$(cat keyring/alice@localhost)" = "$PASSWORD" &&
	no_brokers && start_broker alice PATH="$TRASH/bin:$PATH" && stop_broker alice
'

test_expect_success 'pass is offered once it has a key' '
	afresh; program pass <<-END &&
	case \$1 in
	insert) cat >"$TRASH/keyring/pass" ;;
	show) test "\$2" = git-xmpp/alice@localhost && cat "$TRASH/keyring/pass" ;;
	esac
	END
	set_up alice "$PASSWORD\n\n" && test_must_fail grep "pass$" shown &&
	mkdir -p alice/.password-store && echo key >alice/.password-store/.gpg-id &&
	afresh && program pass <<-END &&
	case \$1 in
	insert) cat >"$TRASH/keyring/pass" ;;
	show) test "\$2" = git-xmpp/alice@localhost && cat "$TRASH/keyring/pass" ;;
	esac
	END
	set_up alice "$PASSWORD\n1\n" && choices && grep "^  1  pass$" shown &&
	test "$(as alice git config xmpp.localhost.passwordCommand)" = "pass show git-xmpp/alice@localhost" &&
	rm -r alice/.password-store
'

test_expect_success 'one that does not give it back has not kept it: that is said, and nothing is configured' '
	afresh; program secret-tool <<-END &&
	test "\$1" = store && cat >/dev/null
	END
	program git-credential-libsecret <<-END &&
	cat >/dev/null
	END
	set_up alice "$PASSWORD\n1\n2\n5\n" && cat shown &&
	grep "^  1  libsecret, the keyring" shown && grep "^  2  secret-tool" shown &&
	grep "error: the credential helper .libsecret. has not kept the password" shown &&
	grep "error: .secret-tool lookup git-xmpp alice@localhost. does not print this password" shown &&
	test_must_fail as alice git config --get-regexp "^credential|passwordcommand"
'

test_expect_success 'a helper that is configured and not installed is named, and something else is offered' '
	afresh; as alice git config --global credential.helper libsecret &&
	set_up alice "$PASSWORD\n1\n" && cat shown &&
	grep "^error: credential.helper is .libsecret., which is not installed" shown &&
	grep "^  1  store" shown && grep "^password kept by .store." out
'

test_expect_success 'a command of her own counts if it prints the password' '
	afresh; set_up alice "$PASSWORD\n2\necho other\n2\ncat $TRASH/alice/pw\n" && cat shown &&
	grep "error: .echo other. does not print this password" shown &&
	test "$(as alice git config xmpp.localhost.passwordCommand)" = "cat $TRASH/alice/pw"
'

test_expect_success 'without a terminal nothing is asked, and the hints name what is there' '
	afresh; program askpass <<-END &&
	echo "$PASSWORD"
	END
	as alice GIT_ASKPASS="$TRASH/bin/askpass" git xmpp setup alice@localhost --server="127.0.0.1:$server_port" \
		--ca-file="$TRASH/prosody/localhost.crt" >out 2>err </dev/null && cat err &&
	grep "^warning: no credential helper is configured; the password is kept until the broker stops" err &&
	grep "^hint: Keep it in a file of yours, in plain text, with .git config --global credential.xmpp://localhost.helper store., and" err &&
	test_must_fail grep -e libsecret -e "Keep the password" err
'

# sits <text> [VAR=value...]: alice, whose streams all are a terminal of 40 columns.
sits () {
	local text

	text=$1
	shift
	as alice GIT_TERMINAL_PROMPT=1 COLUMNS=40 "$@" "$BUILD/t/on-terminal" -a "$text" git xmpp setup alice@localhost \
		--server="127.0.0.1:$server_port" --ca-file="$TRASH/prosody/localhost.crt" 2>shown && tr -d "\r" <shown >seen
}

autostart=alice/.config/autostart/git-xmpp.desktop

test_expect_success 'setup offers to start the broker with the session; no word is broken on a narrow screen' '
	afresh; sits "$PASSWORD\n1\n\n" XDG_CURRENT_DESKTOP=test && cat seen &&
	grep "Your desktop can start" seen && grep "^Start it by itself? \[Y/n\] " seen &&
	grep "^enabled: your desktop starts the broker" seen && grep "X-Git-Xmpp" $autostart &&
	test "$(tail -n 2 seen | tr "\n" " ")" = "next: git xmpp add <buddy>, or cd to a     repository and git xmpp share " &&
	grep "^your fingerprint:\( [0-9A-F]\{4\}\)\{4\}$" seen && grep -v "^ *[^ ]*$" seen | awk "length > 40" >wide && cat wide && test_is_empty wide &&
	sits "" XDG_CURRENT_DESKTOP=test && test_must_fail grep -e "Start it" -e "enable" seen && rm $autostart
'

test_expect_success 'a no is a no; where nothing starts programs there is no question' '
	afresh; sits "$PASSWORD\n1\nn\n" XDG_CURRENT_DESKTOP=test && grep "does it later" seen && test ! -e $autostart &&
	sits "" && cat seen && test_must_fail grep "Start it" seen && grep "^.git xmpp daemon enable. starts" seen &&
	as alice XDG_CURRENT_DESKTOP=test git xmpp setup >out </dev/null && cat out &&
	grep "git xmpp daemon enable" out && test_must_fail grep "Start it" out && test ! -e $autostart &&
	as alice XDG_CURRENT_DESKTOP=test GIT_XMPP_SOCKET="$TRASH/alice/run/git-xmpp/socket" git xmpp setup >out </dev/null &&
	test_must_fail grep "git xmpp daemon enable" out
'

test_expect_success 'a broker that would have no password is not offered' '
	afresh; rm -f alice/.git-credentials; sits "$PASSWORD\n3\n" XDG_CURRENT_DESKTOP=test && cat seen &&
	grep "After a reboot the broker asks for the" seen && test_must_fail grep "Start it" seen
'

# forgetful <user>: an account whose password is nowhere, and a broker that has none.
forgetful () {
	stop_other_brokers
	plain_user "$1" && as "$1" git config --global xmpp.account localhost &&
	as "$1" git config --global xmpp.localhost.jid "$1@localhost" &&
	as "$1" git config --global xmpp.localhost.server "127.0.0.1:$server_port" &&
	as "$1" git config --global xmpp.localhost.caFile "$TRASH/prosody/localhost.crt"
}

url=xmpp::nobody@localhost/x

test_expect_success 'git asks for the password that the broker lacks, and goes on with it' '
	afresh; forgetful alice &&
	test_expect_code 128 types alice "$PASSWORD\n" git ls-remote $url 2>shown && cat shown &&
	test "$(grep -c "Password for" shown)" = 1 && grep "fatal: .nobody@localhost. is not your buddy" shown &&
	broker_online alice && test_expect_code 128 as alice git ls-remote $url 2>err && grep "not your buddy" err
'

test_expect_success 'so does git xmpp; by a program if one is named' '
	afresh; forgetful alice && types alice "$PASSWORD\n" git xmpp add bob@localhost 2>shown && cat shown &&
	grep "Password for" shown && as alice git xmpp buddies --porcelain | grep "^bob@localhost" &&
	no_brokers && program askpass <<-END &&
	echo "$PASSWORD"; echo "\$1" >>$TRASH/asked
	END
	as alice GIT_ASKPASS="$TRASH/bin/askpass" git xmpp buddies --porcelain >out && grep "^bob@localhost" out &&
	test_line_count = 1 asked &&
	no_brokers && as alice git config --global core.askPass "$TRASH/bin/askpass" &&
	as alice git xmpp buddies --porcelain >out && test_line_count = 2 asked &&
	as alice git config --global --unset core.askPass
'

test_expect_success 'a wrong one is asked for again in the same run, three times at most' '
	afresh; forgetful alice && test_expect_code 128 types alice "wrong\n$PASSWORD\n" git ls-remote $url 2>shown &&
	cat shown && test "$(grep -c "Password for" shown)" = 2 && grep "error: authentication failed" shown &&
	grep "not your buddy" shown &&
	afresh; forgetful alice && test_expect_code 128 types alice "a\nb\nc\nd\n" git ls-remote $url 2>shown &&
	cat shown && grep -o "Password for" shown >asked && test_line_count = 3 asked &&
	grep "fatal: authentication failed" shown
'

test_expect_success 'without a terminal: the error, at once' '
	afresh; forgetful alice && test_expect_code 128 as alice timeout 180 git ls-remote $url >out 2>err </dev/null && cat err &&
	printf "fatal: no password for %salice@localhost%s\nhint: Store it with \"git xmpp setup alice@localhost\"\n" "$SQ" "$SQ" >expect &&
	test_cmp expect err && has_message password-needed err
'

test_expect_success 'a stored one that is wrong is erased, what is typed is stored; by setup and by git' '
	for command in "ls-remote $url" "xmpp setup"
	do
		afresh; forgetful alice && as alice git config --global credential.helper store &&
		echo "xmpp://alice:old@localhost" >alice/.git-credentials &&
		{ types alice "$PASSWORD\n" git $command >out 2>shown; cat shown; } &&
		test "$(grep -c "Password for" shown)" = 1 && grep "authentication failed" shown &&
		echo "xmpp://alice:$PASSWORD@localhost" >expect && test_cmp expect alice/.git-credentials &&
		broker_online alice || return 1
	done; rm alice/.git-credentials
'

test_expect_success 'where a command tells the password nobody is asked, until setup --ask drops it' '
	afresh; forgetful alice && as alice git config --global xmpp.localhost.passwordCommand "echo wrong" &&
	test_expect_code 128 types alice "$PASSWORD\n" git ls-remote $url 2>shown && cat shown &&
	test_must_fail grep "Password for" shown && grep "fatal: authentication failed" shown &&
	types alice "$PASSWORD\n\n" git xmpp setup --ask 2>shown && cat shown &&
	test_must_fail as alice git config xmpp.localhost.passwordCommand
'

# asks_for_the_password: whether the broker has started, and has none yet.
asks_for_the_password () {
	as alice git xmpp status --json | grep "\"password-awaited\""
}

# a_slow_source <ending>: a command that waits for a file before it ends so.
a_slow_source () {
	rm -f go; afresh; forgetful alice; program slow <<-END
	until test -e "$TRASH/go"; do sleep 0.1; done
	$1
	END
	as alice git config --global xmpp.localhost.passwordCommand "$TRASH/bin/slow"
}

test_expect_success 'what needs the server waits while the login is under way, and says so' '
	a_slow_source "cat $TRASH/alice/pw" && background alice sh -c "git xmpp add bob@localhost >added 2>err1" && first=$job &&
	background alice "$BUILD/t/on-terminal" -c "" git xmpp list >listed 2>err2 && second=$job &&
	wait_for 20 asks_for_the_password && wait_for 20 grep "waiting for the password of alice@localhost" err2 &&
	touch go && wait_for 30 gone $first && wait_for 30 gone $second && cat added listed err1 err2 &&
	grep "asked bob@localhost\|bob@localhost is" added && test ! -s err1 && test_must_fail grep fatal err2
'

test_expect_success 'and is told why there is none, or ends with its user' '
	a_slow_source "echo no; exit 1" && as alice git xmpp daemon start >out 2>&1; cat out
	background alice sh -c "git xmpp decline nobody@localhost 2>err1" && first=$job &&
	background alice sh -c "exec git-xmpp add ends@localhost 2>err2" && second=$job &&
	wait_for 20 asks_for_the_password && kill $second && wait_for 20 gone $second && touch go && wait_for 30 gone $first &&
	cat err1 && grep "^fatal: .*password" err1 && test_must_fail grep "waited for" err1 &&
	as alice git config --global xmpp.localhost.passwordCommand "cat $TRASH/alice/pw" &&
	as alice git xmpp daemon reload && wait_for 30 broker_online alice && test_must_fail as alice git xmpp buddies ends@localhost
'

test_expect_success 'two commands at once: one asks, and both go on' '
	afresh; forgetful alice && program askpass <<-END &&
	echo asked >>$TRASH/asked
	until test -e $TRASH/answer; do sleep 0.1; done
	echo "$PASSWORD"
	END
	rm -f asked answer && export GIT_ASKPASS="$TRASH/bin/askpass" &&
	background alice sh -c "git ls-remote $url 2>err1" && first=$job && wait_for 20 test -s asked &&
	background alice sh -c "git ls-remote $url 2>err2" && second=$job &&
	touch answer && wait_for 30 gone $first && wait_for 30 gone $second; unset GIT_ASKPASS
	cat err1 err2 && grep "not your buddy" err1 && grep "not your buddy" err2 && test_line_count = 1 asked
'

test_expect_success 'and when the one is ended at its question, the other asks' '
	stop_other_brokers; rm -f asked answer; export GIT_ASKPASS="$TRASH/bin/askpass"
	background alice sh -c "exec git ls-remote $url 2>err1" && first=$job && wait_for 20 test -s asked &&
	background alice sh -c "git ls-remote $url 2>err2" && second=$job &&
	for pid in $(helpers); do test "$(ps -o ppid= -p "$pid" | tr -d " ")" != "$first" || kill "$pid"; done &&
	touch answer && wait_for 30 gone $second; unset GIT_ASKPASS
	cat err2 && grep "not your buddy" err2
'

stop_other_brokers
test_done
