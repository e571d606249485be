import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, environment, pathOf } from './account.ts';
import { type ClaudeSession, startClaude } from './claude-session.ts';
import { type RunResult, run } from './run.ts';

export interface ClaudeOptions {
  /** Folders first on PATH, for the client and for all that it starts. */
  path?: string[];
  /** Folders where the client asks for no trust. */
  trust: string[];
}

/** Claude Code of an account, whose only model is the one behind `baseUrl`. */
export interface Claude {
  env: Record<string, string>;
  /** Any subcommand, e.g. `plugin list`. */
  run(args: string[], options: { cwd: string }): Promise<RunResult>;
  /** One prompt, as `claude -p`. */
  print(prompt: string, options: { cwd: string }): Promise<RunResult>;
  /** A session over stdin and stdout, as programs have it: `--input-format stream-json`. */
  stream(options: { cwd: string }): StreamSession;
  /** An interactive session, at its prompt. */
  start(options: { cwd: string; args?: string[] }): Promise<ClaudeSession>;
  /** The client's own register of live sessions (undocumented). */
  liveSessions(): Promise<LiveSession[]>;
}

export interface LiveSession {
  pid: number;
  sessionId: string;
  cwd: string;
}

export interface StreamSession {
  /** A message of the user. */
  say(text: string): void;
  output(): string;
  /** Closes stdin, upon which the client goes. */
  end(): Promise<void>;
}

function startStream(
  program: string,
  { cwd, env }: { cwd: string; env: Record<string, string> },
): StreamSession {
  const format = ['--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'];
  const child = spawn(program, ['-p', ...unattended, ...format], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = once(child, 'close');
  return {
    say: (text) =>
      child.stdin.write(`${JSON.stringify({ type: 'user', message: { role: 'user', content: text } })}\n`),
    output: () => output,
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

const apiKey = 'sk-ant-dummy-0000000000000000000000000000000000000000';
const unattended = ['--permission-mode', 'bypassPermissions'];

export async function setUpClaude(
  account: Account,
  program: string,
  baseUrl: string,
  { path = [], trust }: ClaudeOptions,
): Promise<Claude> {
  const sessions = join(account.home, '.claude/sessions');
  await mkdir(sessions, { recursive: true });
  await writeFile(join(account.home, '.claude.json'), JSON.stringify(seed(trust)));
  const env = { ...environment(account, { PATH: pathOf(...path) }), ...clientVariables(baseUrl) };
  return {
    env,
    run: (args, { cwd }) => run(program, args, { cwd, env }),
    print: (prompt, { cwd }) => run(program, ['-p', ...unattended, prompt], { cwd, env }),
    stream: ({ cwd }) => startStream(program, { cwd, env }),
    start: ({ cwd, args = [] }) => startClaude(account, [program, ...unattended, ...args], { cwd, env }),
    liveSessions: async () => {
      const files = (await readdir(sessions)).filter((name) => name.endsWith('.json'));
      return Promise.all(files.map(async (name) => JSON.parse(await readFile(join(sessions, name), 'utf8'))));
    },
  };
}

/** ~/.claude.json of somebody who has answered all first-time questions. */
function seed(trust: string[]): object {
  const trusted = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true, allowedTools: [] };
  return {
    ...{ hasCompletedOnboarding: true, lastOnboardingVersion: '99.0.0', numStartups: 5, theme: 'dark' },
    ...{ autoUpdates: false, bypassPermissionsModeAccepted: true, hasSeenTasksHint: true },
    officialMarketplaceAutoInstallAttempted: true,
    customApiKeyResponses: { approved: [apiKey.slice(-20)], rejected: [] },
    projects: Object.fromEntries(trust.map((path) => [path, trusted])),
  };
}

function clientVariables(baseUrl: string): Record<string, string> {
  return {
    TERM: 'xterm-256color',
    ANTHROPIC_BASE_URL: baseUrl,
    ANTHROPIC_API_KEY: apiKey,
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_BUG_COMMAND: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL: '1',
    // Lets root, as in containers, run without permission dialogs.
    IS_SANDBOX: '1',
  };
}
