import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/**
 * Starts a process that gets exactly this free pid, or undefined where others were faster each time. In a pid namespace
 * of one's own only (ns_last_pid, proc_sys_kernel(5)).
 */
export function spawnWithPid(pid: number, args: string[], options: SpawnOptions): ChildProcess | undefined {
  const [program = '', ...rest] = args;
  for (let attempt = 0; attempt < 50; attempt++) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
    const child = spawn(program, rest, options);
    if (child.pid === pid) return child;
    if (child.pid !== undefined) child.kill('SIGKILL');
  }
  return undefined;
}
