#!/bin/sh
# session-hook.sh HOST EVENT: what the hosts call. HOST is a name of domain/base/hosts.ts, as the declaration says: an
# agent that runs inside another one inherits that one's variables. In what hosts differ here stands in two cases.
# It exits 0, but for FileChanged, whose 2 wakes the agent. Where nothing is to be done, which is nearly always, it costs
# this shell alone: no node, no other program, and stdin is not read (PreToolUse reads it, with one cat; so do the prompts and
# stops of a host that names the session there alone, where any session has a job or is owed a notice).

host=$1 event=$2 cwd=$PWD id= root= has_input=0
# Shims of node (asdf, mise) ask the directory which one is meant. Where it is deleted, node does not start.
case $PWD in
  /*) cd -P "$PWD" 2>/dev/null || cd / ;;
  *) cd / ;;
esac

# What is run here by its name is none of the checkout's, as trustedPath in process/search-path.ts has it: $trusted is PATH
# without relative entries and those below the repository around (which has no such entries where it holds the user's home).
# Sets $node to what that PATH has, too. It costs a process, so that who has nothing to run does not ask. The same stands in
# bin/codex-companion.
trust_path() {
  trusted= node= top=$PWD
  while [ -n "$top" ] && [ ! -e "$top/.git" ]; do top=${top%/*}; done
  top=${top:-$PWD}
  case ${HOME-}/ in "${top%/}"/* | "${cwd%/}"/*) top= ;; esac
  rest=$(true_path)
  while [ -n "$rest" ]; do
    entry=${rest%%:*} rest=${rest#*:}
    [ -z "$top" ] || case $entry/ in "${top%/}"/*) continue ;; esac
    trusted=$trusted${trusted:+:}$entry
    [ -n "$node" ] || [ ! -f "$entry/node" ] || [ ! -x "$entry/node" ] || node=$entry/node
  done
}

# The entries of PATH as they lie: one may lead into the checkout through a link, or by `/./`.
true_path() {
  rest=${PATH-/usr/bin:/bin}:
  while [ -n "$rest" ]; do
    entry=${rest%%:*} rest=${rest#*:}
    case $entry in
      /*) ! cd -P "$entry" 2>/dev/null || printf '%s:' "$PWD" ;;
    esac
  done
}

# Where state is kept, as stateRoot in process/environment.ts decides it; fails where only node can tell.
state_root() {
  case ${CODEX_COMPANION_HOME-} in
    /*) root=$CODEX_COMPANION_HOME; return 0 ;;
    ?*) return 1 ;;
  esac
  case ${HOME-} in /*) ;; *) return 1 ;; esac
  if [ -n "${LOCALAPPDATA-}" ]; then
    return 1
  elif [ -d /System/Library/CoreServices ]; then
    root="$HOME/Library/Application Support/codex-companion"
  else
    case ${XDG_STATE_HOME-} in
      /*) root=$XDG_STATE_HOME/codex-companion ;;
      *) root=$HOME/.local/state/codex-companion ;;
    esac
  fi
}

# The hosts that tell a hook the session in the environment (hooks.sessionBy in scripts/hosts/); id is empty for the others.
case $host in
  claude-code) id=${CLAUDE_CODE_SESSION_ID-} ;;
esac

# The session's own directory. Only a plain session id names one (safeName in state/layout.ts); fails where only node can
# tell.
session_directory() {
  state_root || return 1
  case $id in
    '' | [!A-Za-z0-9]* | *[!A-Za-z0-9._-]*) return 1 ;;
  esac
  [ ${#id} -le 128 ] && dir=$root/sessions/$host-$id
}

# Which of the clients that the session is open in calls this (state/session/clients.ts)? The nearest process above that
# has noted itself there; `unseen` is one that nobody could find. Fails where only node can tell.
own_client() {
  own=
  set -- "$dir"/client.*
  if [ "$*" = "$dir/client.unseen" ]; then
    own=unseen
    return
  fi
  [ -e "$1" ] || return 1
  pid=$PPID
  while [ "${pid:-0}" -gt 1 ]; do
    ! noted_with "$pid" || return 0
    read -r line 2>/dev/null <"/proc/$pid/stat" || break
    case $line in *'(claude)'*) return 1 ;; esac # it has not noted itself
    line=${line##*) } line=${line#* } pid=${line%% *}
  done
  noted_with "${CLAUDE_PID-}" # as the client tells, where what is above us cannot be seen
}

# Sets $own to the one client that has noted itself with a pid.
noted_with() {
  own=
  for note in "$dir/client.$1."*; do
    one=${note#"$dir/client."}
    case ${one#*.} in *.*) continue ;; esac # half written
    [ -e "$note" ] || continue
    if [ -n "$own" ]; then # another one had that pid
      own=
      return 1
    fi
    own=$one
  done
  [ -n "$own" ]
}

# Marks the session as ended in the client that calls, and as a whole where that was the last one. Fails where only node can tell.
end_session() {
  [ -d "$dir" ] || return 0
  set -- "$dir"/client.*
  if [ -e "$1" ]; then
    own_client || return 1
    mark "$dir/ended.$own"
    for note; do
      case ${note##*/client.} in *.*.*) continue ;; esac
      [ -e "$dir/ended.${note##*/client.}" ] || return 0
    done
  fi
  mark "$dir/ended"
  # Tickets for commands that never came (state/session/tickets.ts).
  [ ! -d "$dir/tickets" ] || (trust_path; PATH=$trusted; rm -rf "$dir/tickets")
}

# It may be removed at this moment, by a sweep that finds the session over.
mark() {
  { true >"$1"; } 2>/dev/null || :
}

# Is the client that calls to be woken?
has_bell() {
  if own_client; then [ -e "$dir/bell.$own" ]; else [ -e "$dir/bell" ]; fi
}

# Claude Code keeps one list of watched files, and each run of its CwdChanged or FileChanged hooks replaces that by what they
# all answer. So that neither our watch nor another plugin's ends through the other: the event $1 is answered by our bell, and
# by $2, a path as it stands in JSON. Silent where there is no bell.
keep_watched() {
  printf '{"hookSpecificOutput":{"hookEventName":"%s","watchPaths":["%s"%s]}}\n' "$1" "$bell" "${2:+,\"$2\"}"
}

# Sets $bell to the directory that the client which calls watches; fails where there is none that can be told in JSON as it is.
find_bell() {
  session_directory || return 1
  if own_client; then set -- "$dir/bell.$own"; else set -- "$dir/bell"; fi
  bell=
  [ -e "$1" ] && read -r bell <"$1" # its only line has no end
  case $bell in
    /*[\"\\]* | [!/]* | '') return 1 ;;
  esac
}

# The file that has changed, if it is none of ours, is kept; one with a quote in its name is left to whoever asked for it.
keep_other() {
  input=$(command -p cat)
  case $input in *'"file_path":"'*) ;; *) return 0 ;; esac
  file=${input#*'"file_path":"'} file=${file%%'"'*}
  case $file in
    '' | *\\ | */bells/"${bell##*/}"/*) ;;
    *) keep_watched FileChanged "$file" ;;
  esac
}

# Does the ending session own a job, or may it? Where it is not known: has any session of the host a note of one, or of a
# notice, which is not to be told to a session that is over (state/session/noted.ts)?
owns_jobs() {
  if session_directory; then
    end_session || return 0
    set -- "$dir"/jobs/*
  else
    { state_root && [ -z "$id" ]; } || return 0
    if [ ! -d "$root/noted" ]; then # an older release may have left sessions
      [ -d "$root/sessions" ]
      return
    fi
    set -- "$root"/noted/*."$host"-*
  fi
  for note; do [ -e "$note" ] && return 0; done
  return 1
}

# Has the user seen something that the model has not (state/session/shown.ts)?
was_shown() {
  session_directory && [ -e "$dir/shown" ]
}

# Is a notice due to the session, or to one before it whose notices it takes? Unknown is yes. Where the environment does not name the
# session, its JSON does, which is read if any session has a note.
anything_due() {
  if ! session_directory; then
    { [ -z "$id" ] && [ -n "$root" ]; } || return 0
    if [ ! -d "$root/noted" ]; then
      [ -d "$root/sessions" ]
      return
    fi
    set -- "$root"/noted/*
    [ -e "$1" ] || return 1
    input=$(command -p cat) has_input=1
    case $input in *'"session_id":"'*) ;; *) return 0 ;; esac
    id=${input#*'"session_id":"'} id=${id%%'"'*}
    session_directory || return 0
  fi
  due_in "$dir" && return 0
  for former in "$dir"/former/*; do
    due_in "$root/sessions/${former##*/}" && return 0
  done
  return 1
}

due_in() {
  set -- "$1" "$1"/owed/*
  [ -e "$2" ] && return 0
  looked=0
  for note in "$1"/jobs/*; do
    [ -e "$note" ] || continue
    looked=$((looked + 1))
    [ "$looked" -le 200 ] || return 0 # node has the notes tidied
    read -r workspace <"$note" || : # its only line has no end
    job=$workspace/jobs/${note##*/}
    { [ -e "$job/exit" ] || [ -e "$job/outcome.json" ] || worker_is_gone "$job/claim"; } && return 0
  done
  return 1
}

# Of a job whose worker was killed, nobody tells. The claim has its pid, as a line of the wrapper's or in node's JSON.
worker_is_gone() {
  [ -e "$1" ] || return 1
  pid=
  while read -r line || [ -n "$line" ]; do
    case $line in
      pid=*) pid=${line#pid=} ;;
      *'"pid":'*) pid=${line#*'"pid":'} pid=${pid%%[!0-9]*} ;;
    esac
  done <"$1"
  [ -n "$pid" ] && ! kill -0 "$pid" 2>/dev/null
}

# May the command in the hook's JSON start something in the background? Only node can tell for sure
# (domain/promotion.ts); most commands have no & at all, and && >& <& &> |& start nothing.
may_start_something() {
  case $1 in
    *'&'*) [ ${#1} -le 20000 ] || return 0 ;;
    *) return 1 ;;
  esac
  rest=$1 found=0
  while [ $found -lt 50 ]; do
    case $rest in *'&'*) ;; *) return 1 ;; esac
    before=${rest%%'&'*} rest=${rest#*'&'} found=$((found + 1))
    case $before in *'>' | *'<' | *'|') continue ;; esac
    case $rest in
      '&'*) rest=${rest#?} ;;
      '>'*) ;;
      *) return 0 ;;
    esac
  done
}

# What is typed behind a slash command is pasted into a here-document of commands/, which ends at this line: what stands below
# another one like it would be run by a shell. The client makes nothing else of the text that could become this word. Fails for
# a text without it.
refuse_mark() {
  case $1 in *CODEX-COMPANION-END-OF-ARGUMENTS*) ;; *) return 1 ;; esac
  block 'The text contains CODEX-COMPANION-END-OF-ARGUMENTS, which ends the text of our commands: a shell would run what follows it. Take it out, or change one letter of it.'
}

block() {
  printf '{"decision":"block","reason":"codex-companion: Nothing was done. %s"}\n' "$1"
}

# A command that only shows something is answered by that, and no model is asked (faces/cli/commands/slash-screen.ts). Where
# this fails it goes its way through the model.
show_screen() {
  trust_path
  [ -n "$node" ] || . "${0%/*}/find-node.sh"
  [ -n "$node" ] || return 0
  unset NODE_OPTIONS
  printf '%s' "$input" | "$node" "${0%/*}/../dist/companion.cjs" slash-screen 2>/dev/null || :
}

umask 077
case $host-$event in
  *-UserPromptExpansion) # of one of our slash commands
    input=$(command -p cat) || { block 'Its text could not be read.'; exit 0; }
    ! refuse_mark "$input" || exit 0
    case $input in *'"codex:status"'* | *'"codex:result"'* | *'"codex:cancel"'*) ;; *) exit 0 ;; esac
    show_screen
    exit 0 ;;
  *-SessionEnd) owns_jobs || exit 0 ;;
  *-PreToolUse)
    if state_root && [ -e "$root/promote-background-off" ]; then exit 0; fi
    input=$(command -p cat) has_input=1
    may_start_something "$input" || exit 0 ;;
  *-FileChanged) # of a session whose directory only node can tell, node looks
    if session_directory; then
      { has_bell && anything_due; } || exit 0
    fi ;;
  *-CwdChanged)
    ! find_bell || keep_watched CwdChanged
    exit 0 ;;
  *-OtherFileChanged)
    ! find_bell || keep_other
    exit 0 ;;
  claude-code-Stop) # only claude -p is held open, where there is no doorbell
    [ "${CLAUDE_CODE_ENTRYPOINT-}" = sdk-cli ] && session_directory && ! has_bell || exit 0
    set -- "$dir"/jobs/* "$dir"/owed/*
    [ -e "$1" ] || [ -e "$2" ] || exit 0 ;;
  *-UserPromptSubmit) was_shown || anything_due || exit 0 ;;
  *-Stop) anything_due || exit 0 ;;
esac
trust_path
[ -n "$node" ] || . "${0%/*}/find-node.sh"
if [ -z "$node" ]; then
  message='codex-companion: node is not on the PATH of hooks, and nvm, volta, fnm and Homebrew have none, so this session is not tracked. Install Node.js 20.17 or newer.'
  case $event in
    SessionStart) printf '{"systemMessage":"%s"}\n' "$message" ;;
    *) printf '%s\n' "$message" >&2 ;;
  esac
  exit 0
fi
# The user's options are for the user's programs: what they preload would print into our answer, or not be there.
unset NODE_OPTIONS
if [ "$has_input" = 1 ]; then
  printf '%s' "$input" | "$node" "${0%/*}/../dist/session-hook.cjs" "$host" "$event" "$cwd"
else
  "$node" "${0%/*}/../dist/session-hook.cjs" "$host" "$event" "$cwd"
fi
status=$?
case $event-$status in
  *-0) exit 0 ;;
  FileChanged-2) exit 2 ;;
esac
# Its own words are on stderr already; those of an old one explain nothing.
why="node ended with $status"
version=$("$node" --version 2>/dev/null)
case $version in
  v[0-9].* | v1[0-9].* | v20.[0-9].* | v20.1[0-6].*) why="node is $version, and Node.js 20.17 or newer is needed" ;;
esac
echo "codex-companion: the $event hook could not run: $why." >&2
exit 0
