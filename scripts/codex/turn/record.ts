import { clip } from '../../domain/text/clip.ts';
import type { Item, ThreadEvent, TokenUsage, TurnError, TurnStatus } from '../wire/protocol.ts';

/** What people and programs are shown while a turn runs. */
export interface Progress {
  /** ISO 8601, UTC */
  at: string;
  phase: Phase;
  /** one line */
  message: string;
  threadId?: string;
  turnId?: string;
}

export type Phase =
  | 'starting'
  | 'thinking'
  | 'running-command'
  | 'editing'
  | 'using-tool'
  | 'reviewing'
  | 'finalizing'
  | 'retrying'
  | 'stopping';

export type Step = Pick<Progress, 'phase' | 'message'>;

export interface CommandRecord {
  itemId: string;
  command: string;
  /** null while it runs, and where it was declined */
  exitCode: number | null;
}

export interface OpenTool {
  id: string;
  yields: boolean;
}

/** All that a turn has produced so far. */
export interface TurnRecord {
  finalMessage: string;
  reviewText: string | null;
  reasoningSummary: string[];
  /** as Codex gives them: absolute, in the order of their first change */
  touchedFiles: string[];
  commands: CommandRecord[];
  tokenUsage: TokenUsage | null;
  /** Set by `turn/completed`. */
  end: { status: TurnStatus; error: TurnError | null } | null;
  /** The last `error` notification that Codex does not retry by itself. */
  fatalError: TurnError | null;
  /** what Codex said last where that is that it retries at a usage limit: nothing goes on until that is reset */
  usageLimit: TurnError | null;
  /** tool calls that the model waits for now */
  openTools: OpenTool[];
  /** The model has agents of its own; their threads outlive its turn. */
  hasSubagents: boolean;
  /** A command, a change of a file, an agent or another tool was begun: the turn may have had effects. */
  acted: boolean;
}

export function emptyRecord(): TurnRecord {
  return {
    finalMessage: '',
    reviewText: null,
    reasoningSummary: [],
    touchedFiles: [],
    commands: [],
    tokenUsage: null,
    end: null,
    fatalError: null,
    usageLimit: null,
    openTools: [],
    hasSubagents: false,
    acted: false,
  };
}

/** The record after one more event of this turn. Pure. */
export function record(turn: TurnRecord, event: ThreadEvent): TurnRecord {
  return { ...progressed(turn, event), usageLimit: usageLimitAfter(turn, event) };
}

function usageLimitAfter({ usageLimit }: TurnRecord, event: ThreadEvent): TurnError | null {
  if (event.kind === 'other') return usageLimit;
  return event.kind === 'error' && event.willRetry && isUsageLimit(event.error) ? event.error : null;
}

function isUsageLimit({ info, message }: TurnError): boolean {
  return info === 'usageLimitExceeded' || /usage limit/i.test(message);
}

function progressed(turn: TurnRecord, event: ThreadEvent): TurnRecord {
  switch (event.kind) {
    case 'item-started':
      return {
        ...withCommand(turn, event.item),
        openTools: openedBy(turn.openTools, event.item),
        hasSubagents: turn.hasSubagents || event.item.type === 'subagent',
        acted: turn.acted || isAct(event.item),
      };
    case 'item-completed':
      return {
        ...completed(turn, event.item),
        acted: turn.acted || isAct(event.item),
        openTools: turn.openTools.filter(({ id }) => id !== event.item.id),
      };
    case 'token-usage':
      return { ...turn, tokenUsage: event.total, openTools: turn.openTools.filter(({ yields }) => !yields) };
    case 'error':
      return event.willRetry ? turn : { ...turn, fatalError: event.error };
    case 'turn-completed':
      return {
        ...turn,
        finalMessage: event.lastMessage ?? turn.finalMessage,
        openTools: [],
        end: { status: event.status, error: event.error },
      };
    case 'turn-started':
    case 'thread-closed':
    case 'other':
      return turn;
  }
}

function isAct({ type }: Item): boolean {
  return type === 'command' || type === 'file-change' || type === 'subagent' || type === 'tool';
}

/**
 * A long tool call is no stall: while the model waits for one, silence means nothing. But a command may outlive its tool
 * call: `exec_command` yields, the command goes on as a background terminal with its item open, and must not hide a
 * model that hangs. The tool call is over when the model speaks again, or, for a command that yields, when the usage of
 * the answer that called it is told (on 0.169 that is when all its tools have returned; a review tells no usage).
 */
function openedBy(open: OpenTool[], item: Item): OpenTool[] {
  switch (item.type) {
    case 'command':
      return [...open, { id: item.id, yields: item.yields }];
    case 'file-change':
    case 'subagent':
    case 'tool':
      return [...open, { id: item.id, yields: false }];
    case 'message':
    case 'reasoning':
      return [];
    case 'review-entered':
    case 'review-exited':
    case 'other':
      return open;
  }
}

function completed(turn: TurnRecord, item: Item): TurnRecord {
  switch (item.type) {
    case 'message':
      return item.commentary ? turn : { ...turn, finalMessage: item.text };
    case 'reasoning':
      return { ...turn, reasoningSummary: [...turn.reasoningSummary, ...item.summary] };
    case 'command':
      return withCommand(turn, item);
    case 'file-change': {
      if (item.status !== 'completed') return turn;
      return { ...turn, touchedFiles: [...new Set([...turn.touchedFiles, ...item.paths])] };
    }
    case 'review-exited':
      return { ...turn, reviewText: item.review };
    case 'review-entered':
    case 'subagent':
    case 'tool':
    case 'other':
      return turn;
  }
}

/** Kept from its start, so that a command cut off with its turn is told too. */
function withCommand(turn: TurnRecord, item: Item): TurnRecord {
  if (item.type !== 'command') return turn;
  const command = { itemId: item.id, command: item.command, exitCode: item.exitCode };
  const others = turn.commands.filter(({ itemId }) => itemId !== item.id);
  return { ...turn, commands: [...others, command] };
}

/** What an event means to somebody who watches; nothing for most. */
export function stepOf(event: ThreadEvent): Step | undefined {
  switch (event.kind) {
    case 'turn-started':
      return { phase: 'starting', message: 'Turn started.' };
    case 'item-started':
      return started(event.item);
    case 'item-completed':
      return finished(event.item);
    case 'error':
      return event.willRetry
        ? { phase: 'retrying', message: `Codex retries: ${oneLine(event.error.message)}` }
        : { phase: 'finalizing', message: `Error: ${oneLine(event.error.message)}` };
    case 'turn-completed':
      return { phase: 'finalizing', message: `Turn ${event.status}.` };
    case 'token-usage':
    case 'thread-closed':
    case 'other':
      return undefined;
  }
}

function started(item: Item): Step | undefined {
  switch (item.type) {
    case 'reasoning':
      return { phase: 'thinking', message: 'Thinking.' };
    case 'command':
      return { phase: 'running-command', message: `Running: ${oneLine(item.command)}` };
    case 'file-change':
      return { phase: 'editing', message: `Editing ${oneLine(item.paths.join(', '))}` };
    case 'subagent':
    case 'tool':
      return { phase: 'using-tool', message: `Using ${oneLine(item.label)}` };
    case 'review-entered':
      return { phase: 'reviewing', message: `Reviewing ${oneLine(item.target)}.` };
    case 'message':
    case 'review-exited':
    case 'other':
      return undefined;
  }
}

function finished(item: Item): Step | undefined {
  switch (item.type) {
    case 'command':
      return { phase: 'running-command', message: `${endOfCommand(item)}: ${oneLine(item.command)}` };
    case 'file-change':
      return { phase: 'editing', message: `Edit ${item.status}: ${oneLine(item.paths.join(', '))}` };
    case 'subagent':
    case 'tool':
      return { phase: 'using-tool', message: `Used ${oneLine(item.label)}` };
    case 'reasoning':
      return item.summary.length > 0
        ? { phase: 'thinking', message: oneLine(item.summary.join(' ')) }
        : undefined;
    case 'message':
      return item.text ? { phase: 'finalizing', message: oneLine(item.text) } : undefined;
    case 'review-exited':
      return { phase: 'finalizing', message: 'Review finished.' };
    case 'review-entered':
    case 'other':
      return undefined;
  }
}

function endOfCommand(item: { status: string; exitCode: number | null }): string {
  return item.exitCode === null ? `Command ${item.status}` : `Exit ${item.exitCode}`;
}

const ONE_LINE_CHARACTERS = 200;

function oneLine(value: string): string {
  return clip(value.replace(/\s+/g, ' ').trim(), ONE_LINE_CHARACTERS);
}
