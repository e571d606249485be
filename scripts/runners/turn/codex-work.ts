import { relative } from 'node:path';
import type { TurnResult } from '../../codex/turn/result.ts';
import type { JobRequest } from '../../domain/job/job.ts';
import { prepareAdversarialReview } from './adversarial-review.ts';
import { type CodexWork, codexPart, exitStatus, rendered, type StoredResult } from './stored-result.ts';

export type CodexRequest = Exclude<JobRequest, { kind: 'run' }>;

export async function prepareWork(request: CodexRequest): Promise<CodexWork> {
  switch (request.kind) {
    case 'task':
      return {
        work: { kind: 'task', prompt: request.spec.prompt },
        write: request.spec.write,
        resultOf: (result) => taskResult(request, result),
      };
    case 'review':
      return {
        work: { kind: 'review', target: request.spec.target },
        write: false,
        resultOf: (result) => reviewResult(request.spec.target, result),
      };
    case 'adversarial-review':
      return prepareAdversarialReview(request);
  }
}

function taskResult({ cwd }: CodexRequest, result: TurnResult): StoredResult {
  const { threadId, sandbox, finalMessage, touchedFiles, reasoningSummary } = result;
  const payload = {
    status: exitStatus(result),
    threadId,
    rawOutput: finalMessage,
    touchedFiles,
    reasoningSummary,
    ...(sandbox && sandbox.mode !== 'read-only' ? { sandbox } : {}),
  };
  const files = touchedFiles.map((file) => `  ${relative(cwd, file) || file}`);
  const changed = files.length > 0 ? [`Files changed:\n${files.join('\n')}`] : [];
  const full = sandbox?.by === 'user' ? [`Sandbox: ${sandbox.mode}, as in your Codex configuration.`] : [];
  return { payload, rendered: rendered(result, [finalMessage, ...changed, ...full]) };
}

function reviewResult(target: unknown, result: TurnResult): StoredResult {
  const { threadId, reviewText, finalMessage } = result;
  const text = reviewText ?? finalMessage;
  // The reviewer works on the thread itself since Codex has no detached reviews any more.
  const payload = {
    review: 'Review',
    target,
    threadId,
    sourceThreadId: threadId,
    codex: codexPart(result, text),
  };
  return { payload, rendered: rendered(result, [text]) };
}
