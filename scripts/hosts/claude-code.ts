import { type HostOf, hookCall } from './host.ts';

const SHELL_TOOL = 'Bash';

/** Claude Code. Tried with 2.1.197 and 2.1.329, from which all that is not documented is known. */
export const claudeCode: HostOf<'claude-code'> = {
  processNames: ['claude'],
  variables: {
    session: ['CLAUDE_CODE_SESSION_ID'],
    client: 'CLAUDE_PID',
    project: 'CLAUDE_PROJECT_DIR',
    shellFile: 'CLAUDE_ENV_FILE',
  },
  shellTool: SHELL_TOOL,
  hooks: {
    file: 'hooks/hooks.json',
    sessionBy: 'environment',
    atStop: 'hold',
    // It ends a SessionEnd hook after 1.5 s, whatever is declared.
    declaration: {
      description:
        "Registers sessions, ends a session's foreground jobs with it, tells the agent of its jobs' ends, and makes jobs of commands that start something in the background.",
      hooks: {
        SessionStart: [{ hooks: [hookCall('claude-code', 'SessionStart', 5)] }],
        PreToolUse: [{ matcher: SHELL_TOOL, hooks: [hookCall('claude-code', 'PreToolUse', 10)] }],
        SessionEnd: [{ hooks: [hookCall('claude-code', 'SessionEnd', 5)] }],
        UserPromptSubmit: [{ hooks: [hookCall('claude-code', 'UserPromptSubmit', 5)] }],
        // Of our own commands. By default a session waits 600 s for it, and one that was given up refuses nothing.
        UserPromptExpansion: [
          { matcher: '^codex:', hooks: [hookCall('claude-code', 'UserPromptExpansion', 60)] },
        ],
        // More than the longest turn that may be held open (HOLD_LIMIT_SECONDS).
        Stop: [{ hooks: [hookCall('claude-code', 'Stop', 3_700)] }],
        FileChanged: [
          {
            hooks: [
              {
                ...hookCall('claude-code', 'FileChanged', 20),
                asyncRewake: true,
                rewakeMessage: 'Background jobs of codex-companion have ended:',
                rewakeSummary: 'codex-companion: background job ended',
              },
              // The one that wakes can answer nothing.
              hookCall('claude-code', 'OtherFileChanged', 5),
            ],
          },
        ],
        CwdChanged: [{ hooks: [hookCall('claude-code', 'CwdChanged', 5)] }],
      },
    },
  },
  queue: null,
  isOneShot: (args, environment) =>
    args ? printsAndGoes(args) : environment.CLAUDE_CODE_ENTRYPOINT === 'sdk-cli',
  remember: () => ({ codexHome: null, program: null }),
  async advice(environment, workspaceRoot) {
    const { officialPluginNote } = await import('./official-plugin.ts');
    return officialPluginNote(environment, workspaceRoot);
  },
  async resume(session) {
    const { resumeClaude } = await import('./claude-sessions.ts');
    return resumeClaude(session);
  },
};

/**
 * `claude -p`: a woken agent's text is dropped there. The variables are the same as with `--input-format stream-json`,
 * which goes on, so its own arguments tell.
 */
function printsAndGoes(args: string[]): boolean {
  const own = args.slice(1);
  const prints = own.some((word) => word === '--print' || /^-[a-zA-Z]*p[a-zA-Z]*$/.test(word));
  return prints && !own.some((word, at) => isStreaming(word, own[at + 1]));
}

function isStreaming(word: string, next: string | undefined): boolean {
  return (word === '--input-format' && next === 'stream-json') || word === '--input-format=stream-json';
}
