import { CompanionError } from '../../../domain/base/errors.ts';
import { echo } from '../../../domain/text/harmless.ts';
import type { JobView } from '../../views/job-view.ts';
import { tidy } from '../render/tidy.ts';
import { took } from '../render/times.ts';
import { calledOf, lastedOf, saysOf, standingOf } from './standing.ts';

/** What `--format` can name; times as on record, and what is not there is empty. */
const PLACEHOLDERS: Record<string, (job: JobView) => string | number | null> = {
  number: ({ number }) => number,
  name: calledOf,
  id: ({ id }) => id,
  kind: ({ kind }) => kind,
  status: ({ status }) => status,
  state: (job) => standingOf(job).words,
  exit: ({ outcome }) => outcome?.exitCode ?? null,
  time: (job) => duration(lastedOf(job, Date.now())),
  started: ({ startedAt }) => startedAt,
  ended: ({ outcome }) => outcome?.finishedAt ?? null,
  command: ({ summary }) => summary,
  output: saysOf,
  log: ({ logFile }) => logFile,
  directory: ({ cwd }) => cwd,
  project: ({ workspaceRoot }) => workspaceRoot,
  session: ({ sessionId }) => sessionId,
};

export const PLACEHOLDER_NAMES: readonly string[] = Object.keys(PLACEHOLDERS);

function duration(milliseconds: number | null): string | null {
  return milliseconds === null ? null : took(milliseconds);
}

/**
 * `{number} {name}` to a line a job. `\t` and `\n` in it are a tab and a line feed, which a shell passes on as they are typed.
 * @throws CompanionError `usage` for a word in braces that is not in the table
 */
export function lineFormat(format: string): (job: JobView) => string {
  const parts = format
    .replaceAll('\\t', '\t')
    .replaceAll('\\n', '\n')
    .split(/(\{[^{}\s]*\})/)
    .map((part) => (/^\{.*\}$/.test(part) ? valueNamed(part.slice(1, -1)) : () => part));
  return (job) => parts.map((part) => part(job)).join('');
}

function valueNamed(name: string): (job: JobView) => string {
  const value = Object.hasOwn(PLACEHOLDERS, name) ? PLACEHOLDERS[name] : undefined;
  if (value) return (job) => tidy(String(value(job) ?? ''));
  throw new CompanionError('usage', `--format has no placeholder {${echo(name)}}.`, {
    hint: `--format '${PLACEHOLDER_NAMES.map((one) => `{${one}}`).join(' ')}'`,
  });
}
