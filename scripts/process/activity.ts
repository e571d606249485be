import { can, need } from './platform/this-platform.ts';

/** Does any thread of the process run, or wait for a processor or a disk, now? `unknown` where the platform does not tell. */
export function activityOf(pid: number): 'scheduled' | 'idle' | 'unknown' {
  if (!can('isScheduled')) return 'unknown';
  return need('isScheduled')(pid) ? 'scheduled' : 'idle';
}
