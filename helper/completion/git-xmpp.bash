# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion of "git xmpp", and of xmpp:: URLs for every command of git, on top of git's own
# completion for bash. bash-completion finds this file, as git-xmpp in its directory, when "git xmpp"
# is completed. Read it in ~/.bashrc to have URLs completed before that:
#
#     . /usr/share/bash-completion/completions/git-xmpp

# __git_xmpp_reply <candidates>: those that begin like the word. What stands before the last
# character at which bash breaks words is taken off, because bash has that on the line already. The
# rest is quoted, because bash puts it on the line as it is, and an address may be a command, like
# `id`@example.org.
__git_xmpp_reply ()
{
	local breaks="${COMP_WORDBREAKS//[^:@=]/}" kept= line
	local IFS=$'\n'

	test -z "$breaks" || kept=${cur%"${cur##*["$breaks"]}"}

	COMPREPLY=()
	for line in $1
	do
		line=${line%%$'\t'*}
		if [[ $line == "$cur"* ]]
		then
			line=${line#"$kept"}
			if [[ $line == *[^[:alnum:]@%+=:,./_~-]* ]]
			then
				printf -v line %q "$line"
			fi
			COMPREPLY+=("$line")
		fi
	done
	case "${COMPREPLY[*]}" in
	*[=/])
		;;
	*)
		compopt +o nospace 2>/dev/null ;;
	esac
}

# What git's completion calls for "git xmpp".
_git_xmpp ()
{
	local i at=1

	for ((i = 1; i < cword; i++))
	do
		if [[ ${words[i]} == xmpp ]]
		then
			at=$((i + 1))
			break
		fi
	done
	__git_xmpp_reply "$(git xmpp complete "${words[@]:at:cword-at}" "$cur" 2>/dev/null)"
}

# URLs come before what git thinks of the word.
__git_xmpp_around ()
{
	declare -F __git_main >/dev/null && ! declare -F __git_xmpp_main >/dev/null || return 0
	eval "__git_xmpp_main$(declare -f __git_main | sed 1s/__git_main//)"
	__git_main ()
	{
		if [[ $cur == xmpp::* ]]
		then
			__git_xmpp_reply "$(git xmpp complete --url "$cur" 2>/dev/null)"
		else
			__git_xmpp_main "$@"
		fi
	}
}

# Where git's completion is not there yet, it is loaded when git is completed first.
__git_xmpp_load ()
{
	_completion_loader git
	__git_xmpp_around
	return 124
}

if declare -F __git_main >/dev/null
then
	__git_xmpp_around
elif declare -F _completion_loader >/dev/null
then
	complete -F __git_xmpp_load git
fi
