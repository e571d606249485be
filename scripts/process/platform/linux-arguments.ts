import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** A living process's own arguments; they are empty for a kernel thread, and for one that has ended and is not reaped. */
export function argumentsOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').split('\0');
  } catch {
    return undefined; // gone, or not ours to see
  }
}

export function ownArgumentBytes(): Buffer {
  return readFileSync('/proc/self/cmdline');
}

/** Its command line may be 60 kB long, in Codex's sandbox; the first argument is enough. */
export function initProgram(): string {
  const buffer = Buffer.alloc(256);
  try {
    const fd = openSync('/proc/1/cmdline', 'r');
    try {
      return buffer.toString('utf8', 0, readSync(fd, buffer)).split('\0')[0] ?? '';
    } finally {
      closeSync(fd);
    }
  } catch {
    return ''; // hidden from us
  }
}
