import { resolveReviewTarget } from '../../../codex/turn/review-target.ts';
import type { JobDraft } from '../../../use-cases/jobs/enqueue.ts';
import type { Call } from '../command.ts';
import { modelOf } from './model.ts';

const NAMES = { review: 'Review', 'adversarial-review': 'Adversarial Review' } as const;

export async function reviewDraft(call: Call, kind: keyof typeof NAMES, focus: string): Promise<JobDraft> {
  const { options, context } = call;
  options.refuseTogether('wait', 'background');
  const limits = options.limits();
  const choice = { base: options.text('base'), scope: options.text('scope') };
  const target = await resolveReviewTarget(context.cwd, choice);
  return {
    kind,
    title: `Codex ${NAMES[kind]}`,
    summary: `${NAMES[kind]} ${target.label}`,
    background: options.has('background'),
    limits,
    ...options.onComplete(),
    origin: call.origin(),
    spec: { target, model: modelOf(options.text('model')), focus },
  };
}
