import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { need } from '../platform/this-platform.ts';
import { SH } from '../shell.ts';

/**
 * A systemd scope: a control group that everything a job starts is born into and cannot leave by itself, whatever else
 * it sheds. The user's own systemd makes it, asked by `systemd-run --user --scope`, which then becomes the command.
 */
export function scopeOf(jobId: string): string {
  return `codex-companion-${jobId}.scope`;
}

export function inScope(command: string, args: string[], scope: string): { command: string; args: string[] } {
  return { command: 'systemd-run', args: [...OPTIONS, `--unit=${scope}`, '--', command, ...args] };
}

const OPTIONS = ['--user', '--scope', '--quiet', '--collect'];
const TRIAL_MS = 10_000;

/** Why no scope can be had here, or null: tried by having one. Throws where the platform knows no control groups. */
export async function scopeObstacle(
  env: Record<string, string>,
): Promise<{ sentence: string; hint: string } | null> {
  need('controlGroupsOf');
  try {
    await promisify(execFile)('systemd-run', [...OPTIONS, '--', SH, '-c', ':'], {
      env,
      timeout: TRIAL_MS,
    });
    return null;
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
    return {
      sentence: `--on scope needs a systemd user session, and there is none here: ${said || 'systemd-run cannot be run'}.`,
      hint: 'Run it without --on scope; what it starts is then found by other traces (docs/stopping.md).',
    };
  }
}

/** Is the process in that scope, or below it? */
export function isInScope(pid: number, scope: string): boolean {
  const groups = need('controlGroupsOf')(pid);
  return groups.some((path) => path.endsWith(`/${scope}`) || path.includes(`/${scope}/`));
}
