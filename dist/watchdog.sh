# The limits of a job, for run-job.sh: sourced by it where there is one, and run as its background subshell.

ccj_grace_s=5
ccj_longest_nap_s=15

# Ends with 10 (deadline) or 11 (stall) once it has stopped the command, else with 0. Where the wrapper was
# killed it goes on by itself, until the command is gone. Counts the time it slept: a suspended machine does
# not use up a limit.
watch() {
  unset CODEX_COMPANION_JOB BLOCK_SIZE LS_BLOCK_SIZE
  ccj_verdict=0 ccj_elapsed=0 ccj_silent=0 ccj_size=0 ccj_napped=$!
  # By $!, because the signal may come before a variable could be set; $! is stale before the first nap and after each.
  trap '[ "$!" = "$ccj_napped" ] || kill -KILL "$!"; exit "$ccj_verdict"' TERM
  find_in "$ccj_tools" sleep -x && ccj_sleep=$ccj_found
  find_in "$ccj_tools" ls -x && ccj_ls=$ccj_found
  while someone_lives; do
    choose_nap
    nap "$ccj_nap"
    ccj_elapsed=$((ccj_elapsed + ccj_nap))
    measure_silence
    if [ "$ccj_deadline" -gt 0 ] && [ "$ccj_elapsed" -ge "$ccj_deadline" ]; then
      enforce deadline 10
    elif [ "$ccj_stall" -gt 0 ] && [ "$ccj_silent" -ge "$ccj_stall" ]; then
      enforce stall 11
    fi
  done
  exit "$ccj_verdict"
}

someone_lives() {
  alive $$ "$ccj_own_start" || { read_command && alive "$ccj_leader" "$ccj_leader_start"; }
}

# As long as no limit is missed; an eighth of the stall limit, so that a stall is seen at most that late.
choose_nap() {
  ccj_nap=$ccj_longest_nap_s
  [ "$ccj_deadline" = 0 ] || at_most $((ccj_deadline - ccj_elapsed))
  [ "$ccj_stall" = 0 ] || { at_most $((ccj_stall / 8)); at_most $((ccj_stall - ccj_silent)); }
  [ "$ccj_nap" -ge 1 ] || ccj_nap=1
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
measure_silence() {
  [ "$ccj_stall" -gt 0 ] || return 0
  set -- $("$ccj_ls" -ln "$ccj_job/output.log")
  if [ "${5-unknown}" = "$ccj_size" ]; then
    ccj_silent=$((ccj_silent + ccj_nap))
  else
    ccj_silent=0 ccj_size=${5-unknown}
  fi
}

# enforce LIMIT VERDICT: says why first, then TERM and, after the grace, KILL to the command's group.
enforce() {
  read_command && alive "$ccj_leader" "$ccj_leader_start" || return 0
  printf 'kind=limit\nlimit=%s\n' "$1" >"$ccj_job/stop.part"
  # Where a stop was asked for before, the command ends for that reason, but it ends.
  if "$ccj_ln" "$ccj_job/stop.part" "$ccj_job/stop"; then ccj_ours=$2; else ccj_ours=0; fi
  "$ccj_rm" -f "$ccj_job/stop.part"
  # Before the signal: the command may be gone, and the wrapper here to end us, before it returns.
  ccj_verdict=$ccj_ours
  signal_command TERM || { ccj_verdict=0; return 0; }
  nap "$ccj_grace_s"
  while signal_command KILL; do nap "$ccj_grace_s"; done
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
