import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { IsNumberString, IsOptional, MaxLength } from 'class-validator';
import type { AuditEntry } from '#persistence';
import { Database, listAudit } from '#persistence';
import { AdminGuard } from '../auth/api-key.guard.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminQuery } from './admin-body.pipe.js';
import { ListQuery, toList, toPageRequest } from './list.js';

class AuditQuery extends ListQuery {
  @IsOptional() @IsNumberString({ no_symbols: true }) @MaxLength(18) declare cursor?: string;
}

/** Every change that was made by the admin API, newest first. */
@Controller(V1_ADMIN)
@UseGuards(new AdminGuard())
export class AuditController {
  constructor(private readonly database: Database) {}

  @Get('audit')
  async list(@Query(adminQuery(AuditQuery)) query: AuditQuery) {
    const page = await this.database.read((queries) => listAudit(queries, toPageRequest(query)));
    return toList(page, toView, (entry) => String(entry.id));
  }
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
