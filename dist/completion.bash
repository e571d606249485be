# bash completion for codex-companion
# Made by: codex-companion completions bash

_codex_companion() {
  local -a words=() begins=()
  local rest=${COMP_LINE:0:COMP_POINT} trimmed word i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    trimmed=${rest#"${rest%%[![:space:]]*}"}
    word=${COMP_WORDS[i]}
    ((i < COMP_CWORD)) || word=$trimmed
    if ((i == 0)) || [[ $trimmed != "$rest" ]]; then
      words+=("$word")
      begins+=("$i")
    else
      words[${#words[@]}-1]+=$word
    fi
    rest=${trimmed#"$word"}
  done

  local typed=${words[${#words[@]}-1]} # with its quotes
  words=("${words[@]//[\'\"\\]/}")
  local current=${words[${#words[@]}-1]} last=${2//[\'\"\\]/} tab=$'\t'
  local by='' line value
  local -a values=() abouts=()
  while IFS= read -r line; do
    if [[ -z $by ]]; then
      by=$line
      continue
    fi
    value=${line%%"$tab"*}
    [[ $value == "$current"* ]] || continue
    case $typed in
      [\'\"]*) [[ $value != *[\'\"\\\$\`!]* ]] || continue ;;
    esac
    value=${value#"${current%"$last"}"}
    case $typed in
      [\'\"]*) ;;
      *) printf -v value %q "$value" ;;
    esac
    values+=("$value")
    case $line in
      *"$tab"*) abouts+=("${line#*"$tab"}") ;;
      *) abouts+=('') ;;
    esac
  done < <(command codex-companion complete -- "${words[@]:1}" 2>/dev/null </dev/null)

  COMPREPLY=()
  case $by in
    files) compopt -o default 2>/dev/null || return 0 ;;
    directories) compopt -o dirnames 2>/dev/null || return 0 ;;
    command\ *)
      i=${begins[${by#command }+1]:-$COMP_CWORD}
      if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$i"
      elif declare -F _command_offset >/dev/null; then
        _command_offset "$i"
      elif ((i == COMP_CWORD)); then
        while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -c -- "$last")
      else
        compopt -o default 2>/dev/null || return 0
      fi
      ;;
    *)
      # Where they are only listed, with what they are.
      for ((i = 0; i < ${#values[@]}; i++)); do
        value=${values[i]}
        if ((${#values[@]} > 1 && COMP_TYPE == 63)) && [[ -n ${abouts[i]} ]]; then
          value="$value  (${abouts[i]})"
          value=${value:0:${COLUMNS:-80}-2}
        fi
        COMPREPLY+=("$value")
      done
      ;;
  esac
}

complete -o nosort -F _codex_companion codex-companion 2>/dev/null || complete -F _codex_companion codex-companion
