# fish completion for codex-companion
# Made by: codex-companion completions fish

function __codex_companion_complete
    set -l words (commandline -opc)[2..-1]
    set -l token (commandline -ct)
    set -l answer (command codex-companion complete -- $words "$token" 2>/dev/null </dev/null)
    switch "$answer[1]"
        case files
            __fish_complete_path "$token"
        case directories
            __fish_complete_directories "$token"
        case 'command *'
            set -l begins (math (string replace 'command ' '' -- $answer[1]) + 1)
            set -l line (string escape -- $words[$begins..-1])
            complete -C (string join ' ' -- $line "$token")
        case '*'
            printf '%s\n' $answer[2..-1]
    end
end

complete -c codex-companion -f -k -a '(__codex_companion_complete)'
