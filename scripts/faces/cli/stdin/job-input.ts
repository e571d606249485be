import type { JobInput } from '../../../use-cases/jobs/enqueue.ts';
import type { Call } from '../command.ts';
import { openAgain } from './open-again.ts';
import { leaveStdin, PATIENCE_MS, readStdinBytes, stdinKind, stdinSpeaks } from './stdin.ts';

/**
 * What a command's job reads of our own stdin: a file from where it stands; what comes through a pipe, to its end;
 * nothing of a terminal or a socket, and of a pipe that says nothing, which is said. `--stdin -` waits for whatever it is.
 * Throws a usage error beyond the limit.
 */
export async function jobInput(call: Call): Promise<JobInput | undefined> {
  const option = call.options.text('stdin');
  if (option === '-') return bytesIfAny();
  if (option !== undefined || call.options.has('arguments-from-stdin')) return undefined;
  const kind = stdinKind();
  if (kind === 'file') return openAgain(0);
  if (kind !== 'pipe') return undefined;
  if (await stdinSpeaks()) return bytesIfAny();
  leaveStdin();
  call.out.talk(
    `codex-companion: nothing came through the pipe on stdin within ${PATIENCE_MS} ms, so the command reads /dev/null; --stdin - waits for it`,
  );
  return undefined;
}

/** Where there is nothing to read, /dev/null says so as well as an empty file. */
async function bytesIfAny(): Promise<Buffer | undefined> {
  const bytes = await readStdinBytes();
  return bytes.length === 0 ? undefined : bytes;
}
