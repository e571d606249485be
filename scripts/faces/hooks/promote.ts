import { existsSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { JobRequest } from '../../domain/job/job.ts';
import { KINDS } from '../../domain/job/kinds.ts';
import { NO_LIMITS } from '../../domain/job/limits.ts';
import type { Promotion } from '../../domain/shell/promotion.ts';
import { quoted } from '../../domain/shell/quote.ts';
import { jobOf, type PromotionTicket } from '../../domain/shell/ticket.ts';
import { shorten } from '../../domain/text/shorten.ts';
import { isAncestor } from '../../hosts/ancestry.ts';
import { detectOrigin } from '../../hosts/origin.ts';
import type { Environment } from '../../process/environment.ts';
import { here } from '../../process/identity.ts';
import { requireUtf8Environment } from '../../process/own-bytes.ts';
import { SH } from '../../process/shell.ts';
import { writeDurably } from '../../state/files/durable.ts';
import { jobFiles } from '../../state/job/job-directory.ts';
import { jobDirectory } from '../../state/layout.ts';
import { takeTicket } from '../../state/session/tickets.ts';
import { type Context, makeContext } from '../../use-cases/context.ts';
import { enqueue, type JobDraft } from '../../use-cases/jobs/enqueue.ts';
import type { JobReading } from '../../use-cases/reading/read-job.ts';
import { followWaitedPart, withMark } from './waited-part.ts';

/** What the agent's shell tells (hooks/agent-shell.sh). */
export interface PromotingShell {
  environment: Environment;
  /** the bundle that runs */
  program: string;
  tickets: string;
  /** where the job's shell says that what this one waits for has ended */
  mark: string;
  /** a file of this shell's: it runs the command itself only where that is there, and empty */
  step: string;
  /** the program of this shell, absolute, or '' */
  shell: string;
  /** the word after `source` with which the host brings the user's functions and aliases into this shell */
  snapshot: string;
}

/**
 * Runs in the agent's shell, in place of a command that the host has let run: makes it a job if there is a ticket for
 * it, and tells the agent. Returns false where nothing was started and the command is to run as it is. When it is killed, or
 * throws, the step says whether there may be a job.
 */
export async function promote(call: PromotingShell, stdin: Readable, stdout: Writable): Promise<boolean> {
  const command = await textOf(stdin);
  const ticket = takeTicket(call.tickets, command);
  const job = jobOf(command);
  if (!ticket || !job || isShutIn(ticket)) return false;
  requireUtf8Environment(call.environment);
  const context = makeContext(call.environment, process.cwd(), dirname(call.program));
  const { text, waitedUntil } = job;
  const draft = draftOf(
    call,
    ticket,
    job,
    waitedUntil === undefined ? text : withMark(text, waitedUntil, call.mark),
  );
  const { id } = await enqueueNoted(context, draft, call.step);
  const write = (chunk: string | Buffer) => written(stdout, chunk);
  await write(
    `codex-companion: this command starts something in the background, so it runs as a tracked job: ${id}\n`,
  );
  if (waitedUntil !== undefined) {
    const reading = await followWaitedPart(context.layout, id, call.mark, write);
    await write(`\ncodex-companion: ${standing(reading)}\n`);
  }
  await write(howToFollow(id, jobFiles(jobDirectory(context.layout, id)).log));
  return true;
}

/** The step has the job's id before there can be a job, and is empty again where there is none after all. */
async function enqueueNoted(context: Context, draft: JobDraft, step: string): Promise<JobRequest> {
  let directory: string | undefined;
  try {
    return await enqueue(context, draft, {
      beforeAcceptance: ({ id }) => {
        directory = jobDirectory(context.layout, id);
        writeDurably(step, `${id}\n`);
      },
    });
  } catch (error) {
    if (directory !== undefined && !existsSync(directory)) writeDurably(step, '');
    throw error;
  }
}

function draftOf(call: PromotingShell, ticket: PromotionTicket, job: Promotion, text: string): JobDraft {
  const origin = detectOrigin(call.environment);
  const { agentId, title } = ticket;
  return {
    kind: 'run',
    title: shorten(title ?? KINDS.run.title),
    summary: shorten(job.shown),
    background: true,
    limits: NO_LIMITS,
    origin: origin && agentId !== null ? { ...origin, agentId } : origin,
    spec: { argv: argvFor(call, text) },
  };
}

/**
 * The host's own sandbox for commands: a job started in its process namespace would be gone with the command, and
 * nothing of ours takes work out of a sandbox. From within, the host's process cannot be seen.
 */
function isShutIn({ client }: PromotionTicket): boolean {
  if (client === null) return false;
  return client.pidNamespace !== here().pidNamespace || !isAncestor(client.pid);
}

/** The same shell, with the same functions and aliases, as the command would have had. */
function argvFor({ shell, snapshot }: PromotingShell, text: string): string[] {
  const program = isAbsolute(shell) ? shell : SH;
  const file = /^'([^']*)'$/.exec(snapshot)?.[1] ?? snapshot;
  const isSnapshot = isAbsolute(file) && /\/shell-snapshots\/[^/\n]+\.sh$/.test(file);
  return [program, '-c', isSnapshot ? `. ${quoted(file)} 2>/dev/null || true\n${text}` : text];
}

function standing({ facts }: JobReading): string {
  const { request, outcome } = facts;
  if (outcome) return `${request.id} has ended: ${outcome.reason}.`;
  return `what is in the background goes on as ${request.id}.`;
}

function howToFollow(id: string, log: string): string {
  return `It outlives this turn and this session. You will be told when it ends.
  codex-companion logs ${id} --framed     its output so far, also in ${log}
  codex-companion wait ${id} --timeout 9m returns when it ends
  codex-companion status ${id}            what it does
  codex-companion cancel ${id}            stops it with all its children
Next time: codex-companion run --background --shell '…', without the &.
`;
}

function written(stdout: Writable, chunk: string | Buffer): Promise<void> {
  return new Promise((resolve) => stdout.write(chunk, () => resolve()));
}

async function textOf(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
