import type { Limit } from '../../domain/job/limits.ts';
import type { TokenUsage, TurnError } from '../wire/protocol.ts';
import { type CommandRecord, emptyRecord, type TurnRecord } from './record.ts';
import type { Release } from './release.ts';
import type { RolloutMark } from './rollout.ts';
import type { ChosenSandbox } from './sandbox-choice.ts';
import type { Cause, Stop } from './stop.ts';

export interface TurnResult {
  status: 'completed' | 'failed' | 'interrupted' | 'timed-out';
  cause: Cause;
  limit?: Limit;
  /** one sentence for people */
  reason: string;
  /** null: no thread was opened */
  threadId: string | null;
  /** the one its turn was given; null without a thread */
  sandbox: ChosenSandbox | null;
  /** null without a thread */
  rollout: RolloutMark | null;
  /** null: no turn was started, as far as we were told */
  turnId: string | null;
  /** Codex has told the turn's end. Where it has not, the turn may still run, unless its app-server is gone. */
  turnOver: boolean;
  finalMessage: string;
  /** what the reviewer wrote; null for a task, and for a review that did not complete */
  reviewText: string | null;
  reasoningSummary: string[];
  touchedFiles: string[];
  commands: CommandRecord[];
  /** as far as it was told, the turn has done something: see TurnRecord */
  acted: boolean;
  tokenUsage: TokenUsage | null;
  error: TurnError | null;
  /** null: there was nothing to release, or nobody to ask */
  release: Release | null;
}

export interface TurnEnd {
  stop: Stop;
  threadId: string | null;
  sandbox: ChosenSandbox | null;
  rollout: RolloutMark | null;
  turnId: string | null;
  turn: TurnRecord;
  release: Release | null;
}

/** Codex's word about the end counts before ours: a turn that completed while we interrupted it is completed. */
export function endTurn({ stop, turn, ...known }: TurnEnd): TurnResult {
  const { reasoningSummary, touchedFiles, commands, acted, tokenUsage } = turn;
  const judged = judge(stop, turn);
  // Codex fills both with a stock phrase when a review is cut off ("Please re-run /review …").
  const cutOffReview = turn.reviewText !== null && judged.status !== 'completed';
  return {
    ...judged,
    ...known,
    turnOver: turn.end !== null || known.turnId === null,
    finalMessage: cutOffReview ? '' : turn.finalMessage,
    reviewText: cutOffReview ? null : turn.reviewText,
    reasoningSummary,
    touchedFiles,
    commands,
    acted,
    tokenUsage,
    error: turn.end?.error ?? turn.fatalError,
  };
}

/** It was stopped before it had a thread. */
export function unstarted(stop: Stop, release: Release | null = null): TurnResult {
  return endTurn({
    ...{ stop, threadId: null, sandbox: null, rollout: null, turnId: null },
    ...{ turn: emptyRecord(), release },
  });
}

type Judgement = Pick<TurnResult, 'status' | 'cause' | 'limit' | 'reason'>;

function judge(stop: Stop, { end, fatalError }: TurnRecord): Judgement {
  const { cause, reason, limit } = stop;
  if (end?.status === 'completed')
    return { status: 'completed', cause: 'completed', reason: 'The turn completed.' };
  if (cause === 'usage-limit') return { status: 'failed', cause, reason };
  if (cause === 'cancelled') return { status: 'interrupted', cause, reason };
  if (cause === 'limit' && limit) return { status: 'timed-out', cause, limit, reason };
  if (end?.status === 'interrupted')
    return {
      status: 'interrupted',
      cause: 'interrupted',
      reason: 'The turn was interrupted by somebody else.',
    };
  if (cause === 'completed' || cause === 'abandoned') {
    const said = end?.error?.message ?? fatalError?.message ?? reason;
    return { status: 'failed', cause: 'turn-failed', reason: said };
  }
  return { status: 'failed', cause, reason };
}
