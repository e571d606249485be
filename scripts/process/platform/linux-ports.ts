import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** As /proc/net/tcp numbers the state of a socket that waits for connections. */
const LISTENS = '0A';

/** The tables are those of the process's own network: it may be in a container. */
export function listeningPortsOf(pid: number): number[] {
  const own = socketsOf(pid);
  if (own.size === 0) return [];
  const ports = ['tcp', 'tcp6'].flatMap((table) => listening(`/proc/${pid}/net/${table}`, own));
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** The inodes of the sockets that it has open. */
function socketsOf(pid: number): Set<string> {
  const links = namesIn(`/proc/${pid}/fd`).map((fd) => linkIfAny(`/proc/${pid}/fd/${fd}`));
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/** `0: 0100007F:A8ED 00000000:0000 0A …`, the inode as the tenth word. */
function listening(file: string, inodes: Set<string>): number[] {
  return textOf(file)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[3] === LISTENS && inodes.has(words[9] ?? ''))
    .map(([, local = '']) => Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // gone, or not ours to see
  }
}

function linkIfAny(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed since the listing
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
