import { readSettings } from '../../state/rebuild.ts';
import { changeSettings } from '../../supervisor/change-settings.ts';
import { checkSetup, type SetupCheck } from '../../supervisor/check-setup.ts';
import { survey } from '../../supervisor/survey.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { EXIT_DONE } from '../exit-codes.ts';
import { renderSetup } from '../render/setup.ts';
import { type SessionRuntime, sessionRuntime } from '../session-runtime.ts';
import { VERSION } from '../version.ts';

/** What `setup` tells; the keys of 1.0.5. */
export interface SetupReport extends SetupCheck {
  ready: boolean;
  sessionRuntime: SessionRuntime;
  reviewGateEnabled: boolean;
  actionsTaken: string[];
  nextSteps: string[];
}

export const setup: Command = {
  options: { 'enable-review-gate': { takes: 'nothing' }, 'disable-review-gate': { takes: 'nothing' } },
  rest: 'words',
  help: `Tells whether all is there that a task needs, and what to do where it is not.

Usage: codex-companion setup [options]

  --enable-review-gate     before the agent stops, Codex reviews what it did, and may hold it back
  --disable-review-gate    no more of that
${COMMON_HELP}
`,
  async run(call) {
    call.options.refuseTogether('enable-review-gate', 'disable-review-gate');
    const actionsTaken = await switchGate(call);
    const { context, out } = call;
    const check = await checkSetup(context.environment, VERSION);
    const { stopReviewGate } = readSettings(context.layout);
    const report: SetupReport = {
      ready: check.node.available && check.codex.available && check.auth.loggedIn,
      ...check,
      sessionRuntime: sessionRuntime(await survey(context.layout)),
      reviewGateEnabled: stopReviewGate,
      actionsTaken,
      nextSteps: nextSteps(check, stopReviewGate),
    };
    out.answer(report, () => renderSetup(report));
    return EXIT_DONE;
  },
};

async function switchGate(call: Call): Promise<string[]> {
  const { options, context } = call;
  const on = options.has('enable-review-gate');
  if (!on && !options.has('disable-review-gate')) return [];
  await changeSettings(context.layout, { stopReviewGate: on });
  return [`${on ? 'Enabled' : 'Disabled'} the review gate for ${context.layout.workspaceRoot}.`];
}

function nextSteps({ codex, auth }: SetupCheck, gate: boolean): string[] {
  const steps: string[] = [];
  if (codex.program === null) steps.push('Install Codex: npm install -g @openai/codex');
  else if (!codex.available) steps.push('Repair or update Codex: npm install -g @openai/codex');
  if (codex.available && !auth.loggedIn)
    steps.push('Log in: !codex login (without a browser: codex login --device-auth, or --with-api-key)');
  if (!gate)
    steps.push('Optional: /codex:setup --enable-review-gate lets Codex review before the agent stops.');
  return steps;
}
