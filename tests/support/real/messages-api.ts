import { setTimeout as delay } from 'node:timers/promises';
import { eventStream, type JsonRequest, listenOnLoopback, sendJson } from './loopback.ts';

/** The part of Anthropic's Messages API that a scripted model needs. */
export interface MessagesRequest {
  model: string;
  max_tokens: number;
  stream?: boolean;
  system?: Content;
  messages: { role: 'user' | 'assistant' | 'system'; content: Content }[];
  tools?: { name: string }[];
}

type Content = string | Block | Content[] | undefined;

interface Block {
  type: string;
  text?: string;
  tool_use_id?: string;
  content?: Content;
}

/** One answer of the model. A request takes the first queued turn that fits it, else "ok". */
export interface ModelTurn {
  text?: string;
  tools?: ToolCall[];
  /** How long the model thinks, in milliseconds. */
  delayMs?: number;
  /** An API error instead of an answer. */
  status?: number;
  /** All that is given must hold. */
  when?: {
    /** Stands in what is new since the model's last answer. */
    newText?: string;
    /** Stands in any message of the user's side. */
    anyText?: string;
    /** Stands in the system prompt, which names a subagent. */
    system?: string;
    /** The result of this tool call is new. */
    resultOf?: string;
  };
}

export interface ToolCall {
  /** Names the call in `toolResult`. */
  id: string;
  name: string;
  input: Record<string, unknown>;
}

export interface MessagesApi extends AsyncDisposable {
  /** For ANTHROPIC_BASE_URL. */
  url: string;
  /** Puts turns at the end of the queue. */
  script(...turns: ModelTurn[]): void;
  /** What the agents (also subagents) asked so far, without titles and other side calls. */
  agentRequests(): MessagesRequest[];
  /** The text that is new in the last agent request, or in the n-th. */
  newText(n?: number): string;
  /** What a tool call printed, once a request has brought it. */
  toolResult(id: string): string | undefined;
}

/** A stand-in for the Messages API on loopback. */
export async function startMessagesApi(): Promise<MessagesApi> {
  const turns: ModelTurn[] = [];
  const asked: MessagesRequest[] = [];
  const server = await listenOnLoopback(async (request, response) => {
    if (request.method !== 'POST' || request.path !== '/v1/messages')
      return sendJson(response, 200, sideAnswer(request));
    const body = request.body as MessagesRequest;
    const fromAgent = isAgents(body);
    if (fromAgent) asked.push(body);
    const turn = (fromAgent ? take(turns, body) : undefined) ?? { text: 'ok' };
    if (turn.delayMs) await delay(turn.delayMs);
    if (turn.status) return sendJson(response, turn.status, apiError);
    const message = answer(body, turn, asked.length);
    if (!body.stream) return sendJson(response, 200, message);
    const send = eventStream(response);
    for (const event of asEvents(message)) send(event);
    response.end();
  });
  return {
    url: server.url,
    script: (...more) => turns.push(...more),
    agentRequests: () => [...asked],
    newText: (n = -1) => textOf(newSince(asked.at(n)).map(({ content }) => content)),
    toolResult: (id) => {
      const found = asked.flatMap(({ messages }) => messages.flatMap(({ content }) => resultOf(id, content)));
      return found.length > 0 ? textOf(found.at(-1)) : undefined;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const apiError = { type: 'error', error: { type: 'api_error', message: 'scripted error' } };

function sideAnswer({ path }: JsonRequest): unknown {
  if (path === '/v1/messages/count_tokens') return { input_tokens: 100 };
  if (path === '/v1/models') return { data: [], has_more: false };
  return {};
}

/** An agent's request offers tools; a title or a quota probe does not. */
function isAgents({ tools, max_tokens }: MessagesRequest): boolean {
  return (tools?.length ?? 0) > 0 && max_tokens > 1;
}

function take(turns: ModelTurn[], body: MessagesRequest): ModelTurn | undefined {
  const index = turns.findIndex((turn) => fits(turn, body));
  return index < 0 ? undefined : turns.splice(index, 1)[0];
}

function fits({ when = {} }: ModelTurn, body: MessagesRequest): boolean {
  const latest = newSince(body).map(({ content }) => content);
  const users = body.messages.filter(({ role }) => role === 'user').map(({ content }) => content);
  const holds = (needle: string | undefined, content: Content) =>
    needle === undefined || textOf(content).includes(needle);
  return (
    holds(when.newText, latest) &&
    holds(when.anyText, users) &&
    holds(when.system, body.system) &&
    (when.resultOf === undefined || resultOf(when.resultOf, latest).length > 0)
  );
}

function newSince(body: MessagesRequest | undefined) {
  const messages = body?.messages ?? [];
  return messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1);
}

function textOf(content: Content): string {
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(textOf).filter(Boolean).join('\n');
  if (content.type === 'tool_result') return textOf(content.content);
  return content.type === 'text' ? (content.text ?? '') : '';
}

function resultOf(id: string, content: Content): Content[] {
  if (Array.isArray(content)) return content.flatMap((part) => resultOf(id, part));
  if (typeof content !== 'object' || content.type !== 'tool_result') return [];
  return content.tool_use_id === id ? [content.content ?? ''] : [];
}

type AnswerBlock = { type: 'text'; text: string } | ({ type: 'tool_use' } & ToolCall);

function answer({ model }: MessagesRequest, turn: ModelTurn, n: number) {
  const text: AnswerBlock[] = turn.text === undefined ? [] : [{ type: 'text', text: turn.text }];
  const tools = (turn.tools ?? []).map((call): AnswerBlock => ({ type: 'tool_use', ...call }));
  return {
    ...{ id: `msg_${n}`, type: 'message', role: 'assistant', model, stop_sequence: null },
    content: [...text, ...tools],
    stop_reason: tools.length > 0 ? 'tool_use' : 'end_turn',
    usage: {
      ...{ input_tokens: 10, output_tokens: 10 },
      ...{ cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
    },
  };
}

/** The order of events that the API documents for a streamed message. */
function asEvents(message: ReturnType<typeof answer>) {
  const { content, stop_reason, stop_sequence, usage } = message;
  const blocks = content.flatMap((block, index) => [
    { type: 'content_block_start', index, content_block: started(block) },
    { type: 'content_block_delta', index, delta: wholeDelta(block) },
    { type: 'content_block_stop', index },
  ]);
  return [
    { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
    ...blocks,
    { type: 'message_delta', delta: { stop_reason, stop_sequence }, usage },
    { type: 'message_stop' },
  ];
}

function started(block: AnswerBlock): AnswerBlock {
  return block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} };
}

function wholeDelta(block: AnswerBlock) {
  return block.type === 'text'
    ? { type: 'text_delta', text: block.text }
    : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) };
}
