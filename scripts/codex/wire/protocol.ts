import type { ThreadNotification } from './connection.ts';
import { isObject } from './rpc.ts';

/**
 * The few parts of the app-server protocol that we use, as `codex app-server generate-ts --experimental` of 0.169
 * writes them. What comes in is read tolerantly: a missing or foreign field is empty, an unknown item is `other`.
 */

export type SandboxMode = 'read-only' | 'workspace-write' | 'danger-full-access';

export type SandboxPolicy =
  | { type: 'dangerFullAccess' }
  | { type: 'readOnly'; networkAccess: boolean }
  | {
      type: 'workspaceWrite';
      /** besides the working directory */
      writableRoots: string[];
      networkAccess: boolean;
      excludeTmpdirEnvVar: boolean;
      excludeSlashTmp: boolean;
    };

export type TurnStatus = 'completed' | 'interrupted' | 'failed' | 'inProgress';

export interface TurnError {
  message: string;
  /** Codex's code: a word such as "rateLimitExceeded", or an object such as {httpConnectionFailed: {httpStatusCode}} */
  info: unknown;
}

export interface TokenUsage {
  totalTokens: number;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningOutputTokens: number;
}

export type Item =
  | { type: 'message'; id: string; text: string; commentary: boolean }
  | { type: 'reasoning'; id: string; summary: string[] }
  | {
      type: 'command';
      id: string;
      command: string;
      status: string;
      exitCode: number | null;
      /** Its tool call returns after 30 s at most, however long the command runs (`unified_exec`). */
      yields: boolean;
    }
  | { type: 'file-change'; id: string; paths: string[]; status: string }
  | { type: 'review-entered'; id: string; target: string }
  | { type: 'review-exited'; id: string; review: string }
  /** the model starts, asks or awaits an agent of its own, which runs on a thread of its own */
  | { type: 'subagent'; id: string; label: string }
  /** any other tool: MCP, web search, images, waiting */
  | { type: 'tool'; id: string; label: string }
  | { type: 'other'; id: string };

export type ThreadEvent =
  | { kind: 'turn-started'; turnId: string; rootTurnId: string | null }
  | {
      kind: 'turn-completed';
      turnId: string;
      status: TurnStatus;
      error: TurnError | null;
      lastMessage: string | null;
    }
  | { kind: 'item-started'; turnId: string; item: Item }
  | { kind: 'item-completed'; turnId: string; item: Item }
  | { kind: 'error'; turnId: string; error: TurnError; willRetry: boolean }
  | { kind: 'token-usage'; turnId: string; total: TokenUsage }
  | { kind: 'thread-closed' }
  /** anything else about the thread: a sign of life */
  | { kind: 'other'; method: string };

export function threadEvent({ method, params }: ThreadNotification): ThreadEvent {
  const turn = fields(params.turn);
  const turnId = text(params.turnId) || text(turn.id);
  switch (method) {
    case 'turn/started':
      return { kind: 'turn-started', turnId, rootTurnId: text(turn.rootTurnId) || null };
    case 'turn/completed':
      return { kind: 'turn-completed', turnId, ...endOfTurn(turn) };
    case 'item/started':
      return { kind: 'item-started', turnId, item: readItem(params.item) };
    case 'item/completed':
      return { kind: 'item-completed', turnId, item: readItem(params.item) };
    case 'error':
      return {
        kind: 'error',
        turnId,
        error: readError(params.error),
        willRetry: params.willRetry === true,
      };
    case 'thread/tokenUsage/updated':
      return { kind: 'token-usage', turnId, total: readUsage(fields(params.tokenUsage).total) };
    case 'thread/closed':
      return { kind: 'thread-closed' };
    default:
      return { kind: 'other', method };
  }
}

export function readError(value: unknown): TurnError {
  const error = fields(value);
  return {
    message: text(error.message) || 'Codex gave no reason.',
    info: error.codexErrorInfo ?? null,
  };
}

function endOfTurn(turn: Record<string, unknown>) {
  const status = ['completed', 'interrupted'].includes(text(turn.status)) ? text(turn.status) : 'failed';
  const messages = list(turn.items)
    .map(readItem)
    .filter((item) => item.type === 'message');
  return {
    status: status as TurnStatus,
    error: isObject(turn.error) ? readError(turn.error) : null,
    lastMessage: messages.at(-1)?.text ?? null,
  };
}

const READERS: Record<string, (item: Record<string, unknown>, id: string) => Item> = {
  agentMessage: (item, id) => ({
    type: 'message',
    id,
    text: text(item.text),
    commentary: item.phase === 'commentary',
  }),
  reasoning: (item, id) => ({ type: 'reasoning', id, summary: texts(item.summary) }),
  commandExecution: (item, id) => ({
    type: 'command',
    id,
    command: text(item.command),
    status: text(item.status),
    exitCode: typeof item.exitCode === 'number' ? item.exitCode : null,
    yields: text(item.source).startsWith('unifiedExec'),
  }),
  fileChange: (item, id) => ({
    type: 'file-change',
    id,
    paths: list(item.changes).flatMap((change) => changedPaths(fields(change))),
    status: text(item.status),
  }),
  enteredReviewMode: (item, id) => ({ type: 'review-entered', id, target: text(item.review) }),
  exitedReviewMode: (item, id) => ({ type: 'review-exited', id, review: text(item.review) }),
  mcpToolCall: (item, id) => ({ type: 'tool', id, label: `${text(item.server)}.${text(item.tool)}` }),
  dynamicToolCall: (item, id) => ({ type: 'tool', id, label: text(item.tool) }),
  collabAgentToolCall: (item, id) => ({ type: 'subagent', id, label: `subagent: ${text(item.tool)}` }),
  webSearch: (item, id) => ({ type: 'tool', id, label: `web search: ${text(item.query)}` }),
  imageGeneration: (_item, id) => ({ type: 'tool', id, label: 'image generation' }),
  sleep: (_item, id) => ({ type: 'tool', id, label: 'waiting' }),
};

function readItem(value: unknown): Item {
  const item = fields(value);
  const id = text(item.id);
  return READERS[text(item.type)]?.(item, id) ?? { type: 'other', id };
}

function changedPaths(change: Record<string, unknown>): string[] {
  const movedTo = fields(change.kind).move_path;
  return [text(change.path), text(movedTo)].filter(Boolean);
}

function readUsage(value: unknown): TokenUsage {
  const usage = fields(value);
  const count = (name: string) => (typeof usage[name] === 'number' ? usage[name] : 0);
  return {
    totalTokens: count('totalTokens'),
    inputTokens: count('inputTokens'),
    cachedInputTokens: count('cachedInputTokens'),
    outputTokens: count('outputTokens'),
    reasoningOutputTokens: count('reasoningOutputTokens'),
  };
}

export function fields(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function texts(value: unknown): string[] {
  return list(value).filter((entry) => typeof entry === 'string');
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
