import { basename } from 'node:path';

/** Test runners that know by themselves what has failed the last time, and how each is asked for that alone. */
const RUNNERS: Readonly<Record<string, string>> = {
  pytest: '--last-failed',
  'py.test': '--last-failed',
  jest: '--onlyFailures',
};

/** What has to be added to a command so that it repeats what failed; undefined where nobody knows how. */
export function failedOnly(argv: readonly string[]): string[] | undefined {
  const [program = '', second = '', third = ''] = argv;
  const name = basename(program);
  const runner = /^python[\d.]*$/.test(name) && second === '-m' ? third : name === 'npx' ? second : name;
  const option = Object.hasOwn(RUNNERS, runner) ? RUNNERS[runner] : undefined;
  return option === undefined ? undefined : [option];
}

export const RUNNERS_WITH_FAILED = Object.keys(RUNNERS).join(', ');
