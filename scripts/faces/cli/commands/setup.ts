import { CompanionError } from '../../../domain/base/errors.ts';
import { VERSION } from '../../../domain/base/version.ts';
import { echo } from '../../../domain/text/harmless.ts';
import type { Settings } from '../../../domain/workspace/workspace-state.ts';
import { readSettings } from '../../../state/workspace/settings.ts';
import { checkSetup, type SetupCheck } from '../../../use-cases/doctor/check-setup.ts';
import { survey } from '../../../use-cases/jobs/survey.ts';
import { desktopObstacle } from '../../../use-cases/notices/ways/desktop-obstacle.ts';
import { changeSettings } from '../../../use-cases/settings/change.ts';
import { promotesBackground, setPromotesBackground } from '../../../use-cases/settings/promotion.ts';
import { sessionRuntime } from '../../views/session-runtime.ts';
import type { SetupReport } from '../../views/setup-report.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { EXIT_DONE } from '../exit-codes.ts';
import { holdOption } from '../input/hold-option.ts';
import { keepOptions } from '../input/keep-options.ts';
import { renderSetup } from '../render/setup.ts';
import { settingsHelp } from '../settings.ts';

export const setup: Command = {
  options: {
    'enable-review-gate': { takes: 'nothing' },
    'disable-review-gate': { takes: 'nothing' },
    'max-parallel': { takes: 'value' },
    'keep-days': { takes: 'value' },
    'keep-size': { takes: 'value' },
    'promote-background': { takes: 'value', values: ['on', 'off'] },
    'hold-one-shot-turn': { takes: 'value' },
    'wake-closed-session': { takes: 'value', values: ['on', 'off'] },
    'desktop-notifications': { takes: 'value', values: ['on', 'off'] },
  },
  rest: 'nothing',
  help: `Tells whether all is there that a task needs, and what to do where it is not.

Usage: codex-companion setup [options]

${settingsHelp()}
${COMMON_HELP}

Examples:
  codex-companion setup
  codex-companion setup --max-parallel 4
  codex-companion setup --keep-days 7 --keep-size 500M
  codex-companion setup --promote-background off
  codex-companion setup --desktop-notifications on
`,
  async run(call) {
    call.options.refuseTogether('enable-review-gate', 'disable-review-gate');
    const actionsTaken = await changeWhatIsAsked(call);
    const { context, out } = call;
    const check = await checkSetup(context, VERSION);
    const { stopReviewGate, ...settings } = readSettings(context.layout);
    const report: SetupReport = {
      ready:
        check.node.available && check.codex.available && check.auth.loggedIn && check.approvals.available,
      ...check,
      sessionRuntime: sessionRuntime(await survey(context.layout)),
      reviewGateEnabled: stopReviewGate,
      maxParallel: settings.maxParallel,
      keepDays: settings.keepDays,
      keepBytes: settings.keepBytes,
      promoteBackground: promotesBackground(context.root),
      wakeClosedSession: settings.wakeClosedSession,
      desktopNotifications: settings.desktopNotifications,
      desktopObstacle: desktopObstacle(context.environment, context.layout.workspaceRoot),
      holdOneShotTurnSeconds: settings.holdOneShotTurnSeconds,
      actionsTaken,
      nextSteps: nextSteps(check),
    };
    out.answer(report, () => renderSetup(report));
    return EXIT_DONE;
  },
};

const SWITCHES = [
  { option: 'wake-closed-session', setting: 'wakeClosedSession', what: 'waking closed sessions' },
  { option: 'desktop-notifications', setting: 'desktopNotifications', what: 'desktop notifications' },
] as const;

/** All options are read before anything is changed. */
async function changeWhatIsAsked({ options, context }: Call): Promise<string[]> {
  const change: Partial<Settings> = {};
  const actions: string[] = [];
  const on = options.has('enable-review-gate');
  if (on || options.has('disable-review-gate')) {
    change.stopReviewGate = on;
    actions.push(`${on ? 'Enabled' : 'Disabled'} the review gate`);
  }
  const cap = options.text('max-parallel');
  if (cap !== undefined) {
    change.maxParallel = parseCap(cap);
    const lifted = change.maxParallel === null;
    actions.push(`${lifted ? 'Lifted the cap on' : `Set a cap of ${cap} on`} parallel Codex jobs`);
  }
  const kept = keepOptions(options);
  Object.assign(change, kept);
  if (kept.keepDays !== undefined || kept.keepBytes !== undefined)
    actions.push('Changed what is kept of finished jobs');
  for (const { option, setting, what } of SWITCHES) {
    const wish = options.oneOf(option, ['on', 'off']);
    if (wish === undefined) continue;
    change[setting] = wish === 'on';
    actions.push(`${wish === 'on' ? 'Enabled' : 'Disabled'} ${what}`);
  }
  const hold = holdOption(options);
  if (hold !== undefined) {
    change.holdOneShotTurnSeconds = hold;
    actions.push(
      hold === 0 ? 'Ended holding turns of claude -p open' : `Holds turns of claude -p open for ${hold} s`,
    );
  }
  const promote = options.oneOf('promote-background', ['on', 'off']);
  if (actions.length > 0) await changeSettings(context.layout, change);
  const done = actions.map((action) => `${action} for ${context.layout.workspaceRoot}.`);
  if (promote === undefined) return done;
  await setPromotesBackground(context.root, promote === 'on');
  const verb = promote === 'on' ? 'become' : 'no longer become';
  return [...done, `Commands that start something in the background ${verb} jobs, in all workspaces.`];
}

function parseCap(text: string): number | null {
  if (text.toLowerCase() === 'none') return null;
  const cap = Number(text);
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(cap)) return cap;
  throw new CompanionError(
    'usage',
    `--max-parallel ${echo(text)} is neither a number of at least 1 nor none.`,
    {
      hint: '--max-parallel 4, or --max-parallel none',
    },
  );
}

function nextSteps({ codex, auth, approvals }: SetupCheck): string[] {
  const steps: string[] = [];
  if (codex.program === null) steps.push('Install Codex: npm install -g @openai/codex');
  else if (!codex.available) steps.push('Repair or update Codex: npm install -g @openai/codex@latest');
  if (codex.available && !auth.loggedIn)
    steps.push('Log in: !codex login (without a browser: codex login --device-auth, or --with-api-key)');
  if (codex.available && !approvals.available)
    steps.push('Ask whoever manages requirements.toml of Codex to allow the approval policy "never"');
  return steps;
}
