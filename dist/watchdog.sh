# shellcheck shell=sh
# The limits of a job, for run-job.sh: sourced by it where there is one. `watch` runs as its background subshell.

ccj_grace_s=5
ccj_longest_nap_s=15

# Ends with the code of the limit for which it has stopped the command (10 for the first of ccj_limits, and so on), else
# with 0. Where the wrapper was killed it goes on by itself, until the command is gone, and then finishes the job. Counts
# the time it slept: a suspended machine does not use up a limit.
watch() {
  unset CODEX_COMPANION_JOB BLOCK_SIZE LS_BLOCK_SIZE
  ccj_verdict=0 ccj_asked= ccj_elapsed=${1:-0} ccj_silent=${2:-0} ccj_size=${3:-0} ccj_written=${4:-0} ccj_napped=$!
  # By $!, because the signal may come before a variable could be set; $! is stale before the first nap and after each.
  trap '[ "$!" = "$ccj_napped" ] || kill -KILL "$!"; take_back; exit "$ccj_verdict"' TERM
  find_in "$ccj_tools" sleep -x && ccj_sleep=$ccj_found
  find_in "$ccj_tools" ls -x && ccj_ls=$ccj_found
  . "${0%/*}/leftovers.sh"
  while someone_lives; do
    look_at_limits
    nap "$ccj_nap"
    ccj_elapsed=$((ccj_elapsed + ccj_nap))
    [ -z "$ccj_measures" ] || measure_output
    look_at_limits
    [ -z "$ccj_due" ] || enforce "$ccj_due" "$ccj_due_code"
  done
  alive $$ "$ccj_own_start" || [ "$ccj_leftovers" != leave ] || finish
  exit "$ccj_verdict"
}

someone_lives() {
  alive $$ "$ccj_own_start" || command_lives || leftovers_live
}

# The wrapper was killed, and the job is to see to what the command has left running.
leftovers_live() {
  [ "$ccj_leftovers" != leave ] || return 1
  [ "$ccj_follows" ] || become_follower
  # Asked for the end: that is the finish step's affair.
  { [ ! -e "$ccj_job/stop" ] && some_left_lives; } || look_again
}

# The same in a process without the cookie, by which the finish step would take us for a part of the job.
become_follower() {
  hand_directory_on
  set -- "$0" --follow "${ccj_job##*/}" "$ccj_elapsed" "$ccj_silent" "$ccj_size" "$ccj_written"
  if [ -n "$ccj_bash" ]; then exec "$ccj_bash" -p "$@"; else exec "$ccj_shell" "$@"; fi
}

# --follow ID ELAPSED SILENT SIZE WRITTEN
follow() {
  ccj_follows=yes ccj_own_start=none # no wrapper
  find_tools
  ccj_elapsed=$1 ccj_silent=$2 ccj_size=$3 ccj_written=$4
  # shellcheck source=/dev/null
  . "$ccj_job/wrapper"
  watch "$ccj_elapsed" "$ccj_silent" "$ccj_size" "$ccj_written"
}

command_lives() {
  read_command && alive "$ccj_leader" "$ccj_leader_start"
}

# Sets ccj_due and ccj_due_code, the first limit that is reached and its code; ccj_nap, the longest in which none is
# missed; and ccj_measures where the output counts.
look_at_limits() {
  ccj_due= ccj_measures= ccj_nap=$ccj_longest_nap_s ccj_code=10
  for ccj_one in $ccj_limits; do
    look_at "${ccj_one%%=*}" "${ccj_one#*=}"
    [ "$ccj_left" -gt 0 ] || [ "$ccj_due" ] || ccj_due=${ccj_one%%=*} ccj_due_code=$ccj_code
    ccj_code=$((ccj_code + 1))
  done
  [ "$ccj_nap" -ge 1 ] || ccj_nap=1
}

# look_at LIMIT AMOUNT: sets ccj_left, how much of it is left. This is all that is to be said of a limit here.
look_at() {
  case $1 in
    deadline) ccj_left=$(($2 - ccj_elapsed)); at_most "$ccj_left" ;;
    # Output may come at any speed.
    output) ccj_left=$(($2 + 1 - ccj_written)) ccj_measures=yes; at_most 1 ;;
    # An eighth, so that a stall is seen at most that late.
    stall) ccj_left=$(($2 - ccj_silent)) ccj_measures=yes; at_most $(($2 / 8)); at_most "$ccj_left" ;;
  esac
}

at_most() {
  [ "$ccj_nap" -le "$1" ] || ccj_nap=$1
}

# In the background, because a shell handles a signal only after its foreground child has ended.
nap() {
  "$ccj_sleep" "$1" &
  wait "$!"
  ccj_napped=$!
}

# By size: times of change mislead when the clock is set back. `ls`, because busybox's wc reads all bytes.
measure_output() {
  # shellcheck disable=SC2046 # split into fields
  set -- $("$ccj_ls" -ln "$ccj_job/output.log")
  case ${5-} in
    '' | *[!0-9]* | "$ccj_size") ccj_silent=$((ccj_silent + ccj_nap)) ;;
    *)
      # Emptied meanwhile: what is there now was written since.
      if [ "$5" -gt "$ccj_size" ]; then ccj_written=$((ccj_written + $5 - ccj_size)); else ccj_written=$((ccj_written + $5)); fi
      ccj_silent=0 ccj_size=$5
      ;;
  esac
  # Who was paused by us is not expected to write. Who has stopped himself, or waits for a terminal, is silent.
  [ ! -e "$ccj_job/paused" ] || ccj_silent=0
}

# enforce LIMIT VERDICT: says why first, then TERM and, after the grace, KILL to the command's group. What is not in
# it, and what the command has left running, is the finish step's affair.
enforce() {
  if ! command_lives; then
    [ "$ccj_leftovers" = leave ] || ask_for_end "$1"
    ccj_limits=
    return 0 # the wrapper sees that; without it, our next look
  fi
  ccj_asked=yes
  # Where a stop was asked for before, the command ends for that reason, but it ends.
  if ask_for_end "$1"; then ccj_ours=$2; else ccj_ours=0; fi
  # Before the signal: the command may be gone, and the wrapper here to end us, before it returns.
  ccj_verdict=$ccj_ours
  # From here on the request stands: the command may die of the signal, and the wrapper end us, before this shell goes on.
  ccj_asked=
  signal_command TERM || { ccj_verdict=0 ccj_asked=yes; take_back; return 0; }
  signal_command CONT # what is stopped gets nothing but KILL and CONT
  nap "$ccj_grace_s"
  while signal_command KILL; do nap "$ccj_grace_s"; done
}

# A command that ended by itself before the first signal was stopped by no limit. Somebody else's request stays.
take_back() {
  [ "$ccj_asked" ] || return 0
  ccj_asked=
  ! { [ -e "$ccj_job/stop" ] && read -r ccj_line <"$ccj_job/stop" && [ "$ccj_line" = kind=limit ]; } ||
    "$ccj_rm" -f "$ccj_job/stop"
}

# Fails where somebody's request is there already.
ask_for_end() {
  printf 'kind=limit\nlimit=%s\n' "$1" >"$ccj_job/stop.part"
  "$ccj_ln" "$ccj_job/stop.part" "$ccj_job/stop"
  set -- $?
  "$ccj_rm" -f "$ccj_job/stop.part"
  return "$1"
}

# Proves the leader's identity and signals in one step. Its group only where that is its own, not ours.
signal_command() {
  alive "$ccj_leader" "$ccj_leader_start" || return 1
  if [ "$ccj_group" = "$ccj_leader" ]; then
    kill "-$1" "-$ccj_leader" # without --, which busybox takes for a process
  else
    kill "-$1" "$ccj_leader"
  fi
}

# Sets ccj_leader and ccj_leader_start.
read_command() {
  ccj_leader= ccj_leader_start=
  [ -r "$ccj_job/command" ] || return 1
  while read -r ccj_line; do
    case $ccj_line in
      pid=*) ccj_leader=${ccj_line#pid=} ;;
      start=*) ccj_leader_start=${ccj_line#start=} ;;
    esac
  done <"$ccj_job/command"
  case $ccj_leader in '' | 0 | 1 | *[!0-9]*) return 1 ;; esac
}

# --- in the wrapper itself -----------------------------------------------------------------------------------

# Sets ccj_limit where the watchdog was what ended the command.
end_watchdog() {
  if alive "$ccj_watchdog" "$ccj_watchdog_start"; then
    kill -TERM "$ccj_watchdog"
    kill -CONT "$ccj_watchdog" # it may have been stopped, and nobody shall wait for that
  fi
  wait "$ccj_watchdog"
  ccj_verdict=$?
  # A signal to us interrupts wait.
  while [ "$ccj_verdict" -gt 128 ] && alive "$ccj_watchdog" "$ccj_watchdog_start"; do
    wait "$ccj_watchdog"
    ccj_verdict=$?
  done
  ccj_code=10
  for ccj_one in $ccj_limits; do
    [ "$ccj_verdict" != "$ccj_code" ] || ccj_limit="limit=${ccj_one%%=*}$ccj_nl"
    ccj_code=$((ccj_code + 1))
  done
}
