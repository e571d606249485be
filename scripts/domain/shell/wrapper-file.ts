import type { JobRequest } from '../job/job.ts';
import { amountOf, LIMIT_NAMES } from '../job/limits.ts';
import { quoted } from './quote.ts';

/** What the sh wrapper is told, see docs/run-wrapper.md. */
export interface WrapperSheet {
  cwd: string;
  /** the repository's root, whose programs are none of ours */
  root: string;
  /** the node program, and the bundle with the finish step */
  node: string;
  finish: string;
  leftovers: string;
  limits: JobRequest['limits'];
  words: readonly string[];
}

/**
 * The file `wrapper`, as sh text: it is read by the shell's own `.`, so that every byte of a word arrives. Names begin
 * with `ccj_`, because another name may be one that the caller exports.
 */
export function wrapperFile({ cwd, root, node, finish, leftovers, limits, words }: WrapperSheet): string {
  const set = LIMIT_NAMES.map((limit) => ({ limit, amount: amountOf({ limits }, limit) }))
    .filter(({ amount }) => amount > 0)
    .map(({ limit, amount }) => `${limit}=${amount}`);
  const values = { cwd, root, node, finish, leftovers, limits: set.join(' ') };
  const lines = Object.entries(values).map(([name, value]) => `ccj_${name}=${quoted(value)}`);
  return `${[...lines, `set -- ${words.map(quoted).join(' ')}`].join('\n')}\n`;
}
