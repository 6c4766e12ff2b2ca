import { Global, Module } from '@nestjs/common';
import { FaultLog } from '#observability';
import type { FaultTeller } from '#observability';
import { Database } from '#persistence';
import { FAULTS } from '../logging/logging.module.js';
import { Relay } from '../relay/relay.js';
import { StoredResponses } from './stored-responses.js';

@Global()
@Module({
  providers: [
    {
      provide: StoredResponses,
      inject: [Database, Relay, FAULTS],
      useFactory: (database: Database, relay: Relay, faults: FaultTeller) =>
        new StoredResponses(database, relay, new FaultLog(faults, 'stored_responses')),
    },
  ],
  exports: [StoredResponses],
})
export class StoredResponsesModule {}
