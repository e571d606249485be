#!/bin/sh
# session-hook.sh HOST EVENT: what the hosts call at the start and at the end of a session. HOST is claude-code or
# codex, as the declaration says: an agent that runs inside another one inherits that one's variables.
# It always exits 0. The end of a session that owns no job costs this shell alone: no node, and stdin is not read.

host=$1 event=$2 cwd=$PWD
case ${CODEX_COMPANION_HOME-} in
  '' | /*) ;;
  *) export CODEX_COMPANION_HOME="$PWD/$CODEX_COMPANION_HOME" ;; # as process/environment.ts reads it, before the cd
esac
cd / # the session's directory may be deleted, where node does not start

# Where state is kept, as stateRoot in process/environment.ts decides it; fails where only node can tell.
state_root() {
  if [ -n "${CODEX_COMPANION_HOME-}" ]; then
    root=$CODEX_COMPANION_HOME
  elif [ -z "${HOME-}" ] || [ -n "${LOCALAPPDATA-}" ]; then
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

# Does the ending session own a job, or may it? Only a plain session id names its directory (safeName in
# state/layout.ts); without one, and in Codex, which tells it on stdin alone, every session of the host is looked at.
owns_jobs() {
  state_root || return 0
  id=${CLAUDE_CODE_SESSION_ID-}
  [ "$host" = claude-code ] || id=
  case $id in
    '') set -- "$root/sessions/$host-"*/jobs/* ;;
    [!A-Za-z0-9]* | *[!A-Za-z0-9._-]*) return 0 ;;
    *) [ ${#id} -le 128 ] || return 0
      set -- "$root/sessions/$host-$id/jobs/"* ;;
  esac
  [ -e "$1" ]
}

if [ "$event" = SessionEnd ]; then
  owns_jobs || exit 0
fi
if ! command -v node >/dev/null; then
  message='codex-companion: node is not on the PATH of hooks, so this session is not tracked. Install Node.js 20.17 or newer.'
  case $event in
    SessionStart) printf '{"systemMessage":"%s"}\n' "$message" ;;
    *) printf '%s\n' "$message" >&2 ;;
  esac
  exit 0
fi
node "${0%/*}/../dist/session-hook.mjs" "$host" "$event" "$cwd" ||
  echo "codex-companion: the $event hook could not run (Node.js 20.17 or newer is needed)." >&2
exit 0
