import type { TurnResult } from '../../codex/turn/result.ts';
import type { TurnWork } from '../../codex/turn/start.ts';

/** What a job asks of Codex, and what becomes of the answer. */
export interface CodexWork {
  work: TurnWork;
  /** may the turn write to the workspace? */
  write: boolean;
  resultOf(result: TurnResult): StoredResult;
}

export interface StoredResult {
  /** keys as openai/codex-plugin-cc 1.0.5 prints them */
  payload: Record<string, unknown>;
  /** for people */
  rendered: string;
}

export function codexPart(result: TurnResult, stdout: string): Record<string, unknown> {
  const stderr = result.status === 'completed' ? '' : result.reason;
  return { status: exitStatus(result), stderr, stdout, reasoning: result.reasoningSummary };
}

export function exitStatus({ status }: TurnResult): number {
  return status === 'completed' ? 0 : 1;
}

/** The text, how it ended if not well, commands that are left, and how to go on. */
export function rendered(result: TurnResult, parts: string[]): string {
  const { status, reason, threadId, release } = result;
  const ended = status === 'completed' ? [] : [`Not completed: ${reason}`];
  const left = release?.left.map((command) => `Still running: ${command}`) ?? [];
  const resume = threadId === null ? [] : [`Resume in Codex: codex resume ${threadId}`];
  const shown = [...parts, ...ended, ...left, ...resume].map((part) => part.trim()).filter(Boolean);
  return `${shown.join('\n\n')}\n`;
}
