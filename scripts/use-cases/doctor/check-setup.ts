import { readAccount } from '../../codex/program/account.ts';
import { type AppServer, startAppServer } from '../../codex/program/app-server.ts';
import { type CodexProgram, codexVersion, locateCodex } from '../../codex/program/locate.ts';
import { refusalOf } from '../../codex/program/version.ts';
import { type Approvals, describeApprovals, readApprovals } from '../../codex/wire/approvals.ts';
import { ConnectionLostError, RpcDeadlineError, RpcError } from '../../codex/wire/rpc.ts';
import { CompanionError } from '../../domain/base/errors.ts';
import { neutralEnvironment } from '../../process/environment.ts';
import { runProgram } from '../../process/program/run-program.ts';
import type { Context } from '../context.ts';

/** One thing that must be there; the keys of openai/codex-plugin-cc 1.0.5. */
export interface Availability {
  available: boolean;
  detail: string;
}

export interface AuthStatus extends Availability {
  loggedIn: boolean;
  source: string;
  authMethod: string | null;
  verified: boolean | null;
  requiresOpenaiAuth: boolean | null;
  provider: string | null;
}

export interface SetupCheck {
  node: Availability;
  npm: Availability;
  codex: Availability & { version: string | null; program: string | null };
  auth: AuthStatus;
  approvals: ApprovalStatus;
}

/** Whether tasks can do without questions; `policy` is the one that they get, null where it is not known. */
export interface ApprovalStatus extends Availability {
  policy: unknown;
}

const NPM_LIMIT_MS = 10_000;
/** for each of the app-server’s answers; they come within 200 ms, but for what a user has put before Codex */
const CODEX_LIMIT_MS = 60_000;

/** Looks whether all is there that a task needs. Starts an app-server of its own for a moment; changes nothing. */
export async function checkSetup(context: Context, clientVersion: string): Promise<SetupCheck> {
  const [npm, codex] = await Promise.all([checkNpm(context), checkCodex(context, clientVersion)]);
  return { node: { available: true, detail: process.version }, npm, ...codex };
}

async function checkNpm({ environment, layout }: Context): Promise<Availability> {
  const question = { environment, workspace: layout.workspaceRoot, limitMs: NPM_LIMIT_MS };
  const answer = await runProgram('npm', ['--version'], question);
  if (answer.succeeded) return { available: true, detail: answer.stdout.trim() || 'ok' };
  return { available: false, detail: answer.cause === 'missing' ? 'not found' : answer.sentence };
}

type CodexCheck = Pick<SetupCheck, 'codex' | 'auth' | 'approvals'>;

async function checkCodex({ environment, layout }: Context, clientVersion: string): Promise<CodexCheck> {
  const neutral = neutralEnvironment(environment);
  const found: { program?: CodexProgram; version?: string } = {};
  try {
    const program = locateCodex(environment, layout.workspaceRoot);
    found.program = program;
    const version = await codexVersion(program, neutral, layout.workspaceRoot);
    found.version = version;
    const refusal = refusalOf(version);
    if (refusal) throw refusal;
    await using server = await startAppServer({
      ...{ program, environment: neutral, workspaceRoot: layout.workspaceRoot, clientVersion },
      stepMs: CODEX_LIMIT_MS,
    });
    const detail = `codex ${version} (${program.command})`;
    const codex = { available: true, detail, version, program: program.command };
    return { codex, auth: await checkAuth(server), approvals: await checkApprovals(server) };
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    const { program, version = null } = found;
    const detail = error.message;
    const codex = { available: false, detail, version, program: program?.command ?? null };
    return { codex, auth: { ...NOT_KNOWN, detail }, approvals: { available: false, detail, policy: null } };
  }
}

/** What is wrong with the Codex on PATH that it cannot work for us, or null; also where there is none. */
export async function codexTooOld({ environment, layout }: Context): Promise<string | null> {
  try {
    const program = locateCodex(environment, layout.workspaceRoot);
    const neutral = neutralEnvironment(environment);
    const refusal = refusalOf(await codexVersion(program, neutral, layout.workspaceRoot));
    return refusal ? `${refusal.message} ${refusal.hint}` : null;
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    return null; // `setup` looks at whether it is there and starts
  }
}

async function checkAuth(server: AppServer): Promise<AuthStatus> {
  try {
    return authOf(await readAccount(server));
  } catch (error) {
    // An older Codex, or one in trouble, is here with no answer to that.
    if (!isRpcFailure(error)) throw error;
    return { ...NOT_KNOWN, available: true, source: 'app-server', detail: error.message };
  }
}

async function checkApprovals(server: AppServer): Promise<ApprovalStatus> {
  try {
    const approvals: Approvals = await readApprovals(server);
    return { available: true, detail: describeApprovals(approvals), policy: approvals.approvalPolicy };
  } catch (error) {
    if (!isRpcFailure(error) && !(error instanceof CompanionError)) throw error;
    return { available: false, detail: error.message, policy: null };
  }
}

function isRpcFailure(error: unknown): error is Error {
  return [RpcError, RpcDeadlineError, ConnectionLostError].some((kind) => error instanceof kind);
}

const NOT_KNOWN: AuthStatus = {
  available: false,
  loggedIn: false,
  detail: '',
  source: 'availability',
  authMethod: null,
  verified: null,
  requiresOpenaiAuth: null,
  provider: null,
};

function authOf(account: Awaited<ReturnType<typeof readAccount>>): AuthStatus {
  const { type, email, requiresOpenaiAuth, provider } = account;
  const known = { ...NOT_KNOWN, available: true, source: 'app-server', requiresOpenaiAuth, provider };
  if (type !== null) {
    const who = email === null ? '' : ` as ${email}`;
    return { ...known, loggedIn: true, authMethod: type, detail: `logged in with ${type}${who}` };
  }
  if (!requiresOpenaiAuth)
    return { ...known, loggedIn: true, detail: 'the configured model provider needs no OpenAI login' };
  return { ...known, detail: 'not logged in' };
}
