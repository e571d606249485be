import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from './commands.ts';
import { newId } from './items.ts';
import { Refusal } from './refusal.ts';
import type { Server } from './server.ts';
import { Turn } from './turn.ts';

/** A loaded thread. Its rollout and its writer lock lie below CODEX_HOME, so that another process can resume it. */
export class Thread {
  readonly id: string;
  readonly server: Server;
  readonly parentThreadId: string | null;
  readonly cwd: string;
  /** by `shell_environment_policy.set` */
  readonly environment: Record<string, string>;
  readonly commands = new Set<Command>();
  subscribed = true;
  answers = 0;
  #turn: Turn | undefined;

  constructor(
    server: Server,
    id: string,
    params: Record<string, unknown>,
    parentThreadId: string | null = null,
  ) {
    const config = (params.config ?? {}) as Record<string, unknown>;
    this.server = server;
    this.id = id;
    this.parentThreadId = parentThreadId;
    this.cwd = String(params.cwd ?? '/');
    this.environment = (config['shell_environment_policy.set'] ?? {}) as Record<string, string>;
    lock(id);
  }

  describe() {
    const status = this.#turn?.announced ? { type: 'active', activeFlags: [] } : { type: 'idle' };
    const thread = {
      id: this.id,
      sessionId: this.id,
      parentThreadId: this.parentThreadId,
      ephemeral: false,
      path: file(this.id, 'jsonl'),
      cwd: this.cwd,
      status,
      turns: [],
    };
    return { thread, model: 'fake-model', modelProvider: 'fake', cwd: this.cwd, approvalPolicy: 'never' };
  }

  /** Codex notes a call of a tool before the tool is begun; a review's in the rollout of a thread inside this one. */
  recordCall(name: string): void {
    const inside = this.#turn?.isReview ? this.#turn.interruptibleId : undefined;
    if (inside !== undefined)
      record(inside, { type: 'session_meta', payload: { parent_thread_id: this.id } });
    record(inside ?? this.id, { type: 'response_item', payload: { type: 'function_call', name } });
  }

  /** On a thread with a running turn this steers it: the same turn goes on, with the new prompt. */
  startTurn(prompt: string): string {
    if (this.#turn) {
      this.#turn.steer(prompt);
      return this.#turn.id;
    }
    return this.#begin(new Turn(this, { id: newId(), prompt }));
  }

  startReview(subject: string, prompt: string): string {
    return this.#begin(new Turn(this, { id: newId(), prompt, review: { innerId: newId(), subject } }));
  }

  #begin(turn: Turn): string {
    this.#turn = turn;
    record(this.id, { type: 'event_msg', payload: { type: 'task_started', turn_id: turn.id } });
    void turn.run().then(() => {
      this.#turn = undefined;
      if (!this.subscribed) setTimeout(() => this.unloadIfIdle(), this.server.options.unloadDelayMs).unref();
    });
    return turn.id;
  }

  /** A review can be interrupted by the id of its inner turn only. */
  interrupt(turnId: string): object {
    if (!this.#turn?.announced) throw new Refusal('no active turn to interrupt');
    const active = this.#turn.interruptibleId;
    if (turnId !== active) throw new Refusal(`expected active turn id ${turnId} but found ${active}`);
    this.#turn.interrupt();
    return {};
  }

  terminals() {
    const data = [...this.commands]
      .filter((command) => command.running && !this.#turn?.isReview)
      .map(({ itemId, processId, text }) => ({
        itemId,
        processId,
        command: text,
        cwd: this.cwd,
        osPid: null,
      }));
    return { data, nextCursor: null };
  }

  terminate(processId: string): object {
    const command = [...this.commands].find((one) => one.processId === processId && one.running);
    if (command) this.commands.delete(command);
    return { terminated: command?.terminate() ?? false };
  }

  clean(): object {
    for (const command of this.commands) command.terminate();
    this.commands.clear();
    return {};
  }

  /** A turn that has begun is never unloaded; one that was asked for a moment ago is lost. */
  unloadIfIdle(): void {
    if (this.subscribed || this.#turn?.announced) return;
    this.#turn?.drop();
    this.unload();
    this.server.unloaded(this);
  }

  unload(): void {
    this.clean();
    rmSync(file(this.id, 'lock'), { force: true });
  }
}

export function hasRollout(threadId: string): boolean {
  return existsSync(file(threadId, 'jsonl'));
}

/** By another living process. */
export function isLocked(threadId: string): boolean {
  if (!existsSync(file(threadId, 'lock'))) return false;
  const pid = Number(readFileSync(file(threadId, 'lock'), 'utf8'));
  return pid !== process.pid && existsSync(`/proc/${pid}`);
}

function record(threadId: string, line: object): void {
  appendFileSync(file(threadId, 'jsonl'), `${JSON.stringify(line)}\n`);
}

function lock(threadId: string): void {
  writeFileSync(file(threadId, 'lock'), String(process.pid));
}

function file(threadId: string, extension: string): string {
  const folder = join(process.env.CODEX_HOME ?? join(process.env.HOME ?? '/tmp', '.codex'), 'fake-threads');
  mkdirSync(folder, { recursive: true });
  return join(folder, `${threadId}.${extension}`);
}
