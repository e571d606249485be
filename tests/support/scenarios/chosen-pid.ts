import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/**
 * Starts a process that leads a session and gets exactly this free pid, or undefined where others were faster each time. In a pid namespace
 * of one's own only (ns_last_pid, proc_sys_kernel(5)).
 */
export function spawnWithPid(pid: number, args: string[]): ChildProcess | undefined {
  const [program = '', ...rest] = args;
  for (let attempt = 0; attempt < 50; attempt++) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
    const child = spawn(program, rest, { stdio: 'ignore', detached: true });
    if (child.pid === pid) return child;
    // With what it has started meanwhile.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }
  return undefined;
}
