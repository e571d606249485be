import type { Command } from '../command.ts';

/** A slash command whose answer its user reads himself. */
interface SlashScreen {
  verb: string;
  load: () => Promise<Command>;
  /** what is typed behind it, with spaces around, where a model is to do something with the answer */
  leaveToModel: RegExp;
}

/** By the name that Claude Code gives: the plugin's, and the file's in commands/. */
export const SLASH_SCREENS: ReadonlyMap<string, SlashScreen> = new Map([
  [
    'codex:status',
    {
      verb: 'status',
      load: async () => (await import('../commands/status.ts')).status,
      // --wait takes longer than a hook may.
      leaveToModel: /\s--(?:wait|discuss|json)\s/,
    },
  ],
  [
    'codex:result',
    {
      verb: 'result',
      load: async () => (await import('../commands/result.ts')).result,
      leaveToModel: /\s--(?:discuss|json)\s/,
    },
  ],
  [
    'codex:cancel',
    {
      verb: 'cancel',
      load: async () => (await import('../commands/cancel.ts')).cancel,
      leaveToModel: /\s--(?:discuss|json)\s/,
    },
  ],
]);
