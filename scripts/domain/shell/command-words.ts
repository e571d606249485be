import { echo } from '../text/harmless.ts';
import { quotedIfNeeded, typed } from './quote.ts';

/** A command that only a shell can run, though it came word by word. */
export interface ShellMatter {
  /** a sentence: why it names no program */
  why: string;
  /** the same for a shell */
  text: string;
}

/**
 * Builtins and words of the grammar of bash and zsh that act upon the shell itself. Some systems have programs of these
 * names, which change nothing for anybody (POSIX asks for a `cd`), so it is not looked whether they are there.
 */
const SHELL_WORDS = new Set(
  `. : alias autoload bg bind break builtin caller case cd command compgen complete compopt continue coproc declare dirs
  disown do done elif else enable esac eval exec exit export fc fg fi for function getopts hash history if jobs let local
  logout mapfile popd pushd read readarray readonly return select set setopt shift shopt source suspend then times trap
  type typeset ulimit umask unalias unset until wait while { } ( ) (( [[ !`.split(/\s+/),
);

/** The same, where no program of that name is there. */
const SHELL_WORDS_AT_NEED = new Set(['time', 'noglob', 'nocorrect']);

const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*(?:\[[^\]]*\])?\+?=/;
/** What ends a word, or is replaced, before a shell looks for a program. */
const SHELL_SYNTAX = /[\s;&|<>()$`*?{}"'\\#]/;

/**
 * Whether the first word is one for a shell: an assignment, a builtin, or a text that a shell would take apart.
 * @param isThere whether there is a program of that name, or a file at that path
 */
export function shellMatter(
  words: readonly string[],
  isThere: (name: string) => boolean,
): ShellMatter | undefined {
  const [first = '', ...rest] = words;
  if (ASSIGNMENT.test(first))
    return { why: `${echo(first)} sets a variable, which a shell does.`, text: withAssignments(words) };
  if (SHELL_WORDS.has(first) || (SHELL_WORDS_AT_NEED.has(first) && !isThere(first)))
    return { why: `${echo(first)} is a word of the shell and no program.`, text: typed(words) };
  if (!SHELL_SYNTAX.test(first) || isThere(first)) return undefined;
  const why = `${echo(first)} names no program; as a text for a shell it may be one command or several.`;
  return { why, text: [first, ...rest.map(quotedIfNeeded)].join(' ') };
}

/** `FOO='a b' npm test`: the name of an assignment must not be quoted. */
function withAssignments(words: readonly string[]): string {
  const command = words.findIndex((word) => !ASSIGNMENT.test(word));
  const assigned = command === -1 ? words : words.slice(0, command);
  const parts = assigned.map((word) => {
    const at = word.indexOf('=') + 1;
    const value = word.slice(at);
    return word.slice(0, at) + (value === '' ? '' : quotedIfNeeded(value));
  });
  return command === -1 ? parts.join(' ') : `${parts.join(' ')} ${typed(words.slice(command))}`;
}
