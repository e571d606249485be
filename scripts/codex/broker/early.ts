interface Kept {
  method: string;
  params: unknown;
}

/** Notifications about a new thread overtake the answer that names it: they are kept while such an answer is awaited. */
export class EarlyNotifications {
  readonly #kept = new Map<string, Kept[]>();
  #expected = 0;

  expect(): void {
    this.#expected += 1;
  }

  expectNoMore(): void {
    this.#expected -= 1;
    if (this.#expected === 0) this.#kept.clear();
  }

  keep(threadId: string, notification: Kept): void {
    if (this.#expected === 0) return;
    this.#kept.set(threadId, [...(this.#kept.get(threadId) ?? []), notification]);
  }

  take(threadId: string): Kept[] {
    const taken = this.#kept.get(threadId) ?? [];
    this.#kept.delete(threadId);
    return taken;
  }
}
