import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ModelStep, stepOf } from '../real/model-script.ts';
import { Command } from './commands.ts';
import * as items from './items.ts';
import { errorOf } from './model-errors.ts';
import type { Thread } from './thread.ts';

export interface TurnPlan {
  id: string;
  prompt: string;
  review?: { innerId: string; subject: string };
}

type End = { status: 'completed' | 'interrupted' | 'failed'; error?: items.WireError };

/** How long after the answer to turn/start the turn is announced: 20 to 40 ms in Codex. */
const ANNOUNCED_AFTER_MS = 15;
const HOLD_STEP_MS = 50;

/**
 * One turn, told by the directives of its prompt: those of the scripted model (tests/support/real/model-script.ts) and
 *   [[die]] [[die:SIGNAL]]   the app-server ends, with status 101 or by that signal
 *   [[error-only]]           an `error` that is not retried, and no turn/completed
 *   [[retry:TEXT]]           an `error` that Codex retries by itself
 *   [[mute]]                 the app-server says and does nothing any more
 *   [[stubborn]]             interrupts are accepted and ignored
 *   [[ask:METHOD]]           asks the client; the answer becomes the message
 *   [[untold:COMMAND]]       runs it and does not get round to telling so
 *   [[foreign]]              bytes and lines that are no message stand between the notifications
 *   [[big:N]]                a message of N characters
 */
export class Turn {
  readonly id: string;
  announced = false;
  readonly #thread: Thread;
  readonly #plan: TurnPlan;
  #prompt: string;
  #interrupted = new AbortController();
  #steered = new AbortController();
  #lastMessage: object | undefined;
  #dropped = false;

  constructor(thread: Thread, plan: TurnPlan) {
    this.#thread = thread;
    this.#plan = plan;
    this.#prompt = plan.prompt;
    this.id = plan.id;
  }

  get interruptibleId(): string {
    return this.#plan.review?.innerId ?? this.id;
  }

  get isReview(): boolean {
    return this.#plan.review !== undefined;
  }

  interrupt(): void {
    if (!this.#has('stubborn')) this.#interrupted.abort();
  }

  steer(prompt: string): void {
    this.#prompt = prompt;
    this.#steered.abort();
  }

  /** Its thread was unloaded before it began. */
  drop(): void {
    this.#dropped = true;
  }

  async run(): Promise<void> {
    const { review } = this.#plan;
    if (review) this.#item({ type: 'enteredReviewMode', id: items.newId(), review: review.subject });
    await delay(this.#thread.server.options.settings().announcedAfterMs ?? ANNOUNCED_AFTER_MS);
    if (this.#dropped) return;
    this.#announce();
    this.#item(items.userMessage(items.newId(), this.#prompt));
    const end = await this.#play();
    if (end) this.#complete(end);
    else await new Promise(() => {}); // for ever active
  }

  #announce(): void {
    this.announced = true;
    this.#notify('thread/status/changed', { status: { type: 'active', activeFlags: [] } });
    const rootTurnId = this.#thread.server.options.settings().namesNoRootTurn ? null : this.id;
    const turn = items.wireTurn(this.interruptibleId, 'inProgress', { rootTurnId });
    this.#notify('turn/started', { turn });
  }

  /** The end, or undefined where there is none. */
  async #play(): Promise<End | undefined> {
    for (let commandsDone = 0; ; ) {
      const stopped = await this.#misbehave();
      if (stopped) return undefined;
      const step = stepOf(this.#prompt, commandsDone) ?? {
        say: `fake reply to: ${this.#prompt.slice(0, 120)}`,
      };
      await this.#think(step);
      if (this.#interrupted.signal.aborted) return { status: 'interrupted' };
      if (this.#steered.signal.aborted) {
        this.#steered = new AbortController();
        commandsDone = 0;
        continue;
      }
      const error = errorOf(step);
      if (error) return this.#fail(error);
      if (step.agent !== undefined) this.#startAgent(step.agent);
      else if (step.exec !== undefined) await this.#execute(step.exec);
      else {
        await this.#say(step);
        return { status: 'completed' };
      }
      this.#tellUsage();
      if (this.#interrupted.signal.aborted) return { status: 'interrupted' };
      commandsDone += 1;
    }
  }

  async #misbehave(): Promise<boolean> {
    const { server } = this.#thread;
    if (this.#has('mute')) server.muted = true;
    const death = this.#value('die');
    if (death) process.kill(process.pid, death);
    if (death === '') {
      console.error("thread 'turn' panicked");
      process.exit(101);
    }
    const retried = this.#value('retry');
    if (retried !== undefined) this.#error(items.wireError(retried, 'other'), true);
    if (this.#has('foreign')) {
      server.options.sendRaw(Buffer.from([0xff, 0xfe, 0x00, 0x0a]));
      server.options.sendRaw(Buffer.from('WARNING: this is no message\n{"half": \n\n[1,2]\n'));
    }
    const untold = this.#value('untold');
    if (untold !== undefined) this.#begin(untold, `call_${items.newId()}`);
    if (untold !== undefined) return true;
    if (!this.#has('error-only')) return server.muted;
    this.#fail(items.wireError('the stream broke', 'other'));
    return true;
  }

  async #think({ delayMs, hang, hold }: ModelStep): Promise<void> {
    const signal = AbortSignal.any([this.#interrupted.signal, this.#steered.signal]);
    const held = () => hold && !this.#thread.server.options.settings().released;
    // Cut short by an interrupt or a steer, which is asked for afterwards.
    while (held() && !signal.aborted) await delay(HOLD_STEP_MS, undefined, { signal }).catch(() => {});
    const ms = hang ? 2 ** 31 - 1 : (delayMs ?? 0);
    if (ms > 0) await delay(ms, undefined, { signal }).catch(() => {});
  }

  async #say(step: ModelStep): Promise<void> {
    const big = this.#value('big');
    const asked = this.#value('ask');
    const { id: threadId } = this.#thread;
    const ids = { threadId, turnId: this.id, itemId: 'call_ask' };
    const said = asked === undefined ? step.say : JSON.stringify(await this.#thread.server.ask(asked, ids));
    const text = big === undefined ? (said ?? '') : 'x'.repeat(Number(big));
    if (step.reason) this.#item(items.reasoning(items.newId(), step.reason));
    if (this.#plan.review) return this.#concludeReview(text);
    const id = items.newId();
    this.#notify('item/started', { item: items.agentMessage(id, ''), turnId: this.id });
    this.#notify('item/agentMessage/delta', { itemId: id, delta: text, turnId: this.id });
    this.#lastMessage = items.agentMessage(id, text);
    this.#notify('item/completed', { item: this.#lastMessage, turnId: this.id });
    this.#tellUsage();
  }

  /** After each answer of the model, when its tools have returned; not in a review. */
  #tellUsage(): void {
    if (this.#plan.review) return;
    this.#thread.answers += 1;
    const tokenUsage = items.tokenUsage(this.#thread.answers);
    this.#notify('thread/tokenUsage/updated', { turnId: this.id, tokenUsage });
  }

  /** The reviewer's own message is never completed; what it says comes twice. */
  #concludeReview(text: string): void {
    this.#notify('item/started', { item: items.agentMessage(items.newId(), ''), turnId: this.id });
    this.#item({ type: 'exitedReviewMode', id: items.newId(), review: text });
    this.#lastMessage = items.agentMessage(`msg_${items.newId()}`, text);
    this.#item(this.#lastMessage);
  }

  /** An agent has a thread of its own. */
  #startAgent(prompt: string): void {
    const { id: threadId, server } = this.#thread;
    const id = items.newId();
    this.#thread.recordCall('spawn_agent');
    this.#notify('item/started', { item: items.agentCall(id, threadId, null), turnId: this.id });
    const agent = server.startAgent(this.#thread, prompt);
    this.#notify('item/completed', { item: items.agentCall(id, threadId, agent), turnId: this.id });
  }

  async #execute(text: string): Promise<void> {
    const { cwd } = this.#thread;
    const itemId = `call_${items.newId()}`;
    if (text.startsWith('apply_patch')) return this.#patch(text, itemId);
    const command = this.#begin(text, itemId);
    this.#notify('item/started', { item: items.commandExecution(command, cwd), turnId: this.id });
    void command.ended.then(() => {
      this.#thread.commands.delete(command);
      this.#notify('item/completed', { item: items.commandExecution(command, cwd), turnId: this.id });
    });
    const yieldMs = this.#thread.server.options.settings().yieldMs ?? 10_000;
    const given = new AbortController();
    const signal = AbortSignal.any([this.#interrupted.signal, given.signal]);
    await Promise.race([command.ended, delay(yieldMs, undefined, { signal }).catch(() => {})]);
    given.abort();
  }

  #begin(text: string, itemId: string): Command {
    const { cwd, environment, id: threadId } = this.#thread;
    const ours = {
      CODEX_THREAD_ID: threadId,
      CODEX_SESSION_ID: threadId,
      CODEX_TOOL_CALL_ID: itemId,
      CODEX_CI: '1',
    };
    this.#thread.recordCall('exec_command');
    const command = new Command(text, itemId, { cwd, env: { ...process.env, ...ours, ...environment } });
    this.#thread.commands.add(command);
    return command;
  }

  /** Codex takes `apply_patch` out of a shell command and does it itself. Here: added files only. */
  #patch(text: string, itemId: string): void {
    const added = [...text.matchAll(/^\*\*\* Add File: (.+)\n((?:\+.*\n?)*)/gm)].map(
      ([, name = '', body = '']) => ({
        path: resolve(this.#thread.cwd, name),
        content: body.replace(/^\+/gm, ''),
      }),
    );
    const paths = added.map(({ path }) => path);
    this.#thread.recordCall('exec_command');
    this.#notify('item/started', { item: items.fileChange(itemId, paths, 'inProgress'), turnId: this.id });
    for (const { path, content } of added) writeFileSync(path, content);
    this.#notify('item/completed', { item: items.fileChange(itemId, paths, 'completed'), turnId: this.id });
  }

  #fail(error: items.WireError): End {
    this.#notify('thread/status/changed', { status: { type: 'systemError' } });
    this.#error(error, false);
    return { status: 'failed', error };
  }

  #error(error: items.WireError, willRetry: boolean): void {
    this.#notify('error', { error, willRetry, turnId: this.id });
  }

  #complete({ status, error }: End): void {
    // Those of a review run on a thread inside ours, which ends with it.
    if (this.#plan.review) this.#thread.clean();
    if (status !== 'completed' && this.#plan.review) {
      this.#item({
        type: 'exitedReviewMode',
        id: items.newId(),
        review: 'Reviewer failed to output a response.',
      });
      const stock = 'Review was interrupted. Please re-run /review and wait for it to complete.';
      this.#item(items.agentMessage(`msg_${items.newId()}`, stock));
    }
    if (status !== 'failed') this.#notify('thread/status/changed', { status: { type: 'idle' } });
    const last = status === 'completed' && this.#lastMessage ? [this.#lastMessage] : [];
    const turn = items.wireTurn(this.id, status, { items: last, error: error ?? null });
    this.announced = false;
    this.#notify('turn/completed', { turn });
  }

  #item(item: object): void {
    this.#notify('item/started', { item, turnId: this.id });
    this.#notify('item/completed', { item, turnId: this.id });
  }

  #notify(method: string, params: object): void {
    this.#thread.server.notify(method, { threadId: this.#thread.id, ...params });
  }

  #has(directive: string): boolean {
    return this.#value(directive) !== undefined;
  }

  #value(directive: string): string | undefined {
    const found = new RegExp(`\\[\\[${directive}(?::([^\\]]*))?\\]\\]`).exec(this.#prompt);
    return found ? (found[1] ?? '') : undefined;
  }
}
