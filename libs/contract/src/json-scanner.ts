import { JSON_SCAN } from './generated/json-scan.js';

/** What `assembly/json-scan.ts` is compiled to. */
interface JsonScan {
  readonly memory: { readonly buffer: ArrayBuffer };
  begin(): void;
  scan(length: number, base: number): number;
  memberCount(): number;
  closedAt(): number;
  deepestLevel(): number;
}

/** Node has it; the language's own types do not. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

const module = new WebAssembly.Module(Buffer.from(JSON_SCAN, 'base64'));

/** There is one, whose findings hold until the next `begin`. */
export const scanner = new WebAssembly.Instance(module).exports as JsonScan;

/** Answers of `scan`. */
export const BROKEN = 0;
export const UNFINISHED = 1;
export const WHOLE = 2;
export const TOO_DEEP = 3;

/** Where the scanner reads. */
export const WINDOW_BYTES = 64 * 1024;
export const window = new Uint8Array(scanner.memory.buffer, 0, WINDOW_BYTES);

/** The members that ended in the window: where a name and its value start and end, one behind the other. */
export const MEMBER_INTS = 4;
export const table = new Int32Array(scanner.memory.buffer, WINDOW_BYTES + 128);
