import { isTrouble } from '../../domain/base/errors.ts';
import { warn } from '../../state/files/warnings.ts';

/**
 * For whatever looks at many jobs, sessions or workspaces: what one of them is in trouble with (damaged, gone, a disk that
 * does not read) is said and costs that one alone. Undefined then.
 */
export function orPassOver<T>(
  what: string,
  act: () => T,
  say: (trouble: string) => void = warn,
): T | undefined {
  try {
    return act();
  } catch (error) {
    tell(what, error, say);
    return undefined;
  }
}

export async function orPassOverLater<T>(
  what: string,
  act: () => Promise<T>,
  say: (trouble: string) => void = warn,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    tell(what, error, say);
    return undefined;
  }
}

/** Where its own status will say so. */
export const saysNothing = (): void => {};

function tell(what: string, error: unknown, say: (trouble: string) => void): void {
  if (!isTrouble(error)) throw error;
  say(`${what}: ${error.message}`);
}
