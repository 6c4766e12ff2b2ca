-- What was spent of a budget in one of its periods, and what is held back for calls that go on.
CREATE TABLE "budget_account" (
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "period" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),
    "counts_from" TIMESTAMPTZ(3) NOT NULL,
    "spent_nanos" BIGINT NOT NULL DEFAULT 0,
    "reserved_nanos" BIGINT NOT NULL DEFAULT 0,
    "withheld_nanos" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "budget_account_pkey" PRIMARY KEY ("kind","subject","period","starts_at")
) WITH (fillfactor = 50);

-- A gateway's part of what is reserved, or, when it was not heard of for too long, of what is withheld.
CREATE TABLE "budget_lease" (
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "period" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "holder" TEXT NOT NULL,
    "is_strict" BOOLEAN NOT NULL,
    "nanos" BIGINT NOT NULL,
    "is_withheld" BOOLEAN NOT NULL DEFAULT false,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "budget_lease_pkey" PRIMARY KEY ("kind","subject","period","starts_at","holder")
) WITH (fillfactor = 50);

-- None on what changes at every renewal: rows that change in place leave nothing behind.
CREATE INDEX "budget_lease_holder_idx" ON "budget_lease"("holder");

-- Whose leases shrink by what a call cost.
ALTER TABLE "usage_record" ADD COLUMN "lease_holder" TEXT;

-- Which thresholds were passed, and whom that was told.
CREATE TABLE "budget_alert" (
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "period" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "at" DOUBLE PRECISION NOT NULL,
    "url" TEXT NOT NULL,
    "passed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "sent_at" TIMESTAMPTZ(3),

    CONSTRAINT "budget_alert_pkey" PRIMARY KEY ("kind","subject","period","starts_at","at","url")
);

CREATE INDEX "budget_alert_next_attempt_at_idx" ON "budget_alert"("next_attempt_at");
