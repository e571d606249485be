import { isObject } from '../wire/rpc.ts';

/** Which client works on which thread, and which turn is running there: what routing and tidying up need. */
export class ThreadBook<Client> {
  readonly #owners = new Map<string, Client>();
  readonly #turns = new Map<string, string>();

  add(threadId: string, client: Client): void {
    this.#owners.set(threadId, client);
  }

  remove(threadId: string): void {
    this.#owners.delete(threadId);
    this.#turns.delete(threadId);
  }

  ownerOf(threadId: string): Client | undefined {
    return this.#owners.get(threadId);
  }

  threadsOf(client: Client): string[] {
    return [...this.#owners].flatMap(([threadId, owner]) => (owner === client ? [threadId] : []));
  }

  /** The turn that `turn/interrupt` wants is the last one that was started: a review's runs inside another. */
  noteTurn(threadId: string, turn: unknown): void {
    if (isObject(turn) && typeof turn.id === 'string') this.#turns.set(threadId, turn.id);
  }

  noteTurnEnd(threadId: string): void {
    this.#turns.delete(threadId);
  }

  /** Does any turn run? */
  get isBusy(): boolean {
    return this.#turns.size > 0;
  }

  turnOn(threadId: string): string | undefined {
    return this.#turns.get(threadId);
  }
}
