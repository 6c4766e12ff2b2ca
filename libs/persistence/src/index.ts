export { countConnections, findLogStart, listAudit, readWrites } from './audit.js';
export type { AuditEntry, AuditFilter, LoggedWrite } from './audit.js';
export { printChained, readAuditChain, verifyAuditChain } from './audit-chain.js';
export type { ChainVerdict } from './audit-chain.js';
export { claimAlerts, forgetThresholds, passThresholds, settleAlert } from './budget-alerts.js';
export type { ClaimedAlert, WatchedThreshold } from './budget-alerts.js';
export type { BreakerState } from './breaker.js';
export { budgetAccountCursor, listBudgetAccounts } from './budget-account-list.js';
export type { BudgetAccountFilter, BudgetAccountRow } from './budget-account-list.js';
export { BudgetAccounts } from './budget-accounts.js';
export type { AccountDifference } from './budget-differences.js';
export { reconcileBudgets } from './budget-reconcile.js';
export type { ReconcileOptions, Reconciliation } from './budget-reconcile.js';
export { pruneAccounts } from './budget-sweep.js';
export { DatabaseUnreachable } from './database-errors.js';
export { Database } from './database.js';
export type { AuditNote, DatabaseOptions, Queries } from './database.js';
export { DirectoryInUse, lockDirectoryIfFree } from './directory-lock.js';
export {
  countKeys,
  createKey,
  deleteKey,
  findKey,
  findKeyByHash,
  listKeys,
  loadKeys,
  lockKeys,
  updateKey,
} from './keys.js';
export type { Key, KeyChange, KeyFilter, NewKey } from './keys.js';
export { createModel, deleteModel, findModel, listModels, loadModels, updateModel } from './models.js';
export type { ModelChange, ModelRow, NewModel, NewTarget, TargetRow } from './models.js';
export { unknownCursor } from './page.js';
export type { Page, PageRequest } from './page.js';
export { deletePrice, loadPrices, putPrice } from './prices.js';
export type { PriceRow } from './prices.js';
export {
  createProvider,
  deleteProvider,
  findProvider,
  findProviderCalled,
  listProviders,
  loadProviders,
  openProviderSecrets,
  sealProviderSecrets,
  updateProvider,
} from './providers.js';
export type { NewProvider, ProviderChange, ProviderRow, ProviderSecrets } from './providers.js';
export { KeyHasher } from './key-hasher.js';
export { KeyRing } from './key-ring.js';
export { countUnderOld, dropOldVersions, rehashKey, resealProviders } from './key-rotation.js';
export { SecretBox, WrongSecretKey } from './secret-box.js';
export type { WrappingKeys } from './key-wrapper.js';
export { KEY_NAMES, SecretKeys, openSecretKeys } from './secret-keys.js';
export type { KeyName } from './secret-keys.js';
export type { RollupDifference } from './rollup-reconcile.js';
export {
  deleteResponse,
  findResponse,
  insertResponse,
  readTurns,
  sweepResponses,
} from './stored-responses.js';
export type { ResponseName, StoredResponse, TurnLimits, Turns } from './stored-responses.js';
export {
  createTeam,
  deleteTeam,
  findTeam,
  holdTeam,
  listTeams,
  loadTeams,
  lockTeam,
  updateTeam,
} from './teams.js';
export type { NewTeam, TeamChange, TeamRow } from './teams.js';
export { readModelStats } from './model-stats.js';
export type { Percentiles, StatsRow, Window } from './model-stats.js';
export { dropUsagePartitions, ensureUsagePartitions } from './usage-partitions.js';
export { findUsageRecord, insertUsageRecords, listUsageRecords, usageCursor } from './usage-records.js';
export type { UsageFilter, UsageRow } from './usage-records.js';
export { USAGE_GROUPS, readUsageSum, readUsageTotals } from './usage-totals.js';
export type { UsageGroup, UsagePage, UsageQuery, UsageSums, UsageTotals } from './usage-totals.js';
