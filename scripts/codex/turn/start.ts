import { CompanionError } from '../../domain/base/errors.ts';
import type { ReviewTarget } from '../../domain/job/specs.ts';
import type { CodexConnection } from '../wire/connection.ts';
import { fields, text } from '../wire/protocol.ts';
import { RpcError } from '../wire/rpc.ts';
import type { OpenThread } from './open-thread.ts';

export type TurnWork =
  | { kind: 'task'; prompt: string; outputSchema?: unknown }
  | { kind: 'review'; target: ReviewTarget };

export interface TurnParameters {
  work: TurnWork;
  model: string | null;
  effort: string | null;
}

/** Codex 0.169 refuses more with `input_too_large`; it counts characters, not bytes. */
export const MAX_PROMPT_CHARACTERS = 1_048_576;

/** @throws CompanionError `usage` for what Codex would refuse, before anything is started */
export function checkWork(work: TurnWork): void {
  if (work.kind !== 'task') return;
  if (work.prompt.trim() === '') throw new CompanionError('usage', 'The prompt is empty.');
  // UTF-16 units are never fewer than characters, so most prompts need no counting.
  const characters = work.prompt.length > MAX_PROMPT_CHARACTERS ? [...work.prompt].length : 0;
  if (characters > MAX_PROMPT_CHARACTERS)
    throw new CompanionError(
      'usage',
      `The prompt has ${characters} characters; Codex takes at most ${MAX_PROMPT_CHARACTERS}.`,
      { hint: 'Put the text into a file in the workspace and name the file in the prompt.' },
    );
}

/** Starts the turn and gives its id. Rejects as `request` of the connection does. */
export async function startTurn(
  connection: CodexConnection,
  thread: OpenThread,
  parameters: TurnParameters,
): Promise<string> {
  const { method, params } = turnCall(thread, parameters);
  const answer = fields(await connection.request(method, { threadId: thread.threadId, ...params }));
  const turnId = text(fields(answer.turn).id);
  if (turnId === '') throw new RpcError(method, 0, 'Codex named no turn in its answer.', answer);
  return turnId;
}

function turnCall(
  thread: OpenThread,
  { work, model, effort }: TurnParameters,
): { method: string; params: object } {
  switch (work.kind) {
    case 'task':
      return {
        method: 'turn/start',
        params: {
          input: [{ type: 'text', text: work.prompt, text_elements: [] }],
          approvalPolicy: thread.approvals.approvalPolicy,
          sandboxPolicy: thread.sandboxPolicy,
          ...(model ? { model } : {}),
          ...(effort ? { effort } : {}),
          ...(work.outputSchema === undefined ? {} : { outputSchema: work.outputSchema }),
        },
      };
    case 'review':
      return { method: 'review/start', params: { target: codexTarget(work.target), delivery: 'inline' } };
  }
}

function codexTarget(target: ReviewTarget): object {
  return target.mode === 'branch' && target.baseRef
    ? { type: 'baseBranch', branch: target.baseRef }
    : { type: 'uncommittedChanges' };
}
