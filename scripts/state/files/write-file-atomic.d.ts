/** The part that we use of version 7, which types nothing (@types/write-file-atomic is of version 4). */
declare module 'write-file-atomic' {
  export default function writeFileAtomic(
    file: string,
    /** null: `tmpfileCreated` writes it */
    data: null,
    options: { mode: number; chown: false; tmpfileCreated: (aside: string) => void },
  ): Promise<void>;
}
