import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { COOKIE_VARIABLE } from '../../../scripts/process/environment.ts';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { describe, survivors } from '../leaks.ts';
import { PATIENCE_MS, until } from '../wait.ts';
import type { CodexWorld } from './world.ts';

const OURS =
  /\b(worker|broker|companion|session-hook)\.[cm]js\b|\b(run-job|watchdog|session-hook)\.sh\b|\bapp-server\b/;

/** What the hosts themselves keep in the temp directory. */
const HOSTS_OWN = /^(claude\b|cc-socks$|codex-bwrap-synthetic-mount-targets-\d+$)/;

/** Names that stay in a workspace's directory. */
const KEPT =
  /^(state\.json|settings\.json|history\.jsonl|events(\.\d+)?\.jsonl|retention-checked|brokers|jobs|numbers)$/;

/**
 * All that is left of our work on a person's machine besides jobs and their results, one line each: processes (of ours,
 * and of jobs), sockets, brokers and leases on record, files of brokers, of writers and in the temp directory.
 */
export function remains(world: CodexWorld): string[] {
  const { account, layout } = world;
  const { brokers, leases } = readState(layout);
  return [
    ...ourProcesses(world).map(describe),
    ...names(join(layout.root, 'run')).map((name) => `socket ${name}`),
    ...brokers.map(({ id }) => `broker ${id} on record`),
    ...leases.map(({ jobId }) => `lease of ${jobId} on record`),
    ...names(layout.brokers).map((name) => `file of a broker: ${name}`),
    ...names(layout.directory).flatMap((name) => (KEPT.test(name) ? [] : [`file of a writer: ${name}`])),
    ...names(account.temp).flatMap((name) =>
      HOSTS_OWN.test(name) ? [] : [`in the temp directory: ${name}`],
    ),
  ];
}

/** Waits until nothing is left, and returns how long that took, in milliseconds. */
export async function nothingIsLeft(world: CodexWorld, ms = PATIENCE_MS): Promise<number> {
  const began = performance.now();
  try {
    await until('nothing is left', () => remains(world).length === 0, ms);
  } catch (cause) {
    throw new Error(`Left after ${ms} ms:\n${remains(world).join('\n')}`, { cause });
  }
  return Math.round(performance.now() - began);
}

/** Processes of ours and of jobs; hosts and what they run for themselves are not among them. */
export function ourProcesses({ account }: CodexWorld) {
  const ofJobs = new Set(survivors(`${COOKIE_VARIABLE}=`).map(({ pid }) => pid));
  return survivors(account.root).filter(({ pid, command }) => OURS.test(command) || ofJobs.has(pid));
}

function names(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
