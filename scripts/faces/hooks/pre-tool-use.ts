import { jobOf } from '../../domain/shell/ticket.ts';
import { HOSTS } from '../../hosts/hosts.ts';
import { clientAbove } from '../../hosts/origin.ts';
import { now } from '../../process/clock.ts';
import { stateRoot } from '../../process/environment.ts';
import { leaveTicket, ticketDirectory } from '../../state/session/tickets.ts';
import { promotesBackground } from '../../use-cases/settings/promotion.ts';
import { type HookAnswer, type HookCall, hookedSession } from './hook-call.ts';

/** Milliseconds since node began to start: the host waits before each command that looks like it. */
const STDIN_UNTIL_MS = { known: 7_000, unknown: 7_000 };

const NOTHING: HookAnswer = {};

/**
 * Before a command of the agent: one that starts something in the background gets a ticket, by which its own shell
 * makes it a job (promote.ts). Nothing is said to the host, so the command goes through its permission rules, its
 * mode and its dialog as the model wrote it; why so: docs/pre-tool-use.md.
 */
export async function preToolUse(call: HookCall): Promise<HookAnswer> {
  const root = stateRoot(call.environment);
  // Without that file its shells look for no tickets.
  if (HOSTS[call.host].variables.shellFile === null || !promotesBackground(root)) return NOTHING;
  const { id, input } = await hookedSession(call, STDIN_UNTIL_MS);
  const { shellCall } = input;
  if (id === null || shellCall === null || shellCall.inBackground) return NOTHING;
  const { command, toolUseId, title } = shellCall;
  if (!jobOf(command)) return NOTHING;
  const client = clientAbove(call.host, call.environment);
  const { agentId } = input;
  leaveTicket(ticketDirectory(root, call.host, id), {
    ...{ toolUseId, command, title, agentId, client },
    at: now(),
  });
  return NOTHING;
}
