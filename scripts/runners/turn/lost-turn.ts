import { setTimeout as delay } from 'node:timers/promises';
import type { TurnResult } from '../../codex/turn/result.ts';
import { nothingCalled } from '../../codex/turn/rollout.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import type { TurnJob } from '../../domain/job/kinds.ts';
import { liveness } from '../../process/identity.ts';

import type { CodexWork } from './stored-result.ts';

/** What was known of a turn whose broker or app-server died under it. */
export interface LostTurn {
  result: TurnResult;
  /** of the app-server, which holds the thread as long as it lives; null where that was not known */
  server: ProcessIdentity | null;
}

/**
 * `again`: no thread was opened, so nothing was done. `resume`: the same work once more on its thread, where that repeats
 * nothing (`mayResume`). `tell`: only how to go on. See docs/broker.md, "A turn cut off".
 */
export function afterLoss({ result }: LostTurn, { write }: CodexWork): 'again' | 'resume' | 'tell' {
  if (result.threadId === null) return 'again';
  // The last that a writing turn did may not have reached us any more. Neither is a command that was only to read
  // harmless for certain: the user's own rules and MCP servers let it act outside the sandbox.
  return write || result.acted ? 'tell' : 'resume';
}

/** A server that was told to end is gone after 2 s at most, and until then no other can resume the thread. */
const LEAVE_MS = 5_000;

/**
 * True once the thread is free and Codex's own record of it shows no call of a tool: the worker is told of a command only
 * after that has begun. False where the app-server stays, or a stop was asked for meanwhile.
 */
export async function mayResume(lost: LostTurn, stop: AbortSignal): Promise<boolean> {
  const { rollout, threadId, turnId } = lost.result;
  if (rollout === null || threadId === null) return false;
  return (await threadIsFree(lost, stop)) && nothingCalled(rollout, threadId, turnId);
}

async function threadIsFree({ server }: LostTurn, stop: AbortSignal): Promise<boolean> {
  const end = performance.now() + LEAVE_MS;
  while (server && liveness(server) === 'alive' && performance.now() < end && !stop.aborted) await delay(20);
  return !stop.aborted && (server === null || liveness(server) !== 'alive');
}

/** The result of a turn that was cut off for good: its reason says all that one needs to go on. */
export function cutOff(result: TurnResult, work: CodexWork, { id }: TurnJob, before?: string): TurnResult {
  const { threadId, turnId } = result;
  const said = [sentence(result.reason)];
  if (before !== undefined) said.push(`It had been resumed once already, after this: ${sentence(before)}`);
  // Without a turn Codex has kept nothing of a thread that could be resumed.
  if (threadId !== null && turnId !== null) {
    const flags = work.write ? '--write --resume' : '--resume';
    said.push(
      `Go on with \`codex-companion task ${flags} ${id}\`, or in Codex: \`codex resume ${threadId}\`.`,
    );
  }
  return { ...result, reason: said.join(' ') };
}

export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
