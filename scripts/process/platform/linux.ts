import { existsSync, readdirSync, readFileSync, readlinkSync, statfsSync, statSync } from 'node:fs';
import { CompanionError } from '../../domain/base/errors.ts';
import { argumentsOf, initProgram, ownArgumentBytes } from './linux-arguments.ts';
import { listeningPortsOf } from './linux-ports.ts';
import type { CommandRow, FileIdentity, Platform, ProcessRow } from './platform.ts';

/** Everything is in /proc. A file that cannot be read belongs to nobody that we may act upon: gone, or not ours to see. */
export const linux: Platform = {
  name: 'linux',
  bootId,
  // A kernel without namespaces has only one.
  pidNamespace: () => linkIfAny('/proc/self/ns/pid') ?? '',
  row,
  table,
  commands: async () => [...table()].map(withCommand),
  environmentOf,
  argumentsOf,
  programOf: (pid) => linkIfAny(`/proc/${pid}/exe`),
  controlGroupsOf: (pid) =>
    linesOf(`/proc/${pid}/cgroup`).map((line) => line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1)),
  userOf,
  memoryOf,
  listeningPortsOf,
  isScheduled: (pid) => threadsOf(pid).some((thread) => /^[RD]$/.test(threadState(pid, thread))),
  hasOpen,
  fileSystemOf: (path) => statfsSync(path).type,
  offsetOf: (fd) => Number(/^pos:\s*(\d+)$/m.exec(readIfAny(`/proc/self/fdinfo/${fd}`))?.[1] ?? 0),
  ownArgumentBytes,
  initProgram,
};

/** Without /proc every process would seem dead, and its jobs lost: better no answer at all. */
function bootId(): string {
  if (!existsSync('/proc/self/stat'))
    throw new CompanionError(
      'unsupported-platform',
      'No /proc is mounted here, so no process can be told from another.',
      {
        hint: 'Mount it (mount -t proc proc /proc), or run this where it is mounted.',
      },
    );
  return readIfAny('/proc/sys/kernel/random/boot_id').trim();
}

/** /proc/PID/stat. The command name may hold spaces and parentheses, so fields are counted from its last one. */
function row(pid: number, options: { zombies?: boolean } = {}): ProcessRow | undefined {
  const text = readIfAny(`/proc/${pid}/stat`);
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const [state, parent, group, session] = fields;
  const start = fields[19];
  if (state === undefined || start === undefined) return undefined;
  if (!options.zombies && isOver(state, Number(fields[17]))) return undefined;
  return {
    pid,
    comm: text.slice(text.indexOf('(') + 1, close),
    state,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    start,
  };
}

/** A process whose first thread has ended reads `Z` while its other threads work on. */
function isOver(state: string, threads: number): boolean {
  return state === 'X' || (state === 'Z' && threads <= 1);
}

/** Each is read when it is asked for, not all before the first is looked at. */
function* table(): Generator<ProcessRow> {
  for (const pid of pids().sort((a, b) => b - a)) {
    const one = row(pid);
    if (one) yield one;
  }
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number);
}

function withCommand({ pid, comm }: ProcessRow): CommandRow {
  return { pid, name: comm, command: (argumentsOf(pid) ?? []).join(' ').trim() };
}

function environmentOf(pid: number): string {
  const own = readIfAny(`/proc/${pid}/environ`);
  if (own !== '') return own;
  // A process whose first thread has ended shows it at the others only.
  for (const thread of row(pid, { zombies: true })?.state === 'Z' ? threadsOf(pid) : []) {
    const theirs = readIfAny(`/proc/${pid}/task/${thread}/environ`);
    if (theirs !== '') return theirs;
  }
  return '';
}

function userOf(pid: number): number | undefined {
  const uid = /^Uid:\s+(\d+)/m.exec(readIfAny(`/proc/${pid}/status`))?.[1];
  return uid === undefined ? undefined : Number(uid);
}

/** Resident; shared pages count in each that has them. */
function memoryOf(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readIfAny(`/proc/${pid}/status`))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

function threadState(pid: number, thread: string): string {
  const stat = readIfAny(`/proc/${pid}/task/${thread}/stat`);
  return stat.charAt(stat.lastIndexOf(')') + 2);
}

function threadsOf(pid: number): string[] {
  return namesIn(`/proc/${pid}/task`);
}

function hasOpen(pid: number, file: FileIdentity, flags: number): boolean {
  // The flags first: the file itself may lie on a file system that does not answer.
  return namesIn(`/proc/${pid}/fd`).some(
    (fd) => isOpenedWith(pid, fd, flags) && isThat(`/proc/${pid}/fd/${fd}`, file),
  );
}

function isOpenedWith(pid: number, fd: string, wanted: number): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readIfAny(`/proc/${pid}/fdinfo/${fd}`))?.[1] ?? '';
  return flags !== '' && (Number.parseInt(flags, 8) & wanted) === wanted;
}

function isThat(path: string, file: FileIdentity): boolean {
  try {
    const stat = statSync(path, { bigint: true });
    return stat.dev === file.device && stat.ino === file.inode;
  } catch {
    return false; // closed since the listing
  }
}

function linesOf(file: string): string[] {
  return readIfAny(file)
    .split('\n')
    .filter((line) => line !== '');
}

/** Every byte a character, so that nothing is lost of names that are no UTF-8. */
function readIfAny(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function linkIfAny(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
