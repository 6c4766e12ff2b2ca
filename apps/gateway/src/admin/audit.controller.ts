import { Readable } from 'node:stream';
import { Controller, Get, Query, StreamableFile, UseGuards } from '@nestjs/common';
import type { AuditEntry } from '#persistence';
import { Database, listAudit, printChained, readAuditChain, verifyAuditChain } from '#persistence';
import { AdminGuard } from '../auth/api-key.guard.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminQuery } from './admin-body.pipe.js';
import { AuditExportQuery, AuditQuery, AuditVerifyQuery } from './audit.body.js';
import { toList, toPageRequest } from './list.js';

/** Every change that was made by the admin API, newest first; oldest first where it is exported. */
@Controller(V1_ADMIN)
@UseGuards(new AdminGuard())
export class AuditController {
  constructor(private readonly database: Database) {}

  @Get('audit')
  async list(@Query(adminQuery(AuditQuery)) query: AuditQuery) {
    const filter = { actor: query.actor, objectType: query.object_type, objectId: query.object_id };
    const page = await this.database.read((queries) => listAudit(queries, toPageRequest(query), filter));
    return toList(page, toView, (entry) => String(entry.id));
  }

  @Get('audit/export')
  export(@Query(adminQuery(AuditExportQuery)) { from, to }: AuditExportQuery) {
    const lines = Readable.from(this.lines({ from: toDate(from), to: toDate(to) }), { objectMode: false });
    const disposition = 'attachment; filename="audit.ndjson"';
    return new StreamableFile(lines, { type: 'application/x-ndjson', disposition });
  }

  @Get('audit/verify')
  async verify(@Query(adminQuery(AuditVerifyQuery)) query: AuditVerifyQuery) {
    const { entries, head, broken, hasNoted } = await verifyAuditChain(
      readAuditChain(this.database),
      query.head,
    );
    return {
      object: 'audit.verification',
      ok: broken === undefined && hasNoted !== false,
      entries,
      head: head ? { id: String(head.id), hash: head.hash } : null,
      broken: broken ? { id: String(broken.id), at: broken.at } : null,
      has_noted_head: hasNoted ?? null,
    };
  }

  private async *lines(window: { from: Date | undefined; to: Date | undefined }): AsyncGenerator<string> {
    for await (const page of readAuditChain(this.database, window)) yield page.map(printChained).join('');
  }
}

function toDate(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

function toView(entry: AuditEntry) {
  return {
    id: String(entry.id),
    object: 'audit_entry',
    at: entry.at,
    actor: entry.actor,
    action: entry.action,
    object_type: entry.objectType,
    object_id: entry.objectId,
    changes: entry.changes,
    request_id: entry.requestId,
  };
}
