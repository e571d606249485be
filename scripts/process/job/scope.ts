import { need } from '../platform/this-platform.ts';
import { runProgram } from '../program/run-program.ts';
import { programOnPath } from '../search-path.ts';
import { SH } from '../shell.ts';

/**
 * A systemd scope: a control group that everything a job starts is born into and cannot leave by itself, whatever else
 * it sheds. The user's own systemd makes it, asked by `systemd-run --user --scope`, which then becomes the command.
 */
export function scopeOf(jobId: string): string {
  return `codex-companion-${jobId}.scope`;
}

export function inScope<T extends Started>(start: T, scope: string): T {
  const { command, args, env, workspace } = start;
  return {
    ...start,
    command: programOnPath(env, SYSTEMD_RUN, workspace) ?? SYSTEMD_RUN,
    args: [...OPTIONS, `--unit=${scope}`, '--', command, ...args],
  };
}

interface Started {
  command: string;
  args: string[];
  env: Record<string, string>;
  workspace: string;
}

const SYSTEMD_RUN = 'systemd-run';

const OPTIONS = ['--user', '--scope', '--quiet', '--collect'];
const TRIAL_MS = 10_000;

/** Why no scope can be had here, or null: tried by having one. Throws where the platform knows no control groups. */
export async function scopeObstacle(
  environment: Record<string, string>,
  workspace: string,
): Promise<{ sentence: string; hint: string } | null> {
  need('controlGroupsOf');
  const question = { environment, workspace, limitMs: TRIAL_MS };
  const trial = await runProgram(SYSTEMD_RUN, [...OPTIONS, '--', SH, '-c', ':'], question);
  if (trial.succeeded) return null;
  const why = trial.stderr.trim() || trial.sentence;
  return {
    sentence: `--on scope needs a systemd user session, and there is none here: ${why}.`,
    hint: 'Run it without --on scope; what it starts is then found by other traces (docs/stopping.md).',
  };
}

/** Is the process in that scope, or below it? */
export function isInScope(pid: number, scope: string): boolean {
  const groups = need('controlGroupsOf')(pid);
  return groups.some((path) => path.endsWith(`/${scope}`) || path.includes(`/${scope}/`));
}
