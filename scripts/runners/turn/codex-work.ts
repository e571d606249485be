import { relative } from 'node:path';
import type { TurnResult } from '../../codex/turn/result.ts';
import type { TurnJob } from '../../domain/job/kinds.ts';
import type { Environment } from '../../process/environment.ts';
import { prepareAdversarialReview } from './adversarial-review.ts';
import { type CodexWork, codexPart, exitStatus, rendered, type StoredResult } from './stored-result.ts';

type Work = {
  [K in TurnJob['kind']]: (
    request: Extract<TurnJob, { kind: K }>,
    environment: Environment,
  ) => CodexWork | Promise<CodexWork>;
};

const WORK: Work = {
  task: (request) => ({
    work: { kind: 'task', prompt: request.spec.prompt },
    write: request.spec.write,
    resultOf: (result) => taskResult(request, result),
  }),
  review: ({ spec: { target } }) => ({
    work: { kind: 'review', target },
    write: false,
    resultOf: (result) => reviewResult(target, result),
  }),
  'adversarial-review': prepareAdversarialReview,
};

type AnyWork = (request: TurnJob, environment: Environment) => CodexWork | Promise<CodexWork>;

export async function prepareWork(request: TurnJob, environment: Environment): Promise<CodexWork> {
  return (WORK[request.kind] as AnyWork)(request, environment);
}

function taskResult({ cwd }: TurnJob, result: TurnResult): StoredResult {
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
