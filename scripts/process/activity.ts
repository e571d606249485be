import { readdirSync, readFileSync } from 'node:fs';

/** Does any thread of the process run, or wait for a processor or a disk, now? False where nobody can say. */
export function isScheduled(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).some((thread) => /^[RD]$/.test(threadState(pid, thread)));
  } catch {
    return false; // gone, or no /proc on this platform
  }
}

function threadState(pid: number, thread: string): string {
  try {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
    return stat.charAt(stat.lastIndexOf(')') + 2);
  } catch {
    return ''; // a thread that has ended since the listing
  }
}
