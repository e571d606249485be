import { KINDS } from '../../../domain/job/kinds.ts';
import type { JobView } from '../../views/job-view.ts';
import { referenceOf } from '../listing/standing.ts';
import type { JobFactsShown } from './facts.ts';

/** What one may type next, without the program's name. */
export function nextCommands(view: JobView, { isHere, processes }: JobFactsShown): string[] {
  const job = isHere ? referenceOf(view) : view.id;
  return verbsFor(view, processes.length > 0).map((verb) => `${verb} ${job}`);
}

function verbsFor({ outcome, status, phase, kind }: JobView, leavesSome: boolean): string[] {
  if (outcome) return ['result', 'logs', ...(leavesSome ? ['cancel'] : [])];
  if (status === 'queued') return ['wait', 'cancel'];
  const canPause = KINDS[kind].pauseObstacle === null;
  const isPaused = phase === 'paused' || phase === 'stopped';
  return ['logs -f', ...(canPause ? [isPaused ? 'resume' : 'pause'] : []), 'cancel'];
}
