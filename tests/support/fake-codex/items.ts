import { randomBytes } from 'node:crypto';

/** Shapes of the protocol's values, as codex 0.169 sends them. */

/** As Codex makes them: UUIDv7. */
export function newId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  const noise = randomBytes(9).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${noise.slice(0, 3)}-8${noise.slice(3, 6)}-${noise.slice(6, 18)}`;
}

export interface WireError {
  message: string;
  codexErrorInfo: unknown;
  additionalDetails: null;
  misalignment: null;
}

export function wireError(message: string, codexErrorInfo: unknown): WireError {
  return { message, codexErrorInfo, additionalDetails: null, misalignment: null };
}

interface TurnState {
  rootTurnId?: string | null;
  items?: object[];
  error?: WireError | null;
}

export function wireTurn(
  id: string,
  status: string,
  { rootTurnId = id, items = [], error = null }: TurnState = {},
) {
  const itemsView = status !== 'inProgress' && items.length > 0 ? 'summary' : 'notLoaded';
  return {
    id,
    rootTurnId,
    items,
    itemsView,
    status,
    error,
    startedAt: null,
    completedAt: null,
    durationMs: null,
  };
}

export function userMessage(id: string, text: string) {
  return { type: 'userMessage', id, clientId: null, content: [{ type: 'text', text, text_elements: [] }] };
}

export function agentMessage(id: string, text: string) {
  const rest = { phase: null, memoryCitation: null, delivery: null, questions: null };
  return { type: 'agentMessage', moderation: null, id, text, ...rest };
}

export function reasoning(id: string, summary: string) {
  return { type: 'reasoning', id, summary: [summary], content: [] };
}

export interface CommandState {
  itemId: string;
  text: string;
  processId: string;
  output: string;
  exitCode: number | null;
}

export function commandExecution(command: CommandState, cwd: string) {
  const { itemId, text, processId, output, exitCode } = command;
  return {
    type: 'commandExecution',
    id: itemId,
    pluginId: null,
    scriptPath: null,
    command: `/bin/bash -lc '${text}'`,
    cwd,
    processId,
    source: 'unifiedExecStartup',
    status: exitCode === null ? 'inProgress' : exitCode === 0 ? 'completed' : 'failed',
    commandActions: [{ type: 'unknown', command: text }],
    aggregatedOutput: exitCode === null ? null : output || null,
    exitCode,
    durationMs: exitCode === null ? null : 0,
  };
}

export function fileChange(id: string, paths: string[], status: string) {
  const changes = paths.map((path) => ({ path, kind: { type: 'add' }, diff: '' }));
  return { type: 'fileChange', id, changes, status };
}

export function agentCall(id: string, senderThreadId: string, agentThreadId: string | null) {
  const status = agentThreadId === null ? 'inProgress' : 'completed';
  const receiverThreadIds = agentThreadId === null ? [] : [agentThreadId];
  const call = { type: 'collabAgentToolCall', id, tool: 'spawnAgent', status, senderThreadId };
  return { ...call, receiverThreadIds, prompt: null, model: '', reasoningEffort: 'medium', agentsStates: {} };
}

export function tokenUsage(requests: number) {
  const of = (n: number) => ({
    totalTokens: 110 * n,
    inputTokens: 100 * n,
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens: 10 * n,
    reasoningOutputTokens: 0,
  });
  return { total: of(requests), last: of(1), modelContextWindow: 258_400 };
}
