#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a shell completes when a user presses the tabulator key: bash, zsh and fish as they are at a
# terminal. What is typed is completed, and then written to a file by the shell itself.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

completions=$TOP/helper/completion

# With bash-completion and git's own completion, as where ours is installed.
set_up_bash () {
	mkdir -p alice/.data/bash-completion/completions &&
	ln -sf "$completions/git-xmpp.bash" alice/.data/bash-completion/completions/git-xmpp &&
	cat >alice/.bashrc <<-END
	. /usr/share/bash-completion/bash_completion
	. "$completions/git-xmpp.bash"
	PROMPT_COMMAND=': >"$TRASH/go"'
	END
}

set_up_zsh () {
	cat >alice/.zshrc <<-END
	fpath=("$completions" \$fpath)
	autoload -U compinit && compinit -u -D
	bindkey -e
	precmd () { : >"$TRASH/go" }
	END
}

set_up_fish () {
	# Where this is, fish does not read all manual pages in the background.
	mkdir -p alice/.config/fish/conf.d alice/.data/fish/generated_completions &&
	ln -sf "$completions/git-xmpp.fish" alice/.config/fish/conf.d/ &&
	cat >alice/.config/fish/config.fish <<-END
	function fish_prompt
		touch "$TRASH/go"
	end
	function fish_greeting
	end
	END
}

is_ready () {
	test -e "$TRASH/go"
}

has_written () {
	test -s "$TRASH/became"
}

# keys <line>: types it and the tabulator key; then has the shell write down what the line became.
# Control-A goes to the beginning of a line, control-E to its end.
keys () {
	wait_for 30 is_ready >&2 &&
	printf '%s\t\001echo \005 >%s\n' "$1" "$TRASH/became" &&
	wait_for 30 has_written >&2 &&
	printf 'exit\n'
}

# completes <shell> <line> <what it becomes>
completes () {
	rm -f go became
	keys "$2" | (cd alice && as alice TERM=dumb script -qec "$1 -i" /dev/null) >"screen.$1" 2>&1
	test "$(sed 's/ *$//' became)" = "$3" && return
	echo "$1: '$2' became '$(cat became)', not '$3'"
	cat -v "screen.$1"
	return 1
}

test_expect_success 'alice shares with bob, and he with her' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" alice/mine.git 1 && "$TOP/t/tools/make-repo" bob/project.git 1 &&
	as alice git xmpp share alice/mine.git --fetch=bob@localhost &&
	as bob git xmpp share bob/project.git --name=team/project --fetch=alice@localhost &&
	as alice git xmpp nickname bobby bob@localhost &&
	as alice git xmpp add "mallory\$(id)\`id\`;id@localhost" &&
	as alice git ls-remote xmpp::bob@localhost/team/project
'

for shell in bash zsh fish
do
	needs="command -v $shell && command -v script"
	test $shell != bash || needs="$needs && test -e /usr/share/bash-completion/bash_completion"
	test_expect_success "$needs" "$shell completes verbs, their options and their words" '
		set_up_$shell &&
		completes $shell "git xmpp unsh" "git xmpp unshare" &&
		completes $shell "git xmpp status --js" "git xmpp status --json" &&
		completes $shell "git xmpp queue ret" "git xmpp queue retry" &&
		completes $shell "git xmpp help buddi" "git xmpp help buddies"
	'
	test_expect_success "$needs" "$shell completes buddies, nicknames and shares" '
		completes $shell "git xmpp verify bob@" "git xmpp verify bob@localhost" &&
		completes $shell "git xmpp verify bobb" "git xmpp verify bobby" &&
		completes $shell "git xmpp unshare mi" "git xmpp unshare mine" &&
		completes $shell "git xmpp clone bobby/te" "git xmpp clone bobby/team/project"
	'
	test_expect_success "$needs" "$shell quotes an address that would be a command" '
		completes $shell "git xmpp verify mallo" "git xmpp verify mallory\$(id)\`id\`;id@localhost"
	'
	test_expect_success "$needs" "$shell completes the URLs that a buddy shares, for any command of git" '
		completes $shell "git clone xmpp::bo" "git clone xmpp::bob@localhost/" &&
		completes $shell "git clone xmpp::bob@localhost/t" "git clone xmpp::bob@localhost/team/project" &&
		completes $shell "git ls-remote xmpp::bob@localhost/te" "git ls-remote xmpp::bob@localhost/team/project"
	'
	test_expect_success "$needs" "... and what git completes by itself, as before" '
		completes $shell "git cherry-p" "git cherry-pick"
	'
done

# A clone that takes longer than the shells.
id_of_clone () {
	id=$(as alice git xmpp cancel | sed -n "s/.*git xmpp cancel \([0-9a-f]*\)$/\1/p")
	test -n "$id"
}

test_expect_success 'a transfer that moves' '
	"$TOP/t/tools/make-repo" bob/large.git 1 4 && as bob git xmpp share bob/large.git --fetch=alice@localhost &&
	as bob git config --global xmpp.bandwidth 20k && kill -HUP $(broker_pid bob) &&
	background alice git clone -q xmpp::bob@localhost/large alice/large && wait_for 30 id_of_clone &&
	as alice git xmpp complete cancel "" >out && grep "^$id	you fetch from bob@localhost large$" out
'

for shell in bash zsh fish
do
	test_expect_success "command -v $shell && command -v script && test -n \"\$id\"" "$shell completes its id" '
		completes $shell "git xmpp cancel $(echo $id | cut -c1-3)" "git xmpp cancel $id"
	'
done

test_expect_success 'it ends' '
	as alice git xmpp cancel $id && job_ends 30 128
'

test_expect_success 'completing starts no broker, waits for none, and takes no notice away' '
	stop_broker alice &&
	timeout 10 env $(env_of alice) git xmpp complete --url xmpp::bob@localhost/ >out &&
	test ! -s out && test_must_fail as alice git xmpp status &&
	as alice git xmpp complete verify "" >out && grep bobby out &&
	test_must_fail as alice git xmpp complete
'

test_done
