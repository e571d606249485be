import { resolveReviewTarget } from '../../../codex/turn/review-target.ts';
import { KINDS } from '../../../domain/job/kinds.ts';
import type { ReviewSpec } from '../../../domain/job/specs.ts';
import type { JobDraft } from '../../../use-cases/jobs/enqueue.ts';
import type { Call } from '../command.ts';
import { modelOf } from './model.ts';

type ReviewKind = Extract<JobDraft, { spec: ReviewSpec }>['kind'];

export async function reviewDraft(call: Call, kind: ReviewKind, focus: string): Promise<JobDraft> {
  const { options, context } = call;
  options.refuseTogether('wait', 'background');
  const limits = options.limits('turn');
  const { title } = KINDS[kind];
  const choice = { base: options.text('base'), scope: options.text('scope') };
  const target = await resolveReviewTarget(
    { cwd: context.cwd, environment: context.environment, workspace: context.layout.workspaceRoot },
    choice,
  );
  return {
    kind,
    title,
    summary: `${title.replace(/^Codex /, '')} ${target.label}`,
    background: options.has('background'),
    limits,
    ...options.onComplete(),
    origin: call.origin(),
    spec: { target, model: modelOf(options.text('model')), focus },
  };
}
