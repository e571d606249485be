# Read by the agent's own bash or zsh right before the command that the host has let it run, while a ticket waits
# (docs/pre-tool-use.md). Expects codex_companion_tickets, codex_companion_node and codex_companion_program. Where it
# can do nothing, the command runs as it is. What it reads of a ticket is text to compare with, never to run.
#
# shellcheck shell=bash
# shellcheck disable=SC2154 # the three names come with the environment
# shellcheck disable=SC2294 # `builtin eval "$@"` joins its words as the caller's `eval` would have

# The host hands its shell the command in `eval '…'`. A shell that was given a command for which there is a ticket gets
# an `eval` of ours for that one call; every other shell keeps what it had.
codex_companion_look_for_ticket() {
  [ -z "${ZSH_VERSION-}" ] || setopt local_options null_glob
  for codex_companion_ticket in "$codex_companion_tickets"/*.command; do
    # `read` fails at the end of a file that holds no NUL.
    IFS= read -r -d '' codex_companion_quoted 2>/dev/null <"${codex_companion_ticket%.command}.quoted" || :
    case ${BASH_EXECUTION_STRING-${ZSH_EXECUTION_STRING-}} in *"eval '$codex_companion_quoted'"*) ;; *) continue ;; esac
    IFS= read -r -d '' codex_companion_command 2>/dev/null <"$codex_companion_ticket" || :
    [ -n "$codex_companion_command" ] || continue
    eval() {
      [ "${1-}" = "$codex_companion_command" ] || { \builtin eval "$@"; return; } # another plugin's line, before it
      \builtin unset -f eval
      codex_companion_promote "$1"
      codex_companion_status=$?
      if [ "$codex_companion_status" = 0 ]; then codex_companion_go_on
      elif [ -e "$codex_companion_step" ] && [ ! -s "$codex_companion_step" ]; then codex_companion_remove "$codex_companion_step"; \builtin eval "$@"
      else codex_companion_own_up; fi
    }
    return 0
  done
}

# The system's own, not one that PATH or a function of the user's has in its place.
codex_companion_remove() {
  \command -p rm -f "$1" 2>/dev/null || \command rm -f "$1"
}

# The step is a file of this shell's, empty while nothing is begun; node writes the job's id into it before there is a job.
# So whatever ended node, a command is run here only if it is known that no job runs it.
# Node gets the command, a name for the mark, the step, the shell's program, and where the host keeps the user's own functions and aliases.
codex_companion_promote() {
  codex_companion_snapshot=${BASH_EXECUTION_STRING-${ZSH_EXECUTION_STRING-}}
  codex_companion_snapshot=${codex_companion_snapshot#*source }
  codex_companion_mark=$codex_companion_tickets/$$.waited
  codex_companion_step=$codex_companion_tickets/$$.step
  : >|"$codex_companion_step" || return
  printf '%s' "$1" | "$codex_companion_node" "$codex_companion_program" promote \
    "$codex_companion_tickets" "$codex_companion_mark" "$codex_companion_step" "${BASH:-${ZSH_ARGZERO-}}" "${codex_companion_snapshot%% 2>/dev/null*}"
}

# The job, if there is one, has the command. Nobody may run it a second time.
codex_companion_own_up() {
  codex_companion_job=
  { IFS= read -r codex_companion_job || :; } 2>/dev/null <"$codex_companion_step"
  codex_companion_remove "$codex_companion_step"
  printf 'codex-companion: what was to make this command a job ended with status %s before it could say so. It is not run here, since the job may: codex-companion status %s\n' \
    "$codex_companion_status" "$codex_companion_job" >&2
  return "$codex_companion_status"
}

# With the status and the directory of what this shell would have run by itself, besides the background.
codex_companion_go_on() {
  codex_companion_remove "$codex_companion_step"
  [ -r "$codex_companion_mark" ] || return 0
  { IFS= read -r codex_companion_status && IFS= read -r codex_companion_directory; } <"$codex_companion_mark"
  codex_companion_remove "$codex_companion_mark"
  cd "$codex_companion_directory" 2>/dev/null || :
  return "$codex_companion_status"
}

# A bash in POSIX mode would end at a function of that name.
case :${SHELLOPTS-}: in
  *:posix:*) ;;
  *) codex_companion_look_for_ticket ;;
esac
unset codex_companion_ticket codex_companion_quoted
unset -f codex_companion_look_for_ticket
