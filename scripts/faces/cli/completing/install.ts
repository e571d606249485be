import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CompanionError, systemCode } from '../../../domain/base/errors.ts';
import { quotedIfNeeded } from '../../../domain/shell/quote.ts';
import type { Environment } from '../../../process/environment.ts';
import { makePrivateDirectory } from '../../../state/files/durable.ts';
import { NotPlain, readPlainFile } from '../../../state/files/plain-file.ts';

/** Stands in each script, and tells a file of ours from another one. */
const MARK = 'Made by: codex-companion completions';

interface Shell {
  /** where it looks for completions of the user's own, absolute */
  place(base: { home: string; data: string; config: string }): string;
  /** what is to be done besides; a sentence */
  next: string;
}

export const SHELLS = {
  bash: {
    place: ({ data }) => join(data, 'bash-completion/completions/codex-companion'),
    next: 'New shells have it, where the package bash-completion is installed; elsewhere, source it in ~/.bashrc.',
  },
  zsh: {
    place: ({ home }) => join(home, '.zfunc/_codex-companion'),
    next: 'New shells have it, where ~/.zshrc says: fpath=(~/.zfunc $fpath), and below that: autoload -Uz compinit && compinit',
  },
  fish: {
    place: ({ config }) => join(config, 'fish/completions/codex-companion.fish'),
    next: 'New shells have it.',
  },
} as const satisfies Record<string, Shell>;

export type ShellName = keyof typeof SHELLS;

export interface Installed {
  shell: ShellName;
  file: string;
  /** a line to type */
  undo: string;
  next: string;
}

/**
 * Writes the script where that shell finds it. A file there that is not ours, or a link that leads nowhere, stays.
 * @throws CompanionError `usage` then, and where no home is known; `state-not-writable` where its directory cannot be made
 */
export function install(shell: ShellName, script: string, environment: Environment): Installed {
  const { place, next } = SHELLS[shell];
  const file = place(basesIn(environment));
  const isOurs = holdsOurs(file);
  if (isOurs === false) throw notOurs(file, shell);
  // mkdir of node 20 with `recursive` never comes back from a file system that takes no directory, such as /proc.
  makePrivateDirectory(dirname(file));
  try {
    writeFileSync(file, script, { flag: isOurs ? 'w' : 'wx' });
  } catch (error) {
    throw systemCode(error) === 'EEXIST' ? notOurs(file, shell) : error;
  }
  return { shell, file, undo: `rm ${quotedIfNeeded(file)}`, next };
}

/** Undefined where nothing is there. A script of ours is far from the limit, in bytes. */
function holdsOurs(file: string): boolean | undefined {
  try {
    return readPlainFile(file, 100_000).includes(MARK);
  } catch (error) {
    if (error instanceof NotPlain) return false;
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function basesIn(environment: Environment) {
  const { HOME: home, XDG_DATA_HOME, XDG_CONFIG_HOME } = environment;
  if (!home?.startsWith('/'))
    throw new CompanionError('usage', 'HOME names no directory to write into.', {
      hint: 'codex-companion completions --help',
    });
  const base = (given: string | undefined, usual: string) =>
    given?.startsWith('/') ? given : join(home, usual);
  return {
    home,
    data: base(XDG_DATA_HOME, '.local/share'),
    config: base(XDG_CONFIG_HOME, '.config'),
  };
}

function notOurs(file: string, shell: ShellName): CompanionError {
  return new CompanionError('usage', `${file} is there, and is not ours. Nothing was written.`, {
    hint: `codex-companion completions ${shell} > FILE`,
  });
}
