import type { Selectable } from 'kysely'
import { type Actor, requireSuperAdmin } from '#server/kernel/actor.ts'
import { type AuditKind, auditKinds } from '#server/kernel/audit.ts'
import type { Tx } from '#server/kernel/db.ts'
import { cutPage, type Page, readCursor, rowsToRead, systemMembersOf } from '#server/kernel/record.ts'
import type { Tables } from '#server/kernel/tables.ts'
import type { AuditEvent, AuditQuery } from './audit.schema.ts'

/** What was done in the workspace, newest first. Throws SUPER_ADMIN_REQUIRED and VALIDATION_FAILED. */
export async function listEvents(tx: Tx, actor: Actor, query: AuditQuery): Promise<Page<AuditEvent>> {
  requireSuperAdmin(actor)
  const before = readCursor(query, 1)
  const rows = await tx
    .selectFrom('audit_events')
    .selectAll()
    .where('tenant_id', '=', actor.tenantId)
    .$if(query.kind !== undefined, (events) => events.where('kind', '=', query.kind ?? ''))
    .$if(before !== undefined, (events) => events.where('id', '<', before?.[0] ?? ''))
    .orderBy('id', 'desc')
    .limit(rowsToRead(query))
    .execute()
  const page = cutPage(query, rows, (row) => [row.id])
  return { ...page, rows: page.rows.map(showEvent) }
}

function showEvent(row: Selectable<Tables['audit_events']>): AuditEvent {
  const createdBy = row.actor_user_id ?? 'system'
  const columns = { ...row, created_by: createdBy, updated: row.created, updated_by: createdBy }
  return {
    ...systemMembersOf(columns, 'event'),
    kind: row.kind,
    // A kind that a later version wrote has no sentence here.
    text: auditKinds[row.kind as AuditKind] ?? row.kind,
    actorUserId: row.actor_user_id,
    clientId: row.client_id,
    subject: row.subject,
    note: row.note,
    clientAddress: row.client_address
  }
}
