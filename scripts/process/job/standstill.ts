import type { ProcessIdentity } from '../../domain/base/identity.ts';
import { liveness, type Stat } from '../identity.ts';
import { processTable } from '../table.ts';

/**
 * Does a job's command stand still: can nothing of it go on, because what does the work is stopped (SIGSTOP, SIGTTOU)? Judged by
 * those that have nobody below them: they do the work, and whoever is above them sleeps meanwhile, as the shell of `sh -c 'x; y'`
 * does, or npm. One of them that is not stopped, or one above that is busy itself, and it goes on.
 */
export function standsStill(leader: ProcessIdentity): boolean {
  if (liveness(leader) !== 'alive') return false;
  const table = lookAround();
  const below = new Map<number, Stat[]>();
  for (const stat of table.values()) below.set(stat.parent, [...(below.get(stat.parent) ?? []), stat]);
  const isStill = ({ pid, state }: Stat): boolean => {
    const children = below.get(pid) ?? [];
    if (children.length === 0) return STOPPED.test(state);
    return !BUSY.test(state) && children.every(isStill);
  };
  const own = table.get(leader.pid);
  return own?.start === leader.start && isStill(own);
}

/** As /proc/PID/stat and ps have it; `t`: by a debugger, which has it in hand. */
const STOPPED = /^T/;
const BUSY = /^[RD]/;

/** One look serves all jobs of one answer. Milliseconds. */
const LOOK_SERVES_MS = 50;
let last: { at: number; table: Map<number, Stat> } | undefined;

function lookAround(): Map<number, Stat> {
  if (!last || performance.now() - last.at > LOOK_SERVES_MS)
    last = { at: performance.now(), table: processTable() };
  return last.table;
}
