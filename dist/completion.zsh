#compdef codex-companion
# Made by: codex-companion completions zsh

_codex-companion() {
  local -a answer described
  local by line value skipped tab=$'\t'
  answer=("${(@f)$(command codex-companion complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  by=$answer[1]
  case $by in
    files) _files ;;
    directories) _files -/ ;;
    command\ *)
      skipped=$(( ${by#command } + 1 ))
      shift $skipped words
      (( CURRENT -= skipped ))
      _normal
      ;;
    *)
      for line in "${(@)answer[2,-1]}"; do
        value=${${line%%$tab*}//:/\\:}
        if [[ $line == *$tab* ]]; then
          described+=("$value:${line#*$tab}")
        else
          described+=("$value")
        fi
      done
      _describe -V codex-companion described
      ;;
  esac
}

if [[ $funcstack[1] == _codex-companion ]]; then
  _codex-companion "$@"
else
  compdef _codex-companion codex-companion
fi
