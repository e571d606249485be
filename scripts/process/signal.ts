import type { ProcessIdentity } from '../domain/base/identity.ts';
import { identify, liveness, readStat, type Stat } from './identity.ts';

export type SignalResult = 'sent' | 'gone' | 'refused';

/**
 * The only place that signals. Proves the identity again and signals in one synchronous step; between the two lie
 * microseconds, in which the kernel would have to reap the process and hand out its pid again.
 * Never signalled: pid 1 and below, ourselves, and anything whose identity cannot be proven from here.
 */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): SignalResult {
  if (!Number.isSafeInteger(identity.pid) || identity.pid <= 1 || identity.pid === process.pid)
    return 'refused';
  const found = liveness(identity);
  if (found !== 'alive') return found === 'dead' ? 'gone' : 'refused';
  return send(identity.pid, signal);
}

/**
 * Signals a whole process group, where its leader is proven and it is not our own: one call reaches children that are
 * being forked at this moment, which signals to single processes would miss.
 */
export function signalGroup(leader: ProcessIdentity, signal: NodeJS.Signals): SignalResult {
  if (!Number.isSafeInteger(leader.pid) || leader.pid <= 1) return 'refused';
  if (leader.pid === process.pid || leader.pid === ownGroup()) return 'refused';
  const found = liveness(leader);
  if (found !== 'alive') return found === 'dead' ? 'gone' : 'refused';
  return send(-leader.pid, signal);
}

/** The same by any living member, for a group whose leader may be gone; the kernel gives its number to nobody else. */
export function signalGroupOf(
  member: Pick<Stat, 'pid' | 'start' | 'group'>,
  signal: NodeJS.Signals,
): SignalResult {
  const { pid, start, group } = member;
  if (!Number.isSafeInteger(group) || group <= 1 || group === process.pid || group === ownGroup())
    return 'refused';
  const now = readStat(pid);
  if (!now || now.start !== start || now.group !== group) return 'gone';
  return send(-group, signal);
}

/** For a process that we found ourselves, this moment, by its pid. */
export function signalFound(pid: number, start: string, signal: NodeJS.Signals): SignalResult {
  const identity = identify(pid);
  if (!identity || identity.start !== start) return 'gone';
  return signalProcess(identity, signal);
}

function ownGroup(): number | undefined {
  return readStat(process.pid)?.group;
}

function send(target: number, signal: NodeJS.Signals): SignalResult {
  try {
    process.kill(target, signal);
    return 'sent';
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      if (error.code === 'ESRCH') return 'gone';
      if (error.code === 'EPERM') return 'refused';
    }
    throw error;
  }
}
