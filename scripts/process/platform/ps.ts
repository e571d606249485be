import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import type { Abilities, CommandRow, Lacking, Platform, ProcessRow } from './platform.ts';

/**
 * A system with no /proc, as far as `ps` tells of it. On Linux this is run by the tests beside linux.ts, with procps's
 * ps; nobody has run it on macOS or a BSD. The process table is read here in one step and not by ps-list, see
 * docs/decisions/013-ps-list.md.
 */
export function psPlatform(name: string, bootId: () => string = () => ''): Platform {
  return { name, bootId, pidNamespace: () => '', ...readers, ...lacking };
}

const readers = { row, table, commands, argumentsOf, userOf, memoryOf } satisfies Partial<Abilities>;

const lacking = {
  environmentOf: { lacks: '`ps -E` has not been run by anybody yet' },
  programOf: { lacks: '`ps` tells a name and no file' },
  controlGroupsOf: { lacks: 'there are none' },
  listeningPortsOf: { lacks: '`ps` tells of none' },
  isScheduled: { lacks: '`ps` tells of the first thread only' },
  hasOpen: { lacks: '`ps` tells of none, and nothing marks a descriptor' },
  fileSystemOf: { lacks: 'its numbers are those of Linux' },
  offsetOf: { lacks: 'node does not ask for it' },
  ownArgumentBytes: { lacks: 'there is no /proc' },
  initProgram: { lacks: 'no sandbox is known there that has a process 1 of its own' },
} satisfies Partial<Record<keyof Abilities, Lacking>>;

const COLUMNS = 'pid=,ppid=,pgid=,stat=,lstart=,comm=';
const ROW = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S)\S*\s+(\w{3}\s+\w{3}\s+\d+\s+\d+:\d+:\d+\s+\d{4})\s+(\S.*)$/;

function row(pid: number, { zombies = false } = {}): ProcessRow | undefined {
  return parse(ps(['-o', COLUMNS, '-p', String(pid)]).stdout, zombies)[0];
}

function table(): ProcessRow[] {
  const { stdout, pid } = ps(['-ax', '-o', COLUMNS]);
  // Our own look is no process of anybody's job.
  const rows = parse(stdout, false).filter((one) => one.pid !== pid);
  // An empty table would say that everybody is gone.
  if (rows.length === 0) throw new Error('ps -ax shows no process at all, not even this one.');
  return rows.sort((a, b) => b.pid - a.pid);
}

function parse(text: string, zombies: boolean): ProcessRow[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, group, state = '', start = '', comm = ''] = ROW.exec(line) ?? [];
    if (pid === undefined || (state === 'Z' && !zombies)) return [];
    const numbers = { pid: Number(pid), parent: Number(parent), group: Number(group), session: null };
    return [{ ...numbers, state, start: start.split(/\s+/).join(' '), comm: basename(comm) }];
  });
}

function argumentsOf(pid: number): string[] | undefined {
  const text = ps(['-ww', '-o', 'args=', '-p', String(pid)]).stdout.trim();
  return text === '' ? undefined : text.split(/\s+/);
}

function memoryOf(pid: number): number | undefined {
  const text = ps(['-o', 'rss=', '-p', String(pid)]).stdout.trim();
  return /^\d+$/.test(text) ? Number(text) * 1024 : undefined;
}

function userOf(pid: number): number | undefined {
  const text = ps(['-o', 'ruid=', '-p', String(pid)]).stdout.trim();
  return text === '' ? undefined : Number(text);
}

/** Loaded when it is called: no command that starts a job needs it. */
async function commands(): Promise<CommandRow[]> {
  const { default: psList } = await import('ps-list');
  return (await psList()).map(({ pid, name, cmd }) => ({ pid, name, command: cmd ?? '' }));
}

/** It exits with 1 where nobody has the pid. */
function ps(args: string[]): { stdout: string; pid: number } {
  const { stdout, pid, error } = spawnSync('ps', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
    // As the wrapper asks, so that both read the same words.
    env: { LC_ALL: 'C', TZ: 'UTC0', PATH: '/bin:/usr/bin' },
  });
  if (error) throw error;
  return { stdout, pid };
}
