#!/bin/sh
# Sees one shell command to its end and records how it ended, without node. Why each step is as it is:
# docs/run-wrapper.md. Every file is written aside and renamed or linked, so it is there whole or not at all.
#   CODEX_COMPANION_JOB_DIRECTORY=DIRECTORY run-job.sh ID
# What it needs to know stands in the file `wrapper` there. Its own command line says neither the command's words nor
# the workspace's name: `pkill -f vite` is to reach the server, and not us; and others can read it.
#
# Names begin with ccj_ because assigning to a name that the caller exports would change the command's
# environment. Tools are called by absolute path: functions, aliases and odd PATHs of the caller do not count.

# bash imports exported functions and SHELLOPTS, and obeys BASH_ENV, unless it is privileged.
case $- in
  *B*p* | *p*B*) ccj_bash=$BASH ;;
  *B*) exec "$BASH" -p "$0" "$@" ;;
  *) ccj_bash= ;;
esac
unset IFS

ccj_proc=/proc
ccj_cgroups=/sys/fs/cgroup
ccj_shell=/bin/sh
ccj_tools=/usr/bin:/bin:/usr/sbin:/sbin:${PATH-}
ccj_nl='
'

main() {
  take_directory
  . "${0%/*}/tools.sh"
  case ${1-} in
    --become) become_command "$3"; exit 127 ;;
    --follow) . "${0%/*}/watchdog.sh"; follow "$3" "$4" "$5" "$6"; exit ;;
  esac
  # What the caller forgot open: a pipe of the host's would look unfinished until the job ends.
  exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
  # Handled, not ignored: an ignored signal would stay ignored in the command.
  trap : TERM HUP INT QUIT USR1 USR2 ALRM PIPE
  . "${0%/*}/evidence.sh"
  # shellcheck source=/dev/null
  . "$ccj_job/wrapper" # sets "$@", too: the command
  claim
  start_watchdog
  count_oom_kills
  ccj_oom_before=$ccj_oom
  run_in_own_session
  # The limits hold for what the job waits for, too; the record of its command does not wait.
  [ "$ccj_leftovers" != leave ] || [ -z "$ccj_watchdog" ] || end_watchdog
  record_end
  finish
}

# --- what we are told --------------------------------------------------------------------------------------

# Taken, so that the command does not inherit it.
take_directory() {
  ccj_job=${CODEX_COMPANION_JOB_DIRECTORY-}
  unset CODEX_COMPANION_JOB_DIRECTORY
  ccj_cwd= ccj_root= ccj_node= ccj_finish= ccj_leftovers= ccj_limits= # as the file has them
  [ -r "$ccj_job/wrapper" ] || { echo "run-job.sh is told nothing: there is no ${ccj_job:-directory}/wrapper"; exit 2; }
}

# For a process of ours.
hand_directory_on() {
  CODEX_COMPANION_JOB_DIRECTORY=$ccj_job
  export CODEX_COMPANION_JOB_DIRECTORY
}

# --- the claim ---------------------------------------------------------------------------------------------

# Takes the right to run the job, which exactly one process gets, or exits.
claim() {
  find_tools
  ccj_draft=$ccj_job/claim.$$ ccj_scratch=$ccj_job/scratch.$$
  # Through a file, because $(umask) forks. The command gets the caller's umask back.
  umask >"$ccj_scratch" && read -r ccj_mask <"$ccj_scratch" || ccj_mask=$(umask)
  umask 077
  identify $$ || { echo "cannot see my own start time (no /proc, and ps fails)"; exit 1; }
  ccj_own_start=$ccj_start
  printf 'kind=worker\npid=%s\nstart=%s\n' $$ "$ccj_start" >"$ccj_draft" || exit 1
  "$ccj_ln" "$ccj_draft" "$ccj_job/claim" 2>/dev/null || claim_without_link
  ccj_claimed=$?
  # From now on the shell itself would write "Killed" and the like into the job's output. Only a signal makes it
  # say so, which an equal status does not: it is heard, through a file that nobody else sees.
  if [ -r "$ccj_scratch" ] && [ -w "$ccj_scratch" ]; then
    exec 2>>"$ccj_scratch" 3<"$ccj_scratch"
  else
    exec 2>/dev/null 3</dev/null
  fi
  [ "$ccj_claimed" != 0 ] || trap give_up EXIT
  "$ccj_rm" -f "$ccj_draft" "$ccj_scratch" 2>/dev/null 3<&- & # the command need not wait for it
  [ "$ccj_claimed" = 0 ] || { wait; exit 0; }
  # Room for the record is taken now: the job may fill the disk.
  printf '%96s\n' '' >"$ccj_job/exit.part"
}

# For file systems without hard links: as exclusive, but a reader may catch the file empty.
claim_without_link() {
  [ ! -e "$ccj_job/claim" ] || return 1
  set -C
  printf 'kind=worker\npid=%s\nstart=%s\n' $$ "$ccj_own_start" >"$ccj_job/claim"
  ccj_claimed=$?
  set +C
  return "$ccj_claimed"
}

# --- the command -------------------------------------------------------------------------------------------

# In the foreground: a background child of sh ignores SIGINT and cannot undo it. In its own session, so that
# a signal to its group does not reach the record. Sets ccj_status.
run_in_own_session() {
  set -- "$0" --become "${ccj_job##*/}" "$ccj_mask"
  if [ -n "$ccj_bash" ]; then set -- "$ccj_bash" -p "$@"; else set -- "$ccj_shell" "$@"; fi
  if find_in "$ccj_tools" setsid -x; then
    set -- "$ccj_found" "$@"
  elif find_in "$ccj_tools" perl -x; then
    set -- "$ccj_found" -e 'require POSIX; POSIX::setsid(); exec { $ARGV[0] } @ARGV; exit 126' -- "$@"
  fi
  hear
  # A subshell, because dash may redirect in its own process, for as long as the child lives.
  (hand_directory_on; exec "$@" 2>&1 3<&-)
  ccj_status=$?
  name_signal
}

# Runs in the process that becomes the command: --become ID UMASK
become_command() {
  ccj_mask=$1
  # shellcheck source=/dev/null
  . "$ccj_job/wrapper"
  ccj_name=$1
  ccj_oldpwd=${OLDPWD-} ccj_had_oldpwd=${OLDPWD+yes}
  enter_directory
  if [ "$ccj_had_oldpwd" ]; then OLDPWD=$ccj_oldpwd; else unset OLDPWD; fi
  identify $$ && find_in "$ccj_tools" mv -x &&
    printf 'pid=%s\nstart=%s\n' $$ "$ccj_start" >"$ccj_job/command.part" &&
    "$ccj_found" -f "$ccj_job/command.part" "$ccj_job/command" ||
    { record_failure not-started "The process of the command could not be recorded in $ccj_job."; exit 127; }
  umask "$ccj_mask"
  # shellcheck source=scripts/runners/shell/failed-exec.sh
  . "${0%/*}/failed-exec.sh"
  # Reached only where exec fails, so a command's own status 126 or 127 is never mistaken for that.
  trap explain_failed_exec EXIT
  refuse_what_cannot_run
  # shellcheck disable=SC3041,SC3044 # said to bash alone
  [ -z "$ccj_bash" ] || { set +p; shopt -s execfail; }
  # bash would take the command's leading options for its own.
  [ -z "$ccj_bash" ] || set -- -- "$@"
  exec "$@"
}

enter_directory() {
  case $ccj_cwd in /*) cd "$ccj_cwd" 2>/dev/null && return 0 ;; esac
  if [ -d "$ccj_cwd" ]; then ccj_why='cannot be entered'; else ccj_why='is not there'; fi
  record_failure no-cwd "The working directory $ccj_cwd $ccj_why."
  exit 127
}

# --- the end -----------------------------------------------------------------------------------------------

# error=… in exit.part, for the outer stage to commit. Overwrites in place: the room is already there.
record_failure() {
  ccj_text=$2
  while :; do
    case $ccj_text in
      *"$ccj_nl"*) ccj_text="${ccj_text%%"$ccj_nl"*} ${ccj_text#*"$ccj_nl"}" ;;
      *) break ;;
    esac
  done
  printf 'error=%s\nmessage=%s\n' "$1" "$ccj_text" 1<>"$ccj_job/exit.part"
}

record_end() {
  ccj_first=
  read -r ccj_first <"$ccj_job/exit.part"
  case $ccj_first in
    error=*) ;; # the inner stage has said why
    *)
      if [ -e "$ccj_job/command" ]; then
        add_evidence
        printf 'status=%s\nended-by=exit\n%s' "$ccj_status" "$ccj_evidence" 1<>"$ccj_job/exit.part"
      else
        record_failure not-started "The command ended with status $ccj_status before it had begun."
      fi
      ;;
  esac
  commit_exit
}

# From the claim on there shall be a record, whatever happens; sh ends by itself where it cannot fork.
give_up() {
  ccj_first=
  read -r ccj_first <"$ccj_job/exit.part"
  [ -n "$ccj_first" ] || record_failure not-started 'The shell around the command gave up (no process or memory left?).'
  commit_exit
}

# Again, because a signal to our whole group ends mv, though not us.
commit_exit() {
  "$ccj_mv" -f "$ccj_job/exit.part" "$ccj_job/exit" ||
    "$ccj_mv" -f "$ccj_job/exit.part" "$ccj_job/exit" ||
    "$ccj_mv" -f "$ccj_job/exit.part" "$ccj_job/exit"
}

# The step that node does and that anyone may repeat. It is no part of the job: it holds no descriptor of the
# log, carries no cookie, and does not obey options for the caller's own node programs.
finish() {
  trap - EXIT
  unset CODEX_COMPANION_JOB NODE_OPTIONS
  find_node || exit 0
  hand_directory_on
  ccj_talk=$ccj_job/finish.log
  printf '' >>"$ccj_talk" || ccj_talk=/dev/null
  exec </dev/null >>"$ccj_talk" 2>&1 3<&-
  if [ "$ccj_leftovers" = leave ]; then
    wait
    exec "$ccj_node" "$ccj_finish" finish "${ccj_job##*/}"
  fi
  . "${0%/*}/leftovers.sh"
  see_to_leftovers
  [ -z "$ccj_watchdog" ] || end_watchdog
}

find_node() {
  [ -f "$ccj_finish" ] || return 1
  [ ! -x "$ccj_node" ] || return 0
  find_in "${PATH-}:$ccj_tools" node -x && ccj_node=$ccj_found
}

# --- the limits --------------------------------------------------------------------------------------------

start_watchdog() {
  ccj_watchdog= ccj_limit= ccj_follows=
  [ "$ccj_limits" ] || return 0
  . "${0%/*}/watchdog.sh"
  watch </dev/null >/dev/null 2>&1 &
  ccj_watchdog=$!
  identify "$ccj_watchdog" && ccj_watchdog_start=$ccj_start || ccj_watchdog_start=
}

# --- processes and files -----------------------------------------------------------------------------------

# alive PID START: that very process, and not as a zombie. Sets ccj_group.
alive() {
  identify "$1" && [ "$ccj_start" = "$2" ] && case $ccj_state in Z* | X*) false ;; esac
}

# Sets ccj_state, ccj_group and ccj_start (only ever compared for equality) of a pid; fails where nobody has it.
identify() {
  if [ -r "$ccj_proc/self/stat" ]; then identify_by_proc "$1"; else identify_by_ps "$1"; fi
}

# proc(5): fields 3, 5 and 22. The name in field 2 may hold spaces, newlines and parentheses.
identify_by_proc() {
  ccj_stat=
  { while read -r ccj_line; do ccj_stat="$ccj_stat $ccj_line"; done <"$ccj_proc/$1/stat"; } 2>/dev/null
  # shellcheck disable=SC2086 # split into fields; the kernel's line has no pattern behind the name
  set -- ${ccj_stat##*)}
  [ $# -ge 20 ] || return 1
  ccj_state=$1 ccj_group=$3
  shift 19
  ccj_start=$1
}

# In UTC and C, so that two readers get the same words.
identify_by_ps() {
  find_in "$ccj_tools" ps -x || return 1
  # shellcheck disable=SC2046 # split into words
  set -- $(LC_ALL=C TZ=UTC0 "$ccj_found" -o pgid= -o stat= -o lstart= -p "$1" 2>/dev/null)
  [ $# -ge 3 ] || return 1
  ccj_group=$1 ccj_state=$2
  shift 2
  ccj_start=$*
}

# Called last, so that the whole file has been read before anything runs.
main "$@"
exit
