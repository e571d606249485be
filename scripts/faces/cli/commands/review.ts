import { SCOPES } from '../../../codex/turn/review-target.ts';
import { CompanionError } from '../../../domain/base/errors.ts';
import { echo } from '../../../domain/text/harmless.ts';
import { requireCodex } from '../../../hosts/codex-search-path.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { BACKGROUND } from '../input/grammar.ts';
import { limitHelp, limitOptions } from '../input/limit-options.ts';
import { MODELS } from '../input/model.ts';
import { reviewDraft } from '../input/review-draft.ts';
import { launch } from '../launch.ts';

export const REVIEW_OPTIONS: Command['options'] = {
  wait: { takes: 'nothing' },
  background: BACKGROUND,
  base: { takes: 'value' },
  scope: { takes: 'value', values: SCOPES },
  model: { takes: 'value', short: 'm', values: MODELS },
  ...limitOptions('turn'),
  'on-complete': { takes: 'value' },
};

export const REVIEW_OPTIONS_HELP = `  --wait                   wait for the review (the default)
  -b, --background         return at once with the job's id; the job outlives the session
  --base REF               review what the branch has against REF
  --scope auto|working-tree|branch
                           auto: the working tree where it has changes, else the branch
  -m, --model MODEL        spark stands for gpt-5.3-codex-spark
${limitHelp('turn')}
  --on-complete TEXT       a text for sh -c, run once when the job has ended, however; the outcome stands in
                           CODEX_COMPANION_JOB_STATUS, …_EXIT_CODE and more, and as JSON on its stdin
${COMMON_HELP}`;

export const review: Command = {
  options: REVIEW_OPTIONS,
  rest: 'words',
  help: `Lets Codex's own reviewer look at the working tree or the branch. It changes nothing.

Usage: codex-companion review [options]

${REVIEW_OPTIONS_HELP}

It takes no focus text; adversarial-review does. Where there is nothing to review, it says so and exits 3.

Examples:
  codex-companion review
  codex-companion review --background --base main
`,
  async run(call) {
    refuseFocus(call);
    const draft = await reviewDraft(call, 'review', '');
    requireCodex(call.context.environment, call.context.layout.workspaceRoot);
    return launch(call, draft);
  },
};

function refuseFocus(call: Call): void {
  if (call.words.length === 0) return;
  const focus = call.words.join(' ');
  throw new CompanionError('usage', `review takes no focus text; it was given ${echo(focus)}.`, {
    hint: call.out.command('adversarial-review', focus),
  });
}
