import type { Call } from '../command.ts';
import { EXIT_DONE, EXIT_OF_ERROR } from '../exit-codes.ts';
import { processLines } from './processes.ts';

/** The answer of `pause` and `resume`; returns the exit status. */
export function tellPause(
  call: Call,
  answer: { payload: object; lists: Parameters<typeof processLines>[0]; text: string; next: string },
): number {
  const { payload, lists, text, next } = answer;
  call.out.answer(payload, () => `${[text, ...processLines(lists), `- Next: ${next}`].join('\n')}\n`);
  return lists.left.length === 0 ? EXIT_DONE : EXIT_OF_ERROR['cancel-incomplete'];
}
