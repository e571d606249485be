import { requireCodex } from '../../../hosts/codex-search-path.ts';
import type { Command } from '../command.ts';
import { reviewDraft } from '../input/review-draft.ts';
import { launch } from '../launch.ts';
import { REVIEW_OPTIONS, REVIEW_OPTIONS_HELP } from './review.ts';

export const adversarialReview: Command = {
  options: REVIEW_OPTIONS,
  rest: 'prose',
  help: `Lets Codex challenge the approach, not only the details; the result is structured by severity.

Usage: codex-companion adversarial-review [options] [--] [focus text…]

${REVIEW_OPTIONS_HELP}

Examples:
  codex-companion adversarial-review
  codex-companion adversarial-review --base main look for race conditions in the queue
`,
  async run(call) {
    const draft = await reviewDraft(call, 'adversarial-review', call.prose?.trim() ?? '');
    requireCodex(call.context.environment, call.context.layout.workspaceRoot);
    return launch(call, draft);
  },
};
