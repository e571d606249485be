import type { Progress } from '../../../scripts/codex/turn/record.ts';

/** Told where Codex takes more than 2 s for a step: on a loaded machine any step may. */
export const WAITING_FOR_CODEX = 'Waiting for Codex to start.';
const TOLD_WHEN_SLOW = [WAITING_FOR_CODEX, 'Codex is opening the thread.'];

/** The progress of a turn as a quick machine tells it. */
export function withoutWaits<Step extends Pick<Progress, 'message'>>(progress: Step[]): Step[] {
  return progress.filter(({ message }) => !TOLD_WHEN_SLOW.includes(message));
}

/** The same for a job's log. */
export function logWithoutWaits(log: string): string {
  return log
    .split('\n')
    .filter((line) => !TOLD_WHEN_SLOW.some((message) => line.endsWith(message)))
    .join('\n');
}
