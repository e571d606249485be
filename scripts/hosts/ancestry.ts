import { basename } from 'node:path';
import { HOST_NAMES, type HostName } from '../domain/base/hosts.ts';
import type { ProcessIdentity } from '../domain/base/identity.ts';
import { programFileOf } from '../process/command-line.ts';
import { here, readStat } from '../process/identity.ts';
import { can } from '../process/platform/this-platform.ts';
import { HOSTS } from './hosts.ts';

/** The innermost agent program above a process. */
export interface HostProcess {
  host: HostName;
  process: ProcessIdentity;
}

const DEPTH_LIMIT = 64;

/**
 * Walks up from `pid` to the first host. Their commands and hooks are children of the client itself
 * (through one shell); the command name is `claude` or `codex` for the native programs, also where the file is named
 * by its version (tried with Claude Code 2.1.197 and 2.1.329, Codex 0.169.0).
 */
export function innermostHost(pid: number = process.ppid): HostProcess | undefined {
  for (let at = pid, depth = 0; at > 1 && depth < DEPTH_LIMIT; depth++) {
    const stat = readStat(at);
    if (!stat) return undefined;
    const host = hostNamed(stat.comm) ?? hostNamed(fileNameOf(at));
    if (host) return { host, process: { ...here(), pid: at, start: stat.start } };
    at = stat.parent;
  }
  return undefined;
}

/** Is `pid` one of the living processes above us? */
export function isAncestor(pid: number): boolean {
  for (let at = process.ppid, depth = 0; at > 1 && depth < DEPTH_LIMIT; depth++) {
    if (at === pid) return true;
    at = readStat(at)?.parent ?? 0;
  }
  return false;
}

function hostNamed(program: string): HostName | undefined {
  return HOST_NAMES.find((host) => HOSTS[host].processNames.includes(program));
}

/** "" for another user's process, and where only the command's name is told. */
function fileNameOf(pid: number): string {
  return can('programOf') ? basename(programFileOf(pid) ?? '') : '';
}
