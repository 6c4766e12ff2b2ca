import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { GatewayError } from '#contract';
import type { RelayedRequest, Upload, UploadRequest } from '#contract';
import type { IncomingForm } from './form-body.pipe.js';
import { FormFields } from './form-fields.js';
import { BrokenMultipart, MultipartScanner } from './multipart-scanner.js';
import type { FormPart } from './multipart-scanner.js';
import { UploadSpool } from './upload-spool.js';
import { WAV_HEAD_BYTES, wavSeconds } from './wav-seconds.js';

export interface UploadSettings {
  readonly folder: string;
  /** In bytes. */
  readonly limit: number;
  /** Throws where the caller may not use the model: then nobody reads the rest. */
  readonly checkModel: (model: string, request: FastifyRequest) => void;
}

/** An upload that was read; `remove` it when nobody needs it any more. */
export interface ReceivedUpload<Request extends RelayedRequest> extends UploadRequest<Request> {
  remove(): Promise<void>;
}

const IN_MEMORY = 1024 * 1024;

/** Reads multipart bodies: only far enough to refuse them, or whole, without holding them in memory. */
export class Uploads {
  constructor(private readonly settings: UploadSettings) {}

  /**
   * @param complete gives the request what it lacks, such as a model
   * @throws GatewayError
   */
  async receive<Request extends RelayedRequest>(
    form: IncomingForm<Request>,
    complete: (request: UploadRequest<Request>) => UploadRequest<Request> = (request) => request,
  ): Promise<ReceivedUpload<Request>> {
    const { folder, limit } = this.settings;
    const declared = Number(form.request.headers['content-length']);
    if (declared > limit) throw tooLarge(limit);
    const spool = new UploadSpool(folder, IN_MEMORY);
    try {
      const reading = new Reading(form, this.settings);
      // Whoever stops early leaves the socket to be answered.
      const chunks = form.payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
      for await (const chunk of chunks) {
        if (spool.length + chunk.length > limit) throw tooLarge(limit);
        reading.push(chunk);
        await spool.write(chunk);
      }
      const seconds = await readSeconds(spool, reading.file);
      return { ...complete(reading.finish<Request>(spool, seconds)), remove: () => spool.remove() };
    } catch (error) {
      await spool.remove();
      throw asRefusal(error, form.request.raw);
    }
  }
}

/** Only a sound tells its seconds. */
async function readSeconds(spool: UploadSpool, file: FormPart | undefined): Promise<number | undefined> {
  if (!file) return undefined;
  const { start, end } = file;
  const head: Buffer[] = [];
  for await (const piece of spool.read(start, Math.min(end, start + WAV_HEAD_BYTES))) head.push(piece);
  return wavSeconds(Buffer.concat(head), end - start);
}

/** What is known of a form so far. */
class Reading {
  file: FormPart | undefined;
  private readonly fields: FormFields;
  private readonly scanner: MultipartScanner;
  private model: FormPart | undefined;

  constructor(
    private readonly form: IncomingForm,
    private readonly settings: UploadSettings,
  ) {
    this.fields = new FormFields(form.envelope.names);
    this.scanner = new MultipartScanner({
      boundary: form.boundary,
      wants: (name) => this.fields.knows(name),
      onPart: (part) => this.see(part),
    });
  }

  push(chunk: Buffer): void {
    this.scanner.push(chunk);
  }

  finish<Request extends RelayedRequest>(
    spool: UploadSpool,
    seconds: number | undefined,
  ): UploadRequest<Request> {
    this.scanner.end();
    const { value } = this.fields;
    this.form.envelope.check(value);
    const upload: Upload = {
      contentType: this.form.contentType,
      length: spool.length,
      seconds,
      model: this.model ?? this.missingModel(),
      read: (start, end) => spool.read(start, end),
    };
    return { value: value as unknown as Request, upload };
  }

  private see(part: FormPart): void {
    this.fields.add(part);
    if (part.name === 'file' && part.filename !== undefined) this.file ??= part;
    if (part.name !== 'model' || part.text === undefined) return;
    this.model = part;
    if (part.text !== '') this.settings.checkModel(part.text, this.form.request);
  }

  /** Where a part for the model can be put in. */
  private missingModel(): Upload['model'] {
    const { firstBoundary: start } = this.scanner;
    const head = `--${this.form.boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\n`;
    return { start, end: start, before: head, after: '\r\n' };
  }
}

function tooLarge(limit: number): GatewayError {
  const message = `The body is larger than ${Math.floor(limit / 1024 / 1024)} MB.`;
  return new GatewayError('request_too_large', { message });
}

function asRefusal(error: unknown, raw: IncomingMessage): unknown {
  if (error instanceof BrokenMultipart) {
    const message = `This is not a valid multipart/form-data body: ${error.message}.`;
    return new GatewayError('invalid_multipart', { message, cause: error });
  }
  return raw.readableAborted ? new GatewayError('client_closed_request', { cause: error }) : error;
}
