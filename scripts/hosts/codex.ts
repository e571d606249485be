import { resolve } from 'node:path';
import type { Environment } from '../process/environment.ts';
import { programOf } from './codex-program.ts';
import { type HostOf, hookCall } from './host.ts';

/** Codex, as a program that asks for jobs (what does them is scripts/codex/). Tried with 0.169.0. */
export const codex: HostOf<'codex'> = {
  processNames: ['codex'],
  variables: {
    session: ['CODEX_THREAD_ID', 'CODEX_SESSION_ID'],
    client: null,
    project: null,
    shellFile: null,
  },
  shellTool: 'Bash',
  hooks: {
    file: 'hooks/codex-hooks.json',
    sessionBy: 'stdin',
    atStop: 'tell',
    declaration: {
      description:
        "Registers sessions, ends a session's foreground jobs with it, and tells the agent of its jobs' ends.",
      hooks: {
        SessionStart: [{ hooks: [hookCall('codex', 'SessionStart', 3)] }],
        SessionEnd: [{ hooks: [hookCall('codex', 'SessionEnd', 3)] }],
        UserPromptSubmit: [{ hooks: [hookCall('codex', 'UserPromptSubmit', 3)] }],
        Stop: [{ hooks: [hookCall('codex', 'Stop', 3)] }],
      },
    },
  },
  // What is told to `codex exec` and `codex review` from outside would wait in their queue. Options stand anywhere.
  isOneShot: (args) => (args ?? []).slice(1).some((word) => ['exec', 'e', 'review'].includes(word)),
  remember: (client, environment) => ({
    codexHome: homeIn(environment),
    program: (client && programOf(client.pid)) ?? null,
  }),
  advice: async () => undefined,
  async resume(session) {
    const { resumeCodex } = await import('./codex-sessions.ts');
    return resumeCodex(session);
  },
  async queue(session, ours, workspaceRoot) {
    const { queueOf } = await import('./codex-sessions.ts');
    return queueOf(session, ours, workspaceRoot);
  },
};

function homeIn({ CODEX_HOME, HOME }: Environment): string | null {
  if (CODEX_HOME) return resolve(CODEX_HOME); // a hook is started in the session's directory, as Codex was
  return HOME ? resolve(HOME, '.codex') : null;
}
