import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import { notWritable, removeIfAny, requireOwnDirectory, writeAll } from '../files/durable.ts';
import { NotPlain, readRange, withPlainFile } from '../files/plain-file.ts';
import type { WorkspaceLayout } from '../layout.ts';

/**
 * A proof: a file by which a client shows the broker that it may write our state, which a command in Codex's sandbox
 * may not, though it can read all of it and connect to the broker's socket. The broker names it, with a random name for
 * each connection; it holds the id of the job that greets. It lies beside the broker's record and lives for a millisecond.
 */
const NONCE_BYTES = 16;
const NONCE = /^[0-9a-f]{32}$/;
/** More than any job's id has. */
const LONGEST = 256;

export function newNonce(): string {
  return randomBytes(NONCE_BYTES).toString('hex');
}

/** What the other side named may become part of a path. */
export function isNonce(value: unknown): value is string {
  return typeof value === 'string' && NONCE.test(value);
}

/** Where a broker looks for proofs. */
export interface ProofPlace {
  layout: WorkspaceLayout;
  brokerId: string;
}

function proofFile({ layout, brokerId }: ProofPlace, nonce: string): string {
  return join(layout.brokers, `${brokerId}.${nonce}.proof`);
}

/** The broker that left this file's name, or undefined where it is no proof. */
export function brokerOfProof(name: string): string | undefined {
  return /^([a-z0-9]{1,32})\.[0-9a-f]{32}\.proof$/.exec(name)?.[1];
}

/** @throws CompanionError `foreign-owner`, `state-not-writable` */
export function leaveProof(place: ProofPlace, nonce: string, jobId: string): void {
  requireOwnDirectory(place.layout.brokers);
  const file = proofFile(place, nonce);
  try {
    const fd = openSync(file, 'wx', 0o600);
    try {
      fchmodSync(fd, 0o600); // a umask may take the owner's rights, too
      writeAll(fd, jobId);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw notWritable(file, error);
  }
}

/** Is it there, of our own making, and for this job? */
export function isProven(place: ProofPlace, nonce: string, jobId: string): boolean {
  requireOwnDirectory(place.layout.brokers);
  return ownContent(proofFile(place, nonce)) === jobId;
}

export function removeProof(place: ProofPlace, nonce: string): void {
  removeIfAny(proofFile(place, nonce));
}

/** Undefined for what is no plain file, has another name besides this one, or is somebody else's. */
function ownContent(file: string): string | undefined {
  try {
    return withPlainFile(file, { followLinks: false }, ({ fd, stat }) => {
      const isOurs = stat.nlink === 1 && stat.uid === (process.getuid?.() ?? stat.uid);
      return isOurs ? readRange(fd, 0, LONGEST).toString('utf8') : undefined;
    });
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    if (['ENOENT', 'ELOOP', 'EACCES', 'ENXIO'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
