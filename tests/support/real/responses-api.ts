import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { eventStream, listenOnLoopback, sendJson } from './loopback.ts';
import { type ModelStep, stepOf } from './model-script.ts';

/** The part of OpenAI's Responses API that a scripted model needs. */
export interface ResponsesRequest {
  model: string;
  input: InputItem[];
  tools?: { name?: string; type: string }[];
}

interface InputItem {
  type?: string;
  role?: string;
  content?: string | { text?: string }[];
  output?: unknown;
}

/** One request for an answer, and what became of it. */
export interface ModelRequest {
  body: ResponsesRequest;
  /** The newest message of the user's. */
  prompt: string;
  /** What the tools called since that message printed. */
  outputs: string[];
  step: ModelStep;
  /** The client hung up before the answer was whole. */
  cut: boolean;
  /** The answer is over, in whichever way. */
  ended: boolean;
}

export interface ResponsesApi extends AsyncDisposable {
  /** For `base_url` of a model provider. */
  baseUrl: string;
  requests: readonly ModelRequest[];
  /** What the next answers are, whoever asks: for prompts that the program under test writes itself. */
  script(...steps: ModelStep[]): void;
  /** Ends the thinking of every answer that is held. */
  release(): void;
}

/** A stand-in for the Responses API on loopback. Prompts say themselves what the model does: `stepOf`. */
export async function startResponsesApi(): Promise<ResponsesApi> {
  const requests: ModelRequest[] = [];
  const scripted: ModelStep[] = [];
  const held = new EventEmitter().setMaxListeners(0);
  const server = await listenOnLoopback(async ({ method, path, body }, response) => {
    if (method !== 'POST' || !path.endsWith('/responses')) return sendJson(response, ...sideAnswer(path));
    const asked = read(body as ResponsesRequest, scripted);
    requests.push(asked);
    const hungUp = new AbortController();
    response.on('close', () => {
      asked.cut = !response.writableFinished;
      asked.ended = true;
      hungUp.abort();
    });
    if (asked.step.hold) await unlessAborted(once(held, 'release', { signal: hungUp.signal }), hungUp.signal);
    await answer(asked, requests.length, response, hungUp.signal);
  });
  return {
    baseUrl: `${server.url}/v1`,
    requests,
    script: (...steps) => scripted.push(...steps),
    release: () => held.emit('release'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function sideAnswer(path: string): [number, unknown] {
  const models = { object: 'list', data: [{ id: 'mock-model', object: 'model' }], models: [] };
  return path.endsWith('/models') ? [200, models] : [404, { error: { message: `no ${path} here` } }];
}

function read(body: ResponsesRequest, scripted: ModelStep[]): ModelRequest {
  const last = body.input.findLastIndex(isPrompt);
  const prompt = textOf(body.input[last]);
  const outputs = body.input
    .slice(last + 1)
    .filter(({ type = '' }) => type.endsWith('_output'))
    .map(({ output }) => (typeof output === 'string' ? output : JSON.stringify(output)));
  const step = scripted.shift() ??
    stepOf(prompt, outputs.length) ?? { say: `Reply to: ${prompt.slice(0, 120)}` };
  return { body, prompt, outputs, step, cut: false, ended: false };
}

/** Codex puts notes of its own beside the user's words, under the same role. */
function isPrompt(item: InputItem): boolean {
  if ((item.type ?? 'message') !== 'message' || item.role !== 'user') return false;
  return !/^\s*(<(environment_context|user_instructions|turn_aborted|skill|subagent)|# AGENTS\.md instructions)/i.test(
    textOf(item),
  );
}

function textOf(item: InputItem | undefined): string {
  const content = item?.content ?? '';
  return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('\n');
}

async function answer(asked: ModelRequest, n: number, response: ServerResponse, hungUp: AbortSignal) {
  const { step, body } = asked;
  if (step.http) {
    await pause(step.delayMs ?? 0, hungUp);
    const message = `scripted status ${step.http}`;
    return sendJson(response, step.http, { error: { message, type: 'mock_error', code: 'mock_error' } });
  }
  const stream = eventStream(response);
  const send = (type: string, data: object) => response.destroyed || stream({ type, ...data });
  const report = { id: `resp_${n}`, object: 'response', model: body.model };
  send('response.created', { response: { ...report, status: 'in_progress', output: [] } });
  if (step.hang) return;
  await pause(step.delayMs ?? 0, hungUp);
  if (step.drop) return void response.destroy();
  if (step.fail) {
    send('response.failed', { response: { ...report, status: 'failed', error: step.fail } });
  } else {
    const output = items(step, body, n);
    output.forEach((item, index) => {
      sendItem(send, item, index);
    });
    send('response.completed', { response: { ...report, status: 'completed', output, usage } });
  }
  response.end();
}

const usage = {
  ...{ input_tokens: 100, output_tokens: 10, total_tokens: 110 },
  ...{ input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } },
};

function pause(ms: number, hungUp: AbortSignal): Promise<unknown> {
  return unlessAborted(delay(ms, undefined, { signal: hungUp }), hungUp);
}

/** Waits, but not longer than the client does. */
function unlessAborted(wait: Promise<unknown>, hungUp: AbortSignal): Promise<unknown> {
  return wait.catch((error: unknown) => {
    if (!hungUp.aborted) throw error;
  });
}

type OutputItem = { type: string; id: string; content?: { type: string; text: string }[] | null };

function items(
  { reason, exec, agent, escalated, say }: ModelStep,
  body: ResponsesRequest,
  n: number,
): OutputItem[] {
  const output: OutputItem[] = [];
  if (reason !== undefined)
    output.push({
      ...{ type: 'reasoning', id: `rs_${n}`, content: null },
      ...{ summary: [{ type: 'summary_text', text: reason }], encrypted_content: null },
    });
  if (exec !== undefined) output.push(shellCall({ cmd: exec, ...(escalated && escalation) }, body, n));
  if (agent !== undefined) output.push(call('spawn_agent', { message: agent }, n, 'multi_agent_v1'));
  if (say !== undefined) {
    const content = [{ type: 'output_text', text: say, annotations: [] }];
    output.push({ type: 'message', id: `msg_${n}`, ...{ role: 'assistant', content } });
  }
  return output;
}

const escalation = { sandbox_permissions: 'require_escalated', justification: 'It is a test.' };

function shellCall(command: object, { tools = [] }: ResponsesRequest, n: number): OutputItem {
  if (!tools.some(({ name }) => name === 'exec_command'))
    throw new Error(`Codex offered no exec_command tool: ${JSON.stringify(tools.map(({ name }) => name))}`);
  return call('exec_command', command, n);
}

function call(name: string, parameters: object, n: number, namespace?: string): OutputItem {
  const named = namespace === undefined ? { name } : { name, namespace };
  const rest = { call_id: `call_${n}`, arguments: JSON.stringify(parameters) };
  return { type: 'function_call', id: `fc_${n}`, ...named, ...rest };
}

function sendItem(send: (type: string, data: object) => void, item: OutputItem, index: number): void {
  const text = item.type === 'message' ? item.content?.[0]?.text : undefined;
  const place = { output_index: index };
  send('response.output_item.added', {
    ...place,
    item: text === undefined ? item : { ...item, content: [] },
  });
  if (text !== undefined)
    send('response.output_text.delta', { ...place, content_index: 0, item_id: item.id, delta: text });
  send('response.output_item.done', { ...place, item });
}
