/**
 * The slash commands whose answer their user reads himself, by the name that Claude Code gives: the plugin's, and the file's
 * in commands/. `leaveToModel`: what is typed behind it, with spaces around, where a model is to do something with the
 * answer, or where it takes longer than a hook may.
 */
export const SLASH_SCREENS: ReadonlyMap<string, { verb: string; leaveToModel: RegExp }> = new Map([
  ['codex:status', { verb: 'status', leaveToModel: /\s--(?:wait|discuss|json)\s/ }],
  ['codex:result', { verb: 'result', leaveToModel: /\s--(?:discuss|json)\s/ }],
  ['codex:cancel', { verb: 'cancel', leaveToModel: /\s--(?:grace[\s=]|(?:discuss|json)\s)/ }],
]);
