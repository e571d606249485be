/** An error answer. Codex 0.169 uses -32600 for nearly everything. */
export class Refusal extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(message: string, code = -32_600, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}
