import { formatBytes } from '../base/bytes.ts';

/** Room on the file system that the state lies on, in bytes. */
export interface Room {
  available: number;
  total: number;
}

const GIB = 1024 ** 3;
/** Less than this is free, or than a twentieth of a small file system. */
const LITTLE_BYTES = GIB;
const LITTLE_SHARE = 0.05;
const HUGE_LOG_BYTES = GIB;

/** Sentences for people; empty where there is room enough. `root`: the state's directory. */
export function diskWarnings(
  root: string,
  room: Room | null,
  logs: { id: string; bytes: number }[],
): string[] {
  const huge = logs.filter(({ bytes }) => bytes >= HUGE_LOG_BYTES);
  return [
    ...(room && room.available < Math.min(LITTLE_BYTES, room.total * LITTLE_SHARE)
      ? [
          `Only ${formatBytes(room.available)} are left on the file system of ${root}; jobs stop writing when it is full.`,
        ]
      : []),
    ...huge.map(({ id, bytes }) => `The output of ${id} has grown to ${formatBytes(bytes)}.`),
  ];
}
