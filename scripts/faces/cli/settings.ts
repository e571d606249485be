import { DEFAULT_SETTINGS, type Settings } from '../../domain/workspace/workspace-state.ts';

/** Those of a workspace, as its settings.json names them, and the one that is the user's own. */
export type SettingName = keyof Settings | 'promoteBackground';

/** What `setup` sets, in its help and in the table of docs/state-file.md (tools/reference.ts). */
export interface Setting {
  /** as it is typed after `setup` */
  option: string;
  meaning: string;
}

export const SETTINGS: Record<SettingName, Setting> = {
  stopReviewGate: {
    option: '--enable-review-gate, --disable-review-gate',
    meaning: "keep the setting of 1.0.5's review gate; the gate itself is not built yet",
  },
  maxParallel: {
    option: '--max-parallel N',
    meaning:
      'at most N Codex jobs of this workspace run at once, the others queue, oldest first; none: any number, as it is by default. Takes effect at once; what runs goes on',
  },
  keepDays: {
    option: '--keep-days N',
    meaning: `remove a finished job of this workspace N days after its end was read (default ${DEFAULT_SETTINGS.keepDays}); none: never for its age`,
  },
  keepBytes: {
    option: '--keep-size SIZE',
    meaning:
      'keep at most about that much of them, what was read longest ago going first (default 2 GB); none: any size. A live job stays whatever the limits, one that was read within a day whatever its size, and one that nobody has read for 90 days',
  },
  promoteBackground: {
    option: '--promote-background on|off',
    meaning:
      "whether Claude Code's shell makes a job of a command that starts something in the background (npm run dev &); on by default, for all your workspaces. Permission rules hold for the command as it was typed",
  },
  wakeClosedSession: {
    option: '--wake-closed-session on|off',
    meaning:
      'whether a session that is over is resumed headless (claude -p --resume, codex exec resume) with the notice when a background job of its ends in this workspace; off by default, as it uses your model account while you are not there',
  },
  desktopNotifications: {
    option: '--desktop-notifications on|off',
    meaning:
      'whether the end of a background job of this workspace is shown on your desktop by notify-send (Linux, BSD): its id, what it was and how it ended; off by default',
  },
  holdOneShotTurnSeconds: {
    option: '--hold-one-shot-turn D|off',
    meaning:
      "in claude -p, keep the turn open until the session's jobs have ended, for D at most (an hour), and go on with what they ended with; off by default",
  },
};

const OPTION_COLUMNS = 25;
const WIDTH = 112;

/** The options, as they stand in the help of a verb. */
export function settingsHelp(): string {
  return Object.values(SETTINGS)
    .flatMap(({ option, meaning }) => {
      const [first = '', ...others] = wrapped(meaning, WIDTH - OPTION_COLUMNS - 2);
      const head =
        option.length < OPTION_COLUMNS ? [option.padEnd(OPTION_COLUMNS) + first] : [option, indented(first)];
      return [...head, ...others.map(indented)].map((line) => `  ${line}`);
    })
    .join('\n');
}

function indented(line: string): string {
  return ' '.repeat(OPTION_COLUMNS) + line;
}

/** Broken at blanks. */
function wrapped(text: string, width: number): string[] {
  return text.match(new RegExp(`.{1,${width}}(?: |$)`, 'g'))?.map((line) => line.trimEnd()) ?? [];
}
