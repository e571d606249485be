/**
 * Where a test fails and then its disposal fails too, `await using` throws a SuppressedError, of which the test runner
 * shows "An error was suppressed during disposal" and neither error. This one tells both. Import it for its effect.
 */
class TellingSuppressedError extends Error {
  override readonly name = 'SuppressedError';
  readonly error: unknown;
  readonly suppressed: unknown;

  constructor(error: unknown, suppressed: unknown) {
    super(`${stackOf(suppressed)}\n\nand then, during disposal: ${stackOf(error)}`);
    this.error = error;
    this.suppressed = suppressed;
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}

// What tsx makes of `await using` looks the class up by name when it throws.
Object.assign(globalThis, { SuppressedError: TellingSuppressedError });

export {};
